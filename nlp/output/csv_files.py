"""Results as CSV that Excel opens by a double click: UTF-8 with a byte order mark, comma, CRLF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from nlp.files import open_atomically
from nlp.output.letters import Letters
from nlp.output.tables import TABLES, Cell, Row, Table, begins_as_formula, shown


def write(letters: Letters, folder: Path) -> list[Path]:
    """Writes `letters.csv`, `measures.csv`, `claims.csv` and `comparison.csv`, each with a row of headings.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; nothing else is changed: numbers
    have all their digits, line breaks of the letter stand inside quoted cells, dates are ISO 8601.

    Args:
        letters: what was found; gone through once, no letter is held.
        folder: where to; files of these names are replaced.

    Raises:
        FanzhaError: where a file cannot be written.
    """
    paths = [folder / f"{table.name}.csv" for table in TABLES]
    with ExitStack() as stack:
        adders = [stack.enter_context(open_table(path, table)) for path, table in zip(paths, TABLES, strict=True)]
        for letter in letters:
            for table, add in zip(TABLES, adders, strict=True):
                for row in table.rows(letter):
                    add(row)
    return paths


@contextmanager
def open_table(path: Path, table: Table[Any]) -> Iterator[Callable[[Row], object]]:
    """A file with the headings of a table, and what adds a row; it is there when the block has ended without an error.

    Raises:
        FanzhaError: where it cannot be written.
    """
    with open_atomically(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        try:
            writer = csv.writer(text)
            writer.writerow(column.heading for column in table.columns)
            yield lambda row: writer.writerow(_safe(shown(*pair)) for pair in zip(table.columns, row, strict=True))
        finally:
            text.detach()  # writes what is left; the file below is closed by who opened it


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and begins_as_formula(cell) else cell
