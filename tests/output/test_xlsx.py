"""The workbook, read back by openpyxl and by LibreOffice."""

from __future__ import annotations

import csv
import datetime
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from letters_for_tests import FORMULAS, WORDS, claim, example, hostile, letter, letter_saying, measure
from openpyxl import Workbook, load_workbook

from nlp.output import csv_files, xlsx
from nlp.output.tables import TABLES, begins_as_formula
from nlp.output.words import CATEGORY_COLOURS

SOFFICE = shutil.which("soffice")


def written(letters: Any, folder: Path) -> Workbook:
    (path,) = xlsx.write(letters, folder)
    return load_workbook(path)


def rows(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def plain(text: str) -> str:
    """What openpyxl reads, without the escape of what looks like an escape (`_x0041_`), which it does not take off."""
    return text.replace("_x005F_", "_")


def test_xlsx_has_a_sheet_for_each_table(tmp_path: Path) -> None:
    book = written([example("一.txt"), example("二.txt")], tmp_path)
    assert book.sheetnames == ["复函", "措施", "数值", "比较"]
    for sheet, table, count in zip(book, TABLES, (2, 6, 10, 2), strict=True):
        found = rows(sheet)
        assert list(found[0]) == [column.heading for column in table.columns]
        assert len(found) == 1 + count
        assert {row[0] for row in found[1:]} == {"一.txt", "二.txt"}


def test_xlsx_heads_are_bold_and_frozen_and_filter(tmp_path: Path) -> None:
    for sheet in written([example()], tmp_path):
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(cell.font.bold for cell in sheet[1])
        assert not any(cell.font.bold for cell in sheet[2])
        assert sheet.column_dimensions["A"].width > 20


def test_xlsx_numbers_and_dates_are_numbers_and_dates(tmp_path: Path) -> None:
    book = written([example()], tmp_path)
    claims = {row[2].value: row for row in book["数值"].iter_rows(min_row=2)}
    seen = {text: (row[4].value, row[4].number_format, row[6].value) for text, row in claims.items()}
    assert seen == {
        "3276名": (3276, "#,##0", "名"),
        "44.57%": (44.57, "#,##0.0#########", "%"),
        "2.35亿元": (235_000_000, "#,##0", "元"),
        "3-5万份": (30_000, "#,##0", "份"),
        "第一": (1, "#,##0", "名"),
    }
    assert claims["3-5万份"][5].value == 50_000
    assert (claims["第一"][19].value, claims["第一"][19].number_format) == (0.6, "0.00")
    first = claims["3276名"][11]
    assert (first.value, first.number_format) == (datetime.datetime(2022, 1, 1), "yyyy-mm-dd")
    day = book["复函"]["I2"]
    assert day.is_date
    assert (day.value, day.number_format) == (datetime.datetime(2023, 6, 30), "yyyy-mm-dd")
    share = dict(zip((c.value for c in book["比较"][1]), book["比较"][2], strict=True))["措施占全文"]
    assert (share.data_type, share.number_format) == ("n", "0.0%")
    assert book["复函"]["G2"].value == "012", "a number of a proposal is text"


def test_xlsx_categories_have_their_colours(tmp_path: Path) -> None:
    book = written([example()], tmp_path)
    cells = [book["措施"]["C2"], book["数值"]["Q2"], book["比较"]["F1"]]
    assert [cell.value for cell in cells] == ["打击", "打击", "打击·已做"]
    for cell in cells:
        assert cell.font.color.rgb[2:].lower() == CATEGORY_COLOURS["打击"].text[1:]
        assert cell.fill.fgColor.rgb[2:].lower() == CATEGORY_COLOURS["打击"].fill[1:]
    assert book["措施"]["E2"].fill.fgColor.rgb == "00000000"


def test_xlsx_no_letters_are_sheets_of_headings(tmp_path: Path) -> None:
    for sheet, table in zip(written([], tmp_path), TABLES, strict=True):
        assert rows(sheet) == [tuple(column.heading for column in table.columns)]


def parts(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


def test_xlsx_nothing_that_a_letter_says_is_a_formula_or_a_link(tmp_path: Path) -> None:
    said = ["https://127.0.0.1/", "mailto:a@b", "internal:复函!A1", "{=1+1}", "1e3", "007"]
    book = written([*hostile(), *map(letter_saying, said)], tmp_path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                if isinstance(cell.value, str):
                    assert cell.quotePrefix == begins_as_formula(cell.value), cell.value
    assert [row[4] for row in rows(book["措施"])[1:]] == [*FORMULAS, *said]
    inside = parts(tmp_path / "results.xlsx")
    assert "<f>" not in inside
    assert "<hyperlink" not in inside


def test_xlsx_markup_of_a_letter_is_only_text(tmp_path: Path) -> None:
    """XlsxWriter writes a text from <r> to </r> as it is: a letter could close the cell and open one with a formula."""
    breaking = '<r><t>a</t></r></is></c><c r="H2"><f>1+1</f><v>2</v></c><c r="I2" t="inlineStr"><is><r><t>b</t></r>'
    said = [breaking, "<r></r>", "</t></is></c>", "&lt;&amp;", "]]>"]
    book = written([letter_saying(words) for words in said], tmp_path)
    assert [row[4] for row in rows(book["措施"])[1:]] == [f"{breaking} ", "<r></r> ", *said[2:]]
    assert "<f>" not in parts(tmp_path / "results.xlsx")


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ("甲\r\n乙\r丙\n丁", "甲\n乙\n丙\n丁"),
        ("甲\x00乙\x1b[1m", "甲\ufffd乙\ufffd[1m"),
        ("甲\uffff", "甲\ufffd"),
        (" 甲\t", " 甲\t"),
        ("_x0041_", "_x0041_"),
    ],
)
def test_xlsx_characters_that_a_cell_cannot_hold(words: str, cell: str, tmp_path: Path) -> None:
    assert plain(rows(written([letter_saying(words)], tmp_path)["措施"])[1][4]) == cell


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ("甲" * 32_767, "甲" * 32_767),
        ("甲" * 32_768, "甲" * 32_766 + "…"),
        ("𠮷" * 16_384, "𠮷" * 16_383 + "…"),
        ("<r>" + "甲" * 32_760 + "</r>", "<r>" + "甲" * 32_760 + "</r…"),
    ],
    ids=["fits", "one too many", "astral", "markup"],
)
def test_xlsx_a_text_over_what_a_cell_holds_is_cut(words: str, cell: str, tmp_path: Path) -> None:
    assert rows(written([letter(words, [measure(words, words)])], tmp_path)["措施"])[1][4] == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (999_999_999_999_999, 999_999_999_999_999),
        (10**15, "1000000000000000"),
        (2**53 + 1, "9007199254740993"),
        (-(10**20), "-100000000000000000000"),
        (10**400, "1" + "0" * 400),
        (1e308, "1e+308"),
        (-0.5, -0.5),
        (0, 0),
    ],
)
def test_xlsx_a_number_of_more_digits_than_excel_keeps_is_text(value: float, cell: Any, tmp_path: Path) -> None:
    found = rows(written([letter("3名", [], [claim("3名", "3名", "count", value, "名")])], tmp_path)["数值"])[1][4]
    assert (found, type(found)) == (cell, type(cell))


