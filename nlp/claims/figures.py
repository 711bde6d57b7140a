"""What the linking rules share: a quantity that was read, the sentences it stands in, and the groups of 分别."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.claims.numbers import Quantity, parse_quantity
from nlp.labels import ClaimType
from nlp.spans import LabelledSpan
from nlp.text.segmentation import Structure

# Between two figures of one list there is only this; direction words may stand in it after 分别.
_LIST_MARK = re.compile(r"\s*(?:[、,，]|和|与|及|以及|、和)\s*")
_LONGEST_GAP = 12
_RESPECTIVELY = re.compile(r"分\s*别|依\s*次")
_DIRECTION = re.compile("上升|增长|增加|提高|提升|上涨|下降|减少|降低|压降|回落|下滑|缩短|压缩|[增减升降]")


@dataclass(frozen=True)
class Figure:
    """A quantity span with its type and reading; `sentence` and `paragraph` are indices into the structure."""

    start: int
    end: int
    type: ClaimType
    quantity: Quantity
    score: float
    sentence: int
    paragraph: int


@dataclass(frozen=True)
class Group:
    """The figures `first` to `last` (exclusive) of one list; `handed_out` is where its 分别 stands, or None."""

    first: int
    last: int
    handed_out: int | None


def read_figures(text: str, structure: Structure, quantities: Sequence[LabelledSpan]) -> list[Figure]:
    """The quantities that can be read, in text order; of two that overlap the first one stays."""
    starts = [sentence.start for sentence in structure.sentences]
    figures: list[Figure] = []
    for span in sorted(quantities):
        quantity = parse_quantity(text[span.start : span.end], span.label)
        if quantity is None or figures and span.start < figures[-1].end:
            continue
        sentence = max(bisect_right(starts, span.start) - 1, 0)
        paragraph = structure.sentences[sentence].paragraph if starts else 0
        label: ClaimType = span.label  # type: ignore[assignment]
        figures.append(Figure(span.start, span.end, label, quantity, span.score, sentence, paragraph))
    return figures


def groups(text: str, structure: Structure, figures: Sequence[Figure]) -> list[Group]:
    """Lists of two and more figures: those that 分别 hands out, and changes that are joined by 、 or 和."""
    found: list[Group] = []
    i = 0
    while i < len(figures):
        start = structure.sentences[figures[i].sentence].start
        floor = max(start, figures[i - 1].end) if i else start
        marks = list(_RESPECTIVELY.finditer(text, floor, figures[i].start))
        handed_out = marks[-1].start() if marks else None
        j = i + 1
        while j < len(figures) and _continues(text, figures[j - 1], figures[j], handed_out is not None):
            j += 1
        if j - i > 1 and (handed_out is not None or figures[i].type == "change"):
            found.append(Group(i, j, handed_out))
        i = j
    return found


def _continues(text: str, left: Figure, right: Figure, handed_out: bool) -> bool:
    if left.sentence != right.sentence or (left.type == "change") != (right.type == "change"):
        return False
    if not handed_out and left.type != "change":
        return False
    if right.start - left.end > _LONGEST_GAP:
        return False
    gap = text[left.end : right.start]
    mark = _LIST_MARK.match(gap)
    if mark is None:
        return False
    rest = gap[mark.end() :]
    return not rest or handed_out and _DIRECTION.fullmatch(rest) is not None
