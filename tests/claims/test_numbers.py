"""The number grammar: a table written by hand, and properties."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import cn2an  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.claims.candidates import find_quantities
from nlp.claims.numbers import TYPES_OF_KIND, Quantity, parse_quantity, plain
from nlp.claims.numerals import chinese_value
from nlp.labels import CLAIM_TYPES

_TABLE = Path(__file__).with_name("quantities.tsv")
_WHOLE = st.integers(min_value=0, max_value=10**12)
_FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def _rows() -> list[tuple[str, str, Quantity]]:
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return [_row(row) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]


def _row(row: dict[str, str]) -> tuple[str, str, Quantity]:
    surface = row["surface"].replace("\\s", " ").replace("\\n", "\n")
    value_max = plain(Decimal(row["value_max"])) if row["value_max"] else None
    approx = row["approx"] or None
    return surface, row["type"], Quantity(plain(Decimal(row["value"])), value_max, row["unit"], approx, "count")  # type: ignore[arg-type]


@pytest.mark.parametrize(("surface", "type", "expected"), _rows())
def test_a_quantity_is_read(surface: str, type: str, expected: Quantity) -> None:
    found = parse_quantity(surface, type)
    assert found is not None
    read = (found.value, found.value_max, found.unit, found.approx)
    assert read == (expected.value, expected.value_max, expected.unit, expected.approx)
    assert isinstance(found.value, int) == (found.value == int(found.value))
    assert type in found.types


@pytest.mark.parametrize(
    "surface",
    [
        "", " ", "反诈", "近", "余", "约", "第", "第一时间止付", "名", "3276名嫌疑人员", "共3276名", "百分之", "分之三",
        "3276名、", "10起,5起", "上升12%", "十百", "一二三万千", "三成年人工智能", "9" * 40, "9" * 1000, "一" * 1000,
        "-5%", "3--",
        "名3", "第零名", "前三季度", "零分之一",
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(surface: str) -> None:
    assert parse_quantity(surface) is None


def test_every_type_is_allowed_by_some_kind() -> None:
    assert {t for types in TYPES_OF_KIND.values() for t in types} == set(CLAIM_TYPES)


@given(_WHOLE)
def test_a_number_reads_back_however_it_is_written(number: int) -> None:
    for written in (str(number), f"{number:,}", str(number).translate(_FULL_WIDTH), f"{number:,}".replace(",", "，")):
        found = parse_quantity(f"{written}名", "count")
        assert found is not None
        assert found.value == number
        assert isinstance(found.value, int)


@given(st.integers(1, 99_999_999), st.integers(0, 3), st.sampled_from(["万", "亿", ""]))
def test_decimals_and_multipliers_are_exact(digits: int, places: int, multiplier: str) -> None:
    coefficient = Decimal(digits).scaleb(-places)
    value = coefficient * {"万": 10**4, "亿": 10**8, "": 1}[multiplier]
    found = parse_quantity(f"{coefficient:f}{multiplier}元", "money")
    assert found is not None
    assert Decimal(str(found.value)) == value


@given(st.integers(min_value=1, max_value=10**9))
def test_chinese_numerals_read_back(number: int) -> None:
    written = cn2an.an2cn(number)
    read = chinese_value(written)
    assert read == (Decimal(number), None)
    found = parse_quantity(f"{written}个", "count")
    assert found is not None
    assert found.value == number


@given(st.text(alphabet="零一二两三四五六七八九十百千万亿", min_size=1, max_size=9))
def test_chinese_numerals_agree_with_cn2an(written: str) -> None:
    """Where the strict reader of cn2an takes a numeral, we read the same number."""
    try:
        expected = cn2an.cn2an(written, "strict")
    except ValueError:
        return
    read = chinese_value(written)
    assert read is not None
    assert read[0] == expected


_NEAR = st.text(alphabet="0123456789一二十百万亿.,，%成半近约第余多至-之分名个元 \n", max_size=40)


@given(st.text(max_size=40) | _NEAR)
def test_any_text_is_read_or_refused(text: str) -> None:
    found = parse_quantity(text)
    assert found is None or isinstance(found.value, (int, float))
    for type in CLAIM_TYPES:
        parse_quantity(text, type)


@given(st.sampled_from(_rows()), st.sampled_from(["共计", "，", "", "（"]), st.sampled_from(["，", "。", ""]))
def test_what_is_found_in_text_reads_as_its_surface(row: tuple[str, str, Quantity], before: str, after: str) -> None:
    text = before + row[0].strip() + after
    for candidate in find_quantities(text):
        if candidate.veto is None:
            assert parse_quantity(text[candidate.start : candidate.end]) == candidate.quantity


@pytest.mark.parametrize(("surface", "type", "_"), _rows())
def test_the_table_is_found_in_a_sentence(surface: str, type: str, _: Quantity) -> None:
    """The borders that the table has are the ones that the finder finds."""
    surface = surface.strip()
    if "\n" in surface or surface in ("412.7万", "前十", "12张网", "3", "零起", "2900余台套", "1亿", "百分之95"):
        return
    text = f"全年共计{surface}，同比持平"
    assert surface in [text[c.start : c.end] for c in find_quantities(text)]
