"""Whom a letter addresses, and the words that it opens with."""

from __future__ import annotations

import re
from typing import NamedTuple

from nlp.documents.meta.bodies import ENDS
from nlp.documents.meta.labels import starts_with_label
from nlp.documents.meta.lines import Line, plain, squeeze
from nlp.documents.meta.title import ends_title
from nlp.text.segmentation import heading_level

_NAMES = r"[\u3400-\u9fff\U00020000-\U0003ffff··.、, ()0-9A-Z×*]"
_MARKED = re.compile(
    rf"(?P<to>{_NAMES}{{1,120}}?(?:(?P<person>代表|委员|先生|女士|同志)|[{ENDS}]))"
    r" ?(?:\([^()]{0,20}\))? ?:(?P<rest>.*)"
)
_UNMARKED = re.compile(rf"(?P<to>(?!.*(?:人大|政协)){_NAMES}{{2,30}}(?:代表|委员)),?")
_COURTESY = re.compile(r"(?:尊敬的|敬爱的) ?")
_ANSWERS = re.compile(r"您|你|贵|收悉|提案|建议|审议|承蒙")
_ANSWERS_YOU = re.compile(r"您|你|贵")
_TITLE_ABOVE = 4
_OPENING_LINES = 9
_OPENING_CHARACTERS = 400


class Salutation(NamedTuple):
    """A salutation.

    Args:
        line: the index of its first line.
        addressee: in the letter's words, without courtesy and colon.
        opening: what follows, in the plain form and without line breaks.
    """

    line: int
    addressee: str
    opening: str


def find_salutation(lines: list[Line]) -> Salutation | None:
    """The salutation in the first lines of a letter; None below the first numbered heading.

    It is a line of names that ends in a colon, below an official title or above words that answer somebody, or one that
    ends in 代表 or 委员 above words like 您.
    """
    for index, line in enumerate(lines):
        if heading_level(line.text, 0) is not None:
            return None
        match = _MARKED.fullmatch(line.plain) or _UNMARKED.fullmatch(line.plain)
        if match is None or starts_with_label(line):
            continue
        marked = match.re is _MARKED
        rest = line.text[match.start("rest") :] if marked else ""
        below = lines[index + 1 : index + _OPENING_LINES]
        opening = plain(rest + "".join(after.text for after in below))[:_OPENING_CHARACTERS]
        titled = marked and any(ends_title(above) for above in lines[max(0, index - _TITLE_ABOVE) : index])
        if not titled and not (_ANSWERS if marked else _ANSWERS_YOU).search(opening[:200]):
            continue
        if rest and not (match["person"] and _ANSWERS.search(opening[:60])):
            continue
        first, addressee = index, line.text[: match.end("to")]
        while first > 0 and first > index - 4 and lines[first - 1].plain.endswith(("、", ",")):
            first -= 1
            addressee = lines[first].text + addressee
        return Salutation(first, squeeze(_COURTESY.sub("", addressee, count=1)), opening)
    return None
