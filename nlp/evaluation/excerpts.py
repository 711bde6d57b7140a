"""An error in its sentence: the letter's own words, cut where gold and prediction begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nlp.evaluation.mistakes import Mistake
from nlp.output.wraps import hard_wraps
from nlp.text.segmentation import segment

_MOST_AROUND = 120
"""Characters of a sentence that are shown before and after the spans."""
_PARTS = ("metric", "period")


@dataclass(frozen=True)
class Piece:
    """Words of a letter and what they belong to: `gold`, `predicted`, metrics and periods as `gold-part` …, `wrap`."""

    text: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Excerpt:
    """The sentences that hold an error; the pieces joined are `document[start:end]`."""

    start: int
    end: int
    pieces: tuple[Piece, ...]


class Excerpts:
    """The excerpts of one letter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences = segment(text).sentences
        self._wraps = hard_wraps(text)

    def of(self, mistake: Mistake) -> Excerpt:
        """An error in its sentences, with no more than `_MOST_AROUND` characters before and after it."""
        inside = [s for s in self._sentences if s.start < mistake.end and s.end > mistake.start]
        start = max(min([mistake.start, *(s.start for s in inside)]), mistake.start - _MOST_AROUND)
        end = min(max([mistake.end, *(s.end for s in inside)]), mistake.end + _MOST_AROUND)
        marked = [
            *((mark, s.start, s.end) for mark, s in _spans("gold", mistake.gold)),
            *((mark, s.start, s.end) for mark, s in _spans("predicted", mistake.predicted)),
            *(("wrap", *wrap) for wrap in self._wraps),  # the page shows a sentence on one line
        ]
        marked = [(mark, max(a, start), min(b, end)) for mark, a, b in marked if a < end and b > start]
        borders = sorted({start, end, *(border for _, *place in marked for border in place)})
        pieces = [
            Piece(self._text[a:b], tuple(mark for mark, first, last in marked if first <= a and b <= last))
            for a, b in pairwise(borders)
        ]
        return Excerpt(start, end, tuple(pieces))


def _spans(side: str, owner: Any | None) -> list[tuple[str, Any]]:
    if owner is None:
        return []
    parts = [getattr(owner, name, None) for name in _PARTS]
    return [(side, owner), *((f"{side}-part", part) for part in parts if part is not None)]


@dataclass(frozen=True)
class Fact:
    """What one side says of a span; `differs` from what the other side says."""

    name: str
    value: str
    differs: bool


def facts(mistake: Mistake) -> dict[str, list[Fact]]:
    """What gold and prediction say, by side; a side that has nothing is left out."""
    sides = {
        side: _facts(span)
        for side, span in (("gold", mistake.gold), ("predicted", mistake.predicted))
        if span is not None
    }
    shown = {}
    for side, own in sides.items():
        other = next((sides[name] for name in sides if name != side), own)
        shown[side] = [Fact(name, value, name != "score" and other.get(name) != value) for name, value in own.items()]
    return shown


def _facts(span: Any) -> dict[str, str]:
    found = {"text": span.text, "at": f"{span.start}–{span.end}"}
    if hasattr(span, "category"):
        found |= {"category": span.category, "status": span.status}
    else:
        value = f"{span.value:,}" if span.value_max is None else f"{span.value:,}–{span.value_max:,}"
        found |= {"type": span.type, "value": value, "unit": span.unit}
        found |= {name: getattr(span, name) for name in ("direction", "basis") if getattr(span, name)}
        found |= {name: _place(getattr(span, name)) for name in _PARTS}
    if hasattr(span, "score"):
        found["score"] = f"{span.score:.2f}"
    return found


def _place(span: Any | None) -> str:
    return "none" if span is None else f"{span.text} ({span.start}–{span.end})"
