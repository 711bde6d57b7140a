"""Results as a workbook with a sheet for each table: filters, frozen heads, category colours, numbers and dates."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from nlp.files import TEMPORARY, open_atomically
from nlp.output.letters import Letters
from nlp.output.tables import TABLES, Cell, Column, Row, Table, begins_as_formula, shown
from nlp.output.words import CATEGORY_COLOURS

_CREATED = datetime(2000, 1, 1)
"""Always the same, so that the same letters give the same bytes."""
_MOST_ROWS = 1_048_575
"""Of a sheet, below its headings."""
_MOST_UNITS = 32_767
"""UTF-16 units of a cell."""
_TOO_LONG = 10**15
"""Excel keeps 15 digits of a number: from here on it would change whole numbers."""
_FIRST_DAY = date(1900, 3, 1)
"""Before it, Excel counts a day that was none (29 February 1900), or has no days at all."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_STYLES: dict[str, dict[str, Any]] = {
    "whole": {"num_format": "#,##0"},
    "ordinal": {"num_format": "0", "align": "center"},
    "probability": {"num_format": "0.00"},
    "share": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
}
_WHOLE_NUMBER, _FRACTION = {"num_format": "#,##0"}, {"num_format": "#,##0.0#########"}


def write(letters: Letters, folder: Path) -> list[Path]:
    """Writes `results.xlsx`.

    Text is always written as text, so no formula and no link can come of it; a text that looks like a formula also
    has Excel's mark for text (the apostrophe that only the formula bar shows), so that editing it makes none either.
    Some things are not as in the JSON: a text over 32,767 UTF-16 units ends in `…`; \\r\\n and \\r are \\n, and other
    control characters `\\ufffd`; a text from `<r>` to `</r>` has a blank after it; a number of more than 15 digits
    before the point, and a date before March 1900, are text. Rows over what a sheet holds go on in another, at the end.

    Args:
        letters: what was found; gone through once, no letter is held.
        folder: where to; a file of this name is replaced. Sheets that are being written wait in it too.

    Raises:
        FanzhaError: where it cannot be written.
    """
    path = folder / "results.xlsx"
    with open_book(path, TABLES, title="复函中的措施和数值") as sheets:
        for letter in letters:
            for sheet in sheets:
                for row in sheet.table.rows(letter):
                    sheet.add(row)
    return [path]


@contextmanager
def open_book(path: Path, tables: Sequence[Table[Any]], *, title: str) -> Iterator[list[Sheets]]:
    """A workbook to write, with sheets for each table; it is there when the block has ended without an error.

    Args:
        path: a file that is there is replaced. Sheets that are being written wait beside it.
        tables: one or more.
        title: of the workbook.

    Raises:
        FanzhaError: where it cannot be written.
    """
    with open_atomically(path) as file, _folder_in(path.parent) as waiting, _Sink(file) as sink:
        options = {
            "constant_memory": True, "tmpdir": waiting, "use_zip64": True,
            "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False,
        }  # fmt: skip
        workbook = Workbook(sink, options)
        workbook.set_properties({"title": title, "created": _CREATED})
        sheets = [Sheets(workbook, table) for table in tables]
        yield sheets
        for sheet in sheets:
            sheet.finish()
        try:
            workbook.close()
        except FileCreateError as error:
            raise error.args[0] from None  # the OSError that it wraps


def _folder_in(folder: Path) -> tempfile.TemporaryDirectory[str]:
    prefix, suffix = TEMPORARY.split("{}")
    return tempfile.TemporaryDirectory(prefix=prefix, suffix=suffix, dir=folder, ignore_cleanup_errors=True)


class _Sink:
    """What XlsxWriter writes its archive to: the file, until the block ends or the file takes no more.

    After an error XlsxWriter leaves its `ZipFile` open, and that writes once more when it is collected. Here that does
    nothing, where a closed file would print a traceback. The block ends with the file's error, if there was one.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | None = file
        self._error: OSError | None = None

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, *_: object) -> None:
        self._file = None
        if self._error is not None:
            raise self._error

    def write(self, data: bytes) -> int:
        try:
            if self._file is not None:
                self._file.write(data)
        except OSError as error:
            self._file, self._error = None, error
        return len(data)

    def flush(self) -> None:
        """Nothing to do: the file is flushed by who opened it."""


class Sheets:
    """A table on as many sheets as it needs; only the row that is being written is held."""

    def __init__(self, workbook: Workbook, table: Table[Any]) -> None:
        self.table = table
        self._workbook = workbook
        self._number = 0
        self._formats: dict[tuple[Any, ...], Any] = {}
        self._begin()

    def add(self, row: Row) -> None:
        """Writes a row below those that are there."""
        if self._row == _MOST_ROWS:
            self.finish()
            self._begin()
        self._row += 1
        for at, (column, cell) in enumerate(zip(self.table.columns, row, strict=True)):
            self._write(at, column, shown(column, cell))

    def finish(self) -> None:
        """Gives the sheet its filter, which must know the last row."""
        self._sheet.autofilter(0, 0, self._row, len(self.table.columns) - 1)

    def _begin(self) -> None:
        self._number += 1
        self._row = 0
        title = self.table.title if self._number == 1 else f"{self.table.title} {self._number}"
        self._sheet = self._workbook.add_worksheet(title)
        self._sheet.freeze_panes(1, 1)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for at, column in enumerate(self.table.columns):
            self._sheet.set_column(at, at, column.width)
            style = {"bold": True, "align": "center", **_colours(column.heading)}
            self._sheet.write_string(0, at, column.heading, self._format(**style))

    def _write(self, at: int, column: Column, cell: Cell) -> None:
        if cell is None:
            return
        if isinstance(cell, str):
            self._write_text(at, cell, _colours(cell) if column.name == "category" else {})
        elif isinstance(cell, date):
            if cell < _FIRST_DAY:
                self._write_text(at, cell.isoformat())
            else:
                self._sheet.write_datetime(self._row, at, cell, self._format(**_STYLES["date"]))
        elif abs(cell) >= _TOO_LONG:
            self._write_text(at, str(cell))
        else:
            style = _STYLES.get(column.kind) or (_WHOLE_NUMBER if cell == int(cell) else _FRACTION)
            self._sheet.write_number(self._row, at, cell, self._format(**style))

    def _write_text(self, at: int, text: str, colours: dict[str, str] | None = None) -> None:
        text = _fitting(text)
        style = dict(colours or {}, **({"quote_prefix": True} if begins_as_formula(text) else {}))
        self._sheet.write_string(self._row, at, text, self._format(**style) if style else None)

    def _format(self, **style: Any) -> Any:
        key = tuple(sorted(style.items()))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format(style)
        return self._formats[key]


def _colours(text: str) -> dict[str, str]:
    """The style of a text that names a category, or begins with one before a `·`."""
    colour = CATEGORY_COLOURS.get(text.partition("·")[0])
    return {} if colour is None else {"font_color": colour.text, "bg_color": colour.fill}


def _fitting(text: str) -> str:
    """The text as a cell can hold it."""
    text = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # XlsxWriter would take it for XML of its own and write it as it is
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _MOST_UNITS:
        return text
    return units[: 2 * (_MOST_UNITS - 1)].decode("utf-16-le", "ignore") + "…"
