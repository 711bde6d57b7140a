"""Paragraphs, sentences and clauses, as the annotation scheme cuts them.

A sentence ends at 。！？!?;； or where its paragraph ends. A line break ends a paragraph unless it is a hard wrap:
the line was broken because the page was full, not because the writer was done. Clauses end at ，, ： and :.
All ranges are `(start, end)` in code points of the whole text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SENTENCE_END = "。！？!?;；"
CLAUSE_END = "，,：:"
_CLOSING = "”’」』\"'）)》】〕]"
_TRAILING = SENTENCE_END + CLAUSE_END + "、"

_NUMERAL = "〇零一二三四五六七八九十百"
# A list marker at the head of a sentence or clause: 一、 （一） 1. 1、 ① 一是 第一，
# – never the start of 2.35亿 or 第一季度.
_ENUMERATOR = re.compile(
    rf"(?:[{_NUMERAL}]{{1,3}}(?:\s{{0,4}}是(?!否)|、)"  # 一是 may be broken over two lines
    rf"|[（(]\s*(?:[{_NUMERAL}]{{1,3}}|\d{{1,2}})\s*[）)]、?"
    r"|\d{1,2}(?:[.．](?!\d)|、)"
    r"|[①-⑳]、?"
    rf"|第[{_NUMERAL}]{{1,3}}[，,、]"
    r"|其[一二三四五六七八九十][，,、]?(?=[\u4e00-\u9fff]))"
)
# A heading of the kind 一、… or （一）… at the head of a line; group 1 or 2 says its level.
_HEADING = re.compile(
    rf"[\s\u3000]*(?:(?P<one>[{_NUMERAL}]{{1,3}}、)|(?P<two>[（(][{_NUMERAL}]{{1,3}}[）)])|(?P<three>\d{{1,2}}(?:[.．](?!\d)|、)))"
)
_PAGE_BREAK = re.compile(r"[-—–－―·•]+\s*\d{1,4}\s*[-—–－―·•]+[ \u3000]*(?:\r\n|[\n\r\f])")
_BLANKS = " \t\u3000"
_WRAP = re.compile(r"(?:\r\n|[\n\r\f])[ \t\u3000]*")  # the blanks before it are taken off by hand: it stays linear
_PAGE_NUMBER = re.compile(r"[-—–－―·•第]*\s*\d{1,4}\s*[-—–－―·•页]*(?:\s*[/共]\s*\d{1,4}\s*页?)?")
# What is a page number wherever it stands alone on a line; a bare number is one only inside a wrapped paragraph.
_MARKED_PAGE_NUMBER = re.compile(
    r"[-—–－―·•]+\s*\d{1,4}\s*[-—–－―·•]+|第\s*\d{1,4}\s*页(?:[\s，,/]*共\s*\d{1,4}\s*页)?"
)
# 张有禄代表: 王芳等5名代表: 民革云溪县委会: on a line by itself begins the letter, however full the line above is.
_SALUTATION = re.compile(
    r"[\u3400-\u9fff·、，,（()）\d\s]{1,40}"
    r"(?:代表|委员|委员会|先生|女士|同志|[省市县区州旗盟]委会?|联合会|工商联)(?:们)?\s?[：:]"
)
_LONGEST_PAGE_NUMBER = 80


@dataclass(frozen=True)
class Clause:
    """A clause without its list marker, white space and trailing punctuation; `sentence` is the sentence's index."""

    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class Sentence:
    """A sentence with its trailing punctuation; `paragraph` is the paragraph's index."""

    start: int
    end: int
    paragraph: int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `level` is 1 for a line headed 一、, 2 for （一）, 3 for 1. and None for plain text."""

    start: int
    end: int
    level: int | None


@dataclass(frozen=True)
class Structure:
    """How a text is cut. Sentences tile the paragraphs; clauses lie inside sentences.

    `page_numbers` are the lines, each as `(start, end)`, that only number a page: in a paragraph that runs over the
    page, or between two paragraphs and then in neither.
    """

    paragraphs: tuple[Paragraph, ...]
    sentences: tuple[Sentence, ...]
    clauses: tuple[Clause, ...]
    page_numbers: tuple[tuple[int, int], ...] = ()


def segment(text: str) -> Structure:
    """Cuts a text into paragraphs, sentences and clauses; linear in its length."""
    paragraphs, page_numbers = _paragraphs(text)
    sentences: list[Sentence] = []
    clauses: list[Clause] = []
    for index, paragraph in enumerate(paragraphs):
        for start, end in _sentences(text, paragraph.start, paragraph.end):
            found = (span for span in _clauses(text, start, end) if not _is_inside(span, page_numbers))
            clauses.extend(Clause(*span, len(sentences)) for span in found)
            sentences.append(Sentence(start, end, index))
    return Structure(tuple(paragraphs), tuple(sentences), tuple(clauses), tuple(page_numbers))


def unwrap(text: str, structure: Structure) -> tuple[str, list[int]]:
    """The text without page numbers and without the hard wraps inside its paragraphs, and each character's offset.

    Returns:
        The shorter text, and for each of its characters the offset in `text`.
    """
    drops = list(structure.page_numbers)
    for paragraph in structure.paragraphs:
        solid_end = paragraph.start + len(text[paragraph.start : paragraph.end].rstrip())
        last = paragraph.start
        for found in _WRAP.finditer(text, paragraph.start, solid_end):
            start = found.start()
            while start > last and text[start - 1] in _BLANKS:
                start -= 1
            drops.append((start, found.end()))
            last = found.end()
    kept: list[int] = []
    last = 0
    for start, end in sorted(drops):
        kept.extend(range(last, start))
        last = max(last, end)
    kept.extend(range(last, len(text)))
    return "".join(text[i] for i in kept), kept


def heading_level(text: str, start: int) -> int | None:
    """The level (1 for 一、, 2 for （一）, 3 for 1.) of a heading that starts at `start`, or None."""
    found = _HEADING.match(text, start)
    if found is None:
        return None
    return 1 if found["one"] else 2 if found["two"] else 3


def skip_enumerator(text: str, start: int, end: int) -> int:
    """The offset after white space, list markers and a page number at `start`; at most `end`."""
    while start < end:
        if text[start].isspace():
            start += 1
            continue
        found = _ENUMERATOR.match(text, start, end) or _PAGE_BREAK.match(text, start, end)
        if found is None:
            break
        start = found.end()
    return start


def _paragraphs(text: str) -> tuple[list[Paragraph], list[tuple[int, int]]]:
    """The paragraphs, and the lines that only number a page."""
    lines = _lines(text)
    wrap_width = _wrap_width(text, lines)
    paragraphs: list[Paragraph] = []
    page_numbers: list[tuple[int, int]] = []
    start: int | None = None
    last_end = 0  # of the paragraph's last line that is no page number
    after_page_number = False
    for index, (line_start, line_end) in enumerate(lines):
        content = text[line_start:line_end]
        if not content.strip():
            if start is not None and not after_page_number and not _wraps_over_blank(text, lines, index, wrap_width):
                paragraphs.append(_paragraph(text, start, last_end))
                start = None
            continue
        if _numbers_page(text, lines, index, open_paragraph=start is not None):
            page_numbers.append((line_start, line_end))
            after_page_number = start is not None
            continue
        after_page_number = False
        if start is not None and (_begins_paragraph(content) or _is_salutation(content, wrap_width)):
            paragraphs.append(_paragraph(text, start, last_end))
            start = None
        if start is None:
            start = line_start
        last_end = line_end
        if not _is_wrapped(content, wrap_width):
            paragraphs.append(_paragraph(text, start, line_end))
            start = None
    if start is not None:
        paragraphs.append(_paragraph(text, start, last_end))
    return paragraphs, page_numbers


def _numbers_page(text: str, lines: list[tuple[int, int]], index: int, *, open_paragraph: bool) -> bool:
    """Whether a line only numbers a page: 第2页 anywhere, a bare number in a paragraph that runs over the page.

    Bare numbers on lines one after another are the cells of a table.
    """
    line = text[slice(*lines[index])]
    if not open_paragraph or not _is_page_number(line):
        return _is_marked_page_number(line)
    if not line.strip().isdigit():
        return True
    neighbours = [text[slice(*lines[i])] for i in (index - 1, index + 1) if 0 <= i < len(lines)]
    return not any(_is_page_number(neighbour) for neighbour in neighbours)


def _paragraph(text: str, start: int, end: int) -> Paragraph:
    return Paragraph(start, end, heading_level(text, start))


def _lines(text: str) -> list[tuple[int, int]]:
    lines, start = [], 0
    for found in re.finditer(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text):
        lines.append((start, found.start()))
        start = found.end()
    lines.append((start, len(text)))
    return lines


def _width(line: str) -> int:
    """The columns a line takes on a page: two for a wide character, one for a narrow one."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line)


