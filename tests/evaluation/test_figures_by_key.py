"""Every figure by its key: what stands in the tables is what the scores of the same documents say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_documents import TEXT, documents, scored, with_score

from nlp.evaluation.claim_parts import CLAIM_LEVELS
from nlp.evaluation.figures import (
    ALL,
    CATEGORY,
    ERRORS,
    LAYER,
    TYPE,
    Key,
    calibration_error,
    compare_figures,
    estimate_figures,
    lower_is_better,
)
from nlp.evaluation.groups import group
from nlp.evaluation.mistakes import KINDS, mistakes
from nlp.evaluation.scores import Scored, score
from nlp.labels import CATEGORIES, CLAIM_TYPES

FEW = 20


@given(st.lists(documents(), min_size=1, max_size=3))
def test_figures_are_those_of_the_scores(found: list[Scored]) -> None:
    figures, scores = estimate_figures(found, FEW), score(found)
    for name, value in scores.figures().items():
        assert figures[Key(ALL, ALL, name)].value == pytest.approx(value)
    cells = [(LAYER, layer, "", layer, None) for layer in ("characters", "strict", *CLAIM_LEVELS)]
    cells += [(CATEGORY, c, f"{x} ", x, c) for c in CATEGORIES for x in ("strict", "characters")]
    cells += [(TYPE, t, f"{x} ", x, t) for t in CLAIM_TYPES for x in CLAIM_LEVELS]
    for table, row, prefix, layer, label in cells:
        counts = scores.counts(layer, label)
        for name, value in (("precision", counts.precision), ("recall", counts.recall), ("F1", counts.f1)):
            assert figures[Key(table, row, f"{prefix}{name}")].value == pytest.approx(value), (table, row, name)
    errors = Counter((one.layer, one.kind) for document in found for one in mistakes(document))
    for layer, kinds in KINDS.items():
        for kind in kinds:
            assert figures[Key(ERRORS, f"{layer}: {kind}", "count")].value == errors[layer, kind]


@given(st.lists(documents(), min_size=2, max_size=3))
def test_every_figure_has_an_interval_that_is_one(found: list[Scored]) -> None:
    for key, value in estimate_figures(found, FEW).items():
        assert value.low is not None
        assert value.high is not None
        assert 0 <= value.low <= value.high
        assert key.table == ERRORS or value.high <= 1


def test_groups_are_what_letters_state(claim: Callable[..., Any]) -> None:
    text = "云溪县公安局文件\n办理结果：A类\n对第12号建议的答复\n李明代表：\n抓获31名。\n"
    one = claim(text, "31名", "count", 31, "名")
    right = scored(
        gold=[one], predicted=[with_score(one)], text=text, name="a",
        meta={"form": "clean", "hard": ["区间", "排名"], "body": "县公安局"},
    )  # fmt: skip
    wrong = scored(gold=[one], text=text, name="b", meta={"form": "clean", "hard": ["排名", "排名"]})
    bare = scored(text="无事。", name="c", meta={"hard": "区间"})
    groups = group([right, wrong, bare])
    assert {name: [d.id for d in letters] for name, letters in groups.items()} == {
        ("form", "clean"): ["a", "b"],
        ("hard case", "区间"): ["a", "c"],
        ("hard case", "排名"): ["a", "b"],
        ("reply class", "A"): ["a", "b"],
        ("body", "县公安局"): ["a"],
    }
    figures = estimate_figures([right, wrong, bare], FEW)
    assert figures[Key("hard case", "区间", "quantity F1")].value == 1
    assert figures[Key("hard case", "排名", "quantity F1")].value == pytest.approx(2 / 3)
    assert figures[Key("body", "县公安局", "quantity F1")] == (1, None, None)


def test_lower_is_better_for_faults_alone() -> None:
    assert lower_is_better(calibration_error("claims"))
    assert calibration_error("measures") == (ALL, ALL, "ECE of measure scores")
    assert lower_is_better(Key(ERRORS, "claims: metric", "count"))
    assert not lower_is_better(Key(ALL, ALL, "quantity F1"))


def test_comparison_has_every_figure_and_who_is_ahead(claim: Callable[..., Any]) -> None:
    one = claim(TEXT, "31名", "count", 31, "名")
    missed = [scored(gold=[one], name=name, meta={"form": "clean"}) for name in "abc"]
    found = [scored(gold=[one], predicted=[with_score(one, 1.0)], name=name, meta={"form": "clean"}) for name in "abc"]
    compared = compare_figures(missed, found, FEW)
    assert set(compared) == set(estimate_figures(missed, FEW))
    for key in (Key(ALL, ALL, "quantity F1"), Key(TYPE, "count", "full recall"), Key("form", "clean", "full F1")):
        assert compared[key] == (0, 1, 1, 1, 1, 1)
    assert compared[Key(ERRORS, "claims: missed", "count")] == (3, 0, -3, -3, -3, 1)
    assert compared[Key(ALL, ALL, "status accuracy")] == (1, 1, 0, 0, 0, 0.5)
