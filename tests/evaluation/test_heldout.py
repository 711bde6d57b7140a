"""Scores of a predictor on gold letters: perfect ones for letters known by heart, and reports that add up."""

from __future__ import annotations

from pathlib import Path

import pytest
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2
from tiny import Tiny

from nlp.annotation.corpus import read_letters
from nlp.evaluation.heldout import intervals, predict_gold, summarise, table
from nlp.evaluation.scores import Scored, combine, measure_tags, score, tally
from nlp.inference.loading import load_predictor


@pytest.fixture(scope="module")
def documents(tiny: Tiny) -> list[Scored]:
    """The tiny letters as the tiny model predicts them: three it knows and two it does not."""
    return predict_gold(load_predictor(tiny.model, device="cpu"), read_letters(tiny.letters))


def test_predicted_documents_keep_their_order_and_text(tiny: Tiny, documents: list[Scored]) -> None:
    assert [d.id for d in documents] == ["t1", "t2", "t3", "t4", "t5"]
    for letter, document in zip(read_letters(tiny.letters), documents, strict=True):
        assert document.text == letter.text
        assert document.gold.claims == letter.claims
        document.predicted.check_against(letter.text)


def test_letters_known_by_heart_score_high_and_others_lower(documents: list[Scored]) -> None:
    known, unknown = (score(part).figures() for part in (documents[:3], documents[3:]))
    assert known["quantity F1"] == 1
    assert known["measures, character micro F1"] > 0.9
    assert unknown["measures, character micro F1"] < known["measures, character micro F1"]


def test_gold_against_itself_scores_one_everywhere(documents: list[Scored]) -> None:
    perfect = [Scored(d.id, d.text, d.gold, d.gold) for d in documents]
    assert set(score(perfect).figures().values()) == {1.0}
    assert set(intervals(perfect, 20).values()) == {(1.0, 1.0)}


def test_strict_scores_are_those_of_seqeval(documents: list[Scored]) -> None:
    gold = [measure_tags(len(d.text), d.gold.measures) for d in documents]
    predicted = [measure_tags(len(d.text), d.predicted.measures) for d in documents]
    strict = score(documents).strict
    for name, function in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
        assert strict[name] == pytest.approx(function(gold, predicted, mode="strict", scheme=IOB2))
    assert 0 < strict["f1"] < 1


def test_tallies_add_up_in_any_order(documents: list[Scored]) -> None:
    tallies = [tally(d) for d in documents]
    assert combine(tallies[::-1]).figures() == score(documents).figures()


def test_intervals_hold_the_figure_and_repeat(documents: list[Scored]) -> None:
    figures, bounds = score(documents).figures(), intervals(documents, 200)
    assert set(bounds) == set(figures)
    for name, (low, high) in bounds.items():
        assert 0 <= low <= figures[name] <= high <= 1, name
    assert bounds["measures, strict span F1"][0] < bounds["measures, strict span F1"][1]
    assert intervals(documents, 200) == bounds


def test_summary_names_every_document(documents: list[Scored]) -> None:
    summary = summarise(documents)
    assert summary["documents"] == 5
    assert summary["characters"] == sum(len(d.text) for d in documents)
    assert summary["figures"] == score(documents).figures()
    assert summary["by_document"]["t4"] == score(documents[3:4]).figures()
    assert set(summary["categories"]) == {"打击", "防范", "宣传", "管控", "治理"}


def test_table_has_a_row_for_each_figure_and_a_column_for_each_score(documents: list[Scored]) -> None:
    lines = table({"known": score(documents[:3]), "unknown": score(documents[3:])}).splitlines()
    assert lines[:2] == ["| figure | known | unknown |", "|---|---|---|"]
    assert {line.count("|") for line in lines} == {4}
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        *score(documents).figures(),
        *(f"characters, {c} F1" for c in ("打击", "防范", "宣传", "管控", "治理")),
    ]


def test_reading_of_a_wrong_path_is_an_error(tmp_path: Path) -> None:
    from nlp.errors import FanzhaError

    with pytest.raises(FanzhaError, match="holds no letters"):
        read_letters(tmp_path)
