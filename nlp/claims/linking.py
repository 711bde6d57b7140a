"""Joins quantities, metrics and periods to claims."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from nlp.claims.changes import basis_of, direction_of
from nlp.claims.figures import Figure, groups, read_figures
from nlp.claims.metrics import assign_metrics
from nlp.claims.periods import assign_periods
from nlp.schema import Claim, Measure, Span
from nlp.spans import LabelledSpan
from nlp.text.segmentation import Structure


def link_claims(
    text: str,
    structure: Structure,
    quantities: Sequence[LabelledSpan],
    metrics: Sequence[LabelledSpan],
    periods: Sequence[LabelledSpan],
    measures: Sequence[Measure],
) -> list[Claim]:
    """The claims of a document.

    Args:
        text: the document.
        structure: how `nlp.text.segmentation.segment` cuts it.
        quantities: the quantities that are claims; the label is the claim's type.
        metrics: what is measured; the label does not matter.
        periods: times that figures are for; the label does not matter.
        measures: the measures of the document, in the order that claims refer to.

    Returns:
        One claim for each quantity that the number grammar reads, in text order, with the quantity's score.
    """
    figures = read_figures(text, structure, quantities)
    lists = groups(text, structure, figures)
    metric_of = assign_metrics(text, structure, figures, lists, [(m.start, m.end) for m in metrics])
    period_of = assign_periods(text, structure, figures, [(p.start, p.end) for p in periods])
    first_of = {i: group.first for group in lists for i in range(group.first, group.last)}
    holder = _MeasureFinder(measures)
    claims: list[Claim] = []
    for i, figure in enumerate(figures):
        direction, basis = None, None
        if figure.type == "change":
            floor = _floor(structure, figures, first_of.get(i, i))
            direction = direction_of(text, figure.start, figure.end, structure.sentences[figure.sentence].start) or "up"
            basis = basis_of(text, figure.start, floor) or _basis_before(claims, figures, metric_of, i)
        quantity = figure.quantity
        claims.append(
            Claim(
                start=figure.start, end=figure.end, text=text[figure.start : figure.end], type=figure.type,
                value=quantity.value, value_max=quantity.value_max, unit=quantity.unit, approx=quantity.approx,
                metric=_span(text, metric_of[i]), period=_span(text, period_of[i]), direction=direction, basis=basis,
                measure=holder.index(figure), score=figure.score,
            )
        )  # fmt: skip
    return claims


def _floor(structure: Structure, figures: Sequence[Figure], first: int) -> int:
    """Where the words about a change begin: behind the figure before it, or before its whole list."""
    start = structure.sentences[figures[first].sentence].start
    return max(start, figures[first - 1].end) if first else start


def _basis_before(
    claims: Sequence[Claim], figures: Sequence[Figure], metric_of: Sequence[tuple[int, int] | None], i: int
) -> str | None:
    """The basis of an earlier change of the same metric in the sentence: 同比减少1107户，降幅为38.2%."""
    for k in range(i - 1, max(i - 5, -1), -1):
        if figures[k].sentence != figures[i].sentence or figures[k].type != "change":
            break
        if metric_of[k] == metric_of[i]:
            return claims[k].basis
    return None


def _span(text: str, part: tuple[int, int] | None) -> Span | None:
    return None if part is None else Span(start=part[0], end=part[1], text=text[part[0] : part[1]])


class _MeasureFinder:
    """Finds the measure that holds a figure; measures do not overlap."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        self.order = sorted(range(len(measures)), key=lambda k: measures[k].start)
        self.starts = [measures[k].start for k in self.order]
        self.ends = [measures[k].end for k in self.order]

    def index(self, figure: Figure) -> int | None:
        k = bisect_right(self.starts, figure.start) - 1
        return self.order[k] if k >= 0 and figure.end <= self.ends[k] else None
