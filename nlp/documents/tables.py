"""Parquet files of letters: one a row, its text or the bytes of its file in a column, its name in `path` or `id`."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nlp.documents.limits import Limits
from nlp.documents.reading import Document, check_size, decode_document, surrogate_free
from nlp.documents.records import decode_line
from nlp.documents.sources import Skipped, Source, facts_of, open_file, unique
from nlp.errors import FanzhaError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_NAMES = ("path", "id")
_BYTES = "bytes"
_TEXT = "text"


def list_rows(source: Source, *, limits: Limits, text_field: str) -> list[Source | Skipped]:
    """The rows of a table. The key of one is `FILE/` and its `path`, or its `id`, or `row-N`, counted from 1.

    Raises:
        FanzhaError: where it cannot be read, has over `limits.members` rows, or no column of letters.
    """
    with _faults(source):
        mark = _mark(source.file)
        table = _opened(source.file, mark)
        column = _column(table, source, text_field)
        if table.metadata.num_rows > limits.members:
            mend = "split it, or raise --max-members"
            raise FanzhaError(f"has more than {limits.members} rows", path=source.key, mend=mend)
        named = next((name for name in _NAMES if name in table.schema_arrow.names), None)
        names: list[Any] = [] if named is None else table.read(columns=[named]).column(named).to_pylist()
    found: list[Source | Skipped] = []
    taken: set[str] = set()
    for number in range(table.metadata.num_rows):
        name = _name(names[number] if names else None, number)
        found.append(Source(unique(f"{source.key}/{name}", taken), source.file, number, mark=mark, column=column))
    if not found:
        raise FanzhaError("is empty", path=source.key, mend="write a letter into each row")
    return found


def read_row(source: Source, *, limits: Limits) -> bytes:
    """The letter of a row: the bytes of its file, or its text and its id as a line of JSON Lines.

    Raises:
        FanzhaError: where it cannot be read, has no letter, or is over `limits.file_bytes`.
    """
    number = source.member or 0
    with _faults(source):
        if source.mark and _mark(source.file) != source.mark:
            raise FanzhaError(
                "the table has changed since it was listed", path=source.key, mend="run again", retryable=True
            )
        group, start = _group_of(_opened(source.file, source.mark), number)
        rows = _rows(source.file, source.mark, group, source.column, limits.unpacked_bytes)
        row = rows.slice(number - start, 1).to_pylist()[0]
    letter = row[source.column]
    if letter is None:
        raise FanzhaError(f"has nothing in the column {source.column!r}", path=source.key, mend="fill it")
    if source.column == _BYTES:
        data = letter if isinstance(letter, bytes) else str(letter).encode("utf-8")
    else:
        given = row.get("id")
        name = PurePosixPath(source.key).name if row.get("path") is None else PurePosixPath(source.key).stem
        data = json.dumps({"id": name if given is None else str(given), _TEXT: letter}, ensure_ascii=False).encode()
    check_size(len(data), where=source.key, limits=limits)
    return data


def decode_row(source: Source, data: bytes, *, limits: Limits) -> Document:
    """The letter in what `read_row` gave.

    Raises:
        FanzhaError: where it is no letter.
    """
    if source.column == _BYTES:
        return decode_document(data, path=source.key, limits=limits)
    return decode_line(source, data, limits=limits, text_field=_TEXT)


def _column(table: ParquetFile, source: Source, text_field: str) -> str:
    """The column of the letters: that of their texts, else that of the bytes of their files."""
    from pyarrow import types

    schema = table.schema_arrow
    if text_field in schema.names:
        kind = schema.field(text_field).type
        if types.is_string(kind) or types.is_large_string(kind):
            return text_field
    if _BYTES in schema.names:
        kind = schema.field(_BYTES).type
        if types.is_binary(kind) or types.is_large_binary(kind):
            return _BYTES
    raise FanzhaError(
        f"has no column {text_field!r} of texts and no column {_BYTES!r} of files",
        path=source.key,
        mend="name the column with --text-field",
    )


def _name(value: object, number: int) -> str:
    """A row's name: what it says, as a path below the table's own, or its number."""
    text = "" if value is None else surrogate_free(str(value)).replace("\\", "/")
    parts = [part for part in PurePosixPath(text).parts if part not in ("/", "..", ".")]
    return "/".join(parts) if parts and text.isprintable() else f"row-{number + 1}"


def _mark(file: str) -> str:
    changed, size = facts_of(file)
    return f"{changed} {size}"


@lru_cache(maxsize=1)
def _opened(file: str, mark: str) -> ParquetFile:
    """The table, opened once for all its rows: they come one after another."""
    if importlib.util.find_spec("pyarrow") is None:
        mend = "pip install 'fanzha-nlp[parquet]'"
        raise FanzhaError("Parquet needs pyarrow, which is not installed", mend=mend, retryable=True)
    from pyarrow.parquet import ParquetFile

    return ParquetFile(open_file(file))


def _group_of(table: ParquetFile, number: int) -> tuple[int, int]:
    """The row group that a row is in, and that group's first row."""
    start = 0
    for group in range(table.metadata.num_row_groups):
        rows = table.metadata.row_group(group).num_rows
        if number < start + rows:
            return group, start
        start += rows
    raise FanzhaError(f"has no row {number + 1}", mend="write it anew")


@lru_cache(maxsize=1)
def _rows(file: str, mark: str, group: int, column: str, most: int) -> Any:
    """A row group as a table of the columns that are needed; the last one is kept."""
    table = _opened(file, mark)
    size = table.metadata.row_group(group).total_byte_size
    if size > most:
        raise FanzhaError(
            f"has a row group of {size / 1e6:.0f} MB unpacked, over {most / 1e6:g} MB",
            mend="write it in smaller row groups, or raise --max-unpacked-megabytes",
        )
    columns = [column, *(name for name in _NAMES if name in table.schema_arrow.names)]
    return table.read_row_group(group, columns=columns)


@contextmanager
def _faults(source: Source) -> Iterator[None]:
    try:
        yield
    except FanzhaError as error:
        path = source.key if error.path is None else error.path
        raise FanzhaError(error.message, path=path, mend=error.mend, retryable=error.retryable) from None
    except OSError as error:
        # pyarrow's own faults of a damaged page are OSErrors without a strerror
        if error.strerror is None:
            raise _damaged(source, error) from None
        raise FanzhaError(
            f"cannot be read: {error.strerror}", path=source.key, mend="check its permissions", retryable=True
        ) from None
    except ValueError as error:  # pyarrow.ArrowInvalid is one
        raise _damaged(source, error) from None


def _damaged(source: Source, error: Exception) -> FanzhaError:
    reason = " ".join(str(error).split())[:200]
    return FanzhaError(f"is no Parquet file that can be read: {reason}", path=source.key, mend="write it anew")
