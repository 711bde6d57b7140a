"""The tables that all formats are written from, and what holds for every format."""

from __future__ import annotations

import gc
import hashlib
import importlib
import os
import weakref
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from letters_for_tests import FORMULAS, WORDS, claim, example, hostile, letter, letter_saying

from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES
from nlp.output.letters import AnnotatedLetter
from nlp.output.tables import CLAIMS, COMPARISON, LETTERS, MEASURES, TABLES, Column, Table, begins_as_formula, shown
from nlp.output.words import CATEGORY_COLOURS

FILES = {
    "csv_files": ["letters.csv", "measures.csv", "claims.csv", "comparison.csv"],
    "xlsx": ["results.xlsx"],
    "parquet": ["letters.parquet", "measures.parquet", "claims.parquet"],
    "label_studio": ["label-studio.json", "label-studio.config.xml"],
}
PYTHON_TYPES: dict[str, Any] = {
    "text": str, "whole": int, "ordinal": int, "number": (int, float), "probability": float, "share": float,
    "date": date,
}  # fmt: skip


def by_name(table: Table, found: AnnotatedLetter) -> list[dict[str, Any]]:
    return [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows(found)]


def test_tables_a_letter_is_a_row_with_its_facts() -> None:
    (row,) = by_name(LETTERS, example())
    assert row == {
        "path": "云岭/答复.txt", "title": "关于云岭市十五届人大一次会议第12号建议的答复",
        "number": "云公建复〔2023〕9号", "issuer": "云岭市公安局",
        "addressee": "王小明代表", "proposal_kind": "建议", "proposal_number": "012",
        "session": "市十五届人大一次会议", "date": date(2023, 6, 30), "reply_class": "A",
        "characters": len(example().text), "measures": 3, "planned_measures": 1, "claims": 5, "sha256": "ab" * 32,
    }  # fmt: skip


def test_tables_a_measure_is_a_row() -> None:
    rows = by_name(MEASURES, example())
    assert [(r["index"], r["category"], r["status"], r["text"], r["score"]) for r in rows] == [
        (0, "打击", "done", "全市抓获嫌疑人3276名，同比上升44.57%", 0.9),
        (1, "打击", "done", "追回资金2.35亿元", 0.7),
        (2, "宣传", "planned", "将进村入户发放资料3-5万份", 0.8),
    ]
    assert all(example().text[r["start"] : r["end"]] == r["text"] for r in rows)


def test_tables_a_claim_is_a_row_with_its_measure() -> None:
    rows = by_name(CLAIMS, example())
    change, papers, rank = rows[1], rows[3], rows[4]
    assert (change["direction"], change["basis"], change["metric"], change["period"]) == (
        "up", "同比", "抓获嫌疑人", "2022年",
    )  # fmt: skip
    assert (papers["value"], papers["value_max"], papers["measure"], papers["category"]) == (30_000, 50_000, 2, "宣传")
    assert change["indicator"] == "抓获人数"
    assert (change["period_from"], change["period_to"]) == (date(2022, 1, 1), date(2022, 12, 31))
    assert (rank["metric"], rank["period"], rank["measure"], rank["category"]) == ("发案率", None, None, None)
    assert all(example().text[r["start"] : r["end"]] == r["text"] for r in rows)


def test_tables_the_comparison_counts_by_category_and_status_and_by_type() -> None:
    (row,) = by_name(COMPARISON, example())
    assert {name: count for name, count in row.items() if "_" in name and count} == {"打击_done": 2, "宣传_planned": 1}
    assert sum(row[f"{c}_{s}"] for c in CATEGORIES for s in ("done", "planned")) == row["measures"] == 3
    assert [row[t] for t in ("claims", "count", "money", "percent", "change", "rank")] == [5, 2, 1, 0, 1, 1]
    inside = sum(m.end - m.start for m in example().result.measures)
    assert row["share"] == inside / len(example().text)


def test_tables_a_letter_with_nothing_in_it() -> None:
    bare = letter("", path=None)
    (row,) = by_name(LETTERS, bare)
    assert (row["path"], row["characters"], row["measures"], row["claims"]) == ("答复", 0, 0, 0)
    assert by_name(MEASURES, bare) == by_name(CLAIMS, bare) == []
    assert by_name(COMPARISON, bare)[0]["share"] is None


def test_tables_a_date_that_is_none_is_left_out() -> None:
    assert by_name(LETTERS, letter(date="2023-02-30"))[0]["date"] is None


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_cells_have_the_types_of_their_columns(table: Table) -> None:
    assert len({c.name for c in table.columns}) == len({c.heading for c in table.columns}) == len(table.columns)
    for found in (example(), letter_saying("甲"), letter()):
        for row in table.rows(found):
            for column, cell in zip(table.columns, row, strict=True):
                assert cell is None or isinstance(cell, PYTHON_TYPES[column.kind]), column.name


