"""The grammar of a quantity without its prefixes: number, range, unit, suffix.

    core := rank | fraction | number [unit] range-mark number unit [suffix] | number unit [suffix]

It runs on raw text: a little white space, with one line break in it, may stand between number and unit.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from nlp.claims.numerals import ARABIC, CHINESE, DIGITS, Numeral, chinese_value, read_numeral, skip_space
from nlp.claims.units import read_unit
from nlp.labels import Approximation

Kind = Literal["count", "time", "money", "percent", "change", "rank", "bare"]

SUFFIXES: tuple[tuple[str, Approximation], ...] = (
    ("以上", "over"), ("之多", "over"), ("有余", "over"), ("以内", "under"), ("之内", "under"), ("以下", "under"),
    ("左右", "about"), ("上下", "about"),
)  # fmt: skip
_RANGE_MARKS = ("至", "到", "——", "--", "一一", "-", "－", "–", "—", "―", "~", "～", "〜")
_SUFFIX_HEADS = frozenset(suffix[0] for suffix, _ in SUFFIXES)
_RANGE_HEADS = frozenset("至到-－–—―一~～〜 \n\u3000")
# 成 begins one of these words, or ends one (三五成群), and is then no tenth.
_AFTER_TENTHS = frozenset("立功为员果效本年绩都长熟交形就因套型册体群不人片组批倍")
# A digit before one of these counts it: 占四成一是… is not 41 %.
_COUNTED = frozenset("是个些般定方名家") | CHINESE
# 多 before one of these belongs to it: 3年多次.
_MANY = frozenset("种次个元部方样家数")


class Core(NamedTuple):
    """A quantity without prefixes at `[start, end)`; `numeral_end` is where its last numeral ends.

    `chinese` says that the (first) numeral has no Arabic digit, `bare` that it begins with 百, 千, 万 or 亿, and
    `digits` how many Arabic digits it has before any point.
    """

    start: int
    end: int
    numeral_end: int
    value: Decimal
    value_max: Decimal | None = None
    unit: str = ""
    kind: Kind = "bare"
    approx: Approximation | None = None
    chinese: bool = True
    bare: bool = False
    digits: int = 0


def read_core(text: str, start: int, end: int) -> Core | None:
    """The quantity without prefixes that starts at `start`, or None where none does."""
    if start >= end:
        return None
    c = text[start]
    if c in CHINESE or c in ARABIC:
        core = _fraction(text, start, end)
        if core is None:
            number = read_numeral(text, start, end)
            if number is None:
                return None
            low = _single(text, number, end)
            core = _range(text, number, low, end) or low
    elif c in "上过" and text[start + 1 : start + 2] in ("百", "千", "万", "亿"):
        number = read_numeral(text, start + 1, end)
        if number is None:
            return None
        core = _single(text, number, end)._replace(start=start, approx="over")
    elif c in "半过":
        found = _half(text, start, end)
        if found is None:
            return None
        core = found
    else:
        return _rank(text, start, end)
    return _with_suffix(text, core, end)


def _half(text: str, start: int, end: int) -> Core | None:
    """半数, 过半, 过半数 as percent; 半年, 半小时 as half a unit."""
    for surface, over in (("过半数", True), ("过半", True), ("半数", False)):
        if text.startswith(surface, start, end):
            stop = start + len(surface)
            return Core(start, stop, stop, Decimal(50), None, "%", "percent", "over" if over else None)
    if text[start] != "半":
        return None
    unit = read_unit(text, start + 1, end)
    if unit is None or unit[2] != "time" or unit[1] in ("日", "周", "岁"):
        return None
    return Core(start, unit[0], start + 1, Decimal("0.5"), None, unit[1], "time")


def _rank(text: str, start: int, end: int) -> Core | None:
    """第一, 第1名, 第二位, 第3至5名, 倒数第三, 前三名, 首位, 榜首."""
    if text.startswith(("首位", "榜首"), start, end):
        return Core(start, start + 2, start + 2, Decimal(1), None, "名", "rank")
    i = start + (2 if text.startswith("倒数", start, end) else 0)
    if i >= end or text[i] not in "第前":
        return None
    front = text[i] == "前"
    number = read_numeral(text, skip_space(text, i + 1, end), end)
    if number is None or number.value == 0 or number.more:
        return None
    last, value_max = number, number.value_max
    if not front and number.end < end and text[number.end] in "至到-—":
        at = number.end + 1
        second = read_numeral(text, at + text.startswith("第", at, end), end)
        if second is not None and second.value > number.value:
            last, value_max = second, second.value
    stop, at = last.end, skip_space(text, last.end, end)
    if text.startswith(("名", "位"), at, end) and not text.startswith(("位于", "名单", "位置", "位数"), at, end):
        stop = at + 1
    elif front and not _ends_phrase(text, last.end, end):
        return None
    approx: Approximation | None = "under" if front else None
    return Core(
        start, stop, last.end, number.value, value_max, "名", "rank", approx, number.chinese, False, number.digits
    )  # fmt: skip


def _ends_phrase(text: str, at: int, end: int) -> bool:
    """Whether a phrase ends here: 进入全省前三，but not 前三季度."""
    return at >= end or text[at] in "，,。；;、的行”）)"


def _fraction(text: str, start: int, end: int) -> Core | None:
    """四分之三, 百分之八十, 万分之五, 百分百, 一半, 2/3: all as percent."""
    if text[start] in ARABIC:
        return _slashed(text, start, end)
    if text.startswith("一半", start, end):
        return Core(start, start + 2, start + 2, Decimal(50), None, "%", "percent")
    if text.startswith("百分百", start, end):
        return Core(start, start + 3, start + 3, Decimal(100), None, "%", "percent")
    at = text.find("分之", start + 1, min(end, start + 6))
    if at < 0:
        return None
    lower, upper = chinese_value(text[start:at]), read_numeral(text, at + 2, end)
    if lower is None or not lower[0] or upper is None or upper.value > 10**8:
        return None
    value = _share(upper.value, lower[0])
    value_max = None if upper.value_max is None else _share(upper.value_max, lower[0])
    return Core(start, upper.end, upper.end, value, value_max, "%", "percent", _more(upper))


def _slashed(text: str, start: int, end: int) -> Core | None:
    """2/3, but no date and no ratio of larger numbers."""
    at = start + 1
    if at + 1 >= end or text[at] not in "/／" or text[at + 1] not in ARABIC or text[start - 1 : start] in tuple("/／."):
        return None
    upper, lower = int(text[start]), int(text[at + 1])
    if not 0 < upper < lower or at + 2 < end and (text[at + 2] in ARABIC or text[at + 2] in "/／.．月"):
        return None
    share = _share(Decimal(upper), Decimal(lower))
    return Core(start, at + 2, at + 2, share, None, "%", "percent", chinese=False, digits=1)


def _share(upper: Decimal, lower: Decimal) -> Decimal:
    """Percent, to two places where it is periodic."""
    percent = upper * 100 / lower
    return percent.quantize(Decimal("0.01"), ROUND_HALF_UP) if upper * 100 % lower else percent


def _single(text: str, number: Numeral, end: int) -> Core:
    """A number and its unit, if it has one."""
    core = Core(
        number.start, number.end, number.end, number.value, number.value_max, approx=_more(number),
        chinese=number.chinese, bare=number.bare, digits=number.digits,
    )  # fmt: skip
    at = skip_space(text, number.end, end)
    if text.startswith("成", at, end):
        return _tenths(text, at, end, core) or core
    unit = _unit(text, at, end)
    if unit is None:
        return core
    stop, name, kind, more, half = unit
    value, value_max = core.value, core.value_max
    if half:
        value += Decimal("0.5")
    if name == "‰":
        name, value, value_max = "%", value / 10, None if value_max is None else value_max / 10
    approx = core.approx or ("over" if more else None)
    return core._replace(end=stop, value=value, value_max=value_max, unit=name, kind=kind, approx=approx)


def _tenths(text: str, at: int, end: int, core: Core) -> Core | None:
    """三成, 九成八, 四成多; `at` is the place of 成."""
    after = text[at + 1 : at + 2] if at + 1 < end else ""
    if after in _AFTER_TENTHS or core.value > 10:
        return None
    value, stop, approx = core.value * 10, at + 1, core.approx
    if after in DIGITS and after not in "零〇○两" and text[at + 2 : at + 3] not in _COUNTED:
        value, stop = value + DIGITS[after], at + 2
    elif after in ("多", "余"):
        stop, approx = at + 2, "over"
    value_max = None if core.value_max is None else core.value_max * 10
    return core._replace(end=stop, value=value, value_max=value_max, unit="%", kind="percent", approx=approx)


def _unit(text: str, at: int, end: int) -> tuple[int, str, Kind, bool, bool] | None:
    """The unit at `at`: where it ends, unit, kind, whether 多 or 余 is in it, whether 半 is (两个半小时, 三年半)."""
    if text.startswith(("个多", "个余", "个半"), at, end):
        joined = "个" + text[at + 2 : min(end, at + 6)]
        inner = read_unit(joined, 0, len(joined))
        if inner is not None and inner[2] == "time":
            half = text[at + 1] == "半"
            return at + 1 + inner[0], inner[1], "time", not half, half
    found = read_unit(text, at, end)
    if found is None:
        return None
    stop, unit, kind = found
    c = text[stop] if stop < end else ""
    if kind != "count":
        if c == "多" and text[stop + 1 : stop + 2] not in _MANY or c == "余" and kind in ("time", "change"):
            return stop + 1, unit, kind, True, False
        if c == "半" and kind == "time" and unit in ("年", "天", "周"):
            return stop + 1, unit, kind, False, True
    return stop, unit, kind, False, False


def _more(number: Numeral) -> Approximation | None:
    return "over" if number.more else None


def _opens_change(text: str, start: int) -> bool:
    """Whether 由 or 从 stands before: 由原来的5家到21家 is two figures, 5家到21家 would be one range."""
    return any(c in "由从自" for c in re.split("[，,。；;：:、]", text[max(0, start - 8) : start])[-1])


def _range(text: str, first: Numeral, low: Core, end: int) -> Core | None:
    """3-5个, 3至5万元, 4500万元至5000万元, 8%-10%."""
    for low_end in (first.end, low.end) if low.end > first.end else (low.end,):
        if low_end >= end or text[low_end] not in _RANGE_HEADS:
            continue
        mark_at = skip_space(text, low_end, end)
        mark = next((m for m in _RANGE_MARKS if text.startswith(m, mark_at, end)), None)
        if mark is None or low_end > first.end and mark in "至到" and _opens_change(text, first.start):
            continue
        second = read_numeral(text, skip_space(text, mark_at + len(mark), end), end)
        if second is None or second.chinese != first.chinese:
            continue
        high = _single(text, second, end)
        value = low.value
        if low_end == first.end:
            if first.multiplier == 1 and second.multiplier > 1 and first.value < second.coefficient:
                value = first.value * second.multiplier  # 3至5万元; but 9000至1万元 is as it stands
            elif high.kind == "percent" and "成" in text[second.end : high.end]:
                value = first.value * 10
        elif low.kind != high.kind or low.unit != high.unit:
            continue
        if value < high.value:
            return high._replace(
                start=first.start, value=value, value_max=high.value, approx=high.approx or low.approx,
                chinese=first.chinese, bare=first.bare, digits=first.digits,
            )  # fmt: skip
    return None


def _with_suffix(text: str, core: Core, end: int) -> Core:
    at = skip_space(text, core.end, end)
    if at >= end or text[at] not in _SUFFIX_HEADS:
        return core
    for suffix, approx in SUFFIXES:
        if text.startswith(suffix, at, end):
            return core._replace(end=at + len(suffix), approx=core.approx or approx)
    return core
