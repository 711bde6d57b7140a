"""JSON Lines files of letters: one object a line, its text in a field of its own."""

from __future__ import annotations

import codecs
import hashlib

from nlp.documents.encoding import decode_text
from nlp.documents.limits import Limits
from nlp.documents.reading import Document, check_length, check_size
from nlp.documents.sources import Skipped, Source, facts_of, open_file
from nlp.errors import FanzhaError
from nlp.files import parse_json


def list_lines(source: Source, *, limits: Limits) -> list[Source | Skipped]:
    """The lines of a file that are not blank; the key of one is `FILE/line-N`, counted from 1.

    Raises:
        FanzhaError: where it cannot be read or has over `limits.members` lines.
    """
    found: list[Source | Skipped] = []
    try:
        with open_file(source.file) as file:
            mark = _mark(source.file)
            start, number = 0, 0
            while first := file.readline(1 << 20):
                number += 1
                size, blank, piece = len(first), not first.strip(), first
                while not piece.endswith(b"\n") and (piece := file.readline(1 << 20)):
                    size, blank = size + len(piece), blank and not piece.strip()
                if not blank:
                    found.append(Source(f"{source.key}/line-{number}", source.file, start, size, mark))
                if len(found) > limits.members:
                    mend = "split it, or raise --max-members"
                    raise FanzhaError(f"has more than {limits.members} lines", path=source.key, mend=mend)
                start += size
    except OSError as error:
        raise FanzhaError(
            f"cannot be read: {error.strerror}", path=source.key, mend="check its permissions", retryable=True
        ) from None
    if not found:
        raise FanzhaError("is empty", path=source.key, mend="write a letter into each line")
    return found


def read_line(source: Source, *, limits: Limits) -> bytes:
    """The bytes of a line.

    Raises:
        FanzhaError: where it cannot be read or is over `limits.file_bytes`.
    """
    check_size(source.size, where=source.key, limits=limits)
    try:
        with open_file(source.file) as file:
            if source.mark and _mark(source.file) != source.mark:
                raise FanzhaError(
                    "the file has changed since it was listed", path=source.key, mend="run again", retryable=True
                )
            file.seek(source.member or 0)
            return file.read(source.size)
    except OSError as error:
        raise FanzhaError(
            f"cannot be read: {error.strerror}", path=source.key, mend="check its permissions", retryable=True
        ) from None


def _mark(file: str) -> str:
    changed, size = facts_of(file)
    return f"{changed} {size}"


def decode_line(source: Source, data: bytes, *, limits: Limits, text_field: str) -> Document:
    """The letter of a line. Its SHA-256 is of the text in UTF-8, its id the field `id` where that is a string.

    Raises:
        FanzhaError: where the line is no object with a text.
    """
    try:
        line = data.removeprefix(codecs.BOM_UTF8).decode("utf-8").strip()
    except UnicodeDecodeError:
        raise FanzhaError("is no UTF-8", path=source.key, mend="write JSON Lines as UTF-8") from None
    record = parse_json(line, source.key)
    text = record.get(text_field) if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise FanzhaError(
            f"has no text in a field {text_field!r}", path=source.key, mend="name the field with --text-field"
        )
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError:
        raise FanzhaError(
            "holds half a surrogate pair", path=source.key, mend="write the character as a whole"
        ) from None
    decode_text(encoded, where=source.key)  # what a text file would be refused for, a line is refused for
    check_length(text, where=source.key, limits=limits)
    given = record.get("id")
    return Document(
        id=given if isinstance(given, str) and given.isprintable() and given else source.key.rpartition("/")[2],
        path=source.key,
        text=text,
        sha256=hashlib.sha256(encoded).hexdigest(),
        encoding="utf-8",
    )
