"""A tagger whose measures are spans of clauses by a biaffine score, to be compared with the chain over clauses.

For every two clauses of a sentence a score of each state says whether a measure begins with the one and ends with the
other (Yu et al., "Named Entity Recognition as Dependency Parsing", 2020); the best spans that do not overlap are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlp.clause_chain import clause_emissions, clause_states, no_transitions, sentence_breaks
from nlp.decoding import clause_scores, decode_measures
from nlp.labels import CLAUSE_STATES, IGNORED, head_slices
from nlp.model.configuration import LetterTaggerConfig
from nlp.model.modeling import LetterTagger, pool_units
from nlp.schema import Measure
from nlp.text.segmentation import Structure
from nlp.text.tokenization import Tokens

FloatArray = npt.NDArray[np.float64]
_SIZE = 48
_LONGEST = 24
_CERTAIN = 50.0


class SpanTagger(LetterTagger):
    """A `LetterTagger` with 2 * _SIZE more columns, the vectors of a clause as the first and as the last of a span."""

    def __init__(self, config: LetterTaggerConfig) -> None:
        super().__init__(config)
        self.span_columns = nn.Linear(config.projection_size, 2 * _SIZE)
        self.span_weights = nn.Parameter(torch.zeros(len(CLAUSE_STATES), _SIZE + 1, _SIZE + 1))
        nn.init.normal_(self.span_weights, std=0.02)

    def columns(self, hidden: Tensor) -> Tensor:
        return torch.cat([super().columns(hidden), self.span_columns(hidden)], dim=-1)

    def _loss(self, logits: Tensor, units: dict[str, Tensor | None], labels: dict[str, Tensor]) -> Tensor:
        clauses = units["clauses"]
        assert clauses is not None
        vectors = pool_units(logits[..., -2 * _SIZE :], clauses, labels["category_labels"].shape[1])
        return super()._loss(logits, units, labels) + self._span_loss(vectors, labels)

    def _clause_loss(self, category: Tensor, status: Tensor, labels: dict[str, Tensor]) -> Tensor:
        return category.new_zeros(())

    def _span_loss(self, vectors: Tensor, labels: dict[str, Tensor]) -> Tensor:
        """The cross entropy of all pairs of clauses of a sentence, a clause."""
        present = labels["category_labels"] != IGNORED
        states = clause_states(labels["category_labels"], labels["status_labels"])
        sentences = labels["clause_breaks"].clamp(min=0).cumsum(1)
        first, last = _runs(states, sentences, present)
        count = states.shape[1]
        at = torch.arange(count, device=states.device)
        gold = (first.unsqueeze(2) == at.view(1, -1, 1)) & (last.unsqueeze(1) == at.view(1, 1, -1))
        wanted = torch.where(gold & (first.unsqueeze(2) == first.unsqueeze(1)), states.unsqueeze(2), 0)
        distance = at.view(1, -1) - at.view(-1, 1)
        valid = (distance >= 0) & (distance < _LONGEST) & (sentences.unsqueeze(2) == sentences.unsqueeze(1))
        valid = valid & present.unsqueeze(1) & present.unsqueeze(2)
        scores = span_scores(vectors, self.span_weights)
        loss: Tensor = functional.cross_entropy(scores[valid], wanted[valid], reduction="sum")
        return loss / present.sum().clamp(min=1)


def span_scores(vectors: Any, weights: Any) -> Any:
    """[…, clauses, 2 * size] and [states, size + 1, size + 1] to [batch, clauses, clauses, states]."""
    ones = torch.ones_like(vectors[..., :1])
    first, last = torch.cat([vectors[..., :_SIZE], ones], -1), torch.cat([vectors[..., _SIZE:], ones], -1)
    return torch.einsum("bip,spq,bjq->bijs", first, weights, last)


def _runs(states: Tensor, sentences: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """For each clause of a measure the first and the last clause of its run; -1 for others. Both [batch, clauses]."""
    inside = (states > 0) & present
    joined = torch.zeros_like(inside)
    joined[:, 1:] = inside[:, 1:] & (states[:, 1:] == states[:, :-1]) & (sentences[:, 1:] == sentences[:, :-1])
    at = torch.arange(states.shape[1], device=states.device).expand_as(states)
    first = torch.where(joined, -1, at).cummax(1).values
    ends = torch.ones_like(inside)
    ends[:, :-1] = ~joined[:, 1:]
    last = torch.where(ends, at, states.shape[1]).flip(1).cummin(1).values.flip(1)
    return torch.where(inside, first, -1), torch.where(inside, last, -2)


def decode_spans(
    text: str, structure: Structure, tokens: Tokens, logits: npt.NDArray[np.floating], weights: Tensor
) -> list[Measure]:
    """The measures of a document by its span scores.

    Args:
        logits: [tokens, columns], as `Predictor.logits` gives them.
        weights: the model's `span_weights`.
    """
    columns = head_slices()
    category, status = (np.asarray(logits[:, columns[name]], dtype=np.float64) for name in ("category", "status"))
    clauses, _ = clause_scores(structure, tokens, category, status)
    if not clauses:
        return []
    vectors = np.stack([logits[tokens.within(c.start, c.end), -2 * _SIZE :].mean(0) for c in clauses])
    states = np.zeros(len(clauses), dtype=np.int64)
    breaks = sentence_breaks([c.sentence for c in clauses])
    borders = [0, *np.flatnonzero(breaks).tolist(), len(clauses)]
    for low, high in zip(borders, borders[1:], strict=False):
        with torch.inference_mode():
            own = span_scores(torch.from_numpy(vectors[low:high])[None].float(), weights.float().cpu())[0].numpy()
        states[low:high] = _best_spans(own)
    # The one way from states to measures: emissions that leave no doubt.
    certain = np.full((len(tokens), len(CLAUSE_STATES)), 0.0)
    for clause, state in zip(clauses, states.tolist(), strict=True):
        certain[tokens.within(clause.start, clause.end), state] = _CERTAIN
    by_category = np.concatenate([certain[:, :1], certain[:, 1::2] + certain[:, 2::2]], axis=1)
    by_status = np.stack([certain[:, 1::2].sum(1), certain[:, 2::2].sum(1)], axis=1)
    assert (clause_emissions(by_category, by_status).argmax(1) == certain.argmax(1)).all()
    return decode_measures(text, structure, tokens, by_category, by_status, no_transitions(), 1.0)


def _best_spans(scores: FloatArray) -> Sequence[int]:
    """The states of a sentence's clauses under the spans with the largest sum of gains over no span (by dynamic
    programming over their ends).

    Args:
        scores: [clauses, clauses, states].
    """
    count = len(scores)
    gains = scores[..., 1:] - scores[..., :1]
    best, chosen = np.zeros(count + 1), [(-1, 0)] * (count + 1)
    for end in range(1, count + 1):
        best[end] = best[end - 1]
        for start in range(max(0, end - _LONGEST), end):
            gain = gains[start, end - 1]
            if best[start] + gain.max() > best[end]:
                best[end], chosen[end] = best[start] + gain.max(), (start, 1 + int(gain.argmax()))
    states, end = [0] * count, count
    while end > 0:
        start, state = chosen[end]
        if start < 0:
            end -= 1
            continue
        states[start:end] = [state] * (end - start)
        end = start
    return states
