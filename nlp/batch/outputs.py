"""From the record of a run to the files that people open, in its output folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nlp.batch.store import Store
from nlp.errors import FanzhaError
from nlp.files import TEMPORARY, open_atomically, write_bytes
from nlp.output.formats import writer_of
from nlp.output.names import output_name

RESULTS, FAILED, NOTES = "results.jsonl", "failed.jsonl", "notes.jsonl"
TEXTS, PAGES = "texts", "pages"


def write_outputs(store: Store, folder: Path, formats: Sequence[str]) -> list[str]:
    """Writes results.jsonl, the letters' texts, failed.jsonl and notes.jsonl where there are any, and other formats.

    Returns:
        The names of the files to open, without those of single letters.

    Raises:
        FanzhaError: where one cannot be written; each file is the new one or the one that was there.
    """
    for left in folder.glob(TEMPORARY.format("*")):  # by a run that was killed: we hold the lock, nobody writes them
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            _remove(left)
    letters = store.letters()
    _write_lines(folder / RESULTS, (line for line, _ in letters.lines()))
    written = [RESULTS]
    for name, lines in ((FAILED, store.failures()), (NOTES, (_dump(note) for note in store.notes()))):
        if _write_lines(folder / name, lines):
            written.append(name)
        else:
            _remove(folder / name)
    kept = _write_texts(store, folder)
    for name in formats:
        paths = writer_of(name)(letters, folder)
        written += [str(path.relative_to(folder)) for path in paths if path.parent == folder]
        kept.update(str(path) for path in paths)
    for part in (TEXTS, PAGES):
        _remove_others(folder / part, kept)
    return written


def _write_lines(path: Path, lines: Iterable[str]) -> int:
    count = 0
    with open_atomically(path) as file:
        for line in lines:
            file.write(line.encode("utf-8") + b"\n")
            count += 1
    return count


def _write_texts(store: Store, folder: Path) -> set[str]:
    """The text that each letter's offsets refer to, as `texts/PATH.txt` in UTF-8, line ends as they are."""
    written = set()
    for letter in store.letters():
        path = folder / TEXTS / f"{output_name(letter.result.document.path or letter.result.document.id)}.txt"
        data = letter.text.encode("utf-8")
        if not _holds(path, data):
            write_bytes(path, data)
        written.add(str(path))
    return written


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FanzhaError(f"cannot be removed: {error.strerror}", path=path, mend="remove it") from None


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Removes the files of letters that are no longer there, and the folders that become empty."""
    for path in _files_bottom_up(folder):
        if str(path) not in kept:
            _remove(path)
    for below, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):  # not empty
            os.rmdir(below)


def _files_bottom_up(folder: Path) -> Iterator[Path]:
    for below, _, names in os.walk(folder, topdown=False):
        yield from (Path(below) / name for name in names)
