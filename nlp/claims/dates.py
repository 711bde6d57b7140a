"""When a period is: 今年1至5月, 截至2022年底, 三季度, 去年同期 as days of the calendar, with the letter's own date.

Both days count. A period that no rule here reads as a whole is no days: 近年来, 专项行动期间, 春节前, 年初.

    period := 截至 unit | unit 以来 | unit 至今 | unit 起 | unit 前 | unit 至 unit | unit
    unit   := [year] [half, quarter, months, month, third of a month, day]
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from nlp.claims.numerals import DIGITS, chinese_value
from nlp.documents.meta.dates import dates

LONGEST = 60
"""A longer period is no time that letters name; it is not read."""

_WHITE = re.compile(r"[\s\u200b\u2060\ufeff\"'“”‘’「」『』,，]+")
_HAN_NUMERAL = re.compile(f"[{''.join(DIGITS)}十]+")
_TO = r"(?:至|到|-+|—+|–|―|~|─)"
_MONTHS_OF_HALF = {"上": (1, 6), "下": (7, 12)}
_THIRDS = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31), "上中旬": (1, 20), "中下旬": (11, 31)}
# Years by a word, in the plain form: beside the letter's year, or beside the year that is spoken of.
_BY_LETTER = {"前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1, "来年": 1}
_BY_CONTEXT = {"上1年": -1, "上年": -1, "同年": 0, "当年": 0, "次年": 1}
LETTER_YEARS = tuple(_BY_LETTER)
"""The words that name a year beside the letter's own."""

_UNIT = re.compile(
    r"(?P<iso>(?:19|20)\d\d([-/.])\d{1,2}\2\d{1,2}(?!\d))"
    rf"|(?:(?P<year>(?:19|20)\d\d)(?:年度?|(?={_TO}(?:19|20)\d\d年))|(?P<short>\d\d)年度?"
    rf"|(?P<word>{'|'.join((*_BY_LETTER, *_BY_CONTEXT))})度?"
    r"|(?P<bare>全年|年(?=[内底末初])))?(?:全年|年(?=[内底末初]))?"
    r"(?:(?P<half>[上下])半年"
    r"|前(?P<quarters>[1-4])个?季度|第?(?P<q1>[1-4])(?:(?:至|到|-|—|、|和)第?(?P<q2>[1-4]))?个?季度"
    rf"|[前头](?P<months>\d{{1,2}})个月|(?P<m1>\d{{1,2}})(?:月份?)?{_TO}(?P<m2>\d{{1,2}})月份?(?!\d|[底末初上中下])"
    r"|(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号]|份?(?P<third>上中旬|中下旬|[上中下]旬)?)"
    r"|(?P<beside>本|上个?|当)月"
    r"|(?P<only_day>\d{1,2})[日号])?"
    r"(?P<edge>[底末初])?",
    re.ASCII,
)
_LEAD = re.compile(r"(?P<upto>截[至止]到?|到|至)|自从?|从|在|于")
_SUFFIX = re.compile(r"(?P<since>以来)|(?P<on>起|开始)|(?P<ago>以前|之前|前)|内|期间|间")
_TILL_NOW = re.compile(f"{_TO}(?:今|目前|现在)|迄今")
_NOW = re.compile("(?:到)?(?:目前|当前|现在|现阶段|今)(?:为止)?|迄今(?:为止)?")
_LATELY = re.compile(
    r"(?:(?:最?近|过去)(?P<n1>\d{1,2})(?P<u1>年|个月)(?:以?来|间|内)?|(?P<n2>\d)(?P<u2>年|个月)以?来)", re.ASCII
)
_PLAN = re.compile(r"十(?P<number>[一二三四五六七])五(?:规划)?(?:期间|时期|以来|末)?")
_SAME = re.compile(r"(?:(?P<year>(?:19|20)\d\d)年|(?P<word>去年|上1?年|前年))?同(?:期|1时期)", re.ASCII)
# 2020年10月“断卡”行动启动以来: it began in that month; a year alone would not say when.
_BEGAN = re.compile(r"[^\d年月日。；、]{1,30}以来")
_PLAN_ZERO = 1951  # five years before the first plan, had they followed each other without a gap before the third


class Interval(NamedTuple):
    """Days from `start` to `end`, both included; None where one is not known. `start <= end` where both are."""

    start: date | None = None
    end: date | None = None

    @property
    def year(self) -> int | None:
        """The year that it lies in, or None for several or none."""
        years = {day.year for day in self if day is not None}
        return years.pop() if len(years) == 1 else None


NOTHING = Interval()


