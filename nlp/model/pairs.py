"""The pair scorer in torch, for training; `nlp.pair_scores` is its twin in numpy, and says how it works."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlp.labels import IGNORED
from nlp.pair_scores import (
    COUNT_LIMITS,
    COUNTED,
    DISTANCE_BUCKETS,
    EDGES,
    PLACE_OFFSETS,
    PLACES,
    RELATIONS,
    pair_slices,
    pair_width,
)


class PairHead(nn.Module):
    """Pair vectors of tokens, and the table of places.

    Args:
        hidden: width of its input.
        size: of a query and of a key.
    """

    def __init__(self, hidden: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.columns = nn.Linear(hidden, pair_width(size))
        self.places = nn.Parameter(torch.zeros(len(RELATIONS), len(EDGES), PLACES))

    def forward(self, hidden: Tensor) -> Tensor:
        """[batch, tokens, hidden] to [batch, tokens, pair_width]."""
        columns: Tensor = self.columns(hidden)
        return columns

    def scores(self, columns: Tensor, numbers: Tensor, count: int, counts: Tensor, body: Tensor) -> Tensor:
        """The scores of all pairs of numbers and tokens, and of "none", which comes last.

        Args:
            columns: [batch, tokens, pair_width].
            numbers: [batch, tokens], the number of each token in 0…count-1, or -1.
            count: the numbers of a window, at most.
            counts: [batch, COUNTED, tokens], see `nlp.pair_scores.token_counts`.
            body: [batch, tokens], true for the tokens of the text.

        Returns:
            [batch, count, relations, edges, tokens + 1]
        """
        batch, length = numbers.shape
        inside = numbers.unsqueeze(1) == torch.arange(count, device=numbers.device).view(1, -1, 1)
        none, query, key = pair_slices(self.size)
        mean = inside.to(columns.dtype) / inside.sum(-1, keepdim=True).clamp(min=1)
        own = torch.bmm(mean, columns[..., query]).view(batch, count, len(RELATIONS), self.size)
        keys = columns[..., key].view(batch, length, len(RELATIONS), len(EDGES), self.size)
        scores = torch.einsum("bnrp,btrep->bnret", own, keys) / self.size**0.5
        places = self.places[:, :, _places(inside, counts)].sum(-1)  # [relations, edges, batch, count, tokens]
        scores = scores + places.permute(2, 3, 0, 1, 4)
        scores = scores.masked_fill(~body[:, None, None, None, :], -1e4)
        nones = torch.bmm(mean, columns[..., none])[..., None, None].expand(-1, -1, -1, len(EDGES), -1)
        return torch.cat([scores, nones], dim=-1)


def _places(inside: Tensor, counts: Tensor) -> Tensor:
    """[batch, numbers, tokens, 1 + COUNTED]: the entries of the places' table; see `nlp.pair_scores`."""
    length = inside.shape[-1]
    at = torch.arange(length, device=inside.device)
    first = torch.where(inside, at, length).amin(-1, keepdim=True).clamp(max=length - 1)
    last = torch.where(inside, at, -1).amax(-1, keepdim=True)
    before, behind = (first - at).clamp(min=0), (at - last).clamp(min=0)
    buckets = torch.from_numpy(DISTANCE_BUCKETS).to(inside.device)
    bucket = buckets[(before + behind).clamp(max=len(buckets) - 1)]
    entries = [torch.where(behind > 0, bucket + int(buckets[-1]), bucket)]
    for i in range(len(COUNTED)):
        row = counts[:, i]
        own = row.gather(1, first.squeeze(-1)).unsqueeze(-1)
        limit = COUNT_LIMITS[i]
        entries.append((row.unsqueeze(1) - own).clamp(-limit, limit) + PLACE_OFFSETS[i])
    return torch.stack(entries, dim=-1)


def pair_loss(scores: Tensor, labels: dict[str, Tensor]) -> Tensor:
    """The sum over relations and edges of the mean cross entropy of a number.

    Args:
        scores: see `PairHead.scores`.
        labels: for each relation and edge `metric_start_labels` … [batch, numbers], the token, -1 for none.
    """
    none = scores.shape[-1] - 1
    total = scores.new_zeros(())
    for r, relation in enumerate(RELATIONS):
        for e, edge in enumerate(EDGES):
            target = labels[f"{relation}_{edge}_labels"]
            target = torch.where(target == -1, none, target).flatten()
            loss = functional.cross_entropy(
                scores[:, :, r, e].flatten(0, 1), target, ignore_index=IGNORED, reduction="sum"
            )
            total = total + loss / (target != IGNORED).sum().clamp(min=1)
    return total
