"""Prints what `fanzha compare` finds in the gold of the composed letters: what it compares, every contradiction.

python benchmarks/contradictions.py [train|dev|test …]
"""

from __future__ import annotations

import sys
from pathlib import Path

from nlp.annotation.corpus import read_letters
from nlp.annotation.splits import split_letters
from nlp.comparison.contradictions import find_contradictions
from nlp.comparison.figures import gather
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
    for number, contradiction in enumerate(wrong, start=1):
        start, end = contradiction.days
        print(f"{number}. {contradiction.kind} {contradiction.figures[0].indicator} {start}..{end}")
        for row in contradiction.figures:
            near = texts[row.letter][max(0, row.start - 40) : row.start + 16].replace("\n", "⏎")
            print(f"   {row.letter} {row.text} {row.value:g}{row.unit} {row.direction or ''} {row.period}: …{near}…")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["train", "dev", "test"]:
        report(name)
