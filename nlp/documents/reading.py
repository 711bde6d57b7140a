"""From a file to a letter: its bytes, their form, the text that offsets refer to."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from nlp.documents.forms import extract, form_of
from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.errors import FanzhaError


@dataclass(frozen=True)
class Document:
    """A letter as it was read.

    Args:
        id: the name without its suffix.
        path: where it was read from; None for standard input.
        text: what offsets refer to. Of a text file, the text as it was decoded, line ends and all.
        sha256: of the file's bytes.
        encoding: what they were decoded with (of a Word file or a PDF, its form).
        warnings: what a reader of the result should know, a line each.
    """

    id: str
    path: str | None
    text: str
    sha256: str
    encoding: str
    warnings: tuple[str, ...] = ()


def read_document(path: str | Path, *, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Reads a letter: text, HTML, MHT, Word, WPS, RTF or PDF.

    Raises:
        FanzhaError: where it is missing, a folder, unreadable, over a limit, empty, or no letter.
    """
    return decode_document(read_bytes(path, limits=limits), path=path, limits=limits)


def read_bytes(path: str | Path, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a file; a pipe is read to its end, or to the limit.

    Raises:
        FanzhaError: where it cannot be read or is over `limits.file_bytes`.
    """
    path = Path(path)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise FanzhaError(
                "is a folder, not a letter", path=path, mend=f"name its files, or: fanzha annotate {path} -o OUT"
            )
        if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
            raise FanzhaError("is a device, not a file", path=path, mend="save the letter as a file")
        with open(path, "rb") as file:
            data = file.read(limits.file_bytes + 1)
    except FileNotFoundError:
        raise FanzhaError("there is no such file", path=path, mend="check the name") from None
    except OSError as error:
        reason = error.strerror or error
        mend = "check its permissions" if isinstance(error, PermissionError) else "check that it can be opened"
        raise FanzhaError(f"cannot be read: {reason}", path=path, mend=mend, retryable=True) from None
    except ValueError as error:  # a NUL in the name
        raise FanzhaError(f"cannot be read: {error}", path=path, mend="check the name") from None
    return data


def decode_document(data: bytes, *, path: str | Path | None, limits: Limits = DEFAULT_LIMITS) -> Document:
    """As `read_document`, from bytes; `path` None stands for standard input.

    Raises:
        FanzhaError: where they are no letter, or over a limit.
    """
    where = "standard input" if path is None else path
    check_size(len(data), where=where, limits=limits)
    name = "stdin" if path is None else Path(path).name
    extracted = extract(data, form_of(data, name), where=where, limits=limits)
    check_length(extracted.text, where=where, limits=limits)
    identifier = Path(name).stem if path is not None else name
    return Document(
        id=surrogate_free(identifier) or name,
        path=None if path is None else surrogate_free(str(path)),
        text=extracted.text,
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=extracted.encoding,
        warnings=extracted.warnings,
    )


def check_size(size: int, *, where: str | Path, limits: Limits) -> None:
    """Refuses a letter of more than `limits.file_bytes` bytes.

    Raises:
        FanzhaError: then.
    """
    if size > limits.file_bytes:
        mend = "is it one letter? then raise --max-megabytes"
        raise FanzhaError(f"is larger than {limits.file_bytes / 1e6:g} MB", path=where, mend=mend)


def check_length(text: str, *, where: str | Path, limits: Limits) -> None:
    """Refuses a text of more than `limits.characters` code points.

    Raises:
        FanzhaError: then.
    """
    if len(text) > limits.characters:
        mend = "is it one letter? then raise --max-characters"
        raise FanzhaError(f"has {len(text)} characters, over {limits.characters}", path=where, mend=mend)


def surrogate_free(name: str) -> str:
    """A file name that is no UTF-8 has lone surrogates, which JSON must not carry: they become `\\udcXX` escapes."""
    return name.encode("utf-8", "backslashreplace").decode()