def _wrap_width(text: str, lines: list[tuple[int, int]]) -> int | None:
    """The page width in columns where the text is hard-wrapped, else None.

    In wrapped text most full lines have the same width and stop in the middle of a sentence. Prose lines that
    stop there by themselves are headings and signatures: few, short, and of all widths. There may be more of them
    where no line at all is longer than the full ones: then the page ends there.
    """
    widths = Counter[int]()
    stops = longest = 0
    for start, end in lines:
        line = text[start:end].rstrip()
        if not line or _is_page_number(line):
            continue
        width = _width(line)
        longest = max(longest, width)
        if line[-1] in SENTENCE_END + _CLOSING:
            stops += 1
        else:
            widths[width] += 1
    if not widths:
        return None
    width, _ = max(widths.items(), key=lambda item: (sum(widths[item[0] + d] for d in range(-3, 4)), item[0]))
    near = sum(widths[width + d] for d in range(-3, 4))
    share = 0.3 if longest <= width + 4 else 0.5
    if width < 36 or near < 4 or near < share * sum(widths.values()) or near < 0.5 * stops:
        return None
    return width


def _is_wrapped(line: str, wrap_width: int | None) -> bool:
    """Whether a line that is not blank runs on in the next one."""
    if wrap_width is None:
        return False
    stripped = line.rstrip()
    return _width(stripped) >= wrap_width - 10


