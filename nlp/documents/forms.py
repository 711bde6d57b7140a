"""The forms that letters come in, how each is known, and what takes the text out of it.

A form is known by what the bytes say; the suffix decides only between forms of plain text. What takes the text out is
`extract(data, where=…, limits=…)` of the form's module, imported when it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from nlp.documents.limits import Limits
from nlp.errors import FanzhaError


@dataclass(frozen=True)
class Extracted:
    """A letter's text, which offsets refer to, and what a reader should know of how it was got (a line each)."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


LETTER_SUFFIXES = frozenset({
    ".txt", ".md", ".html", ".htm", ".shtml", ".xhtml", ".mht", ".mhtml", ".docx", ".doc", ".wps", ".rtf", ".pdf",
    ".zip", ".jsonl",
})  # fmt: skip
"""What letters are saved as; a file of another suffix may be one all the same."""

_HEAD = 4096
_TAG = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_HEADER = re.compile(rb"[A-Za-z-]{2,40}:")
_MIME = re.compile(rb"^MIME-Version:", re.IGNORECASE | re.MULTILINE)


def form_of(data: bytes, name: str) -> str:
    """The form of a file: `text`, `html`, `mht`, `docx`, `office` (by LibreOffice: .doc, .wps, .rtf), `pdf` or `zip`.

    Args:
        data: its bytes, from the first on.
        name: its name; only the suffix is looked at.
    """
    suffix = PurePath(name).suffix.lower()
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip" if suffix == ".zip" else "docx"
    if data.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        return "office"
    head = data[:_HEAD].replace(b"\x00", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \t\r\n")
    if suffix in (".mht", ".mhtml") or _is_mime(head):
        return "mht"
    if suffix in (".html", ".htm", ".shtml", ".xhtml") or _is_html(head):
        return "html"
    return "text"


def _is_mime(head: bytes) -> bool:
    """Whether a file begins with the headers of a message, as pages saved in one file do."""
    headers = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    return _HEADER.match(headers) is not None and _MIME.search(headers) is not None


def _is_html(head: bytes) -> bool:
    """Whether a file begins with a page's first tag; an XML declaration and comments may stand before it."""
    while head.startswith((b"<?xml", b"<!--")):
        _, end, head = head.partition(b"?>" if head.startswith(b"<?xml") else b"-->")
        head = head.lstrip() if end else b""
    return _TAG.match(head) is not None


def extract(data: bytes, form: str, *, where: str | Path, limits: Limits) -> Extracted:
    """The text of a letter.

    Args:
        data: the file's bytes.
        form: what `form_of` says; `zip` is no letter, see `nlp.documents.archive`.
        where: what faults name.
        limits: what it may cost.

    Raises:
        FanzhaError: where there is no text to be had, with the reason and a mend.
    """
    return _extractor(form)(data, where=where, limits=limits)


def _extractor(form: str) -> Callable[..., Extracted]:
    if form == "html":
        from nlp.documents import html

        return html.extract
    if form == "mht":
        from nlp.documents import mht

        return mht.extract
    if form == "docx":
        from nlp.documents import docx

        return docx.extract
    if form == "office":
        from nlp.documents import office

        return office.extract
    if form == "pdf":
        from nlp.documents import pdf

        return pdf.extract
    if form == "zip":
        return _archive
    return _plain


def _archive(data: bytes, *, where: str | Path, limits: Limits) -> Extracted:
    mend = "fanzha annotate reads the letters in it; unpack one that is inside another"
    raise FanzhaError("is an archive, not a letter", path=where, mend=mend)


def _plain(data: bytes, *, where: str | Path, limits: Limits) -> Extracted:
    from nlp.documents.encoding import decode_text

    return Extracted(*decode_text(data, where=where))