def test_tables_people_see_words_and_count_from_one() -> None:
    assert shown(Column("a", "甲", "ordinal"), 0) == 1
    assert shown(Column("a", "甲", "whole"), 0) == 0
    assert shown(Column("a", "甲", "ordinal"), None) is None
    rows = CLAIMS.rows(example())
    seen = [[shown(*pair) for pair in zip(CLAIMS.columns, row, strict=True)] for row in rows]
    assert seen[1][3] == "增减"
    assert seen[1][13] == "上升"
    assert seen[0][13] is None
    approximate = letter("近3人", [], [claim("近3人", "近3人", "count", 3, "人", approx="under")])
    assert shown(CLAIMS.columns[7], by_name(CLAIMS, approximate)[0]["approx"]) == "不足"


@pytest.mark.parametrize(
    "text", [*FORMULAS, "−1", "﹣1", "\r\n@a", "\u200b=1", "\ufeff+1", "\x00=1", "\u3000＋1", "-报告.txt"]
)
def test_tables_what_begins_as_a_formula(text: str) -> None:
    assert begins_as_formula(text)


@pytest.mark.parametrize("text", ["", " ", "甲=1", "1-2", "（-1）", "3-5万份", "'=1", "<=3", "—1", "#A1", "44.57%"])
def test_tables_what_does_not(text: str) -> None:
    assert not begins_as_formula(text)


@given(WORDS)
def test_tables_whether_a_text_begins_as_a_formula_is_known_of_any(text: str) -> None:
    assert begins_as_formula(f"={text}")
    assert not begins_as_formula(f"甲{text}")


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_tables_every_category_has_colours_that_can_be_read() -> None:
    assert tuple(CATEGORY_COLOURS) == CATEGORIES
    for colour in CATEGORY_COLOURS.values():
        assert (luminance(colour.fill) + 0.05) / (luminance(colour.text) + 0.05) >= 7
    assert len(set(CATEGORY_COLOURS.values())) == len(CATEGORIES)


def write(form: str, letters: Any, folder: Path) -> list[Path]:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    paths: list[Path] = importlib.import_module(f"nlp.output.{form}").write(letters, folder)
    return paths


@pytest.mark.parametrize("form", FILES)
class TestEveryFormat:
    def test_formats_return_their_files_and_leave_nothing_else(self, form: str, tmp_path: Path) -> None:
        paths = write(form, [example()], tmp_path / "new")
        assert paths == [tmp_path / "new" / name for name in FILES[form]]
        assert sorted(os.listdir(tmp_path / "new")) == sorted(FILES[form])

    def test_formats_same_letters_give_same_bytes(
        self, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        letters = [example(), *hostile()]
        first = write(form, letters, tmp_path / "first")
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        second = write(form, letters, tmp_path / "second")
        hashes = [[hashlib.sha256(p.read_bytes()).hexdigest() for p in paths] for paths in (first, second)]
        assert hashes[0] == hashes[1]

    def test_formats_hold_no_letter(self, form: str, tmp_path: Path) -> None:
        alive: weakref.WeakSet[AnnotatedLetter] = weakref.WeakSet()
        most = 0

        class Stream:
            def __iter__(self) -> Iterator[AnnotatedLetter]:
                nonlocal most
                for number in range(200):
                    gc.collect(0)
                    most = max(most, len(alive))
                    found = Weak(*vars(example(f"{number}.txt")).values())
                    alive.add(found)
                    yield found

            def __len__(self) -> int:
                return 200

        write(form, Stream(), tmp_path)
        assert 0 < most <= 2

    def test_formats_a_fault_while_reading_leaves_what_was_there(self, form: str, tmp_path: Path) -> None:
        def broken() -> Iterator[AnnotatedLetter]:
            yield example()
            raise FanzhaError("the results were changed while they were read")

        for name in FILES[form]:
            (tmp_path / name).write_bytes(b"before")
        with pytest.raises(FanzhaError, match="changed while"):
            write(form, broken(), tmp_path)
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == dict.fromkeys(FILES[form], b"before")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    @pytest.mark.parametrize("count", [1, 300])
    def test_formats_a_full_disk_is_one_line(
        self, form: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stray: list[str] = []
        monkeypatch.setattr("sys.unraisablehook", lambda raised: stray.append(repr(raised.exc_value)))
        (tmp_path / FILES[form][0]).symlink_to("/dev/full")
        with pytest.raises(FanzhaError, match="cannot be written: No space left on device") as caught:
            write(form, [example()] * count, tmp_path)
        assert caught.value.retryable
        del caught
        gc.collect()
        assert stray == [], "what a destructor raises is printed with a traceback"
        assert set(os.listdir(tmp_path)) <= set(FILES[form]), "no temporary file is left"

    def test_formats_a_folder_in_the_way_is_one_line(self, form: str, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(FanzhaError, match="cannot be written: Not a directory"):
            write(form, [example()], tmp_path / "file" / "out")


class Weak(AnnotatedLetter):
    """An annotated letter that is told apart by identity, as a weak set needs."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other
