"""Which encoding some bytes are in: the text is kept exactly, and what is no text is refused by name."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from nlp.errors import FanzhaError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_AS_TEXT = "save the letter as text, HTML, Word or PDF first"
_UNPACK = "unpack it first"
_SIGNATURES = (
    (b"%PDF-", "a PDF", _AS_TEXT),
    (b"PK\x03\x04", "a Word, WPS or ZIP file", _AS_TEXT),
    (b"\xd0\xcf\x11\xe0", "an old Word or WPS file", _AS_TEXT),
    (b"{\\rtf", "an RTF file", _AS_TEXT),
    (b"\xff\xd8\xff", "a JPEG picture", _AS_TEXT),
    (b"\x89PNG", "a PNG picture", _AS_TEXT),
    (b"GIF8", "a GIF picture", _AS_TEXT),
    (b"\x1f\x8b", "a gzip file", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_EXPECTED = re.compile(
    r"[\x09-\x0d\x20-\x7e\u2010-\u2027\u2030-\u205e\u2460-\u24ff\u25a0-\u25ff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
)


def decode_text(data: bytes, *, where: str | Path) -> tuple[str, str]:
    """The text of some bytes and its encoding: by byte order mark, strict UTF-8, strict GB18030, charset-normalizer.

    A byte order mark is no part of the text. Nothing else is changed, line ends least of all.
    """
    if not data.strip():
        raise FanzhaError("is empty", path=where, mend="save the letter into it")
    for signature, kind, mend in _SIGNATURES:
        if data.startswith(signature):
            raise FanzhaError(f"is {kind}, not text", path=where, mend=mend)
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = _strictly(data[len(mark) :], encoding)
            if text is None or _CONTROL.search(text):
                raise FanzhaError(f"begins as {encoding.upper()} but is not", path=where, mend="save it as UTF-8 text")
            return _not_blank(text, where), encoding
    text = _strictly(data, "utf-8")
    if text is not None:  # what UTF-8 can read is no GB18030, even where it is no letter
        return _not_blank(_without_control(text, where), where), "utf-8"
    text = _strictly(data, "gb18030")
    if text is not None and _looks_chinese(text):
        return _not_blank(text, where), "gb18030"
    return _guessed(data, where)


def _without_control(text: str, where: str | Path) -> str:
    found = _CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise FanzhaError(
            f"holds the control character U+{ord(found[0]):04X} in line {line}",
            path=where,
            mend="take it out, or save the letter as UTF-8 text",
        )
    return text


def _not_blank(text: str, where: str | Path) -> str:
    if not text.strip():
        raise FanzhaError("is empty", path=where, mend="save the letter into it")
    return text


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _looks_chinese(text: str) -> bool:
    """Almost any bytes can be read as GB18030; a letter that is one has common characters and no control codes."""
    sample = text[:20_000]
    return not _CONTROL.search(text) and len(_EXPECTED.findall(sample)) >= 0.9 * len(sample)


def _guessed(data: bytes, where: str | Path) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    if data.count(0, 0, 4096) == 0:
        best = from_bytes(data[:200_000]).best()
        if best is not None:
            text = _strictly(data, best.encoding)
            if text is not None and not _CONTROL.search(text):
                return _not_blank(text, where), best.encoding
    raise FanzhaError("is no text in an encoding that can be told", path=where, mend="save it as UTF-8 text")
