"""What the index shows of a letter, and the sums over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from nlp.labels import CATEGORIES, STATUSES, Category, Status
from nlp.output.html.wording import heading
from nlp.output.terminal import visible
from nlp.schema import Result


@dataclass
class Counts:
    """Measures by category and status, and claims."""

    letters: int = 0
    by_kind: Counter[tuple[Category, Status]] = field(default_factory=Counter)
    claims: int = 0

    def of(self, category: Category | None = None, status: Status | None = None) -> int:
        """The measures of a category, of a status, of both, or all."""
        kinds = self.by_kind.items()
        return sum(n for (c, s), n in kinds if category in (None, c) and status in (None, s))

    def only(self, category: Category) -> Counts:
        """The measures of one category alone."""
        return Counts(by_kind=Counter({kind: n for kind, n in self.by_kind.items() if kind[0] == category}))

    def add(self, other: Counts) -> None:
        """Takes the counts of other letters in."""
        self.letters += other.letters
        self.by_kind.update(other.by_kind)
        self.claims += other.claims

    def stack(self) -> Iterator[tuple[Category, Status, int, int]]:
        """The parts of a stacked bar, as category, status, where it begins, how long it is; none is empty."""
        begin = 0
        for category in CATEGORIES:
            for status in STATUSES:
                length = self.by_kind[category, status]
                if length:
                    yield category, status, begin, length
                begin += length


@dataclass(frozen=True)
class Entry:
    """A letter in the index; `href` leads to its page, `number` counts from 1."""

    number: int
    href: str
    heading: str
    path: str
    issuer: str | None
    date: str | None
    counts: Counts


def counts_of(result: Result) -> Counts:
    """The counts of one letter."""
    kinds = Counter((measure.category, measure.status) for measure in result.measures)
    return Counts(letters=1, by_kind=kinds, claims=len(result.claims))


def entry_of(result: Result, *, number: int, href: str) -> Entry:
    """A letter's entry in the index."""
    document = result.document
    return Entry(
        number=number,
        href=href,
        heading=heading(document),
        path=visible(document.path or document.id),
        issuer=visible(document.meta.issuer) if document.meta.issuer else None,
        date=document.meta.date,
        counts=counts_of(result),
    )
