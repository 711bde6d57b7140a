"""The order of the labels is part of every trained model: these tests fail where one moves."""

from __future__ import annotations

from nlp.labels import CATEGORIES, CLAIM_TYPES, HEADS, IGNORED, OUTSIDE, STATUSES, head_slices


def test_labels_keep_their_order() -> None:
    assert CATEGORIES == ("打击", "防范", "宣传", "管控", "治理")
    assert STATUSES == ("done", "planned")
    assert CLAIM_TYPES == ("count", "money", "percent", "change", "rank")
    assert list(HEADS) == ["category", "status", "quantity", "metric", "period"]


def test_labels_heads_begin_with_outside_but_for_status() -> None:
    assert {name for name, labels in HEADS.items() if labels[0] != OUTSIDE} == {"status"}
    assert all(len(set(labels)) == len(labels) for labels in HEADS.values())
    assert all(IGNORED not in range(len(labels)) for labels in HEADS.values())


def test_labels_head_slices_tile_the_output() -> None:
    slices = head_slices()
    assert list(slices) == list(HEADS)
    columns = [column for part in slices.values() for column in range(part.start, part.stop)]
    assert columns == list(range(sum(map(len, HEADS.values()))))
    assert all(part.stop - part.start == len(HEADS[name]) for name, part in slices.items())
