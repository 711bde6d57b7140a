"""Builds the files that the tests read: Word files and PDFs as people and programs write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import docx
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"  # a CJK font that readers bring along: no font file is needed
_NEVER_FIRST = "，。；：、！？”’）》」】,.;:!?)%"


def as_docx(text: str) -> bytes:
    """A Word file with a paragraph for each line of `text`."""
    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_pdf(text: str, *, wrap: int = 28, lines: int = 22, page_numbers: bool = True, size: float = 16) -> bytes:
    """A PDF on A4 as an office writes it: each line of `text` a paragraph, wrapped where the page is full.

    Args:
        text: what is printed.
        wrap: full-width characters on a line.
        lines: lines on a page.
        page_numbers: `— 1 —` at the foot of each page.
        size: of the font in points.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    printed = [part for line in text.splitlines() for part in _wrapped(line, wrap, size)]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    width, height = A4
    left, top, leading = (width - wrap * size) / 2, height - 100, min(28.0, (height - 200) / lines)
    for page, start in enumerate(range(0, max(1, len(printed)), lines), start=1):
        canvas.setFont(FONT, size)
        for row, line in enumerate(printed[start : start + lines]):
            canvas.drawString(left, top - row * leading, line)
        if page_numbers:
            canvas.drawCentredString(width / 2, 60, f"— {page} —")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _wrapped(line: str, wrap: int, size: float) -> Iterator[str]:
    """The lines a paragraph takes; a mark that may not begin a line hangs in the margin."""
    part = ""
    for character in line:
        full = pdfmetrics.stringWidth(part + character, FONT, size) > wrap * size + 0.01
        if part and full and character not in _NEVER_FIRST:
            yield part
            part = ""
        part += character
    yield part


def packed(members: dict[str, bytes | str], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    f'xmlns:r="{_OFFICE}"'
)


def as_word(
    body: str, *, main: str = "word/document.xml", extra: dict[str, bytes] | None = None, **parts: str
) -> bytes:
    """A Word file of raw XML, so that a test can say exactly what is in it.

    Args:
        body: what stands in `w:body`.
        main: the name of the main part.
        extra: other members.
        parts: the inside of other parts by their relation: numbering, styles, footnotes, endnotes.
    """
    folder, name = main.rsplit("/", 1)
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/{kind}" Target="{kind}.xml"/>' for i, kind in enumerate(parts)
    )
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="a" Type="{_OFFICE}/officeDocument" '
        f'Target="/{main}"/></Relationships>',
        main: f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>",
        f"{folder}/_rels/{name}.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}</Relationships>',
        **{f"{folder}/{kind}.xml": f"<w:{kind} {_NAMESPACES}>{inside}</w:{kind}>" for kind, inside in parts.items()},
        **(extra or {}),
    }
    return packed(members)


def as_rtf(text: str) -> bytes:
    """An RTF file with a paragraph for each line of `text`; ASCII in it is taken as RTF."""
    units = "".join(
        c if ord(c) < 128 else "".join(f"\\u{u - 65536 if u > 32767 else u}?" for u in _utf16(c)) for c in text
    )
    return (
        "{\\rtf1\\ansi\\ansicpg936\\deff0{\\fonttbl{\\f0 SimSun;}}\\f0 " + units.replace("\n", "\\par ") + "}"
    ).encode()


def _utf16(character: str) -> Iterator[int]:
    data = character.encode("utf-16-le")
    return (int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2))
