"""The results of a batch as files to download."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from nlp.batch.outputs import RESULTS, TEXTS
from nlp.errors import FanzhaError
from nlp.files import open_atomically
from nlp.output.formats import writer_of
from nlp.output.letters import Letters
from nlp.output.names import output_name
from nlp.output.report import write_report
from nlp.web.faults import Refusal

DOWNLOADS = {
    "jsonl": ("results-jsonl.zip", "application/zip"),
    "xlsx": ("results.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": ("results-csv.zip", "application/zip"),
    "html": ("results-html.zip", "application/zip"),
    "report": ("report.html", "text/html"),
    "label-studio": ("results-label-studio.zip", "application/zip"),
}
"""What can be downloaded: the name of the file and its type."""
_REPORT_BYTES = 50_000_000
"""The largest report, as of `fanzha report`."""


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
        form: a key of `DOWNLOADS`. Several files are packed into one.
        letters: all of them.
        folder: is made if need be.

    Raises:
        FanzhaError: where it cannot be written or read.
        Refusal: 409 where there are no letters, or too many, for a report.
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
    if form == "report":
        _write_report(letters, path)
    elif form == "jsonl":
        with _archive(path) as archive:
            _pack_results(letters, archive)
    else:
        _write_format(form, letters, path)


def _write_format(form: str, letters: Lines, path: Path) -> None:
    unpacked = path.with_name(f"{form}.files")
    try:
        unpacked.mkdir(parents=True, exist_ok=True)
        written = writer_of(form)(letters, unpacked)
        if path.suffix != ".zip":
            written[0].replace(path)
            return
        with _archive(path) as archive:
            for one in written:
                archive.write(one, str(one.relative_to(unpacked)))
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    with open_atomically(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        yield archive


def _pack_results(letters: Lines, archive: zipfile.ZipFile) -> None:
    """What `fanzha annotate` writes in any case: the results, and the texts that their offsets refer to."""
    with archive.open(RESULTS, "w", force_zip64=True) as file:
        for line in letters.lines():
            file.write(line.encode("utf-8") + b"\n")
    for letter in letters:
        document = letter.result.document
        archive.writestr(f"{TEXTS}/{output_name(document.path or document.id)}.txt", letter.text)


def _write_report(letters: Lines, path: Path) -> None:
    if not len(letters):
        raise Refusal(409, "there are no letters for a report", mend="see why those of the batch have failed")
    try:
        write_report(letters, path, most_bytes=_REPORT_BYTES)
    except FanzhaError as error:
        if error.retryable:
            raise
        mend = "download html, which is a file for each letter, or send fewer letters"
        raise Refusal(409, f"the report {error.message}", mend=mend) from None
