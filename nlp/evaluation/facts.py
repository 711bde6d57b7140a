"""How well the facts of letters are read: exact agreement with gold, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nlp.schema import DocumentMeta

Facts = Mapping[str, str | None]
"""The fields of a `DocumentMeta` with their values."""
Outcome = Literal["wrong", "missed", "spurious"]
FIELDS: tuple[str, ...] = tuple(DocumentMeta.model_fields)


@dataclass(frozen=True)
class Difference:
    """A fact of a letter that was not read as the gold has it."""

    letter: str
    field: str
    outcome: Outcome
    gold: str | None
    read: str | None


@dataclass(frozen=True)
class FieldScore:
    """How a field was read: stated and read right; null in both; read as something else; not read; read where null."""

    correct: int
    null: int
    wrong: int
    missed: int
    spurious: int

    @property
    def accuracy(self) -> float:
        """The share of letters with exactly the gold's value, null included; 1 for none."""
        total = self.correct + self.null + self.wrong + self.missed + self.spurious
        return (self.correct + self.null) / total if total else 1.0


def differences(gold: Mapping[str, Facts], read: Mapping[str, Facts]) -> list[Difference]:
    """All facts that were not read as the gold has them, by letter and field.

    Args:
        gold: by the letter's id.
        read: the same letters.
    """
    found = []
    for letter, facts in gold.items():
        for field in FIELDS:
            expected, got = facts[field], read[letter][field]
            if expected != got:
                outcome: Outcome = "missed" if got is None else "spurious" if expected is None else "wrong"
                found.append(Difference(letter, field, outcome, expected, got))
    return found


def score_fields(gold: Mapping[str, Facts], read: Mapping[str, Facts]) -> dict[str, FieldScore]:
    """The score of each field of `DocumentMeta`, over the letters of the gold."""
    faults = differences(gold, read)
    scores = {}
    for field in FIELDS:
        count = {o: sum(d.field == field and d.outcome == o for d in faults) for o in ("wrong", "missed", "spurious")}
        stated = sum(facts[field] is not None for facts in gold.values())
        correct = stated - count["wrong"] - count["missed"]
        null = len(gold) - stated - count["spurious"]
        scores[field] = FieldScore(correct, null, **count)
    return scores
