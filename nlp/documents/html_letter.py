"""Where in a page the letter stands, and which lines are the letter's.

1. Evidence: lines of prose count by their characters. The main text is looked for in three ways: in the containers that
   government systems put it in (#zoom, .TRS_Editor, #UCAP-CONTENT …), in what trafilatura takes, in all prose of the
   page. Each gives the smallest element that holds nine tenths of its prose. The first is taken whose element holds a
   cue of a letter (收悉, 答复如下, a salutation); where the page has no cue, half of the page's prose.
2. The core is all lines of that element, so what trafilatura drops inside the main text is not lost. Other articles in
   it (those under 相关阅读) are cut off.
3. From the core the letter runs on in both directions to the first line that cannot be its own: a breadcrumb, a list of
   links, 上一篇, a footer. Above, the title ends it, but metadata (索引号, 文号 …) is taken from farther up too.
4. Buttons, counters and lists of links go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from lxml import etree

from nlp.documents.html_furniture import (
    compact,
    ends_letter,
    is_button,
    is_date_of_today,
    is_path,
    link_lists,
    may_be_fact,
    says_furniture,
    without_counters,
)
from nlp.documents.html_lines import Line, one_line
from nlp.documents.html_tree import is_known_container

_CUE = re.compile(
    r"收悉|[答回函]复如下|反馈如下|报告如下|^.{2,40}(?:代表|委员|委员会|[省市县区州旗盟]委)(?:们|同志)?[:：]$|[〔\[［（(](?:19|20)\d\d[〕\]］）)]\d{0,4}第?\d+号"
)
_TITLE = re.compile(r"(?:关于|对).{2,60}(?:答复|复函|回复|的函|办理情况|报告|意见)[^。，；：]{0,16}$")
_FACTS = (
    r"(?:(?:信息)?索[引取]号|组配分类|(?:主题|体裁|信息|服务对象)分类|(?:发布|公开|责任|制发)(?:机构|单位|主体)"
    r"|发文(?:机关|机构|单位|字号|日期)|(?:成文|生成)日期|(?:发布|公开|印发|更新)(?:日期|时间)|公开(?:方式|形式|范围|时限|属性)"
    r"|文号|文件(?:编号|登记号)|统一编号|(?:信息|文件)?名称|标题|有效性|时效性?|效力状态|(?:生效|失效|废止)日期|主题词|关键词"
    r"|内容概述|信息来源|(?:建议|提案|议案)(?:编号|号|人|者)|案由|(?:承办|主办|会办)单位|领衔代表|办理(?:类型|结果)"
    r"|答复(?:单位|时间|日期|类别))"
)
_METADATA = re.compile(rf"(?:^|[】\d])[【\[]?{_FACTS}(?:[:：】\]]|$)")
_METADATA_AND_BLANK = re.compile(rf"{_FACTS}[ \t\u3000]")
_LABEL_ALONE = re.compile(r"[^\s。，；]{2,10}[:：]")
_LABEL = re.compile(r"[^\s。，；]{1,8}[:：]")
_BODY = re.compile(r".{2,24}(?:局|厅|部|府|院|委|办|会|室|中心|支队|总队|大队|函|文件)(?:（.{1,8}）)?$")
_OF_FOOT = re.compile(r"附件|(?:二[〇○零]|19\d|20\d).{1,3}年.{1,3}月.{1,3}日$")
_NAME = re.compile(r"[\u4e00-\u9fff（）()、·]{3,40}")
_SENTENCE_END = re.compile(r"[。；！？]")
_SHARE = 0.9
_SHINGLE = 8
_HEAD_WITHOUT_TITLE = 12
_LIST = 3
_SITE = re.compile(r"(?:网站?|平台|欢迎[您你])$")


def letter_lines(
    root: etree._Element, lines: Sequence[Line], main_text: Callable[[], str], titles: Sequence[str]
) -> list[Line]:
    """The lines of a page that are the letter's, in order; none where the page holds no letter.

    Args:
        root: the tree of what the page shows.
        lines: `lines_of(root)`.
        main_text: gives what trafilatura takes for the main text, or nothing; asked only where it is needed.
        titles: what the page declares as its title, see `declared_titles`.
    """
    page = _Page(root, lines, titles)
    if not any(page.prose):
        return page.without_prose()
    first, last, whole = page.core(main_text)
    inside = [lines[i] for i in range(first, last + 1) if page.stays(i, whole)]
    return _without_counters([*page.above(first, last), *inside, *page.below(last)])


def declared_titles(root: etree._Element) -> list[str]:
    """What the head of a page says its title is, the likeliest first: before `drop_unseen`, which empties the head."""
    titles = [
        meta.get("content", "")
        for meta in root.iter("meta")
        if meta.get("name", "").lower() in ("articletitle", "title", "og:title")
    ]
    titles += ["".join(map(str, title.itertext())) for title in root.iter("title")][:1]
    return [title for title in map(one_line, titles) if title]


def is_title_of_reply(text: str) -> bool:
    """Whether a text is worded as the title of a reply."""
    return len(text) <= 120 and _TITLE.search(compact(text)) is not None


class _Page:
    """What is known of each line of a page, by its index."""

    def __init__(self, root: etree._Element, lines: Sequence[Line], titles: Sequence[str]) -> None:
        self._root = root
        self._elements = list(root.iter("*"))
        self._lines = lines
        self._titles = [compact(title) for title in titles]
        self._compact = [compact(line.text) for line in lines]
        self._listed = link_lists(lines, least=_LIST)
        self._linked = link_lists(lines, least=1)
        self._buttons = [is_button(line) for line in lines]
        self._ends = [ends_letter(line) for line in lines]
        self._paths = [is_path(line) for line in lines]
        self._cues = [
            not line.links and _CUE.search(text) is not None for line, text in zip(lines, self._compact, strict=True)
        ]
        self.prose = [self._prose_characters(i) for i in range(len(lines))]
        self._titled = self._title_lines()
        if not any(self.prose):
            self.prose = [len(text) * titled for text, titled in zip(self._compact, self._titled, strict=True)]
        self._furniture = self._furniture_elements()

    def without_prose(self) -> list[Line]:
        """All lines without links and furniture, where a page has more of them than of links."""
        plain = [i for i in range(len(self._lines)) if self.stays(i, False) and not self._lines[i].links]
        characters = sum(len(self._compact[i]) for i in plain)
        if 2 * characters < sum(map(len, self._compact)):
            return []
        return [self._lines[i] for i in plain]

    def stays(self, i: int, whole: bool) -> bool:
        """Whether a line inside the core is the letter's; of a core that is known to be `whole`, all but buttons is."""
        if self._buttons[i]:
            return False
        if whole or self._titled[i] or self.prose[i]:
            return True
        if may_be_fact(self._lines[i]):
            return True
        return not (self._listed[i] or self._ends[i] or self._paths[i] or self._is_in_furniture(i))

    def core(self, main_text: Callable[[], str]) -> tuple[int, int, bool]:
        """The first and the last line of the main text, and whether they are those of a container known for it."""
        known = self._known_elements()
        weights = [n if line.element in known else 0 for n, line in zip(self.prose, self._lines, strict=True)]
        found = self._extent(weights)
        if found is not None and self._is_letter(*found):
            return *found, True
        shared = _shared_with(main_text(), self._compact)
        found = self._extent([n if is_shared else 0 for n, is_shared in zip(self.prose, shared, strict=True)])
        if found is None or not self._is_letter(*found):
            found = self._extent(self.prose)
        assert found is not None
        return *self._cut(*found), False

    def above(self, first: int, last: int) -> list[Line]:
        """The letter's lines above its core: from the title on, or without one the lines next to it; and metadata."""
        near: list[int] = []
        top = first
        while top > 0 and not self._is_border(top - 1):
            top -= 1
            if self._is_free(top) and not is_date_of_today(self._lines[top]):
                near.append(top)
        near.reverse()
        title = next((i for i in [*near, *range(first, last + 1)] if self._titled[i]), None)
        if title is None:
            near = near[-_HEAD_WITHOUT_TITLE:]
        else:
            near = self._letterhead([i for i in near if i < title], title, min(title, first)) + [
                i for i in near if i >= title
            ]
        far = [i for i in range(top) if self._is_free(i) and self._is_metadata(i) and not self._is_border(i)]
        if title is None:
            far = sorted({*far, *[i for i in range(top) if self._titled[i] and not self._paths[i]][-1:]})
        return [self._lines[i] for i in far + near]

    def below(self, last: int) -> list[Line]:
        """The letter's lines below its core: signature, date, attachments."""
        bottom = last
        while bottom + 1 < len(self._lines) and not self._is_border(bottom + 1):
            bottom += 1
        return [self._lines[i] for i in range(last + 1, bottom + 1) if self._is_free(i)]

    def _is_border(self, i: int) -> bool:
        return (self._listed[i] and not self._titled[i]) or self._ends[i] or self._paths[i]

    def _is_free(self, i: int) -> bool:
        if self._buttons[i]:
            return False
        return self._titled[i] or not (self._linked[i] or self._is_in_furniture(i))

    def _is_in_furniture(self, i: int) -> bool:
        """Whether a line stands in an element for furniture; dates and attachments are no furniture there."""
        return self._lines[i].element in self._furniture and _OF_FOOT.match(self._compact[i]) is None

    def _prose_characters(self, i: int) -> int:
        """The characters of a line of prose, 0 for any other line."""
        if self._listed[i] or self._buttons[i] or self._ends[i] or self._paths[i]:
            return 0
        line, text = self._lines[i], self._compact[i]
        if self._cues[i]:
            return len(text)
        unlinked = len(compact(line.unlinked))
        is_prose = unlinked >= 40 or (unlinked >= 20 and "，" in text) or _SENTENCE_END.search(text) is not None
        return unlinked if is_prose and 2 * unlinked >= len(text) else 0

    def _title_lines(self) -> list[bool]:
        """Of each line, whether it is the letter's title, or one of the two that it was broken into."""
        titled = [self._is_title(i) for i in range(len(self._lines))]
        for i in range(len(self._lines) - 1):
            pair = self._lines[i], self._lines[i + 1]
            if titled[i] or titled[i + 1] or pair[0].element is not pair[1].element or any(line.links for line in pair):
                continue
            text = self._compact[i] + self._compact[i + 1]
            if is_title_of_reply(text) and not _SENTENCE_END.search(text):
                titled[i] = titled[i + 1] = True
        return titled

    def _is_title(self, i: int) -> bool:
        line, text = self._lines[i], self._compact[i]
        if self._paths[i] or line.row or _SENTENCE_END.search(text) or len(text) > 120:
            return False
        if any(text == title for title in self._titles):
            return True
        if line.links:
            return False
        named = (
            len(text) >= 8
            and not _SITE.search(text)
            and not text.endswith("政府")
            and any(text in title for title in self._titles)
        )
        return named or is_title_of_reply(text) or (line.element.tag in ("h1", "h2") and len(text) >= 8)

    def _is_metadata(self, i: int) -> bool:
        """Whether a line states a fact of the letter's file, or is the value under its label."""
        line, text = self._lines[i], self._compact[i]
        if line.links:
            return False
        if _METADATA.search(text) or _METADATA_AND_BLANK.match(line.text) or line.element.tag == "dd":
            return True
        return i > 0 and _LABEL_ALONE.fullmatch(self._compact[i - 1]) is not None

    def _letterhead(self, above: Sequence[int], title: int, below: int) -> list[int]:
        """Which of the lines above a title go with it: what has a label, a document number, the body's name.

        `below` is the first line under them that is the letter's.
        """
        kept: list[int] = []
        for i in reversed(above):
            line, text = self._lines[i], self._compact[i]
            if line.links or _SITE.search(text):
                continue
            beside = line.element.getparent() is self._lines[title].element.getparent()
            next_to_kept = i + 1 == (kept[-1] if kept else below)
            named = (beside and _BODY.fullmatch(text)) or (next_to_kept and _NAME.fullmatch(text))
            if named or self._cues[i] or _LABEL.match(text) or self._is_metadata(i):
                kept.append(i)
        return kept[::-1]

    def _is_letter(self, first: int, last: int) -> bool:
        """Whether lines hold a cue of a letter where the page has one, and half of its prose where it has none."""
        if any(self._cues):
            return any(self._cues[first : last + 1])
        return 2 * sum(self.prose[first : last + 1]) >= sum(self.prose)

    def _extent(self, weights: Sequence[int]) -> tuple[int, int] | None:
        """The first and the last line in the smallest element that holds nine tenths of `weights`."""
        if not any(weights):
            return None
        held = self._sums(weights)
        element, enough = self._root, _SHARE * sum(weights)
        while (child := next((c for c in element if held.get(c, 0) >= enough), None)) is not None:
            element = child
        inside = set(element.iter("*"))
        indices = [i for i, line in enumerate(self._lines) if line.element in inside]
        return indices[0], indices[-1]

    def _cut(self, first: int, last: int) -> tuple[int, int]:
        """The core without what has no cue and stands under 相关阅读, and without a notice over its title."""
        parts: list[list[int]] = [[]]
        for i in range(first, last + 1):
            if self._ends[i] and not may_be_fact(self._lines[i]):
                parts.append([])
            elif self.prose[i]:
                parts[-1].append(i)
        cued = [part for part in parts if any(self._cues[i] for i in part)]
        kept = [i for part in cued or parts for i in part]
        first, last = min(kept), max(kept)
        cue = next((i for i in kept if self._cues[i]), first)
        title = next((i for i in range(first, cue) if self._titled[i]), first)
        if 4 * sum(self.prose[first:title]) > sum(self.prose[first : last + 1]):  # too much for a notice over it
            title = first
        return title, last

    def _sums(self, weights: Sequence[int]) -> dict[etree._Element, int]:
        """Of each element that holds a line, the sum of its lines' weights."""
        held: dict[etree._Element, int] = {}
        for line, weight in zip(self._lines, weights, strict=True):
            held[line.element] = held.get(line.element, 0) + weight
        for element in reversed(self._elements):  # children come before their parents
            parent = element.getparent()
            if parent is not None and element in held:
                held[parent] = held.get(parent, 0) + held[element]
        return held

    def _known_elements(self) -> set[etree._Element]:
        inside: set[etree._Element] = set()
        for element in self._elements:
            if element.getparent() in inside or is_known_container(element):
                inside.add(element)
        return inside

    def _furniture_elements(self) -> set[etree._Element]:
        """Elements that say that they are furniture and do not hold the letter, and all in them."""
        cues, prose = self._sums([int(cue) for cue in self._cues]), self._sums(self.prose)
        most = sum(self.prose) / 2
        inside: set[etree._Element] = set()
        for element in self._elements:
            if element.getparent() in inside or (
                says_furniture(element) and not cues.get(element) and prose.get(element, 0) < most
            ):
                inside.add(element)
        return inside


def _shared_with(main_text: str, texts: Sequence[str]) -> list[bool]:
    """Of each text, whether most of it stands in `main_text`."""
    main = compact(main_text)
    if not main:
        return [False] * len(texts)
    known = {main[i : i + _SHINGLE] for i in range(len(main))}
    shared = []
    for text in texts:
        pieces = [text[i : i + _SHINGLE] for i in range(max(1, len(text) - _SHINGLE + 1))]
        shared.append(2 * sum(piece in known for piece in pieces) > len(pieces))
    return shared


def _without_counters(lines: Sequence[Line]) -> list[Line]:
    cleaned = (replace(line, text=without_counters(line.text)) for line in lines)
    return [line for line in cleaned if line.text]
