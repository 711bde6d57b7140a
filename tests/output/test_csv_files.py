"""CSV as Excel and as programs read it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from letters_for_tests import WORDS, claim, example, hostile, letter, letter_saying

from nlp.output.csv_files import write
from nlp.output.tables import TABLES, begins_as_formula


def read(folder: Path, name: str) -> list[list[str]]:
    with open(folder / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_csv_headings_and_rows(tmp_path: Path) -> None:
    write([example("一.txt"), example("二.txt")], tmp_path)
    headings, first, second = read(tmp_path, "letters")
    assert headings[:3] == ["文件", "标题", "文号"]
    assert (first[0], second[0]) == ("一.txt", "二.txt")
    assert first[5:10] == ["建议", "012", "市十五届人大一次会议", "2023-06-30", "A"]
    assert read(tmp_path, "measures")[3][:5] == ["一.txt", "3", "宣传", "拟做", "将进村入户发放资料3-5万份"]
    claims = read(tmp_path, "claims")
    assert len(claims) == 11
    assert claims[2] == [
        "一.txt", "2", "44.57%", "增减", "44.57", "", "%", "", "抓获嫌疑人", "抓获人数", "2022年",
        "2022-01-01", "2022-12-31", "上升", "同比", "1", "打击", "56", "62", "0.8",
    ]  # fmt: skip
    comparison = read(tmp_path, "comparison")
    assert dict(zip(comparison[0], comparison[1], strict=True))["宣传·拟做"] == "1"


def test_csv_bytes_are_those_that_excel_opens(tmp_path: Path) -> None:
    for path in write([example(), example()], tmp_path):
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        assert data.count(b"\xef\xbb\xbf") == 1
        assert data.endswith(b"\r\n")
        assert data.count(b"\n") == data.count(b"\r\n")


def test_csv_no_letters_are_tables_of_headings(tmp_path: Path) -> None:
    write([], tmp_path)
    for table in TABLES:
        assert read(tmp_path, table.name) == [[column.heading for column in table.columns]]


def test_csv_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    letters = [example(), *hostile()]
    write(letters, tmp_path)
    cells = [cell for table in TABLES for row in read(tmp_path, table.name) for cell in row]
    assert not any(begins_as_formula(cell) for cell in cells)
    assert {"'=1+1", "'@SUM(1)", "'-1", "'＝1+1", "'\t=1+1"} <= set(cells)


def test_csv_a_negative_number_is_a_number(tmp_path: Path) -> None:
    text = "下降-1"
    write([letter(text, [], [claim(text, "-1", "change", -1.5, "名", value_max=-1)])], tmp_path)
    assert read(tmp_path, "claims")[1][2:6] == ["'-1", "增减", "-1.5", "-1"]


@pytest.mark.parametrize("value", [2**53 + 1, 10**40, 0.1 + 0.2, 5e-324, -(10**20)])
def test_csv_numbers_have_all_their_digits(value: float, tmp_path: Path) -> None:
    write([letter("3名", [], [claim("3名", "3名", "count", value, "名")])], tmp_path)
    assert type(value)(read(tmp_path, "claims")[1][4]) == value


def test_csv_a_line_break_of_the_letter_stays_in_its_cell(tmp_path: Path) -> None:
    words = '走访\r\n商铺\n，发放"提醒卡"'
    write([letter_saying(words), example()], tmp_path)
    measures = read(tmp_path, "measures")
    assert len(measures) == 5
    assert measures[1][4] == words


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_csv_any_words_survive(words: str, tmp_path: Path) -> None:
    write([letter_saying(words)], tmp_path)
    expected = f"'{words}" if begins_as_formula(words) else words
    assert read(tmp_path, "letters")[1][:5] == [expected] * 5
    assert read(tmp_path, "measures")[1][4] == expected
    row = read(tmp_path, "claims")[1]
    assert [row[i] for i in (0, 2, 6, 8, 10, 14)] == [expected] * 6
