"""From the tree of a page to its lines, in order and with nothing lost: what a browser would show, one block a line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from lxml import etree

_BLOCK_NAMES = (
    "html body address article aside blockquote caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav ol p "
    "plaintext pre section summary table tbody td tfoot th thead tr ul xmp"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_KEEPING_BREAKS = frozenset(("listing", "plaintext", "pre", "xmp"))
_BLOCK_STYLE = re.compile(r"(?:^|[;\s])display\s*:\s*(?:block|flex|grid|table|list-item)\b", re.I)
_INLINE_STYLE = re.compile(r"(?:^|[;\s])display\s*:\s*inline\s*(?:;|$)", re.I)
_BREAKS_STYLE = re.compile(r"(?:^|[;\s])white-space\s*:\s*pre", re.I)
_INDENT_STYLE = re.compile(r"(?:^|[;\s])text-indent\s*:\s*(?:\d*[1-9]\d*(?:\.\d+)?|0?\.\d+)(?:em|pt|px|cm|mm)", re.I)
_NO_NUMBERS_STYLE = re.compile(r"(?:^|[;\s])list-style(?:-type)?\s*:\s*none", re.I)
_OWN_NUMBER = re.compile(r"[（(]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s*[）)、.．]|[①-⑳]|[一二三四五六七八九十]是")
_WHOLE = re.compile(r"[+-]?\d{1,6}")
_FILE = re.compile(r"\.(?:docx?|wps|xlsx?|et|pdf|ofd|pptx?|rtf|zip|rar|7z|txt|jpe?g|png)\b", re.I)
_SPACES = " \t\n\r\f\v\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_BLANKS = re.compile(f"[{_SPACES}]+")
_INDENT = re.compile("[\u3000\u2001\u2003]|[\xa0\u2000\u2002]{2}")
_UNWRITTEN = dict.fromkeys(
    [*(c for c in range(0xA0) if unicodedata.category(chr(c)) == "Cc" and chr(c) not in "\t\n\r\f\v\x85")]
    + [0xAD, 0x61C, 0xFEFF, 0xFFFE, 0xFFFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_CELL_CHARACTERS = 80
_CELL_LINES = 3


@dataclass
class Line:
    """A line of a page.

    Args:
        text: what it says, blanks made one, without its indent.
        element: the block it stands in (of a row of cells, the row).
        indented: whether the page moves it in, or it must not be taken for the rest of the line above.
        row: whether it is a row of several cells, joined by tabs.
        links: how many links it has.
        unlinked: what it says outside links.
        file: whether it links to a file to download.
    """

    text: str
    element: etree._Element
    indented: bool = False
    row: bool = False
    links: int = 0
    unlinked: str = ""
    file: bool = False


def lines_of(root: etree._Element) -> list[Line]:
    """The lines of a page in the order of its source; no line is empty.

    Blocks and `<br>` end a line, inline elements do not and put no blank in. A row of short cells is one line with
    tabs; a row that lays out longer text gives the lines of its cells. `<ol>` writes its numbers.
    """
    return _Writer(root).lines


def one_line(text: str) -> str:
    """A text as a browser shows it on one line: no control characters, blanks made one, none at its ends."""
    return _BLANKS.sub(_one_blank, text.translate(_UNWRITTEN).strip())


@dataclass
class _Cell:
    """What is being collected: the lines of a cell (of the page, where `element` is None), and its open rows."""

    element: etree._Element | None = None
    lines: list[Line] = field(default_factory=list)
    rows: list[list[list[Line]]] = field(default_factory=list)


class _Writer:
    """Goes over the tree once, without recursion, and collects lines."""

    def __init__(self, root: etree._Element) -> None:
        self._cells = [_Cell()]
        self._blocks: list[etree._Element] = [root]
        self._keeping_breaks = 0
        self._links: list[etree._Element] = []
        self._numbers: list[int | None] = []
        self._number: str | None = None
        self._style_indent = False
        self._pieces: list[str] = []
        self._unlinked: list[str] = []
        self._link_count = 0
        self._file = False
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if not isinstance(element.tag, str):
                if event == "end":
                    self._text(element.tail)
            elif event == "start":
                self._start(element)
            else:
                self._end(element)
                if element is not root:
                    self._text(element.tail)
        self._flush()
        self.lines = self._cells[0].lines

    def _start(self, element: etree._Element) -> None:
        tag, style = element.tag, element.get("style", "")
        if _is_block(element):
            self._flush()
            self._blocks.append(element)
            self._style_indent = _INDENT_STYLE.search(style) is not None
        if tag == "br":
            self._flush()
        elif tag == "tr":
            self._cells[-1].rows.append([])
        elif tag in ("td", "th") and self._cells[-1].rows:
            self._cells.append(_Cell(element))
        elif tag == "ol":
            counts = element.get("type", "1") == "1" and not _NO_NUMBERS_STYLE.search(style)
            self._numbers.append(_whole(element.get("start"), 1) if counts else None)
        elif tag in ("ul", "menu", "dir"):
            self._numbers.append(None)
        elif tag == "li":
            self._number = self._next_number(element, style)
        elif tag == "a" and element.get("href") is not None:
            self._links.append(element)
            self._link_count += 1
            self._file = self._file or _FILE.search(element.get("href", "")) is not None
        if tag in _KEEPING_BREAKS or _BREAKS_STYLE.search(style):
            self._keeping_breaks += 1
        self._text(element.text)

    def _end(self, element: etree._Element) -> None:
        tag, style = element.tag, element.get("style", "")
        if tag in _KEEPING_BREAKS or _BREAKS_STYLE.search(style):
            self._keeping_breaks -= 1
        if self._links and self._links[-1] is element:
            self._links.pop()
        if not _is_block(element):
            return
        self._flush()
        self._blocks.pop()
        self._style_indent = False
        if self._cells[-1].element is element:
            cell = self._cells.pop()
            self._cells[-1].rows[-1].append(cell.lines)
        elif tag == "tr":
            row = self._cells[-1].rows.pop()
            self._add(_row_lines(row, element))
        elif tag in ("ol", "ul", "menu", "dir"):
            self._numbers.pop()
            self._number = None
        elif tag == "li":
            self._number = None

    def _next_number(self, item: etree._Element, style: str) -> str | None:
        if not self._numbers or self._numbers[-1] is None or _NO_NUMBERS_STYLE.search(style):
            return None
        number = _whole(item.get("value"), self._numbers[-1])
        self._numbers[-1] = number + 1
        return f"{number}. "

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if self._keeping_breaks:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._piece(_hard_blanks(first))
            for other in others:
                self._flush()
                self._piece(_hard_blanks(other))
        elif text.isspace() and "\xa0" not in text and "\u3000" not in text:
            self._piece(" ")
        else:
            self._piece(text)

    def _piece(self, text: str) -> None:
        self._pieces.append(text)
        if self._links:
            self._file = self._file or _FILE.search(text) is not None
        else:
            self._unlinked.append(text)

    def _flush(self) -> None:
        raw = "".join(self._pieces)
        text = one_line(raw)
        if text:
            lead = raw[: len(raw) - len(raw.lstrip())]
            if self._number is not None and not _OWN_NUMBER.match(text):
                text = self._number + text
            self._number = None
            indented = self._style_indent or _INDENT.search(lead) is not None
            unlinked = one_line("".join(self._unlinked))
            line = Line(text, self._blocks[-1], indented, False, self._link_count, unlinked, self._file)
            self._add([line])
            self._style_indent = False
        self._clear()

    def _add(self, lines: list[Line]) -> None:
        cell = self._cells[-1]
        if cell.rows:  # a line in a row and in none of its cells
            cell.rows[-1].append(lines)
        else:
            cell.lines.extend(lines)

    def _clear(self) -> None:
        self._pieces, self._unlinked = [], []
        self._link_count = len(self._links)
        self._file = False


def _is_block(element: etree._Element) -> bool:
    style = element.get("style")
    if style and element.tag in ("div", "p", "span", "font", "a", "b", "strong", "em", "i", "label", "section"):
        if element.tag in _BLOCKS:
            return _INLINE_STYLE.search(style) is None
        return _BLOCK_STYLE.search(style) is not None
    return element.tag in _BLOCKS


def _row_lines(cells: list[list[Line]], row: etree._Element) -> list[Line]:
    filled = [cell for cell in cells if cell]
    lines = [line for cell in filled for line in cell]
    if len(filled) < 2 or not all(_is_short(cell) for cell in filled):
        return lines
    texts = [_joined([line.text for line in cell]) for cell in cells]
    return [
        Line(
            text="\t".join(texts).rstrip(),
            element=row,
            indented=True,
            row=True,
            links=sum(line.links for line in lines),
            unlinked=" ".join(line.unlinked for line in lines).strip(),
            file=any(line.file for line in lines),
        )
    ]


def _is_short(cell: list[Line]) -> bool:
    """Whether a cell can stand on one line with others: what it says is no prose, and no row of an inner table."""
    characters = sum(len(line.text) for line in cell)
    return len(cell) <= _CELL_LINES and characters <= _CELL_CHARACTERS and not any(line.row for line in cell)


def _joined(texts: list[str]) -> str:
    return one_line("\n".join(texts))


def _one_blank(run: re.Match[str]) -> str:
    """What a browser shows for a run of white space: of ideographic spaces all, else one blank.

    A line break of the source between two wide characters is nothing (CSS Text 3, segment break transformation).
    """
    wide = run[0].count("\u3000")
    if wide:
        return "\u3000" * wide
    if "\n" in run[0] and "\xa0" not in run[0]:
        before, after = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
        if before and after and _is_wide(before) and _is_wide(after):
            return ""
    return " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WFA"


def _hard_blanks(text: str) -> str:
    """White space of preformatted text stays: what would be its indent is told from the source's own."""
    return text.replace(" ", "\xa0").replace("\t", "\xa0\xa0")


def _whole(number: str | None, otherwise: int) -> int:
    return int(number) if number is not None and _WHOLE.fullmatch(number.strip()) else otherwise
