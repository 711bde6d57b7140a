"""A linear-chain CRF over the clauses of a window, in torch, for training (Lafferty et al., "Conditional Random
Fields", 2001). `nlp.clause_chain` is its twin in numpy, for decoding.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_NEVER = -1e9


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
    gold = (emissions.gather(-1, states.unsqueeze(-1)).squeeze(-1) * present).sum(1)
    step = transitions[breaks[:, 1:].clamp(min=0, max=1)]  # [batch, clauses - 1, states, states]
    taken = step.gather(2, states[:, :-1, None, None].expand(-1, -1, 1, step.shape[-1])).squeeze(2)
    taken = taken.gather(-1, states[:, 1:, None]).squeeze(-1)
    gold = gold + (taken * present[:, 1:]).sum(1)
    following = step + emissions[:, 1:, None, :]
    partition = torch.logsumexp(emissions[:, 0] + torch.logsumexp(_product(following, present[:, 1:]), dim=-1), dim=-1)
    occupied = present.any(dim=1)
    loss: Tensor = ((partition - gold) * occupied).sum() / present.sum().clamp(min=1)
    return loss


def _product(steps: Tensor, present: Tensor) -> Tensor:
    """The product of matrices in the semiring of (logsumexp, +), by halves: a logarithm of the clauses of products.

    Args:
        steps: [batch, count, states, states].
        present: [batch, count]; where false, the matrix counts as the identity.

    Returns:
        [batch, states, states]
    """
    batch, count, states, _ = steps.shape
    identity = torch.full((states, states), _NEVER, device=steps.device, dtype=steps.dtype).fill_diagonal_(0.0)
    if not count:
        return identity.expand(batch, states, states)
    steps = torch.where(present[..., None, None], steps, identity)
    while count > 1:
        if count % 2:
            steps = torch.cat([steps, identity.expand(batch, 1, states, states)], dim=1)
        left, right = steps[:, ::2], steps[:, 1::2]
        steps = torch.logsumexp(left.unsqueeze(-1) + right.unsqueeze(-3), dim=-2)
        count = steps.shape[1]
    return steps[:, 0]
