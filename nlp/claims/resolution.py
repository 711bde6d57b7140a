"""What a claim means beside other letters: the indicator that its metric is, and the days that its period is.

A period without a year (上半年, 1至8月) is read with what its section said before it, in order:

- in the sentence of another period it takes that one's year, unless another year was named in between;
- later in the section it takes that year only where it is the letter's own: after 去年破案100起。 a new sentence
  with 上半年 may speak of either year;
- where the section named no year, it is the letter's own, if it had begun by then.

Nothing crosses a heading, and where two years could be meant, none is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from nlp.claims.dates import LETTER_YEARS, NOTHING, Context, Interval, calendar_day, resolve_period
from nlp.claims.indicators import indicators_of
from nlp.schema import Claim, Metric, Period, Result, Span
from nlp.text.healing import heal
from nlp.text.segmentation import Structure, segment

Range = tuple[int, int]

# 比去年下降: what a figure is compared with is not what the text goes on to speak of.
_YEAR = re.compile(
    r"(?<![比较与同和])(?:(?:19|20|１９|２０)[0-9０-９]{2}\s{0,2}年|[一二][九〇零○][〇零○一二三四五六七八九]{2}年"
    rf"|{'|'.join(LETTER_YEARS)})"
)
_Kind = Literal["section", "sentence", "year", "period"]
_ORDER: dict[_Kind, int] = {"section": 0, "sentence": 1, "year": 2, "period": 3}


def resolve_claims(claims: Sequence[Claim], text: str, structure: Structure, letter_date: str | None) -> list[Claim]:
    """The claims with `metric.canonical`, `period.from` and `period.to` filled in; nothing else is changed.

    Args:
        claims: of a letter, as `nlp.claims.linking.link_claims` gives them.
        text: the letter.
        structure: how `nlp.text.segmentation.segment` cuts it.
        letter_date: its own date in ISO 8601 (`document.meta.date`), where it states one.
    """
    days = resolve_periods([c.period for c in claims if c.period is not None], text, structure, letter_date)
    resolved = []
    for claim, indicator in zip(claims, indicators_of(claims, text), strict=True):
        changes: dict[str, Metric | Period] = {}
        if claim.metric is not None:
            changes["metric"] = claim.metric.model_copy(update={"canonical": indicator})
        if claim.period is not None:
            start, end = days[claim.period.start, claim.period.end]
            iso = {"from_": start and start.isoformat(), "to": end and end.isoformat()}
            changes["period"] = claim.period.model_copy(update=iso)
        resolved.append(claim.model_copy(update=changes))
    return resolved


def resolved(result: Result, text: str) -> Result:
    """A result with its claims resolved, if it is of a version that did not resolve them; else as it is.

    Args:
        result: as it was read.
        text: the letter.
    """
    if is_resolved(result):
        return result
    claims = resolve_claims(result.claims, text, segment(text), result.document.meta.date)
    return result.model_copy(update={"claims": claims})


def is_resolved(result: Result) -> bool:
    """Whether a result says of its claims which indicator and days they are of, be it that none fit."""
    parts = [(c.metric, "canonical") for c in result.claims] + [(c.period, "to") for c in result.claims]
    return all(part is None or name in part.model_fields_set for part, name in parts)


def resolve_periods(
    periods: Sequence[Span], text: str, structure: Structure, letter_date: str | None
) -> dict[Range, Interval]:
    """The days of each period of a letter, by its start and end; linear in the text and the periods.

    Args:
        periods: of its claims, in any order, one as often as there are claims that have it.
        text, structure, letter_date: see `resolve_claims`.
    """
    letter = calendar_day(letter_date)
    healed = heal(text, structure)
    spans = {(p.start, p.end): healed.inside(p.start, p.end) for p in periods}
    found: dict[Range, Interval] = {}
    context = Context(letter)
    for kind, start, end in _events(healed.text, healed.structure, sorted(set(spans.values()))):
        if kind == "section":
            context = Context(letter)
        elif kind == "sentence":
            if context.year is not None and (letter is None or context.year != letter.year):
                context = context._replace(year=None)
        elif kind == "year":
            context = _with_year(context, _year(healed.text[start:end], context))
        else:
            days = resolve_period(healed.text[start:end], context)
            found[start, end] = days
            context = context._replace(before=days)
            if days != NOTHING:
                context = context._replace(year=days.year, silent=False)
    return {span: found[place] for span, place in spans.items()}


def _events(text: str, structure: Structure, spans: Sequence[Range]) -> Iterator[tuple[_Kind, int, int]]:
    """Headings, sentences, periods, and years that are named outside periods, in the order of the text."""
    events: list[tuple[_Kind, int, int]] = [
        ("section", p.start, p.start) for p in structure.paragraphs if p.level is not None
    ]
    events += [("sentence", s.start, s.start) for s in structure.sentences]
    events += [("period", start, end) for start, end in spans]
    covered, k = 0, 0
    for year in _YEAR.finditer(text):
        while k < len(spans) and spans[k][0] < year.end():
            covered = max(covered, spans[k][1])
            k += 1
        if year.start() >= covered:
            events.append(("year", year.start(), year.end()))
    yield from sorted(events, key=lambda event: (event[1], _ORDER[event[0]]))


def _with_year(context: Context, named: int | None) -> Context:
    """After a year was named outside a period: the letter's own is spoken of from then on, another one may be."""
    if named is not None and (named == context.year or context.letter is not None and named == context.letter.year):
        return context._replace(year=named, silent=False)
    return context._replace(year=None, silent=False)


def _year(surface: str, context: Context) -> int | None:
    return resolve_period(surface, context).year