def _wraps_over_blank(text: str, lines: list[tuple[int, int]], blank: int, wrap_width: int | None) -> bool:
    """Whether the blank line `blank` only sets off a page number that stands in the middle of a paragraph."""
    if wrap_width is None:
        return False
    after = next((i for i in range(blank + 1, min(blank + 4, len(lines))) if text[slice(*lines[i])].strip()), None)
    return after is not None and _is_page_number(text[slice(*lines[after])])


def _is_page_number(line: str) -> bool:
    line = line.strip()
    return len(line) <= _LONGEST_PAGE_NUMBER and _PAGE_NUMBER.fullmatch(line) is not None


def _is_inside(span: tuple[int, int], lines: Sequence[tuple[int, int]]) -> bool:
    """Whether a range lies in one of the lines, which are in order."""
    k = bisect_right(lines, span[0], key=lambda line: line[0]) - 1
    return k >= 0 and span[1] <= lines[k][1]


def _is_marked_page_number(line: str) -> bool:
    line = line.strip()
    return len(line) <= _LONGEST_PAGE_NUMBER and _MARKED_PAGE_NUMBER.fullmatch(line) is not None


def _is_salutation(line: str, wrap_width: int | None) -> bool:
    return not _is_wrapped(line, wrap_width) and _SALUTATION.fullmatch(line.strip()) is not None


def _begins_paragraph(line: str) -> bool:
    """Whether a line starts a paragraph by its own look: indented, or headed by a list marker."""
    if line.startswith(("\u3000", "  ", "\t", "•", "●", "■", "□")):
        return not _is_page_number(line)
    return _HEADING.match(line) is not None


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, begin, i = [], start, start
    while i < end:
        if text[i] in SENTENCE_END:
            i += 1
            while i < end and (text[i] in SENTENCE_END or text[i] in _CLOSING):
                i += 1
            spans.append((begin, i))
            begin = i
        else:
            i += 1
    if text[begin:end].strip():
        spans.append((begin, end))
    elif spans:
        spans[-1] = (spans[-1][0], end)
    return spans


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, begin = [], start
    for i in range(start, end):
        if text[i] in CLAUSE_END and not _inside_number(text, i):
            spans.append((begin, i))
            begin = i + 1
    spans.append((begin, end))
    trimmed = (_trim(text, *span) for span in spans)
    return [span for span in trimmed if span[0] < span[1]]


def _inside_number(text: str, i: int) -> bool:
    """Whether the mark at `i` stands inside a number or a clock time: `1,086` `1，086` `08:51`."""
    if not (0 < i < len(text) - 1 and text[i - 1].isdigit() and text[i + 1].isdigit()):
        return False
    if text[i] in "：:":
        return True
    group = text[i + 1 : i + 5]
    return len(group) >= 3 and group[:3].isdigit() and not group[3:].isdigit()


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    start = skip_enumerator(text, start, end)
    while end > start and (text[end - 1].isspace() or text[end - 1] in _TRAILING):
        end -= 1
    return start, end
