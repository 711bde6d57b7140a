"""Parquet as a program reads it."""

from __future__ import annotations

import builtins
import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from letters_for_tests import claim, example, letter, letter_saying

from nlp.output import parquet
from nlp.output.tables import CLAIMS, LETTERS, MEASURES

arrow: Any = pytest.importorskip("pyarrow.parquet", reason="pyarrow (the extra parquet) is not installed")


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = arrow.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def test_parquet_has_the_rows_of_the_tables(tmp_path: Path) -> None:
    letters = [example("一.txt"), letter_saying("=1+1\r\n\x00甲𠮷"), letter()]
    parquet.write(letters, tmp_path)
    for table in (LETTERS, MEASURES, CLAIMS):
        expected = [row for found in letters for row in table.rows(found)]
        assert [tuple(row.values()) for row in read(tmp_path, table.name)] == expected
    assert read(tmp_path, "letters")[0]["date"] == date(2023, 6, 30)
    change = read(tmp_path, "claims")[1]
    assert [change[name] for name in ("type", "direction", "index", "measure")] == ["change", "up", 1, 0]


def test_parquet_schemas_are_the_same_with_letters_and_without(tmp_path: Path) -> None:
    parquet.write([], tmp_path / "none")
    parquet.write([example()], tmp_path / "some")
    for name in ("letters", "measures", "claims"):
        without, with_one = (arrow.read_schema(tmp_path / x / f"{name}.parquet") for x in ("none", "some"))
        assert without.equals(with_one)
    assert read(tmp_path / "none", "letters") == []
    types = {field.name: str(field.type) for field in arrow.read_schema(tmp_path / "none" / "claims.parquet")}
    assert [types[n] for n in ("path", "index", "value", "value_max", "measure", "start", "score")] == [
        "string", "int64", "double", "double", "int64", "int64", "double",
    ]  # fmt: skip
    assert str(arrow.read_schema(tmp_path / "none" / "letters.parquet").field("date").type) == "date32[day]"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), (2**53 + 1, 2.0**53), (10**400, math.inf), (-(10**400), -math.inf), (44.57, 44.57)],
)
def test_parquet_values_are_float64(value: float, expected: float, tmp_path: Path) -> None:
    parquet.write([letter("3名", [], [claim("3名", "3名", "count", value, "名", value_max=value)])], tmp_path)
    (row,) = read(tmp_path, "claims")
    assert (row["value"], row["value_max"]) == (expected, expected)


@pytest.mark.parametrize("limit", ["_MOST_ROWS", "_MOST_CHARACTERS"])
def test_parquet_row_groups_are_bounded(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, limit, {"_MOST_ROWS": 4, "_MOST_CHARACTERS": 100}[limit])
    letters = [example(f"{number}.txt") for number in range(5)]
    parquet.write(letters, tmp_path)
    file = arrow.ParquetFile(tmp_path / "measures.parquet")
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    assert sum(sizes) == 15
    assert len(sizes) > 2
    assert max(sizes) < 8
    expected = [row for found in letters for row in MEASURES.rows(found)]
    assert [tuple(row.values()) for row in read(tmp_path, "measures")] == expected


def test_parquet_without_pyarrow_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match="pyarrow"):
        parquet.write([example()], tmp_path)
    assert not list(tmp_path.iterdir())
