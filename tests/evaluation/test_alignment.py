"""Gold and predictions paired: each span once, exact ones first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scored_documents import TEXT, claims, documents, measures

from nlp.evaluation.alignment import align, exact_pairs, overlaps
from nlp.evaluation.scores import Scored
from nlp.schema import GoldMeasure


def spans(*found: tuple[int, int, str]) -> list[Any]:
    return [
        GoldMeasure.model_validate({"start": a, "end": b, "text": TEXT[a:b], "category": c, "status": "done"})
        for a, b, c in found
    ]


def test_exact_spans_are_paired_before_longer_overlaps() -> None:
    gold = spans((0, 4, "打击"), (4, 6, "打击"))
    paired = align(gold, spans((0, 6, "打击"), (4, 6, "打击")))
    assert (paired.exact, paired.overlapping) == ([(1, 1)], [(0, 0)])
    assert (paired.relabelled, paired.missed, paired.spurious) == ([], [], [])


def test_same_borders_go_before_the_same_label() -> None:
    paired = align(spans((0, 4, "打击")), spans((0, 4, "防范"), (1, 4, "打击")))
    assert (paired.relabelled, paired.overlapping, paired.spurious) == ([(0, 0)], [], [1])


def test_of_overlapping_spans_those_of_the_same_label_are_paired_then_the_longest() -> None:
    paired = align(spans((0, 10, "打击")), spans((0, 5, "防范"), (5, 7, "打击"), (7, 10, "打击")))
    assert (paired.overlapping, paired.spurious) == ([(0, 2)], [0, 1])


def test_neighbours_do_not_overlap() -> None:
    assert list(overlaps(spans((0, 4, "打击")), spans((4, 6, "打击")))) == []


def test_a_claim_that_stands_twice_is_paired_once(claim: Callable[..., Any]) -> None:
    one = claim(TEXT, "31名", "count", 31, "名")
    assert exact_pairs([one], [one, one]) == [(0, 1)]
    paired = align([one], [one, one])
    assert (paired.exact, paired.missed, paired.spurious) == ([(0, 1)], [], [0])


@given(documents(doubles_in_gold=True))
def test_each_span_is_in_one_list_once(document: Scored) -> None:
    for layer in ("measures", "claims"):
        gold, predicted = getattr(document.gold, layer), getattr(document.predicted, layer)
        paired = align(gold, predicted)
        pairs = [*paired.exact, *paired.relabelled, *paired.overlapping]
        assert sorted([i for i, _ in pairs] + paired.missed) == list(range(len(gold)))
        assert sorted([j for _, j in pairs] + paired.spurious) == list(range(len(predicted)))
        for i, j in pairs:
            assert max(gold[i].start, predicted[j].start) < min(gold[i].end, predicted[j].end)


@given(st.one_of(measures(TEXT), claims(TEXT)), st.one_of(measures(TEXT), claims(TEXT)))
def test_overlaps_are_all_pairs_that_share_a_character(gold: list[Any], predicted: list[Any]) -> None:
    expected = {
        (i, j)
        for i, g in enumerate(gold)
        for j, p in enumerate(predicted)
        if set(range(g.start, g.end)) & set(range(p.start, p.end))
    }
    found = list(overlaps(gold, predicted))
    assert len(found) == len(set(found))
    assert set(found) == expected