@pytest.mark.parametrize(
    ("stated", "cell"),
    [("1899-12-31", "1899-12-31"), ("1900-03-01", datetime.datetime(1900, 3, 1)), ("2023-13-01", None)],
)
def test_xlsx_dates_that_excel_does_not_count(stated: str, cell: object, tmp_path: Path) -> None:
    assert rows(written([letter(date=stated)], tmp_path)["复函"])[1][8] == cell


def test_xlsx_rows_over_what_a_sheet_holds_go_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_MOST_ROWS", 3)
    book = written([example("一.txt"), example("二.txt")], tmp_path)
    assert sorted(book.sheetnames) == sorted(["复函", "措施", "数值", "比较", "措施 2", "数值 2", "数值 3", "数值 4"])
    assert [len(rows(book[name])) - 1 for name in ("措施", "措施 2")] == [3, 3]
    assert [len(rows(book[name])) - 1 for name in ("数值", "数值 2", "数值 3", "数值 4")] == [3, 3, 3, 1]
    assert rows(book["措施 2"])[0] == rows(book["措施"])[0]
    assert rows(book["措施 2"])[1][:3] == ("二.txt", 1, "打击")
    assert book["数值 4"].auto_filter.ref == "A1:T2"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_xlsx_any_words_survive(words: str, tmp_path: Path) -> None:
    book = written([letter_saying(words)], tmp_path)
    expected = xlsx._fitting(words)
    assert plain(rows(book["措施"])[1][4]) == plain(expected)
    row = rows(book["数值"])[1]
    assert [plain(row[i]) for i in (0, 2, 6, 8, 10, 14)] == [plain(expected)] * 6
    kept = [c for c in words.replace("\r\n", "\n").replace("\r", "\n") if c in "\t\n" or c >= " "]
    assert [c for c in expected if c != "\ufffd"] == [c for c in kept if c not in "\ufffd\ufffe\uffff"]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_xlsx_libreoffice_reads_what_the_csv_says(tmp_path: Path) -> None:
    letters = [example(), *hostile(), letter_saying('走访\r\n商铺\n，“发放”"卡"'), letter_saying("_x0041_")]
    (path,) = xlsx.write(letters, tmp_path)
    csv_files.write(letters, tmp_path)
    # Fields 44 34 76: comma, quotes, UTF-8; then: cells as they are and not as shown, no formulas, -1: every sheet.
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    subprocess.run(
        [
            str(SOFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--norestore",
            "--convert-to", form, "--outdir", str(tmp_path / "converted"), str(path),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    seen: set[str] = set()
    for table in TABLES:
        converted = read_csv(tmp_path / "converted" / f"results-{table.title}.csv", "utf-8")
        expected = read_csv(tmp_path / f"{table.name}.csv", "utf-8-sig")
        assert len(converted) == len(expected)
        for ours, theirs in zip(expected[1:], converted[1:], strict=True):
            seen.update(theirs)
            for column, cell, read in zip(table.columns, ours, theirs, strict=True):
                if column.kind in ("whole", "ordinal", "number", "probability") and cell:
                    assert float(read) == float(cell)
                elif column.kind == "share" and cell:
                    assert float(read.rstrip("%")) / 100 == pytest.approx(float(cell))
                else:
                    text = cell[1:] if cell.startswith("'") else cell
                    assert read == text.replace("\r\n", "\n"), column.heading
    assert set(FORMULAS) <= seen, "a formula would have given a result"


def read_csv(path: Path, encoding: str) -> list[list[str]]:
    with open(path, encoding=encoding, newline="") as file:
        return list(csv.reader(file))
