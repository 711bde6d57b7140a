"""The figures of letters that an indicator is known for, in the unit that it is compared in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from nlp.claims.dates import NOTHING, Interval, calendar_day
from nlp.claims.indicators import INDICATORS, Number, base_value
from nlp.claims.resolution import is_resolved
from nlp.labels import CLAIM_TYPES, Approximation, ClaimType, Direction, Status
from nlp.schema import Claim, Result

_ORDER = {name: place for place, name in enumerate(INDICATORS)}


@dataclass(frozen=True)
class Figure:
    """A claim of a letter as it is compared.

    Args:
        indicator: a key of `nlp.claims.indicators.INDICATORS`.
        type: of the claim; a change or a rank is of the indicator that changed or is ranked.
        letter: the path of the letter, or its id.
        sha256: of the letter: paths of two results files may be equal.
        issuer: the body that the letter is of, where it says so.
        period: the words of the period, or None.
        days: what `nlp.claims.resolution` made of it.
        value, value_max, unit: in the unit that the indicator is compared in.
        approx, direction, basis: of the claim.
        text: the quantity as it is written.
        start: where it stands in the letter.
        metric: the words of its metric.
        metric_start: where they stand; figures that share a metric have it in common.
        status: of the measure that holds it; what is planned is a target.
    """

    indicator: str
    type: ClaimType
    letter: str
    sha256: str
    issuer: str | None
    period: str | None
    days: Interval
    value: Number
    value_max: Number | None
    unit: str
    approx: Approximation | None
    direction: Direction | None
    basis: str | None
    text: str
    start: int
    metric: str
    metric_start: int
    status: Status | None


@dataclass
class Figures:
    """What is compared, and how much of what was read it is.

    Args:
        rows: by indicator, in the order of the vocabulary; then by type, unit, letter, days and place.
        letters: how many were read.
        claims: how many they have.
        older: letters whose results are of a version that named no indicators.
    """

    rows: list[Figure] = field(default_factory=list)
    letters: int = 0
    claims: int = 0
    older: int = 0

    @property
    def without_indicator(self) -> int:
        """How many claims are in no row: no indicator fits for certain, or not with their unit."""
        return self.claims - len(self.rows)


def gather(results: Iterable[Result]) -> Figures:
    """The figures of letters, the same whatever order they come in; of each letter only these are held."""
    found = Figures()
    for result in results:
        found.letters += 1
        found.claims += len(result.claims)
        found.older += not is_resolved(result)
        found.rows.extend(figures_of(result))
    found.rows.sort(key=_place)
    return found


def figures_of(result: Result) -> Iterator[Figure]:
    """The figures of one letter, in the order of its claims."""
    document = result.document
    for claim in result.claims:
        metric = claim.metric
        if metric is None or metric.canonical is None:
            continue
        value, *more = (base_value(v, claim.unit, metric.canonical, type=claim.type) for v in _values(claim))
        if value is None:
            continue
        yield Figure(
            metric.canonical, claim.type, document.path or document.id, document.sha256, document.meta.issuer,
            None if claim.period is None else "".join(claim.period.text.split()), _days(claim),
            value[0], more[0][0] if more and more[0] else None, value[1], claim.approx, claim.direction, claim.basis,
            "".join(claim.text.split()), claim.start, "".join(metric.text.split()), metric.start,
            None if claim.measure is None else result.measures[claim.measure].status,
        )  # fmt: skip


def _values(claim: Claim) -> tuple[Number, ...]:
    return (claim.value,) if claim.value_max is None else (claim.value, claim.value_max)


def _days(claim: Claim) -> Interval:
    if claim.period is None:
        return NOTHING
    return Interval(calendar_day(claim.period.from_), calendar_day(claim.period.to))


def _place(figure: Figure) -> tuple[object, ...]:
    start, end = figure.days
    days = (start or date.min, end or date.max)
    kind = (_ORDER[figure.indicator], CLAIM_TYPES.index(figure.type), figure.unit)
    return (*kind, figure.letter, figure.sha256, days, figure.start, figure.text, figure.value)
