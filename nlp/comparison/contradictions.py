"""Figures that cannot all be right: two values of one thing, and a change that does not fit its two totals."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from nlp.claims.dates import Interval, years_earlier
from nlp.comparison.bounds import Bounds, agree, bounds
from nlp.comparison.figures import Figure

Kind = Literal["values", "change"]
Totals = Mapping[tuple[str, str, Interval], Sequence[Figure]]
"""By whose they are (a letter's, a body's), their indicator and their days."""

_LAST_YEAR = re.compile("同比|去年|上年|上一年")
_YEAR_BEFORE_LAST = re.compile("前年")
_NAMED_YEAR = re.compile("((?:19|20)[0-9]{2})年")


@dataclass(frozen=True)
class Contradiction:
    """Figures of one indicator that contradict each other.

    Args:
        kind: `values`, one letter gives two values for the same days; `change`, a change and the totals it is between.
        days: what they are for; of a change, what it ended in.
        figures: which they are: of `values` in the order of the text, of `change` the change, then its totals.
    """

    kind: Kind
    days: Interval
    figures: tuple[Figure, ...]


def find_contradictions(rows: Sequence[Figure]) -> list[Contradiction]:
    """The contradictions of figures (`nlp.comparison.figures.Figures.rows`), in the order of their first ones.

    Only days that are known are compared: two figures without a period may be for different times. Of two values that
    are worded differently the smaller one may be a part of the other (what one campaign caught): they contradict each
    other only where it is over half of it. The totals of a change are those of its letter; where that lacks one, those
    of all letters of its body.
    """
    whole = _totals(rows)
    totals: dict[tuple[str, str, Interval], list[Figure]] = defaultdict(list)
    for row in whole:
        totals[_letter(row), row.indicator, row.days].append(row)
        if row.issuer is not None:
            totals[_body(row), row.indicator, row.days].append(row)
    found = [*_two_values(whole), *_unfit_changes(rows, totals)]
    place = {id(row): place for place, row in enumerate(rows)}
    return sorted(found, key=lambda contradiction: min(place[id(figure)] for figure in contradiction.figures))


def _letter(row: Figure) -> str:
    return f"letter {row.sha256} {row.letter}"


def _body(row: Figure) -> str:
    return f"body {row.issuer}"


def _totals(rows: Sequence[Figure]) -> list[Figure]:
    """The figures that are totals for known days, and no targets.

    Several values that share one mention of their metric are none: 由6.1万元降至5.3万元, 罚款最高5万元、最低3千元.
    """
    mentions: dict[tuple[str, str, int, str, str, Interval], list[Figure]] = defaultdict(list)
    for row in rows:
        if row.type not in ("change", "rank") and any(row.days) and row.status != "planned":
            mentions[_letter(row), row.indicator, row.metric_start, row.type, row.unit, row.days].append(row)
    return [row for mention in mentions.values() if agree(map(bounds, mention)) for row in mention]


def _two_values(totals: Sequence[Figure]) -> Iterator[Contradiction]:
    groups: dict[tuple[str, str, str, str, Interval], list[Figure]] = defaultdict(list)
    for row in totals:
        groups[_letter(row), row.indicator, row.type, row.unit, row.days].append(row)
    for group in groups.values():
        wrong = _disagreeing(group)
        if wrong:
            yield Contradiction("values", group[0].days, tuple(sorted(wrong, key=lambda row: row.start)))


def _disagreeing(group: Sequence[Figure]) -> list[Figure]:
    """The figures for one thing that contradict others of them: in the same words, or none of them a mere part."""
    wordings: dict[str, list[Figure]] = defaultdict(list)
    for row in group:
        wordings[row.metric].append(row)
    largest = max(row.value for row in group)
    alike = [list(rows) for rows in wordings.values()] + [[row for row in group if 2 * row.value > largest]]
    wrong = {id(row) for rows in alike if rows and not agree(map(bounds, rows)) for row in rows}
    return [row for row in group if id(row) in wrong]


def _unfit_changes(rows: Sequence[Figure], totals: Totals) -> Iterator[Contradiction]:
    for row in rows:
        back = _years_back(row)
        if back is None:
            continue
        now = _totals_of(row, row.days, totals)
        then = _totals_of(row, years_earlier(row.days, back), totals)
        if now and then and not agree((_signed(row), _change(row, _hull(now), _hull(then)))):
            yield Contradiction("change", row.days, (row, *now, *then))


def _years_back(row: Figure) -> int | None:
    """How many years before its days the base of a change is, or None where that is not certain."""
    if row.type != "change" or row.direction is None or row.basis is None or None in row.days:
        return None
    named = _NAMED_YEAR.search(row.basis)
    if named is not None:
        back = 0 if row.days.year is None else row.days.year - int(named[1])
        return back if back > 0 else None
    if _YEAR_BEFORE_LAST.search(row.basis):
        return 2
    return 1 if _LAST_YEAR.search(row.basis) else None


def _totals_of(row: Figure, days: Interval, totals: Totals) -> list[Figure]:
    """The totals for some days that a change can be between, in one unit; the letter's own, else its body's."""
    for whose in (_letter(row), _body(row)) if row.issuer is not None else (_letter(row),):
        found = [total for total in totals.get((whose, row.indicator, days), ()) if _fits_unit(row, total)]
        if len({total.unit for total in found}) == 1:
            return found
    return []


def _fits_unit(change: Figure, total: Figure) -> bool:
    """起 changes by % or 起, a rate by 百分点: what 破案率上升5% is, nobody knows; and 倍 is said of both ends."""
    if change.unit == "百分点":
        return total.unit == "%"
    return total.unit != "%" and change.unit in ("%", total.unit)


def _hull(figures: Sequence[Figure]) -> Bounds:
    ranges = [bounds(figure) for figure in figures]
    return Bounds(min(r.low for r in ranges), max(r.high for r in ranges))


def _signed(row: Figure) -> Bounds:
    low, high = bounds(row)
    return Bounds(low, high) if row.direction == "up" else Bounds(-high, -low)


def _change(row: Figure, now: Bounds, then: Bounds) -> Bounds:
    """What a change between two totals can be, in its unit."""
    if row.unit != "%":
        return Bounds(now.low - then.high, now.high - then.low)
    if then.low <= 0:
        return Bounds(-inf, inf)
    return Bounds(100 * (now.low / then.high - 1), 100 * (now.high / then.low - 1))
