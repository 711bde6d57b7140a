"""The results of a batch as files to download."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from nlp.errors import FanzhaError
from nlp.files import open_atomically
from nlp.output.formats import writer_of
from nlp.output.letters import Letters

DOWNLOADS = {
    "jsonl": ("results.jsonl", "application/jsonl"),
    "xlsx": ("results.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": ("results-csv.zip", "application/zip"),
    "html": ("results-html.zip", "application/zip"),
    "label-studio": ("label-studio.json", "application/json"),
}
"""What can be downloaded: the name of the file and its type."""


class Lines(Letters, Protocol):
    """Letters that have their results as lines of JSON already."""

    def lines(self) -> Iterator[str]: ...


@dataclass(frozen=True)
class Download:
    """A file to send: open, to be closed by who sends it."""

    file: IO[bytes]
    size: int
    name: str
    media_type: str


def open_download(form: str, letters: Lines, folder: Path) -> Download:
    """A file of some letters; it is written into `folder` the first time that it is asked for.

    Args:
        form: a key of `DOWNLOADS`. Of csv and html the several files are packed into one.
        letters: all of them.
        folder: is made if need be.

    Raises:
        FanzhaError: where it cannot be written or read.
    """
    name, media_type = DOWNLOADS[form]
    path = folder / name
    try:
        if not path.exists():
            _write(form, letters, path)
        file = open(path, "rb")  # noqa: SIM115
        return Download(file, path.stat().st_size, name, media_type)
    except OSError as error:
        raise FanzhaError(f"cannot be written: {error.strerror}", mend="make room", retryable=True) from None


def _write(form: str, letters: Lines, path: Path) -> None:
    if form == "jsonl":
        with open_atomically(path) as file:
            for line in letters.lines():
                file.write(line.encode("utf-8") + b"\n")
        return
    unpacked = path.with_name(f"{form}.files")
    try:
        unpacked.mkdir(parents=True, exist_ok=True)
        written = writer_of(form)(letters, unpacked)
        if path.suffix == ".zip":
            with open_atomically(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for one in written:
                    archive.write(one, str(one.relative_to(unpacked)))
        else:
            written[0].replace(path)  # Label Studio's other file is the project's configuration
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
