"""Results as CSV that Excel opens by a double click: UTF-8 with a byte order mark, comma, CRLF."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from pathlib import Path

from nlp.files import open_atomically
from nlp.output.letters import Letters
from nlp.output.tables import TABLES, Cell, begins_as_formula, shown


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
        writers = []
        for table, path in zip(TABLES, paths, strict=True):
            text = io.TextIOWrapper(stack.enter_context(open_atomically(path)), encoding="utf-8-sig", newline="")
            stack.callback(text.detach)  # writes what is left; the file below is closed by who opened it
            writers.append((table, csv.writer(text)))
            writers[-1][1].writerow(column.heading for column in table.columns)
        for letter in letters:
            for table, writer in writers:
                for row in table.rows(letter):
                    writer.writerow(_safe(shown(*pair)) for pair in zip(table.columns, row, strict=True))
    return paths


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and begins_as_formula(cell) else cell
