"""Reads a numeral – 3,276, ３２７６, 1.86万, 40余万, 两万三千, 十七八, 一点五 – exactly, as a Decimal.

Only the number is read here; modifiers before it and the unit after it are `nlp.claims.numbers`' work.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

ARABIC = frozenset("0123456789０１２３４５６７８９")
DIGITS = {"零": 0, "〇": 0, "○": 0, "两": 2} | {c: i for i, c in enumerate("一二三四五六七八九", 1)}
SMALL = {"十": 10, "百": 100, "千": 1000}
LARGE = {"万": 10**4, "亿": 10**8}
MULTIPLIERS: dict[str, int] = {**SMALL, **LARGE}
CHINESE = frozenset(DIGITS) | frozenset(MULTIPLIERS)
MORE = frozenset("余多")
# 余 and 多 follow a multiplier; 几 only in 十几.
_BEFORE_MORE = {"余": "十百千万亿", "多": "十百千万亿", "几": "十"}

# No number of a letter is longer; what is, is an identifier, and Decimal arithmetic on it would be slow and inexact.
MAX_DIGITS = 18
MAX_CHINESE = 24
MAX_VALUE = 10**24  # 一亿亿亿亿 is no amount, and more digits than Decimal reckons with
MAX_SPACE = 8
# A line that is shorter ends where it ends: 访问次数：1387 ⏎ 字体：大 is not 1387字.
MIN_WRAPPED = 15


class Numeral(NamedTuple):
    """A numeral at `[start, end)`.

    `value_max` is set for neighbouring digits (两三个, 十七八个), `more` where 余 or 多 stands in it. `coefficient` and
    `multiplier` say what was written before and as the closing 万/亿; `chinese` whether it has no Arabic digit, and
    `bare` whether it begins with a multiplier (百余, 万). `digits` counts the Arabic digits before any point.
    """

    start: int
    end: int
    value: Decimal
    value_max: Decimal | None = None
    more: bool = False
    coefficient: Decimal = Decimal(0)
    multiplier: int = 1
    chinese: bool = False
    bare: bool = False
    digits: int = 0


def skip_space(text: str, i: int, end: int) -> int:
    """The offset after a short stretch of white space with at most one line break; `i` if there is more."""
    if i >= end or not text[i].isspace():
        return i
    j, breaks = i, 0
    while j < end and j - i <= MAX_SPACE and text[j].isspace():
        breaks += text[j] == "\n"
        j += 1
    if breaks > 1 or j - i > MAX_SPACE or (breaks and "\n" in text[max(0, i - MIN_WRAPPED) : i]):
        return i
    return j


def read_numeral(text: str, start: int, end: int) -> Numeral | None:
    """The longest numeral that starts at `start`, or None; reads a bounded stretch beyond its digits."""
    if start >= end:
        return None
    if text[start] in ARABIC:
        return _arabic(text, start, end)
    if text[start] in CHINESE:
        return _chinese(text, start, end)
    return None


def arabic_run(text: str, start: int, end: int) -> int:
    """The end of the run of Arabic digits at `start`."""
    while start < end and text[start] in ARABIC:
        start += 1
    return start


def _plain(text: str, i: int, end: int) -> tuple[int, str]:
    """Digits with thousands groups and a decimal part at `i`: where they end, and their plain ASCII form."""
    stop = arabic_run(text, i, end)
    whole = text[i:stop]
    if len(whole) <= 3:
        # 3,276  3，276  3 276: groups of exactly three; the mark must be the same throughout.
        mark = text[stop] if stop < end and text[stop] in ",， \u00a0\u2009\u202f" else ""
        while mark and stop < end and text[stop] == mark and len(whole) < MAX_DIGITS:
            after = arabic_run(text, stop + 1, min(end, stop + 5))
            if after != stop + 4:
                break
            whole += text[stop + 1 : after]
            stop = after
    if stop + 1 < end and text[stop] in ".．" and text[stop + 1] in ARABIC:
        after = arabic_run(text, stop + 1, end)
        # 2023.5.27 and 1.2.3 are no decimal numbers; the caller vetoes them by what follows.
        return after, _ascii(whole) + "." + _ascii(text[stop + 1 : after])
    return stop, _ascii(whole)


def _ascii(digits: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if c > "\uff00" else c for c in digits)


def _arabic(text: str, start: int, end: int) -> Numeral | None:
    i, plain = _plain(text, start, end)
    digits = len(plain.partition(".")[0])
    if len(plain) > MAX_DIGITS:
        return None
    coefficient = total = Decimal(plain)
    i, factor, more = _tail(text, i, end)
    total *= factor
    # 1亿2000万: a smaller part follows the larger one at once.
    while factor >= 10**4 and not more and i < end and text[i] in ARABIC:
        stop, plain = _plain(text, i, end)
        if len(plain) > MAX_DIGITS:
            break
        stop, smaller, more_here = _tail(text, stop, end)
        if Decimal(plain) * smaller >= factor:
            break
        total += Decimal(plain) * smaller
        i, factor, more = stop, smaller, more_here
    return Numeral(start, i, total, None, more, coefficient, factor, digits=digits)


def _tail(text: str, i: int, end: int) -> tuple[int, int, bool]:
    """余, 多 and multipliers after Arabic digits: where they end, the factor, whether 余 or 多 was there."""
    factor, more, stop = 1, False, i
    # At most two multipliers (5千万, 3百亿), 余 or 多 before, between or after them.
    for _ in range(4):
        j = skip_space(text, stop, end)
        if j >= end:
            break
        c = text[j]
        if c == "个" and text.startswith("个亿", j, end):  # 2.5个亿
            j, c = j + 1, "亿"
        if c in MULTIPLIERS and factor * MULTIPLIERS[c] <= 10**12:
            if c in SMALL and (factor != 1 or _opens_fraction(text, j, end)):
                break
            factor *= MULTIPLIERS[c]
        elif c in MORE and not more:
            more = True
        else:
            break
        stop = j + 1
    return stop, factor, more


def _opens_fraction(text: str, i: int, end: int) -> bool:
    """Whether 百分点 or 百分之 starts at `i`: `5百分点` is five points, not five hundred."""
    return text.startswith(("百分点", "百分之", "千分", "万分"), i, end)


def _chinese(text: str, start: int, end: int) -> Numeral | None:
    limit = min(end, start + MAX_CHINESE)
    stop = start
    more_at = -1
    while stop < limit:
        c = text[stop]
        if c in CHINESE and not (stop > start and _opens_fraction(text, stop, end)):
            if more_at >= 0 and c not in LARGE:
                break
        elif more_at < 0 and stop > start and text[stop - 1] in _BEFORE_MORE.get(c, ""):
            more_at = stop
        else:
            break
        stop += 1
    body = text[start:stop] if more_at < 0 else text[start:more_at] + text[more_at + 1 : stop]
    read = chinese_value(body)
    if read is None:
        return None
    value, value_max = read
    if stop + 1 < limit and text[stop] == "点" and text[stop + 1] in DIGITS and len(body) <= 3 and more_at < 0:
        return _chinese_decimal(text, start, stop, limit, value)
    multiplier = LARGE.get(body[-1], 1)
    bare = body[0] in MULTIPLIERS and body[0] != "十"
    return Numeral(start, stop, value, value_max, more_at >= 0, value / multiplier, multiplier, True, bare)


def _chinese_decimal(text: str, start: int, point: int, limit: int, whole: Decimal) -> Numeral:
    """一点五, 二点三亿: the digits after 点."""
    stop = point + 1
    while stop < limit and text[stop] in DIGITS and text[stop] != "两":
        stop += 1
    if stop == point + 1:
        return Numeral(start, point, whole, chinese=True, coefficient=whole)
    fraction = "".join(str(DIGITS[c]) for c in text[point + 1 : stop])
    coefficient = whole + Decimal(f"0.{fraction}")
    multiplier = 1
    while stop < limit and text[stop] in LARGE and multiplier == 1:
        multiplier = LARGE[text[stop]]
        stop += 1
    return Numeral(start, stop, coefficient * multiplier, None, False, coefficient, multiplier, True)


def chinese_value(body: str) -> tuple[Decimal, Decimal | None] | None:
    """The value of a Chinese numeral, and the upper one of 两三 or 十七八; None where it is no numeral.

    Digits alone are read as they are spelt: 二〇二三, 一二〇.
    """
    if not body or len(body) > MAX_CHINESE or any(c not in CHINESE for c in body):
        return None
    if all(c in DIGITS for c in body):
        return _spelt(body)
    read = _large(body)
    if read is None:
        return None
    value, spread = read
    if value + spread >= MAX_VALUE:
        return None
    return Decimal(value), Decimal(value + spread) if spread else None


def _large(body: str) -> tuple[int, int] | None:
    """Value and spread (1 for 两三, 10 for 二三十) of a numeral with 亿 or 万 in it; splits at the largest one."""
    for mark, factor in (("亿", 10**8), ("万", 10**4)):
        at = body.rfind(mark)
        if at < 0:
            continue
        left = _large(body[:at]) if at else (1, 0)
        rest = body[at + 1 :].removeprefix("零").removeprefix("〇")
        right = _large(rest) if rest else (0, 0)
        if left is None or right is None or left[0] == 0 or right[0] >= factor or (left[1] and rest):
            return None
        if len(rest) == 1 and rest in DIGITS and body[at + 1] not in "零〇":
            right = (right[0] * factor // 10, 0)  # 两万三 is 23000
        return left[0] * factor + right[0], left[1] * factor + right[1]
    return _small(body)


_PLACES = re.compile(
    r"(?:(?P<千>[一二两三四五六七八九]{0,2})千)?(?P<a>[零〇]?)(?:(?P<百>[一二两三四五六七八九]{0,2})百)?(?P<b>[零〇]?)"
    r"(?:(?P<十>[一二三四五六七八九]{0,2})十)?(?P<c>[零〇]?)(?P<一>[一二两三四五六七八九]{0,2})"
)


def _small(body: str) -> tuple[int, int] | None:
    """Value and spread of a numeral below 10000, or of spelt digits."""
    found = _PLACES.fullmatch(body)
    if found is None:
        return None
    value = spread = lowest = 0
    for place, factor in (("千", 1000), ("百", 100), ("十", 10), ("一", 1)):
        digits = found[place]
        if digits is None or (factor == 1 and not digits):
            continue
        if spread:
            return None
        if len(digits) == 2:
            if DIGITS[digits[1]] != DIGITS[digits[0]] + 1:
                return None
            spread = factor
        step = DIGITS[digits[0]] if digits else 1
        if factor == 1 and lowest > 10 and len(digits) == 1 and not found["c"] and body[-2] not in "零〇":
            step *= lowest // 10  # 三百五 is 350
        value += step * factor
        lowest = factor
    return (value, spread) if lowest else None


def _spelt(body: str) -> tuple[Decimal, Decimal | None] | None:
    if len(body) == 1:
        return Decimal(DIGITS[body]), None
    first, second = DIGITS[body[0]], DIGITS[body[1]]
    if len(body) == 2 and first and second == first + 1:
        return Decimal(first), Decimal(second)
    if "两" in body:
        return None
    return Decimal("".join(str(DIGITS[c]) for c in body)), None
