"""Parquet files of letters: a row is read as a file or a line of its own would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.documents.reading import Document, decode_document
from nlp.documents.sources import Skipped, Source, decode_source, expand, read_source
from nlp.errors import FanzhaError

TEXT = "今年破获案件12起。\r\n下一步,加强宣传。"


def write(folder: Path, columns: dict[str, Any], **options: Any) -> Source:
    path = folder / "t.parquet"
    parquet.write_table(pyarrow.table(columns), path, **options)
    return Source("t.parquet", str(path))


def rows(source: Source, *, limits: Limits = DEFAULT_LIMITS, text_field: str = "text") -> list[Source]:
    found = expand(source, limits=limits, text_field=text_field)
    assert not any(isinstance(one, Skipped) for one in found)
    return [one for one in found if isinstance(one, Source)]


def read(row: Source, limits: Limits = DEFAULT_LIMITS) -> Document:
    return decode_source(row, read_source(row, limits=limits), limits=limits, text_field="text")


def test_table_of_texts_gives_them_as_they_are(tmp_path: Path) -> None:
    names = ["甲/一.txt", "甲/一.txt", "../../b.pdf", None, "", "a\nb", "c\\d"]
    source = write(tmp_path, {"path": names, "text": [f"{i}{TEXT}" for i in range(7)]}, row_group_size=3)
    found = rows(source)
    keys = ["甲/一.txt", "甲/一 (2).txt", "b.pdf", "row-4", "row-5", "row-6", "c/d"]
    assert [one.key for one in found] == [f"t.parquet/{key}" for key in keys]
    letters = [read(one) for one in reversed(found)][::-1]
    assert [letter.text for letter in letters] == [f"{i}{TEXT}" for i in range(7)]
    assert [letter.id for letter in letters] == ["一", "一 (2)", "b", "row-4", "row-5", "row-6", "d"]
    assert letters[0].sha256 == decode_document(f"0{TEXT}".encode(), path="x").sha256


def test_table_of_files_reads_each_in_its_form(tmp_path: Path) -> None:
    data = [TEXT.encode("gb18030"), f"<html><body><p>{TEXT}</p></body></html>".encode(), b""]
    first, second, empty = rows(write(tmp_path, {"id": ["x", "y.html", "z"], "bytes": data}))
    assert (first.key, read(first).text, read(first).encoding) == ("t.parquet/x", TEXT, "gb18030")
    assert "<p>" not in read(second).text
    with pytest.raises(FanzhaError, match="t.parquet/z: is empty"):
        read(empty)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=9))
def test_table_names_its_rows_apart(names: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found = rows(write(Path(folder), {"id": names, "text": [TEXT] * len(names)}))
        assert len({one.key for one in found}) == len(names)
        assert all(one.key.startswith("t.parquet/") and ".." not in one.key.split("/") for one in found)
        assert all(read(one).text == TEXT for one in found)


def test_table_takes_the_column_that_is_named(tmp_path: Path) -> None:
    source = write(tmp_path, {"id": [7], "正文": [TEXT], "text": ["another"]})
    (found,) = rows(source, text_field="正文")
    assert (found.key, read(found).text, read(found).id) == ("t.parquet/7", TEXT, "7")


def test_table_row_that_is_no_letter_costs_itself(tmp_path: Path) -> None:
    nothing, long, good = rows(write(tmp_path, {"text": [None, "长" * 60, TEXT]}))
    with pytest.raises(FanzhaError, match="row-1: has nothing in the column 'text'"):
        read(nothing)
    with pytest.raises(FanzhaError, match="row-2: has 60 characters, over 50"):
        read(long, Limits(characters=50))
    with pytest.raises(FanzhaError, match="row-2: is larger than .* MB"):
        read(long, Limits(file_bytes=100))
    assert read(good).text == TEXT


@pytest.mark.parametrize(
    ("columns", "limits", "message"),
    [
        ({"text": [1]}, DEFAULT_LIMITS, "has no column 'text' of texts and no column 'bytes' of files .*--text-field"),
        ({"text": ["a"] * 3}, Limits(members=2), "has more than 2 rows .*--max-members"),
        ({"text": pyarrow.array([], pyarrow.string())}, DEFAULT_LIMITS, "is empty"),
    ],
)
def test_table_that_is_refused_says_why(tmp_path: Path, columns: Any, limits: Limits, message: str) -> None:
    with pytest.raises(FanzhaError, match=f"t.parquet: {message}"):
        rows(write(tmp_path, columns), limits=limits)


def test_table_with_a_row_group_over_the_limit_is_refused(tmp_path: Path) -> None:
    (found,) = rows(write(tmp_path, {"text": ["字" * 5000]}, compression="none"))
    with pytest.raises(FanzhaError, match="has a row group of 0 MB unpacked, over 0.001 MB .*smaller row groups"):
        read(found, Limits(unpacked_bytes=1000))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no table at all", b"PAR1" + b"\0" * 60 + b"PAR1"])
def test_table_that_is_damaged_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(data)
    with pytest.raises(FanzhaError, match="t.parquet: is no Parquet file that can be read: "):
        rows(Source("t.parquet", str(path)))


def test_table_that_has_changed_is_not_mixed_up(tmp_path: Path) -> None:
    (found,) = rows(write(tmp_path, {"text": [TEXT]}))
    write(tmp_path, {"text": ["another, longer one", "and more"]})
    with pytest.raises(FanzhaError, match="has changed since it was listed") as caught:
        read(found)
    assert caught.value.retryable


def test_table_cut_off_behind_its_listing_says_so(tmp_path: Path) -> None:
    source = write(tmp_path, {"text": [TEXT * 50]}, compression="none")
    (found,) = rows(source)
    data = bytearray(Path(source.file).read_bytes())
    data[8:200] = b"\xff" * 192
    import os

    facts = os.stat(source.file)
    Path(source.file).write_bytes(data)
    os.utime(source.file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    with pytest.raises(FanzhaError, match="t.parquet/row-1: "):
        read(found)
