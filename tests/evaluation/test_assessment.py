"""The whole of an evaluation, as JSON and as tables, and two models side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from scored_documents import TEXT, scored, with_score

from nlp.errors import FanzhaError
from nlp.evaluation.assessment import (
    assess,
    assessment_json,
    compare,
    comparison_json,
    summary,
    without_quotes,
)
from nlp.evaluation.scores import Scored, score
from nlp.evaluation.tables import assessment_tables, comparison_tables

FEW = 50


@pytest.fixture
def letters(measure: Callable[..., Any], claim: Callable[..., Any]) -> tuple[list[Scored], list[Scored]]:
    """Three letters as two models predict them: A calls a measure by another name in each, B in the first alone."""
    gold = [measure(TEXT, "进村宣讲", "宣传", "planned"), claim(TEXT, "31名", "count", 31, "名", period="2024年")]
    wrong = [measure(TEXT, "进村宣讲", "治理", "planned"), claim(TEXT, "31名", "count", 31, "名", period="2024年")]
    sides = [wrong, wrong, wrong], [wrong, gold, gold]
    first, second = (
        [
            scored(gold=gold, predicted=[with_score(s) for s in spans], name=name, meta={"form": "clean"})
            for name, spans in zip("abc", side, strict=True)
        ]
        for side in sides
    )
    return first, second


def test_json_holds_figures_intervals_and_every_error(letters: tuple[list[Scored], list[Scored]]) -> None:
    found = json.loads(json.dumps(assessment_json(assess(letters[1], notes=["mind this"], samples=FEW))))
    assert (found["model"], found["documents"], found["notes"]) == ("hand 1 (none on cpu)", 3, ["mind this"])
    scores = score(letters[1]).figures()
    assert {name: found["figures"][name] for name in scores} == pytest.approx(scores)
    assert set(found["figures"]) - set(scores) == {"ECE of measure scores", "ECE of claim scores"}
    assert set(found["intervals"]) == set(found["figures"])
    assert found["detail"]["category"]["宣传"]["strict recall"]["value"] == pytest.approx(2 / 3)
    assert found["detail"]["errors"]["measures: category"]["count"]["value"] == 1
    assert found["groups"] == [{"group": "form", "value": "clean", "letters": 3}]
    assert found["confusion"]["categories_by_character"]["宣传"]["治理"] == 4
    (one,) = found["errors"]
    assert (one["letter"], one["layer"], one["kind"], one["start"]) == ("a", "measures", "category", TEXT.index("进村"))
    assert (one["gold"]["category"], one["predicted"]["category"]) == ("宣传", "治理")
    assert one["predicted"]["score"] == 0.8


def test_what_goes_into_a_manifest_quotes_no_letter(letters: tuple[list[Scored], list[Scored]]) -> None:
    found = assess(letters[0], samples=FEW)
    kept = without_quotes(assessment_json(found))
    assert kept == summary(found)
    compared = without_quotes(comparison_json(compare(*letters, samples=FEW)))
    assert "figures" in compared
    assert "进村" not in json.dumps([kept, compared], ensure_ascii=False)
    assert without_quotes([1]) == [1]


def test_errors_are_sorted_by_kind_then_letter(measure: Callable[..., Any], claim: Callable[..., Any]) -> None:
    missed = scored(gold=[claim(TEXT, "31名", "count", 31, "名"), measure(TEXT, "进村宣讲", "宣传")], name="a")
    spurious = scored(predicted=[with_score(measure(TEXT, "进村宣讲", "宣传"))], name="b")
    later = scored(gold=[measure(TEXT, "进村宣讲", "宣传")], name="c")
    found = assess([missed, spurious, later], samples=FEW).mistakes
    assert [(one.layer, one.kind, one.letter) for one in found] == [
        ("measures", "missed", "a"),
        ("measures", "missed", "c"),
        ("measures", "spurious", "b"),
        ("claims", "missed", "a"),
    ]


def test_tables_show_figures_errors_and_groups(letters: tuple[list[Scored], list[Scored]]) -> None:
    shown = assessment_tables(assess(letters[1], samples=FEW), {"torch fp32": score(letters[0])})
    lines = shown.splitlines()
    assert "| figure | score | torch fp32 |" in lines
    (strict,) = [line for line in lines if line.startswith("| measures, strict span F1 |")]
    assert strict.split("|")[2].strip().startswith("0.667 (")
    assert strict.split("|")[3].strip() == "0.000"
    assert any(line.startswith("| measures: category | 1 (") for line in lines)
    assert any(line.startswith("| clean | 3 | ") for line in lines)
    for table in shown.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count("|") for line in table.splitlines()}) == 1


def test_comparison_says_what_lies_between_and_which_errors(letters: tuple[list[Scored], list[Scored]]) -> None:
    found = compare(*letters, samples=FEW)
    assert [(one.letter, one.kind) for one in found.mended] == [("b", "category"), ("c", "category")]
    assert found.made == []
    written = json.loads(json.dumps(comparison_json(found)))
    strict = written["figures"]["all"]["all"]["measures, strict span F1"]
    assert (strict["first"], strict["second"], strict["difference"]) == pytest.approx((0, 2 / 3, 2 / 3))
    assert strict["low"] <= strict["difference"] <= strict["high"]
    assert strict["better"] > 0.9
    assert len(written["errors_of_first_alone"]) == 2
    shown = comparison_tables(found)
    assert "| measures, strict span F1 | 0.000 | 0.667 | +0.667 (" in shown
    assert "errors that B alone makes: 0; errors that A alone makes: 2" in shown


def test_the_other_way_round_the_signs_change(letters: tuple[list[Scored], list[Scored]]) -> None:
    one, other = compare(*letters, samples=FEW), compare(*letters[::-1], samples=FEW)
    for key, value in one.figures.items():
        assert other.figures[key].difference == pytest.approx(-value.difference)
        assert other.figures[key].better == pytest.approx(1 - value.better)
        assert other.figures[key].low == pytest.approx(-value.high)
    assert [e.identity for e in other.made] == [e.identity for e in one.mended]


def test_models_are_compared_on_the_same_letters_only(letters: tuple[list[Scored], list[Scored]]) -> None:
    with pytest.raises(FanzhaError, match="on the same letters"):
        compare(letters[0], letters[1][:2], samples=FEW)
