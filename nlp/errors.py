"""The one error that people see: what is wrong, in which file, and what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class FanzhaError(Exception):
    """Something a person can mend.

    Args:
        message: what is wrong, one line, no trailing full stop.
        path: the file or folder it is about.
        mend: what to do, usually a command line.
        retryable: the same file may well do another time: it was locked, took too long, a program was missing.
    """

    def __init__(
        self, message: str, *, path: str | Path | None = None, mend: str | None = None, retryable: bool = False
    ) -> None:
        self.message = message
        self.retryable = retryable
        self.path = None if path is None else str(path)
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        where = "" if self.path is None else f"{self.path}: "
        how = "" if self.mend is None else f" ({self.mend})"
        return printable(f"{where}{self.message}{how}")


def first_fault(error: ValidationError) -> str:
    """What pydantic found first, as `key: what is wrong, not what it is`."""
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"])) or "the file"
    return f"{key}: {first['msg']}, not {repr(first['input'])[:60]}"


def printable(text: str) -> str:
    """`text` on one line: control characters and undecodable bytes are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
