"""The counts of a corpus."""

from __future__ import annotations

from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.markup import parse
from nlp.annotation.stats import describe


def letter(name: str, body: str, **facts: object) -> GoldLetter:
    marked = parse(f"---\nid: {name}\n---\n{body}")
    return GoldLetter(name, Path(f"{name}.txt"), marked.text, marked.measures, marked.claims, {"id": name, **facts})


def test_stats_describe_counts_everything() -> None:
    letters = [
        letter("a", "[打击|{k1:抓获}{q:31名|count k1}]，[宣传*|再进村]。", form="hard-wrap", hard=["区间", "占比"]),
        letter("b", "[打击|{k1:追回}{q:3元|money k1}]。", hard=["区间"]),
    ]
    lines = describe(letters).splitlines()
    assert lines[0] == "letters 2, characters 15, measures 3, claims 2"
    assert lines[1] == "per 1,000 characters: measures 200.0, claims 133.3"
    for expected in (
        "category: 打击 2, 宣传 1", "status: done 2, planned 1", "claim type: count 1, money 1",
        "form: hard-wrap 1, clean 1",
        "hard case (letters): 区间 2, 占比 1", "sequences of 13 characters in more than one letter: 0.00%",
    ):  # fmt: skip
        assert expected in lines


def test_stats_describe_nothing() -> None:
    assert describe([]).startswith("letters 0, characters 0, measures 0, claims 0\n")
