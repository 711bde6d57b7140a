"""Prints how well the facts of the composed letters are read (nlp.documents.meta), field by field, and every fault.

    python benchmarks/facts.py [dev|heldout …]

The gold is in annotations/meta; both halves by default.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nlp.annotation.corpus import read_marked
from nlp.documents.meta import read_meta
from nlp.evaluation.facts import differences, score_fields
from nlp.files import read_json

ANNOTATIONS = Path(__file__).parents[1] / "annotations"


def report(half: str) -> None:
    """Prints the scores of one half of the gold."""
    gold = read_json(ANNOTATIONS / "meta" / f"{half}.json")
    texts = {letter: read_marked(ANNOTATIONS / "letters" / f"{letter}.txt").text for letter in gold}
    read = {letter: read_meta(text).model_dump() for letter, text in texts.items()}
    print(f"{half}: {len(gold)} letters")
    print(f"{'field':16} accuracy  correct null wrong missed spurious")
    for field, s in score_fields(gold, read).items():
        print(f"{field:16} {s.accuracy:8.3f} {s.correct:8} {s.null:4} {s.wrong:5} {s.missed:6} {s.spurious:8}")
    for d in differences(gold, read):
        print(f"  {d.letter} {d.field} {d.outcome}: {d.read!r}, not {d.gold!r}")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["dev", "heldout"]:
        report(name)
