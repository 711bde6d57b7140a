"""What can be wrong with the gold of one letter, found by rule; each fault names file, line and mend."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.claims.finding import find_document_quantities
from nlp.claims.numbers import parse_quantity
from nlp.errors import printable
from nlp.text.segmentation import SENTENCE_END, Structure, segment

_DEEPEST = 3
"""The level of the deepest headings, 1."""


@dataclass(frozen=True)
class Fault:
    """A fault in gold: `path:line: message (mend)`, on one line whatever the letter holds."""

    path: str
    line: int
    message: str
    mend: str
    offset: int | None = None
    """Where in the letter's text, in code points; None for a fault of no certain place."""

    def __str__(self) -> str:
        return printable(f"{self.path}:{self.line}: {self.message} ({self.mend})")


def check_letter(
    text: str, measures: Sequence[Any], claims: Sequence[Any], *, path: str | Path, first_line: int = 1
) -> list[Fault]:
    """The faults of one letter's gold.

    Args:
        text: the letter.
        measures: its `GoldMeasure`s in text order.
        claims: its `GoldClaim`s in text order.
        path: the file that holds it, for the messages.
        first_line: the line of that file on which the text begins.
    """
    structure = segment(text)
    line_ends = [at for at, c in enumerate(text) if c == "\n"]

    def fault(at: int, message: str, mend: str) -> Fault:
        return Fault(str(path), first_line + bisect_left(line_ends, at), message, mend, at)

    found = [fault(*entry) for entry in _measure_faults(text, measures, structure)]
    found += [fault(*entry) for entry in _claim_faults(text, claims, structure)]
    return sorted(found, key=lambda f: f.line)


def check_text(letter: GoldLetter, texts: Path) -> list[Fault]:
    """The fault of a letter that, its marks taken away, is not the bare text `texts/ID.txt`: no fault or one."""
    bare = texts / f"{letter.id}.txt"
    try:
        wanted = bare.read_bytes().decode("utf-8")
    except OSError:
        return [Fault(str(letter.path), 1, f"{bare} does not exist", "name the folder of the bare texts")]
    if wanted == letter.text:
        return []
    shared = min(len(letter.text), len(wanted))
    at = next((i for i in range(shared) if letter.text[i] != wanted[i]), shared)
    here, there = letter.text[at : at + 8], wanted[at : at + 8]
    message = f"the text differs from {bare}: {here!r} for {there!r}"
    return [Fault(str(letter.path), letter.line(at), message, "change marks only, never the text")]


def _measure_faults(text: str, measures: Sequence[Any], structure: Structure) -> Iterator[tuple[int, str, str]]:
    starts = {c.start: i for i, c in enumerate(structure.clauses)}
    ends = {c.end: i for i, c in enumerate(structure.clauses)}
    previous: Any = None
    previous_last = -1
    for m in measures:
        head = shortened(text[m.start : m.end])
        if previous is not None and m.start < previous.end:
            yield m.start, f"the measure {head} overlaps the one before it", "let measures follow one another"
        if m.start not in starts:
            message = f"the measure {head} does not start where a clause does"
            yield m.start, message, "start it after a ，： 。 or a list marker"
        elif m.end not in ends:
            tail = text[max(m.start, m.end - 8) : m.end]
            message = f"the measure {head} does not end where a clause does (…{tail})"
            yield m.end, message, "end it before the clause's punctuation"
        else:
            first, last = starts[m.start], ends[m.end]
            if structure.clauses[first].sentence != structure.clauses[last].sentence:
                yield m.start, f"the measure {head} runs over a sentence end", "end it at the 。 or ； and open another"
            if (
                previous is not None
                and first == previous_last + 1
                and structure.clauses[first].sentence == structure.clauses[previous_last].sentence
                and (m.category, m.status) == (previous.category, previous.status)
            ):
                yield m.start, f"the measure {head} continues the one before it", "make one span of the two"
            previous_last = last
        previous = m


