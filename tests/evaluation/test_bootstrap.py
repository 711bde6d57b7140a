"""The bootstrap: what it draws, that it repeats, and that a paired comparison is paired."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nlp.evaluation.bootstrap import Statistic, differences, draws, estimates


def mean_of(values: Sequence[float]) -> Statistic[str]:
    column = np.array(values)
    return lambda weights: {"mean": weights @ column / weights.sum(-1)}


def test_draws_as_many_documents_as_there_are_and_repeats() -> None:
    weights = draws(5, 200)
    assert weights.shape == (200, 5)
    assert set(weights.sum(-1)) == {5}
    assert (weights == draws(5, 200)).all()
    assert 0.8 < weights.mean(0).min() <= weights.mean(0).max() < 1.2


def test_estimate_has_the_value_of_the_documents_themselves_and_percentiles() -> None:
    values = [0.0, 0.2, 0.4, 0.9, 1.0]
    found = estimates([mean_of(values)], 5, 500)["mean"]
    resampled = draws(5, 500) @ np.array(values) / 5
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(resampled, (2.5, 97.5))))


def test_one_document_has_no_interval() -> None:
    assert estimates([mean_of([0.7])], 1, 50)["mean"] == (0.7, None, None)
    found = differences([mean_of([0.7])], [mean_of([0.8])], 1, lambda name: False, 50)["mean"]
    assert (found.low, found.high) == (None, None)
    assert found.difference == pytest.approx(0.1)


def test_a_constant_lead_is_certain_however_much_documents_differ() -> None:
    first = [0.0, 0.5, 1.0, 0.2]
    found = differences([mean_of(first)], [mean_of([v + 0.1 for v in first])], 4, lambda name: False, 300)["mean"]
    assert (found.difference, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert found.better == 1
    assert found.second - found.first == pytest.approx(found.difference)


def test_share_in_which_the_second_is_better() -> None:
    first, second = [0.5, 0.5, 0.5], [0.2, 0.5, 0.9]
    weights = draws(3, 400)
    gains = weights @ (np.array(second) - np.array(first))
    expected = float((gains > 1e-12).mean() + (abs(gains) <= 1e-12).mean() / 2)
    found = differences([mean_of(first)], [mean_of(second)], 3, lambda name: False, 400)["mean"]
    assert found.better == pytest.approx(expected)
    fewer_is_better = differences([mean_of(first)], [mean_of(second)], 3, lambda name: True, 400)["mean"]
    assert fewer_is_better.better == pytest.approx(1 - expected)


def test_equal_models_are_even() -> None:
    same = mean_of([0.1, 0.9])
    found = differences([same], [same], 2, lambda name: False, 100)["mean"]
    assert (found.difference, found.low, found.high, found.better) == (0, 0, 0, 0.5)
