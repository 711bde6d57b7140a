"""Prints how well metrics are given their indicators (nlp.claims.indicators), every fault, and how many claims get one.

    python benchmarks/indicators.py

The gold is in annotations/indicators: two samples of metrics of letters that the rules were not written on.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from nlp.annotation.corpus import read_letters
from nlp.claims.indicators import INDICATORS
from nlp.evaluation.indicators import coverage, given, read_labelled, score
from nlp.files import read_json

ANNOTATIONS = Path(__file__).parents[1] / "annotations"


def report_sample(name: str) -> None:
    """Prints the scores and faults of one sample of the gold."""
    results = [(item, given(item)) for item in read_labelled(ANNOTATIONS / "indicators" / f"{name}.json")]
    unseen = [(item, got) for item, got in results if not item.in_dev]
    print(f"{name:22}number accuracy precision recall  correct null wrong missed spurious")
    for part_name, part in (("all", results), ("wording not in dev", unseen)):
        s = score((item.indicator, got) for item, got in part)
        print(
            f"{part_name:22}{len(part):6} {s.accuracy:8.3f} {s.precision:9.3f} {s.recall:6.3f}"
            f" {s.correct:8} {s.null:4} {s.wrong:5} {s.missed:6} {s.spurious:8}"
        )
    faults = [(item, got) for item, got in results if item.indicator != got]
    confusions = Counter((str(item.indicator), str(got)) for item, got in faults)
    print(
        "confusions, gold -> given:", ", ".join(f"{gold} -> {got} {n}" for (gold, got), n in sorted(confusions.items()))
    )
    for item, got in faults:
        print(f"  {item.letter} {item.metric!r} {item.type} {item.unit}: {got}, not {item.indicator}")


def report_coverage() -> None:
    """Prints the share of the claims that have an indicator, and how many have each."""
    halves = read_json(ANNOTATIONS / "indicators" / "split.json")
    letters = read_letters(ANNOTATIONS / "letters")
    for half, ids in halves.items():
        found, total = coverage([letter for letter in letters if letter.id in set(ids)])
        print(f"{half}: {found.total()} of {total} claims have an indicator ({found.total() / total:.3f})")
    found, total = coverage(letters)
    print(f"all: {found.total()} of {total} ({found.total() / total:.3f})")
    print(" ".join(f"{name} {found[name]}" for name in INDICATORS))


if __name__ == "__main__":
    for sample in ("heldout", "heldout-second"):
        report_sample(sample)
    report_coverage()
