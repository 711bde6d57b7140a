"""Reading text files: the encoding is found, the text is kept exactly, and what is no text is refused by name."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from nlp.errors import FanzhaError

DEFAULT_MAX_BYTES = 10_000_000
"""A reply letter has some ten thousand bytes; a file of over ten million is something else."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a Word, WPS or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Word or WPS file"),
    (b"{\\rtf", "an RTF file"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"Rar!", "a RAR file"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_EXPECTED = re.compile(
    r"[\x09-\x0d\x20-\x7e\u2010-\u2027\u2030-\u205e\u2460-\u24ff\u25a0-\u25ff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
)


@dataclass(frozen=True)
class Document:
    """A text as it was read. `sha256` is of its bytes, `encoding` what they were decoded with."""

    id: str
    path: str | None
    text: str
    sha256: str
    encoding: str


def read_document(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Document:
    """Reads a text file.

    Raises:
        FanzhaError: where it is missing, a folder, unreadable, too large, empty, or no text.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise FanzhaError("is a folder, not a letter", path=path, mend=f"name its files: predict {path}/*.txt")
        with open(path, "rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise FanzhaError("there is no such file", path=path, mend="check the name") from None
    except OSError as error:
        reason = error.strerror or error
        raise FanzhaError(f"cannot be read: {reason}", path=path, mend="check its permissions") from None
    except ValueError as error:  # a NUL in the name
        raise FanzhaError(f"cannot be read: {error}", path=path, mend="check the name") from None
    return decode_document(data, path=path, max_bytes=max_bytes)


def decode_document(data: bytes, *, path: str | Path | None, max_bytes: int = DEFAULT_MAX_BYTES) -> Document:
    """As `read_document`, from bytes; `path` None stands for standard input."""
    where = "standard input" if path is None else path
    if len(data) > max_bytes:
        raise FanzhaError(
            f"is larger than {max_bytes / 1e6:g} MB", path=where, mend="is it one letter? then raise --max-megabytes"
        )
    text, encoding = decode_text(data, where=where)
    name = "stdin" if path is None else Path(path).name
    identifier = Path(name).stem if path is not None else name
    return Document(
        id=_surrogate_free(identifier) or name,
        path=None if path is None else _surrogate_free(str(path)),
        text=text,
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=encoding,
    )


def decode_text(data: bytes, *, where: str | Path) -> tuple[str, str]:
    """The text of some bytes and its encoding: by byte order mark, strict UTF-8, strict GB18030, charset-normalizer.

    A byte order mark is no part of the text. Nothing else is changed, line ends least of all.
    """
    if not data.strip():
        raise FanzhaError("is empty", path=where, mend="save the letter into it")
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise FanzhaError(f"is {kind}, not text", path=where, mend="save the letter as plain text (.txt) first")
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


def _surrogate_free(name: str) -> str:
    """A file name that is no UTF-8 has lone surrogates, which JSON must not carry: they become `\\udcXX` escapes."""
    return name.encode("utf-8", "backslashreplace").decode()
