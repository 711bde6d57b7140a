"""Periods and their days: a table of cases, and any text at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp.claims.dates import NOTHING, Context, Interval, resolve_period

_TABLE = Path(__file__).with_name("periods.tsv")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _interval(text: str) -> Interval:
    start, _, end = text.partition("..")
    return Interval(_day(start), _day(end))


def _cases() -> list[tuple[str, Context, Interval]]:
    cases = []
    for line in _TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        surface, letter, before, year, expected = line.split("\t")
        context = Context(_day(letter), _interval(before), int(year) if year.isdigit() else None, silent=not year)
        cases.append((surface.replace("\\n", "\n"), context, _interval(expected)))
    return cases


CASES = _cases()


@pytest.mark.parametrize(("surface", "context", "expected"), CASES)
def test_dates_reads_a_period_as_its_days(surface: str, context: Context, expected: Interval) -> None:
    assert resolve_period(surface, context) == expected


def test_dates_table_has_cases_enough_of_both_kinds() -> None:
    assert len(CASES) >= 80
    assert sum(expected == NOTHING for _, _, expected in CASES) >= 30


_DAYS = st.dates()
_CONTEXTS = st.builds(
    Context,
    letter=st.none() | _DAYS,
    before=st.just(NOTHING)
    | st.tuples(_DAYS, _DAYS).map(lambda days: Interval(min(days), max(days)))
    | st.builds(Interval, st.none() | _DAYS),
    year=st.none() | st.integers(1, 9999),
    silent=st.booleans(),
)
_WORDS = """
截至 截止 到 自 今年 去年 前年 明年 上年 同年 次年 全年 年 2022 22 二〇二二 0001 9999 上半年 前三季度 三季度 前 1 5
12 13 31 十二 个月 月 月份 日 号 至 - — 底 末 初 内 以来 起 至今 今 同期 近 三年 来 十四五 期间 上旬 本月 上月
2022-06-28 ２ ٣ “
"""
_PARTS = st.lists(st.sampled_from(_WORDS.split()), max_size=8).map("".join)


@given(st.text() | _PARTS, _CONTEXTS)
@example("近99年", Context(date(1, 1, 1)))
@example("近99个月", Context(date(8, 1, 1)))
@example("明年", Context(date(9999, 12, 31)))
@example("上月", Context(date(1, 1, 1)))
@example("上年同期", Context(before=Interval(date(1, 1, 1), date(1, 2, 1))))
@example("1月1日前", Context(year=1, silent=False))
def test_dates_never_raises_and_days_are_in_order(surface: str, context: Context) -> None:
    start, end = resolve_period(surface, context)
    assert start is None or end is None or start <= end


@given(_PARTS, _CONTEXTS)
def test_dates_heeds_no_white_space(surface: str, context: Context) -> None:
    assert resolve_period(" \n".join(surface), context) == resolve_period(surface, context)


@given(_PARTS, _CONTEXTS)
def test_dates_without_the_letter_says_the_same_or_less(surface: str, context: Context) -> None:
    """A date of the letter adds days; without it none may turn into other ones."""
    without = resolve_period(surface, context._replace(letter=None, silent=False))
    if without != NOTHING and "同期" not in surface:
        whole = resolve_period(surface, context._replace(silent=False))
        for less, more in zip(without, whole, strict=True):
            assert less is None or more in (less, None)


@pytest.mark.parametrize("part", ["1", "年", "至", "2022年", "以来", "十", "前", "“", "\n", "近"])
def test_dates_reads_no_further_than_a_period_can_be(part: str) -> None:
    assert resolve_period(part * 100_000, Context(date(2023, 6, 15))) == NOTHING
