"""A comparison as CSV, as a workbook, as JSON, and to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from nlp.comparison.figures import Figure
from nlp.comparison.tables import CONTRADICTIONS, FIGURES, KIND_NAMES, Comparison
from nlp.files import open_atomically
from nlp.output.tables import Row, Table
from nlp.output.terminal import visible
from nlp.output.words import APPROX_NAMES, DIRECTION_NAMES, days_text


def write_csv(comparison: Comparison, path: Path) -> None:
    """Writes the figures, each with the numbers of its contradictions; as `nlp.output.csv_files` writes tables.

    Raises:
        FanzhaError: where it cannot be written.
    """
    from nlp.output.csv_files import open_table

    with open_table(path, FIGURES) as add:
        for row in FIGURES.rows(comparison):
            add(row)


def write_xlsx(comparison: Comparison, path: Path) -> None:
    """Writes a workbook with the figures and the contradictions; as `nlp.output.xlsx` writes tables.

    Raises:
        FanzhaError: where it cannot be written.
    """
    from nlp.output.xlsx import open_book

    with open_book(path, (FIGURES, CONTRADICTIONS), title="复函指标比较") as sheets:
        for sheet in sheets:
            for row in sheet.table.rows(comparison):
                sheet.add(row)


def write_json(comparison: Comparison, path: Path) -> None:
    """Writes one object: what was read, `figures`, and `contradictions` with the places of their figures in these.

    Raises:
        FanzhaError: where it cannot be written.
    """
    figures = comparison.figures
    places = {id(row): place for place, row in enumerate(figures.rows)}
    found = [
        {"kind": c.kind, "from": _iso(c.days[0]), "to": _iso(c.days[1]), "figures": [places[id(r)] for r in c.figures]}
        for c in comparison.contradictions
    ]
    head = {"letters": figures.letters, "claims": figures.claims, "without_indicator": figures.without_indicator}
    with open_atomically(path) as file:
        file.write((json.dumps(head)[:-1] + ', "figures": [').encode())
        for place, row in enumerate(FIGURES.rows(comparison)):
            file.write(f"{',' if place else ''}\n{_dump(_object(FIGURES, row))}".encode())
        file.write(f'\n], "contradictions": {_dump(found)}}}\n'.encode())


def _object(table: Table[Comparison], row: Row) -> dict[str, Any]:
    cells = {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
    numbers = cells.pop("contradictions")
    return {
        **{name: _iso(cell) if name.startswith("period_") else cell for name, cell in cells.items()},
        "contradictions": [int(number) - 1 for number in str(numbers or "").split()],
    }


def _iso(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Prints a table for each indicator with its figures by letter and period, then the contradictions."""
    rows = comparison.figures.rows
    begin = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end].indicator != rows[begin].indicator:
            _print_indicator(rows[begin:end], comparison, console)
            begin = end
    for number, contradiction in enumerate(comparison.contradictions, start=1):
        first = contradiction.figures[0]
        console.print(Text(f"矛盾 {number}：{first.indicator}，{KIND_NAMES[contradiction.kind]}", "bold red"))
        for row in contradiction.figures:
            parts = (
                visible(row.letter),
                visible(row.period or ""),
                days_text(*row.days),
                _change(row) + visible(row.text),
            )
            console.print(Text("  ".join(("", *parts))), soft_wrap=True)
    figures = comparison.figures
    console.print(
        Text(
            f"{figures.letters} 封复函，{figures.claims} 个数值：{len(rows)} 个有统一指标，"
            f"{figures.without_indicator} 个没有，{len(comparison.contradictions)} 处矛盾",
            "bold",
        ),
        soft_wrap=True,
    )


def _print_indicator(rows: Sequence[Figure], comparison: Comparison, console: Console) -> None:
    table = Printed(box=box.SIMPLE_HEAD, pad_edge=False, title=rows[0].indicator, title_justify="left")
    for heading in ("文件", "时期", "起止", "折合", "单位", "原文", "矛盾"):
        table.add_column(heading, justify="right" if heading == "折合" else "left", overflow="fold")
    for row in rows:
        numbers = " ".join(map(str, comparison.numbers.get(id(row), ())))
        table.add_row(
            Text(visible(row.letter)),
            Text(visible(row.period or "—")),
            days_text(*row.days),
            Text(_value(row)),
            Text(visible(row.unit) + ("" if row.approx is None else APPROX_NAMES[row.approx])),
            Text(_change(row) + visible(row.text) + ("（拟）" if row.status == "planned" else "")),
            Text(numbers, "bold red"),
        )
    console.print(table)


def _value(row: Figure) -> str:
    return f"{row.value:,}" if row.value_max is None else f"{row.value:,}–{row.value_max:,}"


def _change(row: Figure) -> str:
    if row.type == "rank":
        return "排名"
    return visible(row.basis or "") + DIRECTION_NAMES.get(row.direction or "", "")
