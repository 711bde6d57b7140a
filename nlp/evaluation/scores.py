"""How predictions are scored against gold (scheme, section 4).

Measures: seqeval's strict F1 of exact spans with category; F1 of characters per category, micro and macro; accuracy of
the status on the characters that both call a measure. Claims: F1 of quantities (exact span and type), of normalised
claims (value, unit and direction right too), and of full claims (metric overlaps by half of the longer, and the period
agrees in text, too); and F1 of metrics, which asks of a claim that its quantity is found and its metric overlaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqeval.scheme import IOB2, Entities

from nlp.labels import CATEGORIES, OUTSIDE


@dataclass(frozen=True)
class Scored:
    """A document's text with its gold and its prediction, each with `measures` and `claims`."""

    id: str
    text: str
    gold: Any
    predicted: Any


@dataclass
class Counts:
    """True positives, predictions, gold; sums over documents."""

    right: int = 0
    predicted: int = 0
    gold: int = 0

    def add(self, right: int, predicted: int, gold: int) -> None:
        self.right += right
        self.predicted += predicted
        self.gold += gold

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else float(not self.gold)

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else float(not self.predicted)

    @property
    def f1(self) -> float:
        """2pr/(p+r); 1 where there is neither gold nor prediction."""
        total = self.predicted + self.gold
        return 2 * self.right / total if total else 1.0


@dataclass
class Scores:
    """All figures over some documents; `figures` names them."""

    strict: dict[str, float]
    characters: dict[str, Counts]
    character_micro: Counts
    status_agreed: int
    status_total: int
    claims: dict[str, Counts] = field(default_factory=dict)

    @property
    def character_macro_f1(self) -> float:
        """The mean over the categories that gold or prediction has."""
        present = [c.f1 for c in self.characters.values() if c.gold or c.predicted]
        return sum(present) / len(present) if present else 1.0

    def figures(self) -> dict[str, float]:
        """Every figure by its name, in the order of the reports."""
        return {
            "measures, character micro F1": self.character_micro.f1,
            "measures, character macro F1": self.character_macro_f1,
            "measures, strict span F1": self.strict["f1"],
            "status accuracy": self.status_agreed / self.status_total if self.status_total else 1.0,
            **{f"{name} F1": counts.f1 for name, counts in self.claims.items()},
        }


CLAIM_LEVELS = ("quantity", "normalised", "metric", "full")


@dataclass(frozen=True)
class Tally:
    """What one document counts for: measures by strict span and by character, status, claims."""

    strict: Counts
    characters: dict[str, Counts]
    status_agreed: int
    status_total: int
    claims: dict[str, Counts]


def score(documents: Sequence[Scored]) -> Scores:
    """Scores predictions over some documents; counts are summed over them before a figure is taken."""
    return combine([tally(document) for document in documents])


def tally(document: Scored) -> Tally:
    """Counts what is right, predicted and gold in one document."""
    gold = measure_tags(len(document.text), document.gold.measures)
    predicted = measure_tags(len(document.text), document.predicted.measures)
    agreed, total = _status_agreement(document)
    return Tally(
        _strict_counts(gold, predicted),
        _character_counts(gold, predicted),
        agreed,
        total,
        {name: _claim_counts(document, name) for name in CLAIM_LEVELS},
    )


def combine(tallies: Sequence[Tally]) -> Scores:
    """The figures of all documents together."""
    strict = _sum(t.strict for t in tallies)
    characters: dict[str, Counts] = {name: _sum(t.characters[name] for t in tallies) for name in CATEGORIES}
    return Scores(
        strict={
            # As seqeval with zero_division=0: nothing predicted and nothing there is 0, not 1.
            "f1": strict.f1 if strict.predicted + strict.gold else 0.0,
            "precision": strict.precision if strict.predicted else 0.0,
            "recall": strict.recall if strict.gold else 0.0,
        },
        characters=characters,
        character_micro=_sum(characters.values()),
        status_agreed=sum(t.status_agreed for t in tallies),
        status_total=sum(t.status_total for t in tallies),
        claims={name: _sum(t.claims[name] for t in tallies) for name in CLAIM_LEVELS},
    )


def _sum(parts: Iterable[Counts]) -> Counts:
    total = Counts()
    for part in parts:
        total.add(part.right, part.predicted, part.gold)
    return total


def measure_tags(length: int, measures: Iterable[Any]) -> list[str]:
    """IOB2 tags of the characters of a document."""
    tags = [OUTSIDE] * length
    for m in measures:
        tags[m.start : m.end] = [f"I-{m.category}"] * (m.end - m.start)
        tags[m.start] = f"B-{m.category}"
    return tags


def _strict_counts(gold: list[str], predicted: list[str]) -> Counts:
    """Entities by seqeval's strict reading of IOB2."""
    wanted, found = (
        {(e.start, e.end, e.tag) for entities in Entities([tags], IOB2).entities for e in entities}
        for tags in (gold, predicted)
    )
    return Counts(len(wanted & found), len(found), len(wanted))


def _character_counts(gold: list[str], predicted: list[str]) -> dict[str, Counts]:
    pairs = Counter(zip((x.partition("-")[2] for x in gold), (x.partition("-")[2] for x in predicted), strict=True))
    return {
        category: Counts(
            right=pairs[category, category],
            predicted=sum(n for (_, p), n in pairs.items() if p == category),
            gold=sum(n for (g, _), n in pairs.items() if g == category),
        )
        for category in CATEGORIES
    }


def _status_agreement(document: Scored) -> tuple[int, int]:
    def statuses(measures: Iterable[Any]) -> dict[int, str]:
        return {i: m.status for m in measures for i in range(m.start, m.end)}

    gold, predicted = statuses(document.gold.measures), statuses(document.predicted.measures)
    both = gold.keys() & predicted.keys()
    return sum(gold[i] == predicted[i] for i in both), len(both)


def _claim_counts(document: Scored, level: str) -> Counts:
    gold = {(c.start, c.end, c.type): c for c in document.gold.claims}
    # Where one claim is predicted twice, one of the two is wrong.
    predicted = {(c.start, c.end, c.type): c for c in document.predicted.claims}
    right = sum(_AGREES[level](predicted[key], gold[key]) for key in predicted.keys() & gold.keys())
    return Counts(right, len(document.predicted.claims), len(gold))


def _same_value(a: Any, b: Any) -> bool:
    return (a.value, a.value_max, a.unit, a.direction) == (b.value, b.value_max, b.unit, b.direction)


def _same_metric(a: Any, b: Any) -> bool:
    """Whether the metrics overlap by at least half of the longer one."""
    if a.metric is None or b.metric is None:
        return a.metric is None and b.metric is None
    overlap = min(a.metric.end, b.metric.end) - max(a.metric.start, b.metric.start)
    return bool(2 * overlap >= max(a.metric.end - a.metric.start, b.metric.end - b.metric.start))


def _same_period(a: Any, b: Any) -> bool:
    return bool((a.period and a.period.text) == (b.period and b.period.text))


_AGREES: dict[str, Callable[[Any, Any], bool]] = {
    "quantity": lambda a, b: True,
    "normalised": _same_value,
    "metric": _same_metric,
    "full": lambda a, b: _same_value(a, b) and _same_metric(a, b) and _same_period(a, b),
}
