"""Calibration of span scores against cases counted by hand, and what must hold for any scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_documents import TEXT, documents, scored, with_score

from nlp.evaluation.calibration import SpanScores
from nlp.evaluation.scores import Scored

LETTER = "".join(f"第{chr(0x4E00 + i)}段" for i in range(40))


def predicted_claims(claim: Callable[..., Any], scores: list[float], right: list[bool]) -> Scored:
    """A letter with a predicted claim for each score; gold has those that are right."""
    spans = [claim(LETTER, chr(0x4E00 + i), "count", 1, "个") for i in range(len(scores))]
    gold = [span for span, is_right in zip(spans, right, strict=True) if is_right]
    return scored(gold=gold, predicted=[with_score(*pair) for pair in zip(spans, scores, strict=True)], text=LETTER)


def error(documents: list[Scored], layer: str = "claims", bins: int = 10) -> float:
    weights = np.ones((1, len(documents)), dtype=np.int64)
    return float(SpanScores.read(documents, layer).error(weights, bins)[0])


def test_error_counted_by_hand(claim: Callable[..., Any]) -> None:
    document = predicted_claims(claim, [0.2, 0.4, 0.6, 1.0], [False, True, True, False])
    # Two bins: 0.2 and 0.4 (mean 0.3, half right), 0.6 and 1.0 (mean 0.8, half right).
    low, high = SpanScores.read([document], "claims").reliability(2)
    assert low == (0.2, 0.4, pytest.approx(0.3), 2, 0.5)
    assert high == (0.6, 1.0, pytest.approx(0.8), 2, 0.5)
    assert error([document], bins=2) == pytest.approx((2 * 0.2 + 2 * 0.3) / 4)
    # Four bins: a span each.
    assert error([document], bins=4) == pytest.approx((0.2 + 0.6 + 0.4 + 1.0) / 4)


def test_equal_scores_share_a_bin(claim: Callable[..., Any]) -> None:
    document = predicted_claims(claim, [0.5] * 8, [True, False] * 4)
    (only,) = SpanScores.read([document], "claims").reliability()
    assert only == (0.5, 0.5, 0.5, 8, 0.5)
    assert error([document]) == 0


def test_right_is_what_the_strict_scores_call_right(measure: Callable[..., Any], claim: Callable[..., Any]) -> None:
    gold = [measure(TEXT, "进村宣讲", "宣传", "planned"), claim(TEXT, "31名", "count", 31, "名")]
    found = [measure(TEXT, "进村宣讲", "宣传", "done"), claim(TEXT, "31名", "count", 99, "个")]
    right = scored(gold=gold, predicted=[with_score(one, 1.0) for one in found])
    wrong = [measure(TEXT, "进村宣讲", "治理", "planned"), claim(TEXT, "31名", "rank", 31, "名")]
    for layer in ("measures", "claims"):
        assert error([right], layer) == 0
        assert error([scored(gold=gold, predicted=[with_score(one, 1.0) for one in wrong])], layer) == 1


def test_no_span_has_no_error_and_no_bin() -> None:
    assert error([scored()]) == 0
    assert SpanScores.read([scored()], "measures").reliability() == []


@given(st.lists(documents(), min_size=1, max_size=4), st.integers(1, 12))
def test_bins_hold_every_span_and_give_the_error(found: list[Scored], bins: int) -> None:
    for layer in ("measures", "claims"):
        table = SpanScores.read(found, layer).reliability(bins)
        spans = sum(len(getattr(d.predicted, layer)) for d in found)
        assert sum(b.spans for b in table) == spans
        assert [b.low for b in table] == sorted(b.low for b in table)
        assert all(a.high < b.low for a, b in zip(table, table[1:], strict=False))
        expected = sum(b.spans * abs(b.score - b.right) for b in table) / max(spans, 1)
        assert error(found, layer, bins) == pytest.approx(expected)
        assert error(found[::-1], layer, bins) == pytest.approx(expected)


@given(st.lists(documents(), min_size=2, max_size=3))
def test_weights_are_documents_drawn_again(found: list[Scored]) -> None:
    weights = np.array([[2, 0, 1][: len(found)], [0, 1, 0][: len(found)]])
    drawn = SpanScores.read(found, "claims").error(weights)
    for row, value in zip(weights, drawn, strict=True):
        again = [document for document, n in zip(found, row, strict=True) for _ in range(n)]
        assert value == pytest.approx(error(again))
