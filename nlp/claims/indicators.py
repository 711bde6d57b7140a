"""Metric names brought together: what letters call 抓获犯罪嫌疑人, 抓获涉诈嫌疑人 or 抓获人数 is one indicator.

The vocabulary is `indicators.tsv`, one indicator a line: its name, what it counts, its units, its wordings. A metric
has to fit a wording as a whole, once the words for fraud and what says nothing are taken out: a word that the wordings
do not know may narrow what is counted (企业被骗案件, 芦坪镇发案), and then the metric has no indicator.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from nlp.labels import ClaimType
from nlp.schema import GoldClaim

Number = int | float


@dataclass(frozen=True)
class Indicator:
    """A canonical name.

    Args:
        name: e.g. 抓获人数.
        counts: what it counts, one line of Chinese.
        types: of the claims that it can have. A change or a rank is of the indicator that changed or is ranked.
        units: for each unit of a figure the one that it is compared in (名 → 人). 人 and 人次 stay apart.
        wordings: what letters write, as regular expressions over a metric without words for fraud (see docs).
    """

    name: str
    counts: str
    types: tuple[ClaimType, ...]
    units: dict[str, str]
    wordings: tuple[str, ...]

    @property
    def base_unit(self) -> str:
        """The first of its units: 起, 人, 人次, 元, % …"""
        return next(iter(self.units))


# Parts that wordings share, and the endings that a metric may have by its base unit.
_PARTS: Final = {
    "{人}": "(违法)?(涉案)?(嫌疑人员?|人员|分子|对象)",
    "{群众}": "(人民群众|受害群众|受骗群众|群众|市民|受害人|被害人|受骗人)",
    "{众}": "(群众|市民|居民|用户|住户)",
    "{劝}": "((潜在|易|高危|正在|疑似)*(受骗|被骗|受害)?(群众|人员|人群|人|对象|事主|用户))",
    "{款}": "((涉案|被骗|可疑|在途)*(资金|款项|赃款|案款|钱款|金额|款))",
}
_COUNT_ENDING = "总?(数量|数|量)?"
_ENDINGS: Final = {
    "人": "(人员)?总?(人数|数量|数|量)?",
    "人次": "总?(人数|人次|数量|数|量)?",
    "起": "(绝对|总)?(起数|件数|数量|数|量)?",
    "场": "总?(场次|场数|次数|数量|数)?",
    "元": "总?(金额|数额|额|数)?",
    "%": "",
}
# A wording that holds only with the indicator's own units, not for a change in % or a rank (被骗: money, cases?).
_OWN_UNITS = "@"
# A wording that holds only where the metric names fraud (警情 alone is all of them).
_NAMES_FRAUD = "+"

_LONGEST = 40
_WITHOUT_MEANING = re.compile(r"[\s\u200b\u2060\ufeff\"'“”‘’「」『』]+")
_FRAUD = re.compile(
    "(?:反诈骗?|防诈骗?|防骗|涉?(?:电信网络诈骗|网络电信诈骗|通讯网络诈骗|虚假信息诈骗|电信诈骗|通讯诈骗|电话诈骗"
    "|网络诈骗|电信网络(?:新型)?违法犯罪|电诈|诈骗)|涉诈)[类型]?"
)
_FILLING = re.compile("(?:及|和|、)其?(?:相关|关联)(?:违法)?(?:犯罪)?|违法犯罪|犯罪|各类|各种|的")
_OPENING = re.compile(
    "(?:全[省市州盟县区旗镇]|[我本][省市州盟县区旗镇局院行]|本地|辖区内?|辖内|一共|共计|共|累计|合计|总计|已|先后|依法"
    "|成功(?!劝阻))+"
)
_CLOSING = re.compile("(?:排名|位次)$")

# The figure is another body's, a part of something, or no total; said in the sentence before the metric …
_ANOTHERS = re.compile("协助|配合")
_NATIONAL = re.compile("全国")
_PART_OF_CASES = re.compile(
    "(?:企业|财务人员|学生|师生|老年人|老人|未成年人|妇女|村民)[^，,]{0,6}(?:被骗|受骗|报案|案件|警情)|(?<![诈电])类(?:案件|警情)"
)
# … or in its own clause.
_NO_TOTAL = re.compile("(?:[日月年]均|平均每|单[笔起]|最[大高小低多少])[^，,：:、]*$")
# What a few cases among others cost or concern is said like the whole: 企业被骗案件29起，损失1386万元.
_OF_CASES: Final = frozenset({"损失金额", "案均损失", "人均损失", "涉案金额"})
# What something is done to is no total: 对143个涉案账户采取只收不付.
_OBJECT = re.compile("[对把将给][^，,：:、]*$")
_STOCKS: Final = frozenset({"涉案账户数", "涉案号卡数", "滞留境外人数"})
# A ranking names a quantity, or else a field of work that is assessed (预警劝阻、重点人员管控居第二).
_QUANTITY_END = re.compile("[数量额率案失次费]$")
_SENTENCE_END = re.compile("[。！？!?;；]|\n[ \t\u3000]*\n")


_COUNT_TYPES: Final[tuple[ClaimType, ...]] = ("count", "change", "rank")
_TYPES: Final[dict[str, tuple[ClaimType, ...]]] = {
    "元": ("money", "change", "rank"),
    "%": ("percent", "count", "change", "rank"),  # a count where a rate is given per 10000 (起)
}


def _read_indicators() -> dict[str, Indicator]:
    lines = files("nlp.claims").joinpath("indicators.tsv").read_text(encoding="utf-8").splitlines()[1:]
    found = {}
    for line in lines:
        name, counts, units, wordings = line.split("\t")
        groups = [group.split() for group in units.split(";")]
        table = {unit: group[0] for group in groups for unit in group}
        found[name] = Indicator(name, counts, _TYPES.get(groups[0][0], _COUNT_TYPES), table, tuple(wordings.split()))
    return found


INDICATORS: Final[dict[str, Indicator]] = _read_indicators()
"""The vocabulary by name, in the order of the file: crimes, offenders, money, prevention, control, publicity, rates."""


def indicator_of(metric: str, *, type: ClaimType, unit: str, context: str = "") -> str | None:
    """The indicator that a claim's metric names; it never raises.

    Args:
        metric: the text of the metric, line breaks and all.
        type: of the claim. For a change and a rank the indicator is what changed or is ranked.
        unit: of the claim (名, 起, 元, %, 百分点 …): 抓获 of 12起 counts no people.
        context: what stands before the metric in its sentence (`context_before`), where it is known: figures of 全国,
            averages, single cases and what others were helped with have no indicator.

    Returns:
        A key of `INDICATORS`, or None where none fits for certain.
    """
    if len(metric) > 3 * _LONGEST:
        return None
    name = _indicator(metric, type, unit)
    return name if name is not None and _of_the_whole(name, type, context[-_LONGEST:]) else None


def indicators_of(claims: Sequence[GoldClaim], text: str) -> list[str | None]:
    """The indicator of each claim of a letter, or None; see `indicator_of`.

    Args:
        claims: predicted or gold claims.
        text: the letter.
    """
    return [
        indicator_of(c.metric.text, type=c.type, unit=c.unit, context=context_before(text, c.metric.start))
        if c.metric is not None
        else None
        for c in claims
    ]


def context_before(text: str, start: int) -> str:
    """What stands before `start` in its sentence, 40 characters at most."""
    before = text[max(0, start - _LONGEST) : start]
    ends = [found.end() for found in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


def base_value(value: Number, unit: str, indicator: str, *, type: ClaimType) -> tuple[Number, str] | None:
    """A figure as it is compared with others of its indicator and type: only where the units are equal.

    Args:
        value: in base units, as claims have it (万 is in the value already).
        unit: of the claim.
        indicator: a key of `INDICATORS`.
        type: of the claim.

    Returns:
        The value and its unit: 83 名 → 83 人; a change in % or 百分点 and a rank keep theirs. None for a unit that
        the indicator does not have, or an unknown indicator.
    """
    entry = INDICATORS.get(indicator)
    if entry is None or type not in entry.types:
        return None
    if unit == "‰" and type in ("percent", "change"):
        return round(value / 10, 9), "%"
    # 位 of a change are places in a ranking, never people.
    if type == "rank" or (type == "change" and unit in _RELATIVE):
        return value, unit
    return (value, entry.units[unit]) if unit in entry.units else None


def _of_the_whole(name: str, claim_type: str, context: str) -> bool:
    context = _WITHOUT_MEANING.sub("", context)
    if _ANOTHERS.search(context) or _NO_TOTAL.search(context):
        return False
    if claim_type != "rank" and _NATIONAL.search(context):
        return False
    if name in _STOCKS and _OBJECT.search(context):
        return False
    return name not in _OF_CASES or not _PART_OF_CASES.search(context)


_RELATIVE: Final = frozenset({"%", "百分点", "倍", "番", "位"})


@lru_cache(maxsize=4096)
def _indicator(metric: str, claim_type: str, unit: str) -> str | None:
    text = _WITHOUT_MEANING.sub("", unicodedata.normalize("NFKC", metric)).upper()
    if not text or len(text) > _LONGEST:
        return None
    key = _key(claim_type, unit)
    if key is None:
        return None
    opening = _OPENING.match(text)
    bare, fraud_words = _FRAUD.subn("", text[opening.end() :] if opening is not None else text)
    bare = _CLOSING.sub("", _FILLING.sub("", bare))
    if claim_type == "rank" and not _QUANTITY_END.search(bare):
        return None
    found = _pattern(key, fraud_words > 0).fullmatch(bare)
    return found.lastgroup if found is not None else None


def _key(claim_type: str, unit: str) -> str | None:
    """What decides which indicators a claim can have: a unit that some of them count in, `rate` or `any`."""
    if claim_type == "rank" or (claim_type == "change" and unit in ("%", "倍", "番", "位")):
        return "any"
    if (claim_type == "percent" and unit in ("%", "‰")) or (claim_type == "change" and unit in ("百分点", "‰")):
        return "%"
    if claim_type == "money" or (claim_type == "change" and unit == "元"):
        return "元" if unit == "元" else None
    return unit if claim_type in ("count", "change") and unit in _COUNTED else None


_COUNTED: Final = frozenset(unit for entry in INDICATORS.values() for unit in entry.units) - {"元", "%"}


@cache
def _pattern(key: str, names_fraud: bool) -> re.Pattern[str]:
    """One expression for the indicators of a key; the name of the group that matched is the indicator's."""
    groups = []
    for entry in INDICATORS.values():
        if key != "any" and key not in entry.units:
            continue
        wordings = [
            wording.rstrip(_OWN_UNITS + _NAMES_FRAUD)
            for wording in (*entry.wordings, entry.name)
            if (key != "any" or not wording.endswith(_OWN_UNITS))
            and (names_fraud or not wording.endswith(_NAMES_FRAUD))
        ]
        if wordings:
            either = "|".join(wordings)
            groups.append(f"(?P<{entry.name}>({either}){_ENDINGS.get(entry.base_unit, _COUNT_ENDING)})")
    source = "|".join(groups) or "(?!)"
    for part, expression in _PARTS.items():
        source = source.replace(part, expression)
    return re.compile(re.sub(r"\((?!\?)", "(?:", source))
