"""Prints what `fanzha compare` finds in the gold of the composed letters: what it compares, every contradiction.

    python benchmarks/contradictions.py [train|dev|test …]

And how many totals something else in their letter checks: each is made a third larger in turn, and it is seen or not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from nlp.annotation.corpus import read_letters
from nlp.annotation.splits import split_letters
from nlp.comparison.contradictions import find_contradictions
from nlp.comparison.figures import Figure, gather
from nlp.evaluation.resolved import gold_result

ANNOTATIONS = Path(__file__).parents[1] / "annotations"


def report(split: str) -> None:
    """Prints the figures of one split, and its contradictions with where they stand."""
    letters = getattr(split_letters(read_letters(ANNOTATIONS / "letters"), ANNOTATIONS / "splits.yaml"), split)
    found = gather(gold_result(letter) for letter in letters)
    texts = {letter.path.name: letter.text for letter in letters}
    dated = sum(any(row.days) for row in found.rows)
    wrong = find_contradictions(found.rows)
    print(f"{split}: {found.letters} letters, {found.claims} claims, {len(found.rows)} compared, {dated} with days")
    print(f"contradictions: {len(wrong)}")
    seen, totals = checked(found.rows)
    print(f"of {totals} totals {seen} are flagged when they are made a third larger")
    for number, contradiction in enumerate(wrong, start=1):
        start, end = contradiction.days
        print(f"{number}. {contradiction.kind} {contradiction.figures[0].indicator} {start}..{end}")
        for row in contradiction.figures:
            near = texts[row.letter][max(0, row.start - 40) : row.start + 16].replace("\n", "⏎")
            print(f"   {row.letter} {row.text} {row.value:g}{row.unit} {row.direction or ''} {row.period}: …{near}…")


def checked(rows: Sequence[Figure]) -> tuple[int, int]:
    """How many totals with days are flagged when they are made a third larger, and how many there are."""
    seen = totals = 0
    for _, group in groupby(sorted(rows, key=lambda row: row.letter), key=lambda row: row.letter):
        letter = list(group)
        for at, row in enumerate(letter):
            if row.type in ("change", "rank") or row.status == "planned" or not any(row.days):
                continue
            totals += 1
            larger = replace(row, value=row.value * 4 / 3)
            seen += bool(find_contradictions([*letter[:at], larger, *letter[at + 1 :]]))
    return seen, totals


if __name__ == "__main__":
    for name in sys.argv[1:] or ["train", "dev", "test"]:
        report(name)
