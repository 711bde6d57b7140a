"""The title of a letter.

An official title says who, about what, and what kind of paper: 松澜市公安局关于对市十五届人大一次会议第86号建议的答复.
A page breaks it after the body or where the line is full; its lines are joined without blanks, the body's too where it
stands right above. The name on a letterhead (松澜市公安局文件, or above the 文号) is no part of it, nor is a class
behind it (B类). Reports have titles of their own kind; a second line after —— belongs to the first.
"""

from __future__ import annotations

import re

from nlp.documents.meta.bodies import ENDS, is_body
from nlp.documents.meta.labels import starts_with_label
from nlp.documents.meta.lines import Line, plain, squeeze
from nlp.text.segmentation import heading_level

_END = re.compile(r"(?:答复|函|回复|意见|报告|办复|复文|说明|汇报|总结|情况)(?: ?[\[(][^\[\]()]{0,20}[\])])?$")
_START = re.compile(rf"关于|(?:^|[{ENDS}])对")
_BODY_FIRST = re.compile(rf"(?P<body>.{{3,50}}?[{ENDS}]) ?(?:关于|对)")
_CLASS_BEHIND = re.compile(r" ?[\[(][A-D] ?类?[\])]$")
_LINES = 5
_LINE_CHARACTERS = 100
_FIRST_LINE_CHARACTERS = 60

_BRACKETED = re.compile(r"[\[(][^\[\]()]*[\])]")
_FURNITURE = re.compile(r"首页|当前位置|当前的位置|现在的位置|>|字体|^打印|^关闭|^分享|扫一扫|https?:|文件$")
_NUMBER = re.compile(r"[\[(]? ?[\u4e00-\u9fffA-Z]{2,20} ?[\[(] ?[12][0-9O]{3} ?[\])]")
_BELOW_TITLE = re.compile(r"[\[(]|本报讯|来源|记者|通讯员")


def official_title(lines: list[Line], end: int) -> str | None:
    """The last official title among the first `end` lines, on one line, or None."""
    found = (_official_title(lines, last) for last in reversed(range(end)))
    return next((title for title in found if title is not None), None)


def first_line(lines: list[Line], end: int) -> str | None:
    """A title of another kind: the first of `end` lines that is none of the page's, where something stands below it."""
    first = next((i for i, line in enumerate(lines[:end]) if not _is_page(line)), None)
    if first is None or first + 1 >= len(lines):
        return None
    title, below = lines[first].text.lstrip("# "), lines[first + 1]
    if not 0 < len(title) <= _FIRST_LINE_CHARACTERS or title.endswith((*"，。；：、,;:",)):
        return None
    if below.text.startswith(("—", "--")) and len(below.text) <= _FIRST_LINE_CHARACTERS:
        return squeeze(title + below.text)
    ends_there = below.indented or below.after_blank or _BELOW_TITLE.match(below.plain) is not None
    return squeeze(title) if ends_there or not re.search("[,。;]", plain(title)) else None


def title_end(lines: list[Line]) -> int:
    """How many lines stand above the body of a text without salutation: all above a heading or a line of prose."""
    for index, line in enumerate(lines):
        if heading_level(line.text, 0) is not None:
            return index
        prose = len(line.plain) > _LINE_CHARACTERS or re.search("[,。;]", line.plain) is not None
        if prose and index > 0 and not _is_page(line) and not ends_title(line):
            return index
    return len(lines)


def ends_title(line: Line) -> bool:
    """Whether a line ends as official titles do."""
    return _END.search(line.plain) is not None


def body_in_title(title: str) -> str | None:
    """The body that an official title begins with."""
    match = _BODY_FIRST.match(plain(title))
    return title[: match.end("body")] if match is not None and is_body(match["body"]) else None


def _official_title(lines: list[Line], last: int) -> str | None:
    """The official title that ends with the line `last`."""
    if _is_page(lines[last]) or not ends_title(lines[last]):
        return None
    first, title = last, lines[last].text.lstrip("# ")
    while not _begins(title):
        if first == 0 or last - first + 1 == _LINES or not _runs_on(lines[first - 1]):
            return None
        first -= 1
        title = lines[first].text.lstrip("# ") + title
    above = lines[first - 1] if first > 0 else None
    if above is not None and title.startswith(("关于", "对")) and is_body(above.plain) and not _is_page(above):
        title = above.text + title
    behind = _CLASS_BEHIND.search(plain(title))
    return squeeze(title if behind is None else title[: behind.start()])


def _begins(title: str) -> bool:
    return _START.search(plain(title)) is not None and title.count("》") <= title.count("《")


def _runs_on(line: Line) -> bool:
    return not _is_page(line) and len(line.plain) <= _LINE_CHARACTERS and not line.plain.endswith((":", "。", ";"))


def _is_page(line: Line) -> bool:
    """Whether a line belongs to the page around a title."""
    text = line.plain
    return (
        starts_with_label(line)
        or _FURNITURE.search(text) is not None
        or _BRACKETED.fullmatch(text) is not None
        or _NUMBER.match(text) is not None
    )
