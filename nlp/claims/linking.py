"""Joins quantities, metrics and periods to claims."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nlp.claims.changes import basis_of, direction_of
from nlp.claims.figures import Figure, groups, read_figures
from nlp.claims.metrics import Range, assign_metrics
from nlp.claims.periods import assign_periods
from nlp.pair_scores import RELATIONS
from nlp.schema import Claim, Measure, Span
from nlp.spans import LabelledSpan, Links
from nlp.text.healing import Healed, heal
from nlp.text.segmentation import Structure


def link_claims(
    text: str,
    structure: Structure,
    quantities: Sequence[LabelledSpan],
    metrics: Sequence[LabelledSpan],
    periods: Sequence[LabelledSpan],
    measures: Sequence[Measure],
    pointed: Sequence[Links] | None = None,
    *,
    constrained: bool = True,
) -> list[Claim]:
    """The claims of a document.

    Args:
        text: the document.
        structure: how `nlp.text.segmentation.segment` cuts it.
        quantities: the quantities that are claims; the label is the claim's type.
        metrics: what is measured; the label does not matter.
        periods: times that figures are for; the label does not matter.
        measures: the measures of the document, in the order that claims refer to.
        pointed: for each quantity the metric and the period that the pair scorer finds for it; without them, the rules
            of `nlp.claims.metrics` and `nlp.claims.periods` choose among `metrics` and `periods`.
        constrained: the rules choose the metric where they find one, and what is pointed at counts for the others and
            for all periods: better on the dev letters than either by itself (`fanzha evaluate --linking --split dev`).

    Returns:
        One claim for each quantity that the number grammar reads, in text order, with the quantity's score.
    """
    healed = heal(text, structure)
    own_text, own = healed.text, healed.structure  # the words as the writer wrote them; all offsets below are in it
    figures = read_figures(own_text, own, [_inside(quantity, healed) for quantity in quantities])
    lists = groups(own_text, own, figures)
    metric_of: Sequence[Range | None] = [None] * len(figures)
    if pointed is None or constrained:
        named = [kept for m in metrics if (kept := _range_of(m, healed))]
        metric_of = assign_metrics(own_text, own, figures, lists, named)
    if pointed is None:
        times = [kept for p in periods if (kept := _range_of(p, healed))]
        period_of = assign_periods(own_text, own, figures, times)
    else:
        chosen = {healed.inside(q.start, q.end)[0]: links for q, links in zip(quantities, pointed, strict=True)}
        found = [_inside_links(chosen[figure.start], healed) for figure in figures]
        metric_of = [rule or metric for rule, (metric, _) in zip(metric_of, found, strict=True)]
        period_of = [period for _, period in found]
    first_of = {i: group.first for group in lists for i in range(group.first, group.last)}
    holder = _MeasureFinder(measures)

    def span(part: tuple[int, int]) -> dict[str, Any]:
        start, end = healed.outside(*part)
        return {"start": start, "end": end, "text": text[start:end]}

    claims: list[Claim] = []
    for i, figure in enumerate(figures):
        direction, basis = None, None
        if figure.type == "change":
            floor = _floor(own, figures, first_of.get(i, i))
            begin = own.sentences[figure.sentence].start
            direction = direction_of(own_text, figure.start, figure.end, begin) or "up"
            basis = basis_of(own_text, figure.start, floor) or _basis_before(claims, figures, metric_of, i)
        quantity, metric, period = figure.quantity, metric_of[i], period_of[i]
        place = span((figure.start, figure.end))
        claims.append(
            Claim(
                **place, type=figure.type,
                value=quantity.value, value_max=quantity.value_max, unit=quantity.unit, approx=quantity.approx,
                metric=None if metric is None else Span(**span(metric)),
                period=None if period is None else Span(**span(period)), direction=direction, basis=basis,
                measure=holder.index(place["start"], place["end"]), score=figure.score,
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


def _inside_links(links: Links, healed: Healed) -> tuple[Range | None, Range | None]:
    metric, period = (_range_of(links[name], healed) for name in RELATIONS)
    return metric, period


def _range_of(span: LabelledSpan | None, healed: Healed) -> Range | None:
    """Where a span lies in the healed text; None where it has no words there (the blanks of a wrap, a page number)."""
    if span is None:
        return None
    start, end = healed.inside(span.start, span.end)
    return (start, end) if healed.text[start:end].strip() else None


def _inside(quantity: LabelledSpan, healed: Healed) -> LabelledSpan:
    start, end = healed.inside(quantity.start, quantity.end)
    return replace(quantity, start=start, end=end)


class _MeasureFinder:
    """Finds the measure that holds a range; measures do not overlap."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        self.order = sorted(range(len(measures)), key=lambda k: measures[k].start)
        self.starts = [measures[k].start for k in self.order]
        self.ends = [measures[k].end for k in self.order]

    def index(self, start: int, end: int) -> int | None:
        k = bisect_right(self.starts, start) - 1
        return self.order[k] if k >= 0 and end <= self.ends[k] else None
