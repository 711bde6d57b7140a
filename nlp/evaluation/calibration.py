"""Whether scores are true: of the spans that are given 0.9, are nine of ten right?

A predicted measure is right where gold has one with its borders and category (the strict F1 of the scheme), a claim
where gold has one with its borders and type. Spans are put into bins of equal mass by their score (Nguyen and O'Connor,
"Posterior calibration and exploratory analysis for natural language processing models", 2015); equal scores share a
bin, so that the order of documents does not matter. The expected calibration error (Naeini et al., "Obtaining well
calibrated probabilities using Bayesian binning", 2015) is the mean, over spans, of the distance between a bin's mean
score and its share of right spans. It is never negative, so that few spans make it too large, in resamples more so: its
interval lies somewhat high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nlp.evaluation.alignment import exact_pairs
from nlp.evaluation.counts import FloatArray, IntArray, ratio
from nlp.evaluation.scores import Scored

BINS = 10
SCORED = ("measures", "claims")
_ROWS = 100
"""Resamples that are worked on at a time, to bound memory."""


class Bin(NamedTuple):
    """Spans of like score: the lowest and the highest, the mean, how many, and the share of them that is right."""

    low: float
    high: float
    score: float
    spans: int
    right: float


@dataclass(frozen=True)
class SpanScores:
    """The scored spans of some documents, by their distinct scores.

    Args:
        scores: [scores], ascending.
        spans: [documents, scores], how many spans have each score.
        right: [documents, scores], how many of them are right.
    """

    scores: FloatArray
    spans: IntArray
    right: IntArray

    @classmethod
    def read(cls, documents: Sequence[Scored], layer: str) -> SpanScores:
        """The scores of the predicted `measures` or `claims`."""
        found = []
        for n, document in enumerate(documents):
            gold, predicted = (getattr(side, layer) for side in (document.gold, document.predicted))
            right = {j for _, j in exact_pairs(gold, predicted)}
            found += [(span.score, n, j in right) for j, span in enumerate(predicted)]
        scores = np.unique([score for score, *_ in found]).astype(np.float64)
        spans = np.zeros((len(documents), len(scores)), dtype=np.int64)
        rights = np.zeros_like(spans)
        for score, n, is_right in found:
            k = int(np.searchsorted(scores, score))
            spans[n, k] += 1
            rights[n, k] += is_right
        return cls(scores, spans, rights)

    def error(self, weights: IntArray, bins: int = BINS) -> FloatArray:
        """[samples]: the expected calibration error for weights [samples, documents]; 0 where there is no span."""
        parts = [self._error(weights[k : k + _ROWS], bins) for k in range(0, len(weights), _ROWS)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _error(self, weights: IntArray, bins: int) -> FloatArray:
        spans = weights @ self.spans
        excess = weights @ self.right - spans * self.scores
        chosen = _bins(spans, bins)
        apart = sum((np.abs(np.where(chosen == b, excess, 0.0).sum(-1)) for b in range(bins)), np.zeros(len(weights)))
        return ratio(apart, spans.sum(-1), 0.0)

    def reliability(self, bins: int = BINS) -> list[Bin]:
        """The bins that hold spans, from the lowest score up."""
        spans, right = self.spans.sum(0), self.right.sum(0)
        chosen = _bins(spans[None], bins)[0]
        table = []
        for b in range(bins):
            inside = chosen == b
            count = int(spans[inside].sum())
            if count:
                scores = self.scores[inside]
                mean = float((scores * spans[inside]).sum() / count)
                table.append(Bin(float(scores[0]), float(scores[-1]), mean, count, float(right[inside].sum() / count)))
        return table


def _bins(spans: IntArray, bins: int) -> IntArray:
    """[samples, scores]: the bin of each score, by where the middle of its spans stands among all spans."""
    middle = 2 * np.cumsum(spans, axis=-1) - spans
    total = np.maximum(spans.sum(-1, keepdims=True), 1)
    return np.minimum(middle * bins // (2 * total), bins - 1)
