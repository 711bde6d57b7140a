"""Precision, recall and F1 from counts: of one unit of text, or of arrays of counts at once.

Counts are right, predicted and gold, in this order, on the last axis of an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def ratio(part: Any, whole: Any, empty: Any = 1.0) -> FloatArray:
    """`part / whole`, and `empty` where `whole` is 0."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.where(whole > 0, np.asarray(part) / np.where(whole > 0, whole, 1.0), empty)


def precision(counts: npt.NDArray[Any]) -> FloatArray:
    """[...]: the share of predictions that is right; where there is none, 1 if there is no gold either, else 0."""
    return ratio(counts[..., 0], counts[..., 1], counts[..., 2] == 0)


def recall(counts: npt.NDArray[Any]) -> FloatArray:
    """[...]: the share of gold that is found; where there is none, 1 if nothing is predicted, else 0."""
    return ratio(counts[..., 0], counts[..., 2], counts[..., 1] == 0)


def f1(counts: npt.NDArray[Any]) -> FloatArray:
    """[...]: 2pr/(p+r); 1 where there is neither gold nor prediction."""
    return ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


@dataclass(frozen=True)
class Counts:
    """True positives, predictions, gold."""

    right: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return float(precision(self._array))

    @property
    def recall(self) -> float:
        return float(recall(self._array))

    @property
    def f1(self) -> float:
        return float(f1(self._array))

    @property
    def _array(self) -> IntArray:
        return np.array([self.right, self.predicted, self.gold], dtype=np.int64)
