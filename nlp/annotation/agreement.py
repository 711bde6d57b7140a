"""How far two annotations of the same letters agree: the figures of the scheme's section 4, and kappa on clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.errors import FanzhaError
from nlp.evaluation.scores import Scored, Scores, score
from nlp.labels import CATEGORIES
from nlp.text.segmentation import segment

NONE = "none"
"""The category of a clause that is in no measure."""


@dataclass(frozen=True)
class Agreement:
    """Two annotations compared; all figures but precision and recall are the same either way round."""

    letters: list[str]
    scores: Scores
    categories: Counter[tuple[str, str]]
    """Clauses by their category (or `NONE`) in the first and in the second annotation."""
    statuses: Counter[tuple[str, str]]
    """Clauses that are in a measure in both, by their two statuses."""

    @property
    def category_kappa(self) -> float:
        return cohen_kappa(self.categories)

    @property
    def status_kappa(self) -> float:
        return cohen_kappa(self.statuses)

    def describe(self) -> str:
        """The figures as lines of text."""
        clauses, both = sum(self.categories.values()), sum(self.statuses.values())
        lines = [f"{len(self.letters)} letters in both: {' '.join(self.letters)}", ""]
        lines += [f"{name:<38}{value:.3f}" for name, value in self.scores.figures().items()]
        lines += [
            "",
            f"{f'kappa of categories ({clauses} clauses)':<38}{self.category_kappa:.3f}",
            f"{f'kappa of statuses ({both} clauses)':<38}{self.status_kappa:.3f}",
            "",
            "clauses by category; rows the first annotation, columns the second",
        ]
        labels = (*CATEGORIES, NONE)
        lines.append("      " + "".join(_pad(label, 7) for label in labels) + _pad("F1", 8))
        for row in labels:
            cells = "".join(f"{self.categories[row, column]:>7}" for column in labels)
            lines.append(f"{row}{' ' * (6 - _width(row))}{cells}{_f1(self.categories, row):>8.3f}")
        return "\n".join(lines)


def agreement(first: Sequence[GoldLetter], second: Sequence[GoldLetter]) -> Agreement:
    """Compares two annotations on the letters that both have.

    Raises:
        FanzhaError: where they have no letter in common, or a letter's text differs.
    """
    others = {letter.id: letter for letter in second}
    pairs = [(one, others[one.id]) for one in first if one.id in others]
    if not pairs:
        raise FanzhaError("the two annotations have no letter in common", mend="name two folders with the same ids")
    categories: Counter[tuple[str, str]] = Counter()
    statuses: Counter[tuple[str, str]] = Counter()
    for one, other in pairs:
        if one.text != other.text:
            raise FanzhaError(
                f"its text is not that of {one.path}", path=other.path, mend="mark the text that was annotated first"
            )
        for clause in segment(one.text).clauses:
            a, b = (_clause_label(clause.start, clause.end, letter.measures) for letter in (one, other))
            categories[a[0], b[0]] += 1
            if a[1] is not None and b[1] is not None:
                statuses[a[1], b[1]] += 1
    scores = score([Scored(one.id, one.text, one, other) for one, other in pairs])
    return Agreement([one.id for one, _ in pairs], scores, categories, statuses)


def cohen_kappa(pairs: Counter[tuple[str, str]]) -> float:
    """Cohen's kappa of paired labels; 1 where there are none, or both annotators know one label only and agree."""
    total = sum(pairs.values())
    labels = {label for pair in pairs for label in pair}
    agreed = sum(pairs[label, label] for label in labels)
    rows, columns = Counter[str](), Counter[str]()
    for (a, b), n in pairs.items():
        rows[a] += n
        columns[b] += n
    chance = sum(rows[label] * columns[label] for label in labels)
    if chance == total * total:
        return 1.0
    return (agreed * total - chance) / (total * total - chance)


def _clause_label(start: int, end: int, measures: Sequence[Any]) -> tuple[str, str | None]:
    """Category and status of the measure that holds more than half of a clause, else `NONE` and None."""
    for m in measures:
        if 2 * (min(end, m.end) - max(start, m.start)) > end - start:
            return m.category, m.status
    return NONE, None


def _f1(pairs: Counter[tuple[str, str]], label: str) -> float:
    total = sum(n * ((a == label) + (b == label)) for (a, b), n in pairs.items())
    return 2 * pairs[label, label] / total if total else 1.0


def _width(text: str) -> int:
    return sum(1 if c.isascii() else 2 for c in text)


def _pad(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text
