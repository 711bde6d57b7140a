"""What a letter answers: 建议 or 提案, its number, and the session it was made at."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from nlp.claims.numerals import read_numeral
from nlp.documents.meta.lines import plain, squeeze

Kind = Literal["建议", "提案"]

_LONGEST_NUMBER = 10
_NUMERAL = "[0-9][0-9O]{0,9}|[一二三四五六七八九十百千〇零]{1,7}"
_ONE = rf"第? {{0,2}}(?:{_NUMERAL}) {{0,2}}"
# 第86号建议, 第0046号代表建议, 第12、15号提案: of several numbers the first.
_NUMBERED = re.compile(
    rf"第? {{0,2}}(?P<number>{_NUMERAL}) {{0,2}}(?:号? {{0,2}}[、,和及与至到—–-] {{0,2}}{_ONE}){{0,9}}号"
    r" {0,2}[\u4e00-\u9fff]{0,6}?(?P<kind>建议|提案)"
)
# 提案第39号, 提案(第247号), 建议(县十八届人大二次会议第41号), 建议编号:12
_KIND_FIRST = re.compile(
    r"(?P<kind>建议|提案) {0,2}(?:[\[(][^\[\]()]{0,30}?)?(?:编号)?"
    rf" {{0,2}}[:第] {{0,2}}(?P<number>{_NUMERAL}) {{0,2}}号?"
)
_QUOTED = re.compile(r"《[^》]{0,150}》|“[^”]{0,150}”")
_REPORT = re.compile(r"(?:报告|汇报|总结)$")
_ANSWER = re.compile(r"答复|复函|回复|办复|函$|意见$")
_NAMED = re.compile(
    r"[《“][^》”]{2,150}(建议|提案)[》”] ?(?:的?(建议|提案))?|(?:提出|提交|转来)[^。]{0,80}?(建议|提案)"
)
_COUNT = "[一二三四五六七八九十0-9]{1,4}"
_SESSION = re.compile(
    rf"(?P<before>[\u4e00-\u9fff ]{{0,30}}?) ?第? ?{_COUNT} ?届"
    rf"(?:[^,。;:、()《》届第]{{0,18}}?第? ?{_COUNT} ?次 ?(?:全体)?会议|[^,。;:、()《》届第]{{0,10}}?闭会期间)"
)
# What stands before a session and is no part of its name.
_LEAD = re.compile(r"关于|对|[会协主承]办|(?<=[您们年])[于在]|在|办理|答复|落实|的|您|你们?|贵[会委]| ")


class Proposal(NamedTuple):
    """The proposal that a letter answers; None where the letter does not say."""

    kind: Kind | None
    number: str | None
    session: str | None


def read_proposal(title: str | None, opening: str) -> Proposal:
    """What the title says of the proposal, else the opening.

    Args:
        title: of the letter.
        opening: its first sentences, in plain form; of a report, which answers nobody, they are not read.
    """
    head = plain(title or "")
    if _REPORT.search(head):
        opening = ""
    number, kind = _number(head)
    kind = kind or _kind_in_title(head)
    session = _session(title or "") or _session(opening)
    if number is None:
        number, named = _number(opening)
        kind = kind or named
    if kind is None and (named := _named_kind(opening)):
        kind = _kind_of_session(session or "") or named
    return Proposal(kind, number, session if kind else None)


def _number(text: str) -> tuple[str | None, Kind | None]:
    match = _NUMBERED.search(text) or _KIND_FIRST.search(text)
    if match is None:
        return None, None
    number = match["number"].replace("O", "0")
    if not number[0].isascii():
        numeral = read_numeral(number, 0, len(number))
        number = "" if numeral is None or numeral.end < len(number) or numeral.value_max else str(int(numeral.value))
    return (number if 0 < len(number) <= _LONGEST_NUMBER else None), _kind(match["kind"])


def _kind(word: str) -> Kind:
    return "提案" if word == "提案" else "建议"


def _kind_in_title(title: str) -> Kind | None:
    """The kind that the title of an answer names without a number: its last such word outside quotation marks."""
    words = re.findall("建议|提案", _QUOTED.sub("", title))
    return _kind(words[-1]) if words and _ANSWER.search(title) else None


def _kind_of_session(session: str) -> Kind | None:
    return "提案" if "政协" in session else "建议" if re.search("人大|人民代表大会", session) else None


def _named_kind(opening: str) -> Kind | None:
    """The kind that an opening names: 《…的建议》, or 提案 in 《…的建议》的提案."""
    match = _NAMED.search(opening)
    return None if match is None else _kind(match[2] or match[1] or match[3])


def _session(text: str) -> str | None:
    """The first session of a people's congress or a 政协 that a text names, in its own words."""
    for match in _SESSION.finditer(plain(text)):
        start = match.start()
        for lead in _LEAD.finditer(match["before"]):
            start = match.start() + lead.end()
        session = text[start : match.end()]
        if re.search("人大|人民代表大会|政协|政治协商会议", session):
            return squeeze(session)
    return None
