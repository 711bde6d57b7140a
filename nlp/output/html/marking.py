"""A letter's text with its measures and claims marked: whatever spans overlap, the elements nest.

Spans are cut where another one begins or ends. Of a span in pieces only the first has the id (`m1` for the first
measure, `c1` for the first claim) and, for a measure, the label at its head. The style sheet draws the label out of an
attribute: it is no text, so what is read, searched and copied is the letter.

Hard wraps inside a paragraph stay in the text, in elements at which the style sheet breaks no line: labels make lines
longer, and a window is seldom as wide as the page they were wrapped for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, takewhile

from markupsafe import Markup, escape

from nlp.labels import Category
from nlp.output.html.wording import claim_note, measure_label, measure_note
from nlp.output.wraps import hard_wraps
from nlp.schema import Claim, Measure, Result

CATEGORY_CLASSES: dict[Category, str] = {
    "打击": "strike",
    "防范": "prevent",
    "宣传": "inform",
    "管控": "control",
    "治理": "govern",
}
"""What the style sheet calls each category."""

# Line ends of a letter that browsers do not break at.
_OTHER_LINE_END = re.compile(r"\r(?!\n)|[\v\f\x85\u2028\u2029]")


@dataclass(frozen=True)
class _Mark:
    """A span to be marked; `number` counts from 1 among its like."""

    span: Measure | Claim
    number: int

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """Where spans overlap, the lower rank is the outer element: measures, then what begins first, the longer."""
        return isinstance(self.span, Claim), self.span.start, -self.span.end, self.number


def marked_text(text: str, result: Result) -> Markup:
    """The text as markup whose text content, read by an HTML parser, is the text to the last character.

    A carriage return is written as a reference, since parsers make raw ones line feeds. HTML 5 has no valid way to
    write one, nor control characters; every parser keeps these. Line ends that browsers pass over get a `<br>`.
    """
    marks = [_Mark(measure, number) for number, measure in enumerate(result.measures, start=1)]
    marks += [_Mark(claim, number) for number, claim in enumerate(result.claims, start=1)]
    starting = defaultdict(list)
    for mark in marks:
        starting[mark.span.start].append(mark)
    wraps = hard_wraps(text)
    wrapped = {offset for wrap in wraps for offset in range(*wrap)}
    breaks = {found.end() for found in _OTHER_LINE_END.finditer(text) if found.start() not in wrapped}
    borders = {0, len(text), *breaks, *chain.from_iterable(wraps), *starting, *(mark.span.end for mark in marks)}

    out: list[Markup] = []
    open_marks: list[_Mark] = []
    for start, end in pairwise(sorted(borders)):
        wanted = [mark for mark in open_marks if mark.span.end > start] + starting.get(start, [])
        wanted.sort(key=lambda mark: mark.rank)
        kept = _common(open_marks, wanted)
        out.extend(_closing(open_marks, i) for i in reversed(range(kept, len(open_marks))))
        out.extend(_opening(wanted, i, at=start) for i in range(kept, len(wanted)))
        piece = escape(text[start:end]).replace("\r", Markup("&#13;"))
        out.append(Markup('<span class="wrap">{}</span>').format(piece) if start in wrapped else piece)
        if end in breaks:
            out.append(Markup("<br>"))
        open_marks = wanted
    out.extend(_closing(open_marks, i) for i in reversed(range(len(open_marks))))
    return Markup("").join(out)


def _common(first: Sequence[_Mark], second: Sequence[_Mark]) -> int:
    """How many marks both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(first, second, strict=False)))


def _opening(marks: Sequence[_Mark], index: int, *, at: int) -> Markup:
    """The start tag of a mark inside those before it, for the piece that begins at the offset `at`."""
    span, number = marks[index].span, marks[index].number
    first = span.start == at
    if isinstance(span, Measure):
        return Markup('<mark class="measure {} {}"{} title="{}">{}').format(
            CATEGORY_CLASSES[span.category],
            span.status,
            Markup(' id="m{}"').format(number) if first else "",
            measure_note(number, span),
            _label(number, span) if first else "",
        )
    tag = _tag(marks, index)
    return Markup('<{} class="claim"{}{} title="{}">').format(
        tag,
        Markup(' id="c{}"').format(number) if first else "",
        Markup(' href="#row-c{}"').format(number) if tag == "a" else "",
        claim_note(number, span),
    )


def _label(number: int, measure: Measure) -> Markup:
    label = measure_label(measure)
    return Markup('<a class="label" href="#row-m{0}" data-label="{0} {1}" aria-label="措施 {0}，{1}"></a>').format(
        number, label
    )


def _closing(marks: Sequence[_Mark], index: int) -> Markup:
    return Markup("</{}>").format(_tag(marks, index))


def _tag(marks: Sequence[_Mark], index: int) -> str:
    """A claim is a link to its row; a link must not stand in another one."""
    if isinstance(marks[index].span, Measure):
        return "mark"
    return "span" if any(isinstance(mark.span, Claim) for mark in marks[:index]) else "a"
