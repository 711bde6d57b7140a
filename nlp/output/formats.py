"""The formats of results by name: how each is written into a folder."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

from nlp.errors import FanzhaError
from nlp.output.letters import Letters

FORMAT_NAMES = ("csv", "xlsx", "parquet", "html", "label-studio")
"""Beside JSON Lines, which is always written."""


def check_formats(names: Sequence[str]) -> None:
    """Makes sure, before the work, that what the formats need is installed.

    Raises:
        FanzhaError: where it is not.
    """
    if "parquet" in names and importlib.util.find_spec("pyarrow") is None:
        raise FanzhaError(
            "Parquet needs pyarrow, which is not installed", mend="pip install 'fanzha-nlp[parquet]', or leave it out"
        )


def writer_of(name: str) -> Callable[[Letters, Path], list[Path]]:
    """What writes a format's files into a folder and gives their paths; its module is imported when it is asked for."""
    if name == "csv":
        from nlp.output import csv_files

        return csv_files.write
    if name == "xlsx":
        from nlp.output import xlsx

        return xlsx.write
    if name == "parquet":
        from nlp.output import parquet

        return parquet.write
    if name == "html":
        from nlp.output import html

        return html.write
    if name == "label-studio":
        from nlp.output import label_studio

        return label_studio.write
    raise ValueError(name)