def _claim_faults(text: str, claims: Sequence[Any], structure: Structure) -> Iterator[tuple[int, str, str]]:
    candidates = {(c.start, c.end): c for c in find_document_quantities(text, structure)}
    borders = sorted(candidates)
    places = _Places(text, structure)
    previous: Any = None
    for c in claims:
        if previous is not None and c.start < previous.end:
            yield c.start, f"the quantity {c.text} overlaps {previous.text}", "mark each figure once"
        previous = c
        if c.metric is None:
            yield c.start, f"the quantity {c.text} has no metric", "name what is counted: {k1:…} and |… k1"
        elif c.metric.start < c.end and c.start < c.metric.end:
            yield c.start, f"the metric of {c.text} holds the quantity", "leave the quantity outside"
        elif places.sentences_between(c.start, c.metric.start) > 3:
            yield c.start, f"the metric {c.metric.text} of {c.text} is over three sentences away", "name a nearer one"
        heading = None if c.period is None else places.heading_between(c.period.start, c.start)
        if heading is not None:
            message = f"the period {c.period.text} of {c.text} stands beyond the heading {heading}"
            yield c.start, message, "name one in its section, or none"
        parsed = parse_quantity(c.text, c.type)
        if parsed is not None and parsed.value != c.value:
            yield c.start, f"the grammar reads {c.text} as {parsed.value}, the gold says {c.value}", "mend the value"
        if c.type == "money" and c.unit not in ("元", "美元", "港元", "欧元"):
            yield c.start, f"{c.text} is money with the unit {c.unit!r}", "mend the type or the unit"
        found = candidates.get((c.start, c.end))
        if found is None:
            first = max(0, bisect_left(borders, (c.start, 0)) - 1)  # candidates do not overlap
            last = bisect_left(borders, (c.end, 0))
            near = [text[s:e] for s, e in borders[first:last] if c.start < e]
            message = f"the grammar finds other borders than {c.text!r}: {near}"
            yield c.start, message, "mark number, modifiers and unit, nothing else"
        elif found.veto is not None:
            yield c.start, f"{c.text} is no claim to the grammar: {found.veto}", "take the mark away"


class _Places:
    """Where places of a letter stand to one another; each question is answered in the logarithm of its length."""

    def __init__(self, text: str, structure: Structure) -> None:
        self._text, self._paragraphs = text, structure.paragraphs
        self._sentence_starts = [s.start for s in structure.sentences]
        self._paragraph_ends = [p.end for p in structure.paragraphs]
        self._levels = {index: p.level for index, p in enumerate(structure.paragraphs) if p.level is not None}
        self._headings = {
            deepest: [index for index, level in self._levels.items() if level <= deepest]
            for deepest in range(1, _DEEPEST + 1)
        }
        self._endings: dict[int, int] = {}

    def sentences_between(self, a: int, b: int) -> int:
        low, high = sorted((a, b))
        return bisect_right(self._sentence_starts, high) - bisect_right(self._sentence_starts, low)

    def heading_between(self, period: int, claim: int) -> str | None:
        """The heading that keeps the period from the claim, or None."""
        low, high = sorted(bisect_right(self._paragraph_ends, at) for at in (period, claim))
        if low == len(self._paragraphs):  # a page number behind the last of them
            return None
        headings = self._headings[self._ending_level(low) if period < claim else _DEEPEST]
        next_one = bisect_right(headings, low)
        if next_one == len(headings) or headings[next_one] > high:
            return None
        paragraph = self._paragraphs[headings[next_one]]
        return shortened(self._text[paragraph.start : paragraph.end].strip())

    def _ending_level(self, index: int) -> int:
        """Headings down to this level end what a paragraph says: all of them.

        Only the head line of a table or list, which holds no sentence, governs what is numbered below its own level.
        """
        if index not in self._endings:
            paragraph = self._paragraphs[index]
            if any(c in SENTENCE_END for c in self._text[paragraph.start : paragraph.end]):
                self._endings[index] = _DEEPEST
            else:
                above = self._headings[_DEEPEST]
                heading = bisect_right(above, index) - 1
                self._endings[index] = self._levels[above[heading]] if heading >= 0 else 1
        return self._endings[index]


def shortened(text: str, length: int = 12) -> str:
    """A text, or its first `length` characters where more than one would be left out."""
    return f"{text[:length]}…" if len(text) > length + 1 else text