class Context(NamedTuple):
    """What a period is read with.

    Args:
        letter: the date of the letter.
        before: the period before it in its section, for 同期.
        year: the year that is spoken of there, where one is for certain: a month without a year is in it.
        silent: no year was named there, so that a part of a year is of the letter's own.
    """

    letter: date | None = None
    before: Interval = NOTHING
    year: int | None = None
    silent: bool = True


def calendar_day(iso: str | None) -> date | None:
    """A date in ISO 8601, or None where it is none of the calendar's (the schema checks its form alone)."""
    try:
        return None if iso is None else date.fromisoformat(iso)
    except ValueError:
        return None


def resolve_period(surface: str, context: Context) -> Interval:
    """The days of a period, `NOTHING` where they are not certain; linear, and never raises.

    Args:
        surface: its text, line breaks, full-width and Chinese numerals and all.
        context: what is known where it stands.
    """
    if len(surface) > 3 * LONGEST:
        return NOTHING
    plain = _plain(surface)
    if not plain or len(plain) > LONGEST:
        return NOTHING
    try:
        start, end = _read(plain, context)
    except (ValueError, OverflowError):  # no day of the calendar
        return NOTHING
    return NOTHING if start is not None and end is not None and start > end else Interval(start, end)


def _plain(surface: str) -> str:
    """On one line, in ASCII digits: 二〇二二年前五个月 is 2022年前5个月."""
    text = _WHITE.sub("", unicodedata.normalize("NFKC", surface))
    text = re.sub(r"(?<=\d)[Oo○〇](?=\d|年)", "0", text)
    return text if _PLAN.search(text) else _HAN_NUMERAL.sub(lambda found: _digits(found[0]), text)


def _digits(numeral: str) -> str:
    read = chinese_value(numeral)
    if read is None:
        return numeral
    return f"{read[0]}" if read[1] is None else f"{read[0]}-{read[1]}"


def _read(text: str, context: Context) -> Interval:
    lead = _LEAD.match(text)
    upto = lead is not None and lead["upto"] is not None
    if lead is not None and lead.end() < len(text):
        text = text[lead.end() :]
    if _NOW.fullmatch(text):
        return Interval(None, context.letter)
    for pattern, read in ((_PLAN, _plan), (_LATELY, _lately), (_SAME, _same)):
        found = pattern.fullmatch(text)
        if found is not None:
            return NOTHING if upto else read(found, context)
    return _days(text, context, upto=upto)


def _days(text: str, context: Context, *, upto: bool) -> Interval:
    first = _UNIT.match(text)
    if first is None or not first[0]:
        return NOTHING
    rest = text[first.end() :]
    mark = re.match(_TO, rest)
    second = _UNIT.match(rest, mark.end()) if mark is not None else None
    if second is not None and second[0]:
        return _range(first, second, rest[second.end() :], context) if not upto else NOTHING
    suffix = _SUFFIX.fullmatch(rest)
    ago = suffix is not None and suffix["ago"] is not None
    unit = _unit(first, context, deadline=ago)
    if unit is None:
        return NOTHING
    if _TILL_NOW.fullmatch(rest) or suffix is not None and suffix["since"]:
        return _since(unit.start, context)
    if _BEGAN.fullmatch(rest) and (first["month"] or first["iso"]):
        return _since(unit.start, context)
    if rest and suffix is None:
        return NOTHING
    if suffix is not None and suffix["on"]:
        return Interval(unit.start, None)
    if first["edge"] == "初" or ago and not (first["edge"] or first["day"] or first["iso"]):
        return NOTHING  # how long 年初 is, and whether 6月前 ends with May, nobody says
    if ago and not first["edge"]:
        return Interval(None, unit.end - timedelta(days=1))
    return Interval(None if upto or first["edge"] else unit.start, unit.end)


class _Unit(NamedTuple):
    start: date
    end: date


def _range(first: re.Match[str], second: re.Match[str], rest: str, context: Context) -> Interval:
    """unit 至 unit: the second is in the first one's year, and month, where it names none."""
    low = _unit(first, context)
    if low is None or rest not in ("", "间", "期间"):
        return NOTHING
    inner = context._replace(year=low.start.year, silent=False)
    high = _unit(second, inner, month=low.start.month if first["day"] or first["iso"] else None)
    return NOTHING if high is None else Interval(low.start, high.end)


def _since(start: date, context: Context) -> Interval:
    if context.letter is not None and start > context.letter:
        return NOTHING
    return Interval(start, context.letter)


