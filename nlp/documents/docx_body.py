"""The lines of a Word document's body as a reader sees them on paper: a line for each paragraph and each table row.

What is deleted, hidden or code is left out; numbers that Word only prints are written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nlp.documents.docx_numbering import Numbering, Styles
from nlp.documents.docx_xml import Element, attribute, child, is_on, kind_of

_BLOCK_CONTAINERS = frozenset(("w:customXml", "w:smartTag", "w:ins", "w:moveTo"))
_INLINE_CONTAINERS = frozenset(
    ("w:hyperlink", "w:smartTag", "w:customXml", "w:ins", "w:moveTo", "w:fldSimple", "w:dir", "w:bdo", "w:rubyBase")
)
_DELETED = frozenset(("w:del", "w:moveFrom"))
_PICTURES = frozenset(("w:drawing", "w:pict", "w:object"))
_NOTES = frozenset(("w:footnoteReference", "w:endnoteReference"))
_SIGNS = {"w:tab": "\t", "w:ptab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
# What `w:sym` shows of the symbol fonts that letters use: list numbers and ticked boxes.
_SYMBOLS = {
    "wingdings": {
        **{0x81 + i: chr(0x2460 + i) for i in range(10)},
        **{0x8C + i: chr(0x2776 + i) for i in range(10)},
        0x6F: "☐", 0xA8: "☐", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    },
    "wingdings 2": {0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0xA3: "☐"},
}  # fmt: skip


class BodyReader:
    """Reads the body and then the notes of one document; counts numbered paragraphs on the way.

    Args:
        styles: of the document.
        numbering: of the document, not asked before.
    """

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self._styles = styles
        self._numbering = numbering
        self._carried: list[str] = []  # of a paragraph whose end is deleted or hidden: the next one goes on from it
        self._fields: list[bool] = []  # for each open field, whether its code is being read, and not its result
        self._codes = 0  # how many of them are at their code
        self.notes: dict[tuple[str, str], None] = {}
        """The notes that the text refers to, in order: (`w:footnote` or `w:endnote`, id)."""
        self.revised = False
        """Whether there were tracked changes."""
        self.embedded = False
        """Whether there was a part in another form (`w:altChunk`), which is not read."""

    def story(self, element: Element) -> list[str]:
        """The lines of a body, a cell, a text box or a note, without their line ends."""
        outside = self._carried, self._fields, self._codes
        self._carried, self._fields, self._codes = [], [], 0
        lines = list(self._blocks(element))
        if self._carried:
            lines.extend("".join(self._carried).split("\n"))
        self._carried, self._fields, self._codes = outside
        return lines

    def _blocks(self, element: Element) -> Iterator[str]:
        for block in element:
            kind = kind_of(block)
            if kind == "w:p":
                yield from self._paragraph(block)
            elif kind == "w:tbl":
                for row in self._wrapped(block, "w:tr"):
                    yield from self._row(row)
            elif kind in _BLOCK_CONTAINERS:
                yield from self._blocks(block)
            elif kind == "w:sdt":
                for content in _content(block):
                    yield from self._blocks(content)
            elif kind == "mc:AlternateContent":
                yield from next((lines for branch in block if (lines := list(self._blocks(branch)))), [])
            elif kind == "w:altChunk":
                self.embedded = True

    def _paragraph(self, paragraph: Element) -> Iterator[str]:
        properties = child(paragraph, "w:pPr")
        mark = child(properties, "w:rPr")
        boxes: list[Element] = []
        hidden = self._styles.hidden(self._styles.of_paragraph(properties))
        if not hidden:
            self._inline(paragraph, self._carried, boxes)
        self._fields, self._codes = [], 0  # a code that is never closed must not swallow the letter
        deleted = any(child(mark, kind) is not None for kind in _DELETED)
        self.revised |= deleted
        if not (deleted or hidden or is_on(child(mark, "w:vanish"))):
            text, self._carried = "".join(self._carried), []
            label = self._numbering.label(properties)
            if label and text.strip():
                text = text.lstrip()
                text = label + _gap(label, text) + text
            yield from (line.rstrip() for line in text.split("\n"))
        for box in boxes:
            yield from _trimmed(self.story(box))

    def _inline(self, element: Iterable[Element], pieces: list[str], boxes: list[Element]) -> None:
        """Adds the text of runs and of what holds runs to `pieces`, text boxes to `boxes`."""
        for part in element:
            kind = kind_of(part)
            if kind == "w:r":
                if not self._hidden(part):
                    self._inline(part, pieces, boxes)
            elif kind in ("w:t", "m:t"):
                if not self._codes:
                    pieces.append(_text(part))
            elif kind in _SIGNS:
                pieces.append(_SIGNS[kind])
            elif kind == "w:sym":
                pieces.append(_symbol(part))
            elif kind == "w:fldChar":
                self._field(part)
            elif kind in _INLINE_CONTAINERS:
                self.revised |= kind in ("w:ins", "w:moveTo")
                self._inline(part, pieces, boxes)
            elif kind in _DELETED:
                self.revised = True
            elif kind == "w:sdt":
                for content in _content(part):
                    self._inline(content, pieces, boxes)
            elif kind == "w:ruby":
                self._inline([e for e in part if kind_of(e) == "w:rubyBase"], pieces, boxes)
            elif kind == "m:f":
                self._inline([e for e in part if kind_of(e) == "m:num"], pieces, boxes)
                pieces.append("/")
                self._inline([e for e in part if kind_of(e) == "m:den"], pieces, boxes)
            elif kind.startswith("m:"):
                self._inline(part, pieces, boxes)
            elif kind == "mc:AlternateContent":
                self._alternative(part, pieces, boxes)
            elif kind in _PICTURES:
                boxes.extend(_text_boxes(part))
            elif kind in _NOTES:
                self.notes[(kind.removesuffix("Reference"), attribute(part, "id") or "")] = None

    def _alternative(self, element: Element, pieces: list[str], boxes: list[Element]) -> None:
        """The same thing for new and for old programs: the first that holds any text, once."""
        for branch in element:
            some_pieces: list[str] = []
            some_boxes: list[Element] = []
            self._inline(branch, some_pieces, some_boxes)
            if some_pieces or some_boxes:
                pieces.extend(some_pieces)
                boxes.extend(some_boxes)
                return

    def _field(self, part: Element) -> None:
        step = attribute(part, "fldCharType")
        if step == "begin":
            self._fields.append(True)
            self._codes += 1
        elif step in ("separate", "end") and self._fields:
            self._codes -= self._fields.pop()
            if step == "separate":
                self._fields.append(False)

    def _hidden(self, run: Element) -> bool:
        properties = child(run, "w:rPr")
        own = is_on(child(properties, "w:vanish"))
        return self._styles.hidden(attribute(child(properties, "w:rStyle"), "val")) if own is None else own

    def _row(self, row: Element) -> Iterator[str]:
        """The cells of a row on one line, joined by tabs; a cell of several lines has them to itself."""
        if child(row, "w:trPr", "w:del") is not None:
            self.revised = True
            return
        waiting: list[str] = []
        for cell in self._wrapped(row, "w:tc"):
            if child(cell, "w:tcPr", "w:cellDel") is not None:
                self.revised = True
                continue
            lines = [line for line in self.story(cell) if line.strip()]
            if len(lines) == 1:
                waiting.append(lines[0])
            elif lines:
                yield from _joined(waiting)
                waiting = []
                yield from lines
        yield from _joined(waiting)

    def _wrapped(self, element: Element, kind: str) -> Iterator[Element]:
        """The rows of a table or the cells of a row, content controls and insertions gone through."""
        for part in element:
            found = kind_of(part)
            if found == kind:
                yield part
            elif found in _BLOCK_CONTAINERS:
                yield from self._wrapped(part, kind)
            elif found == "w:sdt":
                for content in _content(part):
                    yield from self._wrapped(content, kind)


def _content(control: Element) -> list[Element]:
    """What a content control holds; nothing where it only asks to be filled in."""
    if is_on(child(control, "w:sdtPr", "w:showingPlcHdr")):
        return []
    return [e for e in control if kind_of(e) == "w:sdtContent"]


def _text(part: Element) -> str:
    text = (part.text or "").replace("\n", " ").replace("\t", " ")
    kept = part.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve" or kind_of(part) == "m:t"
    return text if kept else text.strip(" ")


def _symbol(part: Element) -> str:
    try:
        code = int(attribute(part, "char") or "", 16)
    except ValueError:
        return ""
    if 0xF000 <= code <= 0xF0FF:  # a place in a symbol font
        return _SYMBOLS.get((attribute(part, "font") or "").lower(), {}).get(code - 0xF000, "")
    return chr(code) if 0x20 <= code < 0xD800 else ""


def _gap(label: str, text: str) -> str:
    """Between a number and its paragraph: nothing where they can be told apart (一、 （一） ①)."""
    if label[-1] in ".．":
        return " " if text[0].isdigit() else ""
    plain = label[-1].isalnum() and not "\u2460" <= label[-1] <= "\u24ff"
    return " " if plain else ""


def _text_boxes(element: Element) -> Iterator[Element]:
    for part in element:
        kind = kind_of(part)
        if kind == "w:txbxContent":
            yield part
        elif kind == "mc:AlternateContent":
            yield from next((boxes for branch in part if (boxes := list(_text_boxes(branch)))), [])
        else:
            yield from _text_boxes(part)


def _joined(cells: list[str]) -> list[str]:
    return ["\t".join(cell.strip() for cell in cells)] if len(cells) > 1 else cells


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at either end."""
    full = [i for i, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else []
