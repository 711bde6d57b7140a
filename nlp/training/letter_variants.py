"""Other dress for a letter: other years and terms, places and marks, a page's line breaks, a web page around it."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace

from nlp.annotation.corpus import GoldLetter
from nlp.text.segmentation import Structure, skip_enumerator
from nlp.training.edits import Edit

Groups = list[list[Edit]]

_D = "[0-9０-９]"
_YEAR_DIGITS = "[12１２][09０９OＯ][0-9０-９OＯ]{2}"
# A year: before 年 or a closing bracket (〔2022〕), in a date with marks, or first in a range of years.
_YEAR = re.compile(
    rf"(?<![0-9０-９A-Za-z.]){_YEAR_DIGITS}"
    rf"(?=\s{{0,2}}年|\s?[〕\]］】)）]|[-/.．]{_D}{{1,2}}[-/.．]{_D}{{1,2}}|\s?(?:[-—–~～至到]|——)\s?{_YEAR_DIGITS}\s?年)"
    r"|[一二][〇○零九][〇○零一二三四五六七八九]{2}(?=\s{0,2}年)"
)
_DIGIT_ROWS = ("0123456789", "０１２３４５６７８９", "〇一二三四五六七八九")
_ZEROS = {"O": "0123456789", "Ｏ": "０１２３４５６７８９", "○": "○一二三四五六七八九", "零": "零一二三四五六七八九"}
_YEAR_SHIFTS = (-5, -4, -3, -2, -1, 1, 2, 3)
# A part of a year up to now, which another one can stand for, and a reckoning day.
_TERM = re.compile(
    rf"(?<![至到第0-9０-９])(?:1\s?(?:月份?)?\s?[至到\-—－~～]\s?{_D}{{1,2}}\s?月份?|上半年|前三季度|前三个季度|前\s?{_D}{{1,2}}\s?个月|一季度)"
    r"(?![度底末前初上中下])"
)
_UNTIL = re.compile(rf"截[至止]\s?(?:{_YEAR_DIGITS}\s?年)?\s?({_D}{{1,2}})\s?月[底末]")

# Names that no town has, for towns of every kind.
_PLACE_NAMES = """
云岫 临泠 青浔 汐川 松湄 望溆 沅岭 澄埠 鹭洲 芷江口 雁坪 沐阳湾 枫浦 栎川 霁岭 岚泽 桐汀 湫水 禾渡 砚山口 榆垣
潞沄 溪屏 洵州 荻港 珞坪 石濂 柳沄 白芦 南汐 北湫 东栎 西屿 龙埠 凤汀 鹤浔 锦溆 翠屏口 清埠 汾澄
"""
PLACES = tuple(_PLACE_NAMES.split())
_OFFICE = "(?:中共|中国人民银行|国家金融监督管理总局|国家税务总局|共青团|民建|民盟|民进)"
_ISSUER = re.compile(
    rf"^[ \u3000]*{_OFFICE}?([\u4e00-\u9fff]{{2,3}}?)[市县区州旗盟](?:([\u4e00-\u9fff]{{2,3}}?)[县区](?!域))?",
    re.MULTILINE,
)
_TOWN = re.compile(r"([\u4e00-\u9fff][桥石沙溪江河湖泉岭塬坪坝堡湾川浦泽堰坎])(?:镇|街道|乡)(?![级镇村政亲音])")
_NO_NAME = re.compile(
    "[关于对全各本该我您你们在和与的会同联合请向由到府将把入为省提]|上半|自治|平安|和平|文明|沿江|沿河"
)
_BEFORE_NUMBER = rf"(?=[\u4e00-\u9fff]{{1,8}}\s?[〔\[［(（【]\s?{_YEAR_DIGITS})"
_AFTER_NAME = re.compile("[市县区州旗盟镇乡]|街道|分局|分行|支行|监管|支局")

_WIDE_MARKS = {"，": ",", "；": ";", "：": ":", "（": "(", "）": ")", "！": "!", "？": "?", "％": "%"}
_NO_LINE_START = "，,。；;：:、！!？?）)”’》〉】〕］]%％…"
_NO_LINE_END = "（(“‘《〈【〔［["


def other_years(letter: GoldLetter, rng: random.Random) -> tuple[Groups, Callable[[GoldLetter], GoldLetter]]:
    """All years of the letter moved by as many years, and what does the same to the bases of its changes."""
    shift = rng.choice(_YEAR_SHIFTS)

    def moved(found: re.Match[str]) -> str:
        year = int("".join(str(_value(c)) for c in found[0])) + shift
        return "".join(_digit(int(d), like) for d, like in zip(str(year), found[0], strict=True))

    def with_bases(edited: GoldLetter) -> GoldLetter:
        bases = [None if c.basis is None else _YEAR.sub(moved, c.basis) for c in edited.claims]
        claims = [c.model_copy(update={"basis": b}) for c, b in zip(edited.claims, bases, strict=True)]
        return replace(edited, claims=claims)

    edits = [Edit(m.start(), m.end(), moved(m)) for m in _YEAR.finditer(letter.text)]
    return [edits], with_bases


def _row(c: str) -> str:
    return _ZEROS.get(c) or next(row for row in _DIGIT_ROWS if c in row)


def _value(c: str) -> int:
    return _row(c).index(c) if c not in "OＯ" else 0


def _digit(value: int, like: str) -> str:
    return like if like in "OＯ" and value == 0 else _row(like)[value]


def other_terms(letter: GoldLetter, rng: random.Random) -> Groups:
    """Each term (1至5月, 上半年) exchanged for another one wherever it stands, and so each 截至6月底."""
    bases = " ".join(c.basis or "" for c in letter.claims)
    places: dict[str, list[tuple[int, int]]] = {}
    for found in _TERM.finditer(letter.text):
        places.setdefault(found[0], []).append(found.span())
    for found in _UNTIL.finditer(letter.text):
        places.setdefault(f"截至{found[1]}", []).append(found.span(1))
    groups: Groups = []
    for old, spans in places.items():
        month = rng.randint(3, 11)
        terms = [f"1至{month}月", f"1-{month}月", f"1月至{month}月", f"前{month}个月", "上半年", "前三季度", "一季度"]
        new = str(month) if old.startswith("截至") else rng.choice([term for term in terms if term != old])
        if old not in bases:
            groups.append([Edit(*span, new) for span in spans])
    return groups


def other_places(letter: GoldLetter, rng: random.Random) -> Groups:
    """The places that the letter names, each exchanged for an invented one wherever it stands."""
    text = letter.text
    found = [name for m in _ISSUER.finditer(text) for name in m.groups() if name]
    names = [name for name in dict.fromkeys([*found, *_TOWN.findall(text)]) if _NO_NAME.search(name) is None]
    free = [place for place in PLACES if place not in text]
    groups: Groups = []
    for old, new in zip(names, rng.sample(free, min(len(names), len(free))), strict=False):
        named = [m.span() for m in re.finditer(re.escape(old), text) if _AFTER_NAME.match(text, m.end())]
        if len(named) > 1 or any(text[:start].count("\n") < 3 for start, _ in named):
            # 松公建复〔2022〕9号 begins with the first character of 松澜.
            short = re.finditer(rf"(?<![\u4e00-\u9fff]){old[0]}{_BEFORE_NUMBER}", text)
            groups.append([Edit(*s, new) for s in named] + [Edit(m.start(), m.start() + 1, new[0]) for m in short])
    return groups


def other_marks(letter: GoldLetter, rng: random.Random) -> Groups:
    """Marks made narrow or wide: all, or some kinds of them; marks inside numbers, times and addresses stay."""
    text, narrow = letter.text, rng.random() < 0.5
    share = rng.choice((0.5, 1.0))
    marks = _WIDE_MARKS if narrow else {half: full for full, half in _WIDE_MARKS.items()}
    groups: Groups = []
    for old, new in marks.items():
        if rng.random() < share:
            at = [i for i, c in enumerate(text) if c == old and not _between_ascii(text, i)]
            groups.append([Edit(i, i + 1, new) for i in at])
    return groups


def _between_ascii(text: str, i: int) -> bool:
    around = text[i - 1 : i] + text[i + 1 : i + 2]
    return len(around) == 2 and all(unicodedata.normalize("NFKC", c).isascii() and not c.isspace() for c in around)


def line_breaks(letter: GoldLetter, structure: Structure, rng: random.Random) -> Groups:
    """Long lines broken at the width of a page; none for a letter that is broken already."""
    text, width = letter.text, rng.randrange(52, 86, 2)
    if any("\n" in text[p.start : p.end].strip() for p in structure.paragraphs):
        return []
    clauses = {c.start: c.end for c in structure.clauses}
    edits: list[Edit] = []
    for line in re.finditer(r"[^\r\n]+", text):
        at, end = line.start(), line.start() + len(line[0].rstrip())
        # A break inside a list marker would make another clause of it.
        first = skip_enumerator(text, at, end) if at not in clauses else at
        while (cut := _line_end(text, at, end, width)) < end:
            edits += [Edit(cut, cut, "\n")] if cut > first else []
            at = cut
    return [edits]


def _line_end(text: str, start: int, end: int, width: int) -> int:
    """Where the line that begins at `start` is full; it takes at least one character."""
    at, columns = start, 0
    while at < end and columns < width:
        columns += 2 if unicodedata.east_asian_width(text[at]) in "WFA" else 1
        at += 1
    if at >= end:
        return end
    full = at
    while at > start + 1 and (
        text[at] in _NO_LINE_START or text[at - 1] in _NO_LINE_END or (text[at - 1 : at + 1].isascii())
    ):
        at -= 1
    return at if full - at <= 6 else full


def web_page(letter: GoldLetter, rng: random.Random) -> Groups:
    """The lines of a web page before and after the letter; none for a letter that has such lines."""
    text = letter.text
    if re.search("首页|浏览次数|阅读次数|打印|上一篇|网站地图", text):
        return []
    years = re.findall(r"20\d\d(?=年)", text)
    before = list(_page_head(max(years, default="2023"), rng))
    after = list(_page_foot(rng))
    gap = "\n" * rng.randint(1, 2)
    edits = [Edit(0, 0, "\n".join(before) + gap)] if before else []
    return [edits + ([Edit(len(text), len(text), gap + "\n".join(after) + "\n")] if after else [])]


def _page_head(year: str, rng: random.Random) -> Iterator[str]:
    date = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if rng.random() < 0.5:
        date += f" {rng.randint(8, 18):02}:{rng.randint(0, 59):02}"
    count = rng.randint(11, 4999)
    blank = rng.choice((" ", "\u3000", "  "))
    if rng.random() < 0.7:
        mark = rng.choice((" > ", ">", " » ", " / "))
        place = rng.choice(("政务公开", "信息公开", "公开目录", "互动交流"))
        topic = rng.choice(("建议提案", "办理结果公开"))
        yield rng.choice(("您所在的位置：", "位置：", "")) + mark.join(("首页", place, topic))
    if rng.random() < 0.4:
        yield "字体" + rng.choice(("：[大] [中] [小]", ": 大 中 小", "　【大】【中】【小】"))
    if rng.random() < 0.8:
        facts = [f"发布日期：{date}", "来源：" + rng.choice(("本站", "办公室", "提案科")), f"浏览次数：{count}"]
        rng.shuffle(facts)
        yield blank.join(facts[: rng.randint(1, 3)])


def _page_foot(rng: random.Random) -> Iterator[str]:
    blank = rng.choice((" ", "\u3000", " | "))
    if rng.random() < 0.6:
        yield blank.join(rng.sample(("打印本页", "关闭窗口", "返回顶部", "收藏本页", "我要纠错"), rng.randint(2, 3)))
    if rng.random() < 0.5:
        topic = rng.choice(("优化营商环境", "老旧小区改造", "校园周边交通", "河道保洁", "社区养老"))
        yield rng.choice(("上一篇：", "下一篇：", "上一条: ")) + f"关于{topic}建议的答复"
    if rng.random() < 0.7:
        yield blank.join(("网站地图", "联系我们", rng.choice(("隐私声明", "版权说明"))))
    if rng.random() < 0.5:
        yield f"网站标识码：{rng.randint(10**9, 10**10 - 1)}"
