"""Dates as letters write them: 2022年6月28日, 2022-06-28, 2022.6.28, 二〇二二年六月二十八日."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

from nlp.claims.numerals import DIGITS, read_numeral

_YEAR = r"[12][0-9O]{3}"
_HAN_YEAR = "[一二][〇零○O0一二三四五六七八九]{3}"
_HAN = "[一二三四五六七八九十]{1,3}"
# O for 0 and 曰 for 日 are what text recognition makes of them.
_DATE = re.compile(
    rf"(?<![0-9])(?P<y>{_YEAR}) {{0,3}}(?:"
    r"年 {0,3}(?P<m>[0-9O]{1,2}) {0,3}月 {0,3}(?P<d>[0-9O]{1,2}) {0,3}[日曰]"
    r"|(?P<mark>[-/.]) ?(?P<m2>[0-9]{1,2}) ?(?P=mark) ?(?P<d2>[0-9]{1,2})(?![0-9]))"
    rf"|(?P<hy>{_HAN_YEAR})年 {{0,3}}(?P<hm>{_HAN})月 {{0,3}}(?P<hd>{_HAN})[日曰]"
)


class Date(NamedTuple):
    """A date at `[start, end)`; `iso` is ISO 8601, or None where the calendar has no such day."""

    start: int
    end: int
    iso: str | None


def dates(plain: str) -> list[Date]:
    """The dates in a line in its plain form (see `Line.plain`)."""
    return [Date(match.start(), match.end(), _iso(match)) for match in _DATE.finditer(plain)]


def _iso(match: re.Match[str]) -> str | None:
    try:
        return datetime.date(*_numbers(match)).isoformat()
    except ValueError:
        return None


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    if match["hy"]:
        return int("".join(str(DIGITS.get(c, 0)) for c in match["hy"])), _han(match["hm"]), _han(match["hd"])
    return _arabic(match["y"]), _arabic(match["m"] or match["m2"]), _arabic(match["d"] or match["d2"])


def _arabic(numeral: str) -> int:
    return int(numeral.replace("O", "0"))


def _han(numeral: str) -> int:
    found = read_numeral(numeral, 0, len(numeral))
    return 0 if found is None or found.end != len(numeral) or found.value_max is not None else int(found.value)