def _unit(found: re.Match[str], context: Context, *, deadline: bool = False, month: int | None = None) -> _Unit | None:
    """The days of a unit; the last day alone with 底 or 末. None where its year, or its month, is not certain."""
    if found["iso"]:
        day = date.fromisoformat(dates(found["iso"])[0].iso or "")
        return _Unit(day, day)
    if found["beside"]:
        return _beside(found, context)
    if found["only_day"] and month is None:
        return None
    named = _named_year(found, context)
    if named is not None:
        return _in_year(found, named, month)
    if found["year"] or found["short"] or found["word"]:
        return None
    if context.year is not None:
        return _in_year(found, context.year, month)
    letter = context.letter
    if letter is None or not context.silent or found["bare"] == "全年":
        return None
    # By convention a part of a year is of the letter's own: one that had begun, or that is to end.
    unit = _in_year(found, letter.year, month)
    if deadline or found["bare"]:
        return unit if unit.end >= letter else None
    return unit if unit.start <= letter else None


def _named_year(found: re.Match[str], context: Context) -> int | None:
    letter = context.letter
    if found["year"]:
        return int(found["year"])
    if found["short"]:
        year = 2000 + int(found["short"])
        return year if letter is None and 2010 <= year <= 2035 or letter and abs(year - letter.year) <= 10 else None
    word = found["word"]
    if word in _BY_LETTER:
        return None if letter is None else letter.year + _BY_LETTER[word]
    if word in _BY_CONTEXT:
        return None if context.year is None else context.year + _BY_CONTEXT[word]
    return None


def _in_year(found: re.Match[str], year: int, month: int | None) -> _Unit:
    if found["day"] or found["only_day"]:
        day = date(year, int(found["month"] or month or 0), int(found["day"] or found["only_day"]))
        return _Unit(day, day)
    first, last = _months(found)
    days = _THIRDS[found["third"]] if found["third"] else (1, 31)
    if first > last:
        raise ValueError("months in disorder")
    unit = _Unit(date(year, first, days[0]), date(year, last, min(days[1], monthrange(year, last)[1])))
    return unit._replace(start=unit.end) if found["edge"] in ("底", "末") else unit


def _months(found: re.Match[str]) -> tuple[int, int]:
    if found["half"]:
        return _MONTHS_OF_HALF[found["half"]]
    if found["quarters"]:
        return 1, 3 * int(found["quarters"])
    if found["q1"]:
        return 3 * int(found["q1"]) - 2, 3 * int(found["q2"] or found["q1"])
    if found["months"]:
        return 1, int(found["months"])
    if found["m1"]:
        return int(found["m1"]), int(found["m2"])
    if found["month"]:
        return int(found["month"]), int(found["month"])
    return 1, 12


def _beside(found: re.Match[str], context: Context) -> _Unit | None:
    """本月 and 上月 beside the letter's; 当月 would be that of whatever is spoken of."""
    letter = context.letter
    if letter is None or found["beside"] == "当" or found["year"] or found["short"] or found["word"]:
        return None
    day = letter if found["beside"] == "本" else letter.replace(day=1) - timedelta(days=1)
    unit = _Unit(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
    return unit._replace(start=unit.end) if found["edge"] in ("底", "末") else unit


def _plan(found: re.Match[str], context: Context) -> Interval:
    """十四五 is the fourteenth plan of five years: 2021 to 2025."""
    start = date(_PLAN_ZERO + 5 * (10 + DIGITS[found["number"]]), 1, 1)
    end = date(start.year + 4, 12, 31)
    if found[0].endswith("以来"):
        return _since(start, context)
    return Interval(None, end) if found[0].endswith("末") else Interval(start, end)


def _lately(found: re.Match[str], context: Context) -> Interval:
    """近三年, 两年来: that many years, or months, up to the letter."""
    if context.letter is None:
        return NOTHING
    number, unit = int(found["n1"] or found["n2"]), found["u1"] or found["u2"]
    months = number * (12 if unit == "年" else 1)
    if months == 0:
        return NOTHING
    return Interval(_earlier(context.letter, months) + timedelta(days=1), context.letter)


def _same(found: re.Match[str], context: Context) -> Interval:
    """去年同期: the days of the period before, in the year before; 同期: those days."""
    start, end = context.before
    if start is None or end is None or start.year != end.year:
        return NOTHING
    if found["year"]:
        back = start.year - int(found["year"])
    elif found["word"] is None:
        back = 0
    elif found["word"].startswith("上"):
        back = 1
    else:
        # Of the letter's year, or else the text speaks of another one.
        back = -_BY_LETTER[found["word"]] if context.letter and start.year == context.letter.year else -1
    return NOTHING if back < 0 else years_earlier(context.before, back)


def years_earlier(days: Interval, years: int) -> Interval:
    """The same days so many years before; `NOTHING` where one of them is not known or none of the calendar's."""
    start, end = days
    try:
        return NOTHING if start is None or end is None else Interval(*(_earlier(d, 12 * years) for d in (start, end)))
    except ValueError:
        return NOTHING


def _earlier(day: date, months: int) -> date:
    """The same day so many months ago, or the last one of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    at_end = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if at_end else min(day.day, last))
