"""What values a figure leaves open: 40余万 may be 412,345, and 2.35亿 anything that is rounded to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from math import inf
from typing import NamedTuple

from nlp.claims.numerals import LARGE
from nlp.comparison.figures import Figure

_ARABIC = re.compile(r"[0-9][0-9,]*(?:\.(?P<decimals>[0-9]+))?")
_OPEN_OVER = re.compile("以上|之上|超过|超|逾|突破|至少|不少于|不低于|高于|大于|≥|>")
_OPEN_UNDER = re.compile("以下|以内|之内|不足|不到|不超过|低于|小于|至多|最多|≤|<")
_RATES = ("%", "百分点", "倍")


class Bounds(NamedTuple):
    """The least and the largest value that a figure may stand for; both included."""

    low: float
    high: float


def agree(ranges: Iterable[Bounds]) -> bool:
    """Whether one value fits all of them, but for float noise."""
    ranges = list(ranges)  # of a line: some value is in all of them if each two have one in common
    low, high = max(r.low for r in ranges), min(r.high for r in ranges)
    return low <= high + 1e-9 * max(abs(b) for b in (low, high, 1.0) if abs(b) != inf)


def bounds(figure: Figure) -> Bounds:
    """The values that a figure may stand for.

    A number with a point, 万 or 亿, and every rate, is rounded or cut off at its last digit; 余, 多, 近, 约 leave open
    as much as one more of the last digit that is no zero; 以上 and 不足 leave open everything on their side.
    """
    low = Decimal(str(figure.value))
    high = low if figure.value_max is None else Decimal(str(figure.value_max))
    place = _last_place(low)
    if figure.approx == "over":
        return Bounds(float(low), inf if _OPEN_OVER.search(figure.text) else float(high + place))
    if figure.approx == "under":
        return Bounds(-inf if _OPEN_UNDER.search(figure.text) else float(low - place), float(high))
    step = place if figure.approx == "about" else _step(figure)
    return Bounds(float(low - step), float(high + step))


def _step(figure: Figure) -> Decimal:
    """What one more in the last written digit is worth; 0 where the number is exact."""
    text = unicodedata.normalize("NFKC", figure.text)
    numeral = _ARABIC.search(text)
    factor = 1
    for c in text:
        factor *= LARGE.get(c, 1)
    decimals = len(numeral["decimals"] or "") if numeral is not None else 0
    if figure.unit in _RATES:
        return Decimal(1).scaleb(-decimals)
    return Decimal(factor).scaleb(-decimals) if factor > 1 or decimals else Decimal(0)


def _last_place(value: Decimal) -> Decimal:
    """The place of the last digit that is no zero: 100,000 for 400,000, and 0.1 for 1.2."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if value and isinstance(exponent, int) else Decimal(1)
