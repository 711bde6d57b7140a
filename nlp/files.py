"""Files of ours, read and written in one way: UTF-8, line ends as they are, and a file is whole or it is not there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nlp.errors import FanzhaError

TEMPORARY = ".fanzha-{}.tmp"
"""The name of a file while it is written."""


class FileInUse(FanzhaError):
    """A file that cannot be written now; others in its folder may."""


def read_text(path: Path, *, keep_bom: bool = False) -> str:
    """A UTF-8 file as it is: no line end changed, a BOM taken off unless it is to be kept as a character.

    Raises:
        FanzhaError: where it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8" if keep_bom else "utf-8-sig")
    except OSError as error:
        raise FanzhaError(f"cannot be read: {error.strerror}", path=path, mend="name a file that is there") from None
    except UnicodeDecodeError as error:
        raise FanzhaError(f"is no UTF-8 (byte {error.start})", path=path, mend="export it as UTF-8") from None


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        FanzhaError: where it cannot be read, or naming the line that is no JSON.
    """
    return parse_json(read_text(path), path)


def parse_json(text: str, path: str | Path) -> Any:
    """Parses JSON; `path` is what faults name.

    Raises:
        FanzhaError: naming the line.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FanzhaError(
            f"is no JSON: {error.msg} (line {error.lineno}, column {error.colno})", path=path, mend="export it anew"
        ) from None
    except RecursionError:
        raise FanzhaError("is no JSON of this format: nested too deep", path=path, mend="export it anew") from None
    except ValueError:  # Python reads no integer of thousands of digits
        raise FanzhaError("is no JSON of this format: a number too long", path=path, mend="export it anew") from None


def write_json(path: Path, value: Any, *, indent: int = 2) -> None:
    """Writes a value as JSON that people can read; see `write_bytes`."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8, line ends as they are; see `write_bytes`."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise FanzhaError(
            "cannot be written: an unpaired surrogate", path=path, mend="take it out of the letter"
        ) from None
    write_bytes(path, data)


def write_if_changed(path: Path, data: bytes) -> None:
    """Writes a file where it does not hold these bytes already; see `open_atomically`."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    except OSError:
        pass
    write_bytes(path, data)


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file in one piece; see `open_atomically`."""
    with open_atomically(path) as file:
        file.write(data)


@contextlib.contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A binary file to write, which is there under its name only when the block has ended without an error.

    It is written under a temporary name in its folder, which is made if need be, and renamed when it is on disk.
    What is there and is no file (a pipe, /dev/stdout) is written to as it is; a link stays one.

    Raises:
        FanzhaError: where it cannot be written; what was there before is there still.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(TEMPORARY.format(secrets.token_hex(8)))
    try:
        if target.exists() and not target.is_file():
            with open(target, "wb") as file:
                yield file
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except PermissionError as error:
        mend = "close it where it is open, or check the permissions of its folder"
        raise FileInUse(f"cannot be written: {error.strerror}", path=path, mend=mend, retryable=True) from None
    except OSError as error:
        raise FanzhaError(
            f"cannot be written: {error.strerror}", path=path, mend="name another folder", retryable=True
        ) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
