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


class Bin(NamedTuple):
    """Spans of like score: the lowest and the highest, the mean, how many, and the share of them that is right."""

    low: float
    high: float
    score: float
    spans: int
    right: float


@dataclass(frozen=True)
class SpanScores:
    """The scored spans of some documents.

    Args:
        scores: [scores], the distinct ones, ascending.
        place: [spans], which of them each span has.
        document: [spans], the document of each span.
        right: [spans], 1 for those that are right, else 0.
    """

    scores: FloatArray
    place: IntArray
    document: IntArray
    right: IntArray

    @classmethod
    def read(cls, documents: Sequence[Scored], layer: str) -> SpanScores:
        """The scores of the predicted `measures` or `claims`."""
        found: list[tuple[float, int, bool]] = []
        for n, document in enumerate(documents):
            gold, predicted = (getattr(side, layer) for side in (document.gold, document.predicted))
            right = {j for _, j in exact_pairs(gold, predicted)}
            found += [(span.score, n, j in right) for j, span in enumerate(predicted)]
        scores, place = np.unique(np.array([one[0] for one in found], dtype=np.float64), return_inverse=True)
        numbers, rights = (np.array([one[k] for one in found], dtype=np.int64) for k in (1, 2))
        return cls(scores, place.astype(np.int64), numbers, rights)

    def error(self, weights: IntArray, bins: int = BINS) -> FloatArray:
        """[samples]: the expected calibration error for weights [samples, documents]; 0 where there is no span."""
        return np.array([self._error(row[self.document], bins) for row in weights], dtype=np.float64)

    def reliability(self, bins: int = BINS) -> list[Bin]:
        """The bins that hold spans, from the lowest score up."""
        spans, right = self._by_score(np.ones_like(self.place))
        chosen = _bins(spans, bins)
        table = []
        for b in np.unique(chosen).tolist():
            inside = chosen == b
            scores, count = self.scores[inside], int(spans[inside].sum())
            mean = float((scores * spans[inside]).sum() / count)
            table.append(Bin(float(scores[0]), float(scores[-1]), mean, count, float(right[inside].sum() / count)))
        return table

    def _error(self, weights: IntArray, bins: int) -> float:
        """For weights [spans]."""
        spans, right = self._by_score(weights)
        apart = np.bincount(_bins(spans, bins), right - spans * self.scores, bins)
        return float(ratio(np.abs(apart).sum(), spans.sum(), 0.0))

    def _by_score(self, weights: IntArray) -> tuple[IntArray, IntArray]:
        """[scores]: how many spans have each score, and how many of them are right; for weights [spans]."""
        spans, right = (np.bincount(self.place, w, len(self.scores)) for w in (weights, weights * self.right))
        return spans.astype(np.int64), right.astype(np.int64)


def _bins(spans: IntArray, bins: int) -> IntArray:
    """[scores]: the bin of each score, by where the middle of its spans stands among all spans."""
    middle = 2 * np.cumsum(spans) - spans
    return np.minimum(middle * bins // max(2 * int(spans.sum()), 1), bins - 1)
