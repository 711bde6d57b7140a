"""Other figures for a quantity: another number of its shape, another way to write it, another unit of count."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal

from nlp.claims.numbers import Quantity, parse_quantity
from nlp.claims.numerals import chinese_value
from nlp.schema import GoldClaim

_ARABIC = "0123456789"
_FULL_WIDTH = "０１２３４５６７８９"
_CHINESE = "零一二三四五六七八九"
# A number with its thousands groups, its point, and blanks inside.
_NUMBER = re.compile(rf"[{_ARABIC}{_FULL_WIDTH}](?:[{_ARABIC}{_FULL_WIDTH}]|[,，.．\s](?=[{_ARABIC}{_FULL_WIDTH}]))*")
_CHINESE_DIGIT = re.compile("[一二两三四五六七八九]")
_PLAIN = re.compile(rf"(?<![{_ARABIC}.,，])([{_ARABIC}]+)(?![{_ARABIC}.,，万亿千百])")
_LARGE = re.compile(rf"(?<![{_ARABIC}.,，])([{_ARABIC}]+(?:\.[{_ARABIC}]+)?)(万|亿)(?![万亿余多{_ARABIC}])")
_SMALL_CHINESE = re.compile("[一二两三四五六七八九十]{1,3}")
_TRIES = 12
_SMALL = 100
_ENDS_PHRASE = "，,。；;：:、！!？?）)\n"

# The units of a set may stand for one another: always, only where the phrase ends, or where the metric says so.
_UNIT_SETS: tuple[tuple[tuple[str, ...], bool, str], ...] = (
    (("名", "人"), True, ""),
    (("场", "场次"), True, ""),
    (("起", "件", "宗"), False, "案|警情"),
    (("条", "件"), False, "线索"),
    (("个", "户"), False, "账户"),
    (("个", "处"), False, "窝点|点位|阵地"),
    (("份", "册"), False, "手册|读本"),
    (("份", "张"), False, "海报|传单|明白卡"),
)


def other_number(surface: str, type: str, rng: random.Random) -> str:
    """Another number in the same shape: as many digits, as round, with the same modifiers and unit.

    Returns:
        The new surface, or the old one where no other number is of its shape (首位, 一半, 100%).
    """
    before = parse_quantity(surface, type)
    if before is None:
        return surface
    for _ in range(_TRIES):
        drawn = _NUMBER.sub(lambda found: _redrawn(found[0], rng), surface)
        drawn = _CHINESE_DIGIT.sub(lambda found: _redrawn_chinese(found, rng), drawn)
        if drawn == surface:
            continue
        after = parse_quantity(drawn, type)
        if after is not None and _alike(before, after):
            return drawn
    return surface


def _redrawn(number: str, rng: random.Random) -> str:
    places = [i for i, c in enumerate(number) if c in _ARABIC or c in _FULL_WIDTH]
    values = [int(number[i]) for i in places]
    pointed = "." in number or "．" in number
    round_from = len(values)
    while not pointed and round_from > 1 and values[round_from - 1] == 0:
        round_from -= 1
    drawn = list(number)
    for k, (at, value) in enumerate(zip(places, values, strict=True)):
        if k >= round_from or (k == 0 and value == 0):
            continue
        digit = rng.randint(1 if k in (0, len(values) - 1) else 0, 9)
        drawn[at] = (_ARABIC if number[at] in _ARABIC else _FULL_WIDTH)[digit]
    return "".join(drawn)


def _redrawn_chinese(found: re.Match[str], rng: random.Random) -> str:
    text, at = found.string, found.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if after and after in "十百千万亿":
        return rng.choice("二三四五六七八九" if after == "十" and before != "百" else _CHINESE[1:])
    if text[:1] in ("第", "前", "倒") or before and before in "十百千万亿零〇点之成" or after in ("成", "分"):
        return rng.choice(_CHINESE[1:])
    return rng.choice("两三四五六七八九")


def _alike(before: Quantity, after: Quantity) -> bool:
    if (before.unit, before.kind, before.approx) != (after.unit, after.kind, after.approx):
        return False
    if (before.value_max is None) != (after.value_max is None) or after.value == 0:
        return False
    if after.value_max is not None and after.value_max <= after.value:
        return False
    if before.unit == "%" and before.value <= 100 and max(after.value, after.value_max or 0) > 100:
        return False
    return len(str(int(before.value))) == len(str(int(after.value)))


def other_form(surface: str, type: str, rng: random.Random) -> str:
    """The same quantity written otherwise (12000份 as 1.2万份, 7个 as 七个, and back), or as it is."""
    meant = parse_quantity(surface, type)
    forms = [form for form in sorted(set(_forms(surface, meant))) if form != surface] if meant is not None else []
    forms = [form for form in forms if parse_quantity(form, type) == meant]
    return rng.choice(forms) if forms else surface


def _forms(surface: str, meant: Quantity | None) -> Iterator[str]:
    assert meant is not None
    plain, large, chinese = _PLAIN.search(surface), _LARGE.search(surface), _SMALL_CHINESE.search(surface)
    countable = meant.kind in ("count", "time", "rank") and meant.value_max is None
    if large is not None:
        smaller = Decimal(large[1]) * 10**4
        if smaller == int(smaller):
            yield _put(surface, large, f"{int(smaller)}" + ("万" if large[2] == "亿" else ""))
    elif plain is not None:
        value = int(plain[1])
        if value >= 10**4 and value % 100 == 0:
            unit, name = (10**8, "亿") if value >= 10**8 else (10**4, "万")
            yield _put(surface, plain, f"{(Decimal(value) / unit).normalize():f}{name}")
        elif 0 < value < _SMALL and countable:
            yield _put(surface, plain, chinese_numeral(value, "二" if meant.kind == "rank" else "两"))
    elif chinese is not None and countable:
        read = chinese_value(chinese[0])
        if read is not None and read[1] is None and read[0] < _SMALL:
            yield _put(surface, chinese, str(int(read[0])))


def _put(surface: str, found: re.Match[str], number: str) -> str:
    return surface[: found.start()] + number + surface[found.end() :]


def chinese_numeral(value: int, two: str = "二") -> str:
    """A number from 1 to 99 in Chinese numerals; `two` is how a single 2 is written."""
    tens, ones = divmod(value, 10)
    if value == 2:
        return two
    return (("" if tens == 1 else _CHINESE[tens]) + "十" if tens else "") + (_CHINESE[ones] if ones else "")


def other_unit(text: str, claim: GoldClaim, surface: str, rng: random.Random) -> str:
    """The quantity `surface` of `claim` with another unit of count that says the same there (231名, 231人)."""
    after = text[claim.end : claim.end + 1]
    about = "" if claim.metric is None else claim.metric.text
    units = [
        unit
        for members, ends, words in _UNIT_SETS
        if claim.unit in members and (not ends or not after or after in _ENDS_PHRASE) and re.search(words, about)
        for unit in members
        if unit != claim.unit
    ]
    meant = parse_quantity(surface, claim.type)
    if claim.type not in ("count", "change") or not units or meant is None:
        return surface
    head, _, tail = surface.rpartition(claim.unit)
    unit = rng.choice(units)
    drawn = f"{head}{unit}{tail}"
    read = parse_quantity(drawn, claim.type)
    kept = read is not None and (read.value, read.value_max, read.approx) == (
        meant.value,
        meant.value_max,
        meant.approx,
    )
    return drawn if read is not None and kept and read.unit == unit else surface
