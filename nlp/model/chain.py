"""A linear-chain CRF over the clauses of a window, in torch, for training (Lafferty et al., "Conditional Random
Fields", 2001). `nlp.clause_chain` is its twin in numpy, for decoding.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def clause_emissions(category: Tensor, status: Tensor) -> Tensor:
    """Scores of the clause states, as `nlp.clause_chain.clause_emissions`: [..., 6] and [..., 2] to [..., 11]."""
    by_status = functional.log_softmax(status, dim=-1)
    inside = (category[..., 1:].unsqueeze(-1) + by_status.unsqueeze(-2)).flatten(-2)
    return torch.cat([category[..., :1], inside], dim=-1)


def chain_loss(emissions: Tensor, states: Tensor, breaks: Tensor, present: Tensor, transitions: Tensor) -> Tensor:
    """The negative log likelihood of the gold states, a clause.

    Args:
        emissions: [batch, clauses, states].
        states: [batch, clauses].
        breaks: [batch, clauses], 1 where a clause begins another sentence than the one before it, else 0.
        present: [batch, clauses], true for clauses, false for padding behind them.
        transitions: [2, states, states], from a state (rows) to the next, within a sentence and over its end.
    """
    gold = emissions.gather(-1, states.unsqueeze(-1)).squeeze(-1) * present
    alpha = emissions[:, 0]
    total = gold[:, 0]
    for t in range(1, emissions.shape[1]):
        step = transitions[breaks[:, t].clamp(min=0, max=1)]
        following = torch.logsumexp(alpha.unsqueeze(-1) + step, dim=1) + emissions[:, t]
        alpha = torch.where(present[:, t, None], following, alpha)
        taken = step[torch.arange(len(step)), states[:, t - 1], states[:, t]]
        total = total + torch.where(present[:, t], taken + gold[:, t], torch.zeros_like(taken))
    partition = torch.logsumexp(alpha, dim=-1)
    occupied = present.any(dim=1)
    loss: Tensor = ((partition - total) * occupied).sum() / present.sum().clamp(min=1)
    return loss
