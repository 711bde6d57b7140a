"""Results as Parquet, for programs: English names, labels and indices as in the JSON."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nlp.files import open_atomically
from nlp.output.letters import Letters
from nlp.output.tables import CLAIMS, LETTERS, MEASURES, Cell, Column, Row

_MOST_ROWS, _MOST_CHARACTERS = 10_000, 4_000_000
"""What is held before it is written as a row group."""


def write(letters: Letters, folder: Path) -> list[Path]:
    """Writes `letters.parquet`, `measures.parquet` and `claims.parquet`.

    `value` and `value_max` are float64: whole numbers over 2^53 lose their last digits, and what no float64 holds
    (over 1.8e308) becomes infinite. The JSON has them as they are.

    Args:
        letters: what was found; gone through once, no letter is held.
        folder: where to; files of these names are replaced.

    Raises:
        FanzhaError: where a file cannot be written.
        ModuleNotFoundError: without pyarrow (the extra `parquet`); before anything is written.
    """
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    types = {
        "text": pyarrow.string(), "whole": pyarrow.int64(), "ordinal": pyarrow.int64(), "number": pyarrow.float64(),
        "probability": pyarrow.float64(), "share": pyarrow.float64(), "date": pyarrow.date32(),
    }  # fmt: skip
    tables = (LETTERS, MEASURES, CLAIMS)
    paths = [folder / f"{table.name}.parquet" for table in tables]
    with ExitStack() as stack:
        writers = []
        for table, path in zip(tables, paths, strict=True):
            schema = pyarrow.schema([(column.name, types[column.kind]) for column in table.columns])
            file = stack.enter_context(open_atomically(path))
            writers.append((table, _Rows(stack.enter_context(ParquetWriter(file, schema)), schema, table.columns)))
        for letter in letters:
            for table, rows in writers:
                for row in table.rows(letter):
                    rows.add(row)
        for _, rows in writers:
            rows.flush()
    return paths


class _Rows:
    """Gathers rows and writes them as row groups of bounded size."""

    def __init__(self, writer: Any, schema: Any, columns: tuple[Column, ...]) -> None:
        self._writer, self._schema, self._columns = writer, schema, columns
        self._held: list[Row] = []
        self._characters = 0

    def add(self, row: Row) -> None:
        self._held.append(row)
        self._characters += sum(len(cell) for cell in row if isinstance(cell, str))
        if len(self._held) >= _MOST_ROWS or self._characters >= _MOST_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        import pyarrow

        if not self._held:
            return
        cells = zip(*self._held, strict=True)
        arrays = [
            pyarrow.array([_plain(column, cell) for cell in column_cells], field.type)
            for column, field, column_cells in zip(self._columns, self._schema, cells, strict=True)
        ]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._held.clear()
        self._characters = 0


def _plain(column: Column, cell: Cell) -> Cell:
    if column.kind != "number" or not isinstance(cell, int):
        return cell
    try:
        return float(cell)
    except OverflowError:
        return float("inf") if cell > 0 else float("-inf")
