"""How well metrics are given their indicators: against gold, claim by claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.claims.indicators import context_before, indicator_of
from nlp.errors import FanzhaError
from nlp.evaluation.facts import FieldScore
from nlp.files import read_json
from nlp.labels import ClaimType


@dataclass(frozen=True)
class LabelledMetric:
    """A metric of the gold with the indicator that a reader gave it, or None."""

    letter: str
    metric: str
    type: ClaimType
    unit: str
    context: str
    in_dev: bool
    """The same metric, type and unit stand in a letter that the rules were written on."""
    indicator: str | None


@dataclass(frozen=True)
class IndicatorScore(FieldScore):
    """Counts over labelled metrics. A metric with an indicator in gold and another one read is `wrong` alone."""

    @property
    def precision(self) -> float:
        """Of the indicators given, the share that is right; 1 for none."""
        return _share(self.correct, self.correct + self.wrong + self.spurious)

    @property
    def recall(self) -> float:
        """Of the indicators in the gold, the share that was given; 1 for none."""
        return _share(self.correct, self.correct + self.wrong + self.missed)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def read_labelled(path: Path) -> list[LabelledMetric]:
    """Reads a file of `annotations/indicators`.

    Raises:
        FanzhaError: where it is no such file.
    """
    rows: Any = read_json(path)
    try:
        return [LabelledMetric(**row) for row in rows]
    except TypeError as error:
        raise FanzhaError(f"holds no labelled metrics: {error}", path=path, mend="restore it") from None


def given(item: LabelledMetric) -> str | None:
    """The indicator that the rules give it."""
    return indicator_of(item.metric, type=item.type, unit=item.unit, context=item.context)


def score(pairs: Iterable[tuple[str | None, str | None]]) -> IndicatorScore:
    """Scores pairs of gold and what was given."""
    counts: Counter[str] = Counter()
    for gold, got in pairs:
        if gold == got:
            counts["null" if gold is None else "correct"] += 1
        else:
            counts["spurious" if gold is None else "missed" if got is None else "wrong"] += 1
    return IndicatorScore(**{name: counts[name] for name in ("correct", "null", "wrong", "missed", "spurious")})


def coverage(letters: Sequence[GoldLetter]) -> tuple[Counter[str], int]:
    """How many claims get each indicator, and how many claims there are."""
    found: Counter[str] = Counter()
    total = 0
    for letter in letters:
        for claim in letter.claims:
            total += 1
            if claim.metric is None:
                continue
            context = context_before(letter.text, claim.metric.start)
            name = indicator_of(claim.metric.text, type=claim.type, unit=claim.unit, context=context)
            if name is not None:
                found[name] += 1
    return found, total
