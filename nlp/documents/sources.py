"""Which letters there are under some paths: files of folders, members of archives, lines and rows of tables.

Listing a folder opens no file. Archives, JSON Lines files and tables are opened by `expand`, letters by `read_source`.
Folders and files may be URIs of object stores, see `remote`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nlp.documents.limits import Limits
from nlp.documents.reading import Document, decode_document, read_bytes, surrogate_free
from nlp.documents.remote import Entry, facts_of_remote, is_remote, name_of, open_remote, read_remote, root_of, scan
from nlp.errors import FanzhaError

_OTHER_SUFFIXES = frozenset({
    ".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp",
    ".css", ".js", ".json", ".map", ".woff", ".woff2", ".ttf", ".otf", ".eot",
    ".xls", ".xlsx", ".et", ".csv", ".ppt", ".pptx", ".dps", ".mp3", ".mp4", ".avi", ".mov", ".wav",
    ".exe", ".dll", ".lnk", ".url", ".ini", ".db", ".tmp", ".bak", ".log", ".py", ".sh", ".bat",
})  # fmt: skip
"""Kinds of files that hold no letter and often stand beside some."""


@dataclass(frozen=True)
class Source:
    """Where a letter is.

    Args:
        key: its path below the input folder, parts joined by `/`; tells it from all others of a run.
        file: the file on disk, or what `remote.root_of` and `remote.scan` call one at a URI.
        member: its number in an archive or a table, or where its line starts in a JSON Lines file; None for a file of
            its own.
        size: of that line in bytes, its end included; 0 elsewhere.
        mark: tells whether the file that holds it is still the one that was listed; not asked where "".
        column: of a table, the one that holds the letter.
    """

    key: str
    file: str
    member: int | None = None
    size: int = 0
    mark: str = ""
    column: str = ""

    @property
    def container(self) -> str | None:
        """`zip`, `jsonl` or `parquet` where the file holds several letters, by its suffix, else None."""
        suffix = os.path.splitext(self.file)[1].lower()
        return suffix[1:] if suffix in (".zip", ".jsonl", ".parquet") else None


@dataclass(frozen=True)
class Skipped:
    """A file that is taken for no letter, and why."""

    key: str
    reason: str


STATE = ".fanzha"
"""What is in a folder of results and is the program's own: such a folder holds no letters."""
_PAGE_SUFFIXES = (".html", ".htm", ".shtml", ".xhtml")

Listed = Source | Skipped | FanzhaError
"""What a listing finds; an error is about the file or folder that it names by its key."""


def list_sources(roots: Sequence[Path | str], *, output: Path | None = None) -> Iterator[Listed]:
    """The files under some folders (or files), each folder in the natural order of its names.

    Links to folders are not followed, hidden files are passed over, and so is `output`.

    Args:
        roots: folders and files, by their paths or URIs. With more than one, keys begin with the name of their root.
        output: a folder whose files are no input.

    Raises:
        FanzhaError: where a root is not there, or two have the same name.
    """
    remote = {root: root_of(root) for root in roots if isinstance(root, str) and is_remote(root)}
    names = [name_of(str(root)) if root in remote else os.path.basename(os.path.abspath(root)) for root in roots]
    for root in roots:
        if root not in remote and not os.path.lexists(root):
            raise FanzhaError("there is no such file or folder", path=root, mend="check the name")
    if len(set(names)) < len(names):
        raise FanzhaError("two of the inputs have the same name", mend="name the folder that holds both")
    excluded = None if output is None else os.path.realpath(output)
    for root, name in zip(roots, names, strict=True):
        prefix = [name] if len(roots) > 1 else []
        if root in remote:
            path, is_folder = remote[root]
            if is_folder:
                yield from _walk(path, prefix, None, scan, lambda file, key: Source(key, file))
            else:
                yield Source(surrogate_free(name), path)
        elif os.path.isdir(root):
            yield from _walk(str(root), prefix, excluded, _scan, _letter_file)
        else:
            yield _letter_file(str(root), surrogate_free(name))


def natural_order(key: str) -> str:
    """What to sort keys by, so that 2.txt comes before 10.txt."""
    return re.sub(r"[0-9]+", lambda number: number[0].rjust(12, "0"), key)


def _walk(
    root: str,
    prefix: list[str],
    excluded: str | None,
    scan_folder: Callable[[str], list[Entry]],
    letter: Callable[[str, str], Listed],
) -> Iterator[Listed]:
    """What is below a folder; `letter` says what a file of some key is."""
    stack: list[tuple[str, list[str]]] = [(root, prefix)]
    while stack:
        folder, parts = stack.pop()
        try:
            entries = sorted(scan_folder(folder), key=lambda entry: natural_order(entry.name))
        except OSError as error:
            yield _fault("/".join(parts) or folder, f"this folder cannot be listed: {error.strerror}")
            continue
        names = {entry.name for entry in entries}
        if STATE in names:
            yield Skipped("/".join(parts) or folder, "the results of a run")
            continue
        folders = []
        keys: set[str] = set()
        for entry in entries:
            path = [*parts, unique(surrogate_free(entry.name), keys)]
            key = "/".join(path)
            if entry.folder:
                if _is_hidden(entry.name) or (excluded is not None and os.path.realpath(entry.path) == excluded):
                    continue
                if _belongs_to_page(entry.name, names):
                    yield Skipped(key, "the pictures and scripts of a saved page")
                else:
                    folders.append((entry.path, path))
            else:
                reason = skip_reason(entry.name)
                if reason is None:
                    yield letter(entry.path, key)
                elif reason:
                    yield Skipped(key, reason)
        stack.extend(reversed(folders))


