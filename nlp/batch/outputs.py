"""From the record of a run to the files that people open, in its output folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from nlp.batch.store import Store
from nlp.errors import FanzhaError
from nlp.files import TEMPORARY, FileInUse, open_atomically, write_if_changed
from nlp.output.formats import writer_of
from nlp.output.names import output_name

RESULTS, FAILED, NOTES = "results.jsonl", "failed.jsonl", "notes.jsonl"
TEXTS, PAGES = "texts", "pages"


@dataclass(frozen=True)
class Written:
    """The names of the files to open, without those of single letters, and what could not be written, a line each."""

    names: Sequence[str]
    faults: Sequence[str]


def write_outputs(store: Store, folder: Path, formats: Sequence[str]) -> Written:
    """Writes results.jsonl, the letters' texts, failed.jsonl and notes.jsonl where there are any, and other formats.

    What an earlier run wrote and this one does not is removed: pages of letters that are gone, formats that are not
    asked for. A file that is open elsewhere keeps none of the others from being written.

    Raises:
        FanzhaError: where nothing can be written; each file is the new one or the one that was there.
    """
    _sweep(folder)
    letters = store.letters()
    parts: list[Callable[[], list[Path]]] = [
        lambda: _write_lines(folder / RESULTS, (line for line, _ in letters.lines())),
        lambda: _write_lines(folder / FAILED, store.failures(), even_if_empty=False),
        lambda: _write_lines(folder / NOTES, map(_dump, store.notes()), even_if_empty=False),
        lambda: _write_texts(store, folder),
        *(_writing(name, store, folder) for name in formats),
    ]
    names: list[str] = []
    faults: list[str] = []
    for part in parts:
        try:
            paths = part()
        except FileInUse as fault:
            faults.append(str(fault))
            continue
        store.add_files(path.relative_to(folder).as_posix() for path in paths)
        names += [path.name for path in paths if path.parent == folder]
    if not faults:
        _remove_others(store, folder)
    return Written(names, faults)


def _writing(name: str, store: Store, folder: Path) -> Callable[[], list[Path]]:
    return lambda: writer_of(name)(store.letters(), folder)


def _write_lines(path: Path, lines: Iterable[str], *, even_if_empty: bool = True) -> list[Path]:
    iterator = iter(lines)
    first = next(iterator, None)
    if first is None and not even_if_empty:
        return []
    with open_atomically(path) as file:
        for line in chain(() if first is None else (first,), iterator):
            file.write(line.encode("utf-8") + b"\n")
    return [path]


def _write_texts(store: Store, folder: Path) -> list[Path]:
    """The text that each letter's offsets refer to, as `texts/PATH.txt` in UTF-8, line ends as they are."""
    written = []
    for letter in store.letters():
        document = letter.result.document
        written.append(folder / TEXTS / f"{output_name(document.path or document.id)}.txt")
        write_if_changed(written[-1], letter.text.encode("utf-8"))
    return written


def _sweep(folder: Path) -> None:
    """Removes what a killed run was writing; we hold the lock, so nobody writes it now."""
    for left in folder.glob(TEMPORARY.format("*")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            _remove(left)


def _remove_others(store: Store, folder: Path) -> None:
    """Removes the files of earlier runs, and the folders of letters that become empty."""
    for path in store.files():
        _remove(folder / path)
        store.forget_file(path)
    for part in (TEXTS, PAGES):
        for below, _, _ in os.walk(folder / part, topdown=False):
            with contextlib.suppress(OSError):  # not empty
                os.rmdir(below)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FanzhaError(f"cannot be removed: {error.strerror}", path=path, mend="remove it") from None


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
