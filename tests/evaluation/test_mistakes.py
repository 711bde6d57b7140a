"""Errors by kind: cases counted by hand, and sums that must fit the scores whatever the predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from scored_documents import documents, scored, with_score

from nlp.evaluation.mistakes import KINDS, mistakes
from nlp.evaluation.scores import Scored, score

LETTER = "去年县局抓获涉诈人31名，返还80万元。今年进村宣讲。"


def kinds(document: Scored) -> list[str]:
    return [f"{one.layer}: {one.kind}" for one in mistakes(document)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, None),
        ({"approx": "over", "basis": "同比"}, None),
        ({"type": "money"}, "type"),
        ({"type": "money", "value": 13, "period": None}, "type"),
        ({"value": 13}, "value"),
        ({"value_max": 40}, "value"),
        ({"value": 13, "unit": "人", "metric": None}, "value"),
        ({"unit": "人"}, "unit"),
        ({"unit": "人", "direction": "up"}, "unit"),
        ({"direction": "up"}, "direction"),
        ({"direction": "up", "metric": None}, "direction"),
        ({"metric": None}, "metric"),
        ({"metric": "获"}, "metric"),
        ({"metric": "获", "period": None}, "metric"),
        ({"metric": "获涉"}, None),
        ({"period": None}, "period"),
        ({"period": "今年"}, "period"),
    ],
)
def test_claim_error_is_the_first_part_that_differs(
    claim: Callable[..., Any], changes: dict[str, Any], kind: str | None
) -> None:
    right = {"type": "count", "value": 31, "unit": "名", "metric": "抓获涉诈", "period": "去年"}
    gold, found = claim(LETTER, "31名", **right), claim(LETTER, "31名", **{**right, **changes})
    errors = mistakes(scored(gold=[gold], predicted=[found], text=LETTER))
    assert [one.kind for one in errors] == ([] if kind is None else [kind])
    for one in errors:
        assert (one.layer, one.letter, one.gold, one.predicted) == ("claims", "a", gold, found)
        assert (one.start, one.end) == (9, 12)


def test_claim_of_other_borders_is_one_error_whatever_else_differs(claim: Callable[..., Any]) -> None:
    gold, found = claim(LETTER, "31名", "count", 31, "名"), claim(LETTER, "人31", "money", 1, "元")
    assert kinds(scored(gold=[gold], predicted=[found], text=LETTER)) == ["claims: boundary"]


def test_claims_without_a_partner_are_missed_and_spurious(claim: Callable[..., Any]) -> None:
    gold, found = claim(LETTER, "31名", "count", 31, "名"), claim(LETTER, "80万元", "money", 800_000, "元")
    (missed, spurious) = mistakes(scored(gold=[gold], predicted=[found], text=LETTER))
    assert (missed.kind, missed.gold, missed.predicted) == ("missed", gold, None)
    assert (spurious.kind, spurious.gold, spurious.predicted) == ("spurious", None, found)


def test_claim_that_is_predicted_twice_is_right_and_spurious(claim: Callable[..., Any]) -> None:
    one = claim(LETTER, "31名", "count", 31, "名")
    assert kinds(scored(gold=[one], predicted=[one, one], text=LETTER)) == ["claims: spurious"]


WHOLE, HALF, OTHER = "县局抓获涉诈人31名，返还80万元", "县局抓获涉诈人31名", "返还80万元"


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([(WHOLE, "打击", "done")], [(WHOLE, "打击", "done")], []),
        ([(WHOLE, "打击", "done")], [(WHOLE, "打击", "planned")], ["status"]),
        ([(WHOLE, "打击", "done")], [(WHOLE, "治理", "planned")], ["category"]),
        ([(WHOLE, "打击", "done")], [(HALF, "打击", "planned")], ["boundary"]),
        ([(WHOLE, "打击", "done")], [(HALF, "治理", "done")], ["category"]),
        ([(WHOLE, "打击", "done")], [(HALF, "打击", "done"), (OTHER, "打击", "done")], ["boundary", "split"]),
        ([(HALF, "打击", "done"), (OTHER, "打击", "done")], [(WHOLE, "打击", "done")], ["boundary", "merged"]),
        ([(HALF, "打击", "done"), (OTHER, "防范", "done")], [(WHOLE, "打击", "done")], ["boundary", "category"]),
        ([(HALF, "打击", "done")], [(OTHER, "打击", "done")], ["missed", "spurious"]),
    ],
)
def test_measure_errors(
    measure: Callable[..., Any], gold: list[Any], predicted: list[Any], expected: list[str]
) -> None:
    sides = [[measure(LETTER, *one) for one in side] for side in (gold, predicted)]
    assert kinds(scored(gold=sides[0], predicted=sides[1], text=LETTER)) == [f"measures: {k}" for k in expected]


@given(documents())
def test_claim_errors_add_up_to_the_scores(document: Scored) -> None:
    count = Counter(one.kind for one in mistakes(document) if one.layer == "claims")
    scores = score([document]).claims
    both = count["boundary"] + count["type"]
    assert scores["quantity"].right + both + count["missed"] == scores["quantity"].gold == len(document.gold.claims)
    assert scores["quantity"].right + both + count["spurious"] == len(document.predicted.claims)
    values = count["value"] + count["unit"] + count["direction"]
    assert scores["normalised"].right == scores["quantity"].right - values
    assert scores["full"].right == scores["normalised"].right - count["metric"] - count["period"]


@given(documents())
def test_measures_are_right_or_in_one_error(document: Scored) -> None:
    errors = [one for one in mistakes(document) if one.layer == "measures" and one.kind != "status"]
    right = score([document]).counts("strict")
    assert right.right + sum(one.gold is not None for one in errors) == right.gold
    assert right.right + sum(one.predicted is not None for one in errors) == right.predicted
    for one in errors:
        assert (one.kind == "spurious") <= (one.gold is None)
        assert (one.kind == "missed") <= (one.predicted is None)


@given(documents(doubles_in_gold=True))
def test_every_error_has_a_kind_of_its_layer_and_gold_has_none(document: Scored) -> None:
    for one in mistakes(document):
        assert one.kind in KINDS[one.layer]
    gold = [*document.gold.measures, *{(c.start, c.end): c for c in document.gold.claims}.values()]
    assert mistakes(scored(gold=gold, predicted=gold)) == []


def test_an_error_is_the_same_whatever_its_score(measure: Callable[..., Any]) -> None:
    gold = measure(LETTER, WHOLE, "打击")
    found = measure(LETTER, WHOLE, "打击", "planned")
    first, second = (
        mistakes(scored(gold=[gold], predicted=[with_score(found, s)], text=LETTER))[0] for s in (0.2, 0.9)
    )
    assert first.identity == second.identity
    other = mistakes(scored(gold=[gold], predicted=[with_score(found, 0.2)], text=LETTER, name="b"))[0]
    assert other.identity != first.identity