def _scan(folder: str) -> list[Entry]:
    with os.scandir(folder) as found:
        return [Entry(entry.name, entry.path, entry.is_dir(follow_symlinks=False)) for entry in found]


def _letter_file(file: str, key: str) -> Listed:
    try:
        mode = os.stat(file).st_mode
    except OSError as error:  # a link to itself, or to nothing
        return _fault(key, f"cannot be read: {error.strerror}")
    if stat.S_ISDIR(mode):
        return _fault(key, "is a link to a folder, which is not followed", "name that folder as an input")
    if not stat.S_ISREG(mode):
        return _fault(key, "is a pipe or a device, not a file", "save the letter as a file")
    return Source(key, file)


def unique(name: str, taken: set[str]) -> str:
    """`name`, or with a number before its suffix where it is taken already; adds it to `taken`."""
    stem, suffix = os.path.splitext(name)
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem} ({number}){suffix}"
    taken.add(free)
    return free


def _fault(key: str, message: str, mend: str = "check its permissions, and where it leads") -> FanzhaError:
    return FanzhaError(message, path=key, mend=mend, retryable=True)


def skip_reason(name: str) -> str | None:
    """Why a file of this name is taken for no letter: None for a letter, "" for what nobody would ask about."""
    if _is_hidden(name):
        return ""
    suffix = os.path.splitext(name)[1].lower()
    return f"a {suffix} file is no letter" if suffix in _OTHER_SUFFIXES else None


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in ("thumbs.db", "desktop.ini", "__macosx")


def _belongs_to_page(folder: str, names: set[str]) -> bool:
    """Whether a folder holds what a browser saved beside a page: `page_files` beside `page.html`."""
    stem = re.sub(r"(?:_files|\.files|_文件)$", "", folder)
    return stem != folder and any(f"{stem}{suffix}" in names for suffix in _PAGE_SUFFIXES)


def expand(source: Source, *, limits: Limits, text_field: str = "text") -> list[Source | Skipped]:
    """The letters that an archive, a JSON Lines file or a table holds; `text_field` is a table's column of texts.

    Raises:
        FanzhaError: where it cannot be opened or is over a limit.
    """
    if source.container == "zip":
        from nlp.documents.archive import list_members

        return list_members(source, limits=limits)
    if source.container == "parquet":
        from nlp.documents.tables import list_rows

        return list_rows(source, limits=limits, text_field=text_field)
    from nlp.documents.records import list_lines

    return list_lines(source, limits=limits)


def read_source(source: Source, *, limits: Limits) -> bytes:
    """The bytes of a letter: of its file, its member of an archive, its line, or its row of a table.

    Raises:
        FanzhaError: where they cannot be read or are too many.
    """
    if source.member is None:
        if is_remote(source.file):
            return read_remote(source.file, where=source.key, most=limits.file_bytes + 1)
        return read_bytes(source.file, limits=limits)
    if source.container == "zip":
        from nlp.documents.archive import read_archived

        return read_archived(source, limits=limits)
    if source.container == "parquet":
        from nlp.documents.tables import read_row

        return read_row(source, limits=limits)
    from nlp.documents.records import read_line

    return read_line(source, limits=limits)


def open_file(file: str) -> IO[bytes]:
    """The file of a source, to be read at any place.

    Raises:
        OSError: where it cannot be opened.
    """
    return open_remote(file) if is_remote(file) else open(file, "rb")


def facts_of(file: str) -> tuple[int, int]:
    """When the file of a source was changed, in nanoseconds, and its size in bytes.

    Raises:
        OSError: where it is not there or cannot be asked.
    """
    if is_remote(file):
        return facts_of_remote(file)
    facts = os.stat(file)
    return facts.st_mtime_ns, facts.st_size


def decode_source(source: Source, data: bytes, *, limits: Limits, text_field: str) -> Document:
    """The letter in the bytes that `read_source` gave; its path is the source's key.

    Raises:
        FanzhaError: where they are no letter.
    """
    if source.member is not None and source.container == "jsonl":
        from nlp.documents.records import decode_line

        return decode_line(source, data, limits=limits, text_field=text_field)
    if source.member is not None and source.container == "parquet":
        from nlp.documents.tables import decode_row

        return decode_row(source, data, limits=limits)
    return decode_document(data, path=source.key, limits=limits)
