"""Intervals by bootstrap over documents (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).

A document is the unit: its measures and claims hang together. A resample gives each document a weight, the number of
times it was drawn, and a statistic takes the weights of all resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from nlp.evaluation.counts import FloatArray, IntArray

BOOTSTRAP_SAMPLES = 1000
_SEED = 7

Name = TypeVar("Name")
Statistic = Callable[[IntArray], Mapping[Name, FloatArray]]
"""From weights [samples, documents] to values [samples] by name."""


class Estimate(NamedTuple):
    """A figure with its 95 % interval (percentiles); None where one document gives no interval."""

    value: float
    low: float | None
    high: float | None


class Difference(NamedTuple):
    """A figure of two models on the same documents.

    `difference` is `second - first`, with its 95 % interval; `better` is the share of resamples in which the second one
    is better (a tie counts half).
    """

    first: float
    second: float
    difference: float
    low: float | None
    high: float | None
    better: float


def draws(documents: int, samples: int = BOOTSTRAP_SAMPLES) -> IntArray:
    """[samples, documents]: how often each document is drawn; the same at every call."""
    random = np.random.default_rng(_SEED)
    chosen = random.integers(0, documents, (samples, documents))
    return np.stack([np.bincount(row, minlength=documents) for row in chosen]).astype(np.int64)


def estimates(
    statistics: Sequence[Statistic[Name]], documents: int, samples: int = BOOTSTRAP_SAMPLES
) -> dict[Name, Estimate]:
    """All figures of some statistics with their intervals.

    Args:
        statistics: of the same documents.
        documents: how many there are, at least one.
        samples: resamples.
    """
    weights = draws(documents, samples)
    found = {}
    for statistic in statistics:
        drawn = statistic(weights)
        for name, value in statistic(_once(documents)).items():
            low, high = _interval(drawn[name], documents)
            found[name] = Estimate(float(value[0]), low, high)
    return found


def differences(
    first: Sequence[Statistic[Name]],
    second: Sequence[Statistic[Name]],
    documents: int,
    lower_is_better: Callable[[Name], bool],
    samples: int = BOOTSTRAP_SAMPLES,
) -> dict[Name, Difference]:
    """The differences between two models by a paired bootstrap: both are scored on the same resamples."""
    weights = draws(documents, samples)
    found = {}
    for one, other in zip(first, second, strict=True):
        drawn, values = (one(weights), other(weights)), (one(_once(documents)), other(_once(documents)))
        for name in values[0]:
            a, b = float(values[0][name][0]), float(values[1][name][0])
            apart = drawn[1][name] - drawn[0][name]
            gain = -apart if lower_is_better(name) else apart
            better = float((gain > 0).mean() + (gain == 0).mean() / 2)
            low, high = _interval(apart, documents)
            found[name] = Difference(a, b, b - a, low, high, better)
    return found


def _once(documents: int) -> IntArray:
    return np.ones((1, documents), dtype=np.int64)


def _interval(values: FloatArray, documents: int) -> tuple[float, float] | tuple[None, None]:
    if documents < 2:
        return None, None
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
