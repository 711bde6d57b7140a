"""The lines of one page of a PDF, out of what pdfium knows of each character.

A page has glyphs at places, no text: blanks that pdfium sees between 共 and 83 are none, an indented line begins a
paragraph, a hyphen at a line's end may be one, and some fonts name 人 by the radical that looks like it.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from statistics import median

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from nlp.documents.controls import without_controls

_HYPHEN = "\x02"  # pdfium's sign for a hyphen at a line's end; it joins the lines
_WORD_BREAK = re.compile(f"(?<=[a-z]){_HYPHEN}(?=[a-z])")
_INDENT = "\u3000\u3000"
# Gaps, indents and room at a line's end, in widths of a character.
_LEAST_GAP, _LEAST_INDENT, _MOST_INDENT, _RAGGED = 0.6, 1.5, 4.5, 2.0
_SPARE, _NEARLY_FULL = 0.9, 6.0
_SAME_SIZE = 0.1
# What is not broken at a line's end: a word or figure, or a character, with the marks that stick to it.
_FIRST_WORD = re.compile(r"[（(〔【《〈「『“‘]*(?:[0-9A-Za-z.,:/%+-]+|.)[，。；：、！？）)〕】》〉」』”’,.;:!?%]*")
# Radicals that stand for whole characters and have no decomposition in Unicode, as those of U+2F00–2FD5 have.
_RADICALS = str.maketrans(
    "⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰",
    "民虎西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙",
)


@dataclass(frozen=True)
class Line:
    """A line that is not blank, and where it stands: in points, `em` the height of its font, 0 where not upright."""

    text: str
    left: float
    right: float
    em: float


@dataclass(frozen=True)
class PageText:
    """What a page says, and how many of its characters have no known meaning."""

    lines: tuple[Line, ...]
    solid: int
    """Characters that are no white space."""
    unknown: int
    """Those of which the font does not say what they are."""


def page_text(page: pdfium.PdfTextPage, count: int) -> PageText:
    """Reads the `count` characters of a page, in the order in which the PDF draws them."""
    codes = [pdfium_c.FPDFText_GetUnicode(page, i) for i in range(count)]
    unknown = solid = 0
    lines: list[Line] = []
    characters: list[str] = []
    first = last = -1

    def end_line() -> None:
        nonlocal first, last
        text = _readable("".join(characters))
        if text:
            lines.append(_line(page, text, first, last))
        characters.clear()
        first = last = -1

    for i, code in enumerate(codes):
        generated = code in (0x0A, 0x0D, 0x20) and pdfium_c.FPDFText_IsGenerated(page, i) == 1
        if generated and code == 0x0A:
            end_line()
        elif generated and code == 0x20 and 0 < i < count - 1:
            if _is_blank(page, codes, i):
                characters.append(" ")
        elif not generated:
            characters.append(chr(code))
            if not chr(code).isspace():
                first = i if first < 0 else first
                last = i
                solid += 1
                unknown += pdfium_c.FPDFText_HasUnicodeMapError(page, i) == 1
    end_line()
    return PageText(tuple(lines), solid, unknown)


def _readable(text: str) -> str:
    text = _WORD_BREAK.sub("", text).replace(_HYPHEN, "-")
    text = text.replace("\t", " ").replace("\n", " ")
    # pdfium gives characters beyond U+FFFF as two surrogates.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = "".join(unicodedata.normalize("NFKC", c) if "\u2f00" <= c <= "\u2fd5" else c for c in text)
    return without_controls(text).translate(_RADICALS).rstrip()


def _is_blank(page: pdfium.PdfTextPage, codes: list[int], i: int) -> bool:
    """Whether a blank that pdfium put in is one: between Chinese and figures a page has narrow gaps."""
    if not (_is_wide(codes[i - 1]) or _is_wide(codes[i + 1])):
        return True
    before, after = _box(page, i - 1), _box(page, i + 1)
    em = _em(page, i - 1)
    return em == 0 or after.left - before.right >= _LEAST_GAP * em


def _is_wide(code: int) -> bool:
    return unicodedata.east_asian_width(chr(code)) in "WFA"


def _line(page: pdfium.PdfTextPage, text: str, first: int, last: int) -> Line:
    if first < 0:
        return Line(text, 0, 0, 0)
    return Line(text, _box(page, first).left, _box(page, last).right, _em(page, first))


def _box(page: pdfium.PdfTextPage, i: int) -> pdfium_c.FS_RECTF:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(page, i, box)
    return box


def _em(page: pdfium.PdfTextPage, i: int) -> float:
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFText_GetMatrix(page, i, ctypes.byref(matrix)) or abs(matrix.b) > 1e-3:
        return 0.0
    return pdfium_c.FPDFText_GetFontSize(page, i) * math.hypot(matrix.c, matrix.d)


def laid_out(pages: list[tuple[Line, ...]]) -> str:
    """The lines of all pages, and where a paragraph begins only by the layout, a sign of it.

    The sign is two wide blanks before a full line that stands further in than the next one (the indent is often a
    property, no typed blanks), and a blank line after one that is nearly full but had room for the next word.
    """
    right = _right_margin([line for lines in pages for line in lines if line.em])
    texts = []
    for lines in pages:
        for line, after in zip_longest(lines, lines[1:]):
            indented = after is not None and _is_indented(line, after, right) and not line.text[0].isspace()
            texts.append(_INDENT + line.text if indented else line.text)
            if after is not None and _ends_early(line, after, right):
                texts.append("")
    return "\n".join(texts)


def _right_margin(lines: list[Line]) -> float | None:
    """Where full lines of the main column end; None where the lines show no such place."""
    if not lines:
        return None
    left, _ = Counter(round(line.left) for line in lines).most_common(1)[0]
    column = [line for line in lines if -line.em <= line.left - left <= _MOST_INDENT * line.em]
    ends = sorted((line.right for line in column), reverse=True)
    em = median(line.em for line in lines)
    least = max(4, len(ends) // 5)
    for i, end in enumerate(ends):
        if i + least <= len(ends) and ends[i + least - 1] >= end - em:
            return ends[i + least - 1]
    return None


def _is_indented(line: Line, after: Line, right: float | None) -> bool:
    indent = line.left - after.left
    full = right is not None and line.right >= right - _RAGGED * line.em
    upright = line.em > 0 and after.em > 0
    return full and upright and _LEAST_INDENT * line.em <= indent <= _MOST_INDENT * line.em


def _ends_early(line: Line, after: Line, right: float | None) -> bool:
    """Whether a line is nearly full, yet the next one is in another size, or its first word would have fitted."""
    if right is None or not line.em or not after.em:
        return False
    room = (right - line.right) / line.em
    if room > _NEARLY_FULL:  # anybody sees that
        return False
    if abs(line.em - after.em) > _SAME_SIZE * line.em:
        return True
    found = _FIRST_WORD.match(after.text)
    word = sum(1.0 if _is_wide(ord(c)) else 0.5 for c in found[0]) if found else 1.0
    return room > word + _SPARE
