"""The figures of the scheme, against cases counted by hand and against seqeval itself."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from nlp.evaluation.scores import CLAIM_LEVELS, Counts, Scored, measure_tags, score
from nlp.labels import CATEGORIES, STATUSES
from nlp.schema import GoldClaim, GoldMeasure

TEXT = "2024年，抓获31名，返还80万元。下一步，进村宣讲。"


def document(
    gold: list[GoldMeasure] | None = None,
    predicted: list[GoldMeasure] | None = None,
    gold_claims: list[GoldClaim] | None = None,
    predicted_claims: list[GoldClaim] | None = None,
    text: str = TEXT,
) -> Scored:
    wanted = SimpleNamespace(measures=gold or [], claims=gold_claims or [])
    found = SimpleNamespace(measures=predicted or [], claims=predicted_claims or [])
    return Scored("a", text, wanted, found)


def test_scores_perfect_predictions_are_all_one(measure: Callable[..., Any], claim: Callable[..., Any]) -> None:
    measures = [measure(TEXT, "抓获31名，返还80万元", "打击"), measure(TEXT, "进村宣讲", "宣传", "planned")]
    claims = [
        claim(TEXT, "31名", "count", 31, "名", metric="抓获", period="2024年"),
        claim(TEXT, "80万元", "money", 800_000, "元"),
    ]
    figures = score([document(measures, measures, claims, claims)]).figures()
    assert list(figures) == [
        "measures, character micro F1", "measures, character macro F1", "measures, strict span F1", "status accuracy",
        "quantity F1", "normalised F1", "metric F1", "full F1",
    ]  # fmt: skip
    assert set(figures.values()) == {1.0}


def test_scores_measures_counted_by_hand(measure: Callable[..., Any]) -> None:
    gold = [measure(TEXT, "抓获31名，返还80万元", "打击"), measure(TEXT, "进村宣讲", "宣传", "planned")]
    predicted = [
        measure(TEXT, "抓获31名", "打击"),
        measure(TEXT, "返还80万元", "打击"),
        measure(TEXT, "进村宣讲", "宣传", "done"),
    ]
    scores = score([document(gold, predicted)])
    # Spans: 1 of 3 predicted and 2 gold. Characters of 打击: 5 + 6 of 12; 宣传: 4 of 4.
    assert scores.strict == {"f1": pytest.approx(2 / 5), "precision": pytest.approx(1 / 3), "recall": 0.5}
    assert scores.characters["打击"] == Counts(right=11, predicted=11, gold=12)
    assert scores.characters["宣传"] == Counts(right=4, predicted=4, gold=4)
    assert scores.character_micro == Counts(right=15, predicted=15, gold=16)
    assert scores.character_micro.f1 == pytest.approx(30 / 31)
    assert scores.character_macro_f1 == pytest.approx((22 / 23 + 1) / 2)
    assert (scores.status_agreed, scores.status_total) == (11, 15)


def test_scores_a_span_with_another_category_is_wrong(measure: Callable[..., Any]) -> None:
    scores = score([document([measure(TEXT, "进村宣讲", "宣传")], [measure(TEXT, "进村宣讲", "治理")])])
    assert scores.strict["f1"] == 0
    assert scores.character_micro == Counts(right=0, predicted=4, gold=4)
    assert scores.character_macro_f1 == 0
    # The status is asked of characters that both call a measure, whatever its category.
    assert scores.figures()["status accuracy"] == 1


def test_scores_status_accuracy_asks_only_where_both_see_a_measure(measure: Callable[..., Any]) -> None:
    gold, predicted = [measure(TEXT, "抓获31名", "打击")], [measure(TEXT, "进村宣讲", "宣传", "planned")]
    scores = score([document(gold, predicted)])
    assert (scores.status_agreed, scores.status_total) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "levels"),
    [
        ({}, ["quantity", "normalised", "metric", "full"]),
        ({"value": 13}, ["quantity", "metric"]),
        ({"unit": "人"}, ["quantity", "metric"]),
        ({"value_max": 40}, ["quantity", "metric"]),
        ({"direction": "up"}, ["quantity", "metric"]),
        ({"approx": "over", "basis": "同比", "measure": 0}, ["quantity", "normalised", "metric", "full"]),
        ({"type": "rank"}, []),
        ({"metric": None}, ["quantity", "normalised"]),
        ({"metric": "获涉"}, ["quantity", "normalised", "metric", "full"]),
        ({"metric": "获"}, ["quantity", "normalised"]),
        ({"metric": "县局抓获涉诈"}, ["quantity", "normalised", "metric", "full"]),
        ({"metric": "去年县局抓获涉诈人"}, ["quantity", "normalised"]),
        ({"metric": "去年"}, ["quantity", "normalised"]),
        ({"period": None}, ["quantity", "normalised", "metric"]),
        ({"period": "去"}, ["quantity", "normalised", "metric"]),
    ],
)
def test_scores_levels_of_a_claim(claim: Callable[..., Any], changes: dict[str, Any], levels: list[str]) -> None:
    text = "去年县局抓获涉诈人31名。"
    right = {"type": "count", "value": 31, "unit": "名", "metric": "抓获涉诈", "period": "去年"}
    gold, predicted = claim(text, "31名", **right), claim(text, "31名", **{**right, **changes})
    claims = score([document(gold_claims=[gold], predicted_claims=[predicted], text=text)]).claims
    assert [name for name in CLAIM_LEVELS if claims[name].right] == levels
    assert all((counts.predicted, counts.gold) == (1, 1) for counts in claims.values())


def test_scores_claims_without_metric_and_period_agree(claim: Callable[..., Any]) -> None:
    bare = claim(TEXT, "31名", "count", 31, "名")
    assert score([document(gold_claims=[bare], predicted_claims=[bare])]).figures()["full F1"] == 1


def test_scores_the_period_agrees_in_text_wherever_it_stands(claim: Callable[..., Any]) -> None:
    found = claim(TEXT, "31名", "count", 31, "名", period="2024年")
    elsewhere = found.model_copy(update={"period": found.period.model_copy(update={"start": 8, "end": 13})})
    assert score([document(gold_claims=[found], predicted_claims=[elsewhere])]).figures()["full F1"] == 1


def test_scores_a_claim_that_is_predicted_twice_is_right_once(claim: Callable[..., Any]) -> None:
    once = claim(TEXT, "31名", "count", 31, "名")
    assert score([document(gold_claims=[once], predicted_claims=[once, once])]).claims["quantity"] == Counts(1, 2, 1)


def test_scores_sum_over_documents_before_a_figure_is_taken(claim: Callable[..., Any]) -> None:
    a, b = claim(TEXT, "31名", "count", 31, "名"), claim(TEXT, "80万元", "money", 800_000, "元")
    scores = score(
        [document(gold_claims=[a, b], predicted_claims=[a, b]), document(gold_claims=[a], predicted_claims=[b])]
    )
    assert scores.claims["quantity"] == Counts(2, 3, 3)


@pytest.mark.parametrize("text", ["", TEXT])
def test_scores_of_a_document_with_nothing_to_find(text: str) -> None:
    figures = score([document(text=text)]).figures()
    # seqeval's own convention: without any span there is no F1 to have.
    assert figures.pop("measures, strict span F1") == 0
    assert set(figures.values()) == {1.0}


def test_scores_of_no_document() -> None:
    assert set(score([]).figures().values()) <= {0.0, 1.0}


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "f1"),
    [
        (Counts(2, 4, 3), 0.5, 2 / 3, 4 / 7),
        (Counts(0, 0, 0), 1, 1, 1),
        (Counts(0, 2, 0), 0, 0, 0),
        (Counts(0, 0, 2), 0, 0, 0),
    ],
)
def test_scores_counts(counts: Counts, precision: float, recall: float, f1: float) -> None:
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx((precision, recall, f1))


def test_scores_measure_tags_keep_neighbours_apart() -> None:
    spans = [
        GoldMeasure(start=a, end=b, text="x" * (b - a), category="治理", status="done") for a, b in ((1, 3), (3, 4))
    ]
    assert measure_tags(5, spans) == ["O", "B-治理", "I-治理", "B-治理", "O"]


@st.composite
def runs(draw: st.DrawFn, length: int) -> list[GoldMeasure]:
    """Measures that do not overlap, some of them neighbours."""
    borders = sorted(draw(st.sets(st.integers(0, length), max_size=6)))
    return [
        GoldMeasure(
            start=a, end=b, text="x" * (b - a),
            category=draw(st.sampled_from(CATEGORIES[:2])), status=draw(st.sampled_from(STATUSES)),
        )
        for a, b in zip(borders, borders[1:], strict=False)
        if draw(st.booleans())
    ]  # fmt: skip


@given(st.lists(st.tuples(runs(9), runs(9)), min_size=1, max_size=4))
def test_scores_strict_agrees_with_seqeval_and_with_counting(
    pairs: list[tuple[list[GoldMeasure], list[GoldMeasure]]],
) -> None:
    scores = score([document(gold, predicted, text="x" * 9) for gold, predicted in pairs])
    tags = [[measure_tags(9, side) for side in sides] for sides in zip(*pairs, strict=True)]
    for name, function in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
        expected = function(*tags, mode="strict", scheme=IOB2, zero_division=0)
        assert scores.strict[name] == pytest.approx(expected)
    right = sum(
        (p.start, p.end, p.category) in {(g.start, g.end, g.category) for g in gold}
        for gold, pred in pairs
        for p in pred
    )
    total = sum(len(gold) + len(pred) for gold, pred in pairs)
    assert scores.strict["f1"] == pytest.approx(2 * right / total if total else 0)
    assert all(0 <= value <= 1 for value in scores.figures().values())


@given(runs(9))
def test_scores_the_gold_itself_is_perfect(gold: list[GoldMeasure]) -> None:
    figures = score([document(gold, gold, text="x" * 9)]).figures()
    assert figures["measures, strict span F1"] == (1 if gold else 0)
    assert figures["measures, character micro F1"] == figures["status accuracy"] == 1
