"""For a change: up or down, and against what."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

from nlp.labels import Direction

_UP_WORDS = (
    "上升 增长 增加 提高 提升 上涨 攀升 增幅 升幅 涨幅 扩大 多出 高出 上浮 反弹 增至 升至 增多 新增 激增 猛增 递增 "
    "增速 翻番 比升 同比升 环比升 ↑"
)
_DOWN_WORDS = (
    "下降 减少 降低 压降 回落 降幅 压缩 缩短 下滑 缩减 下调 收窄 减至 降至 减幅 跌幅 下跌 锐减 骤降 递减 少于 低于 "
    "压减 比降 同比降 环比降 ↓"
)
_WORDS: dict[str, Direction] = {}
_WORDS.update((word, "up") for word in _UP_WORDS.split())
_WORDS.update((word, "down") for word in _DOWN_WORDS.split())
_ANY_WORD = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_LONG = re.compile(_ANY_WORD)
# One character is a direction only right before the figure: 比去年同期多|6起, 再降|三成.
_SHORT: dict[str, Direction] = {
    "多": "up", "升": "up", "增": "up", "涨": "up", "高": "up", "+": "up",
    "少": "down", "降": "down", "减": "down", "跌": "down", "低": "down", "-": "down",
}  # fmt: skip
_BETWEEN = re.compile(r"[\s了约为达到近至超逾:：（(仅]*$")
_AFTER = re.compile(rf"\s*的?(?:速度|比例|幅度)?\s*({_ANY_WORD})")

_TIME = (
    r"(?:去年|上年|前年|往年|上一?[年月周届季期轮]|上个?季度|上半年|[一二三四]季度|[12一二][0-9〇零○一二三四五六七八九]{3}年"
    r"|年初|年均|同期|此前|之前|以前|前[一二两三四五0-9]+[年月]|[一二两三四五六0-9]+个?[年月]前|[0-9]{1,2}月)"
)
# 比上年, 较2022年, 比开展活动前, 与2020年相比: the words that name the base, without the figure's own direction.
_COMPARED = re.compile(
    r"(?P<with>[与和同][^，,。；;、]{1,16}?相比)"
    r"|(?P<year>同比)|(?P<chain>环比)|(?P<pair>比[升降])"
    rf"|(?P<than>(?<![占环同对])[比较](?P<base>{_TIME}[^，,。；;、]{{0,8}}?|[^，,。；;、的]{{1,12}}?前|上[^，,。；;、]{{1,3}}?)"
    r"(?=下降|减少|上升|增长|增加|提高|提升|降低|压降|回落|多|少|升|降|增|减|净|分别|再|又|约|有所|大幅|明显|缩短|压缩|下滑|上涨|翻|扩大))"
    r"|(?P<mean>年均)"
)
# How far before a figure words about its change can stand; it keeps the work linear.
_REACH = 300
_SAME_PERIOD = re.compile("去年同期|上年同期|去年同|同期")


def direction_of(text: str, start: int, end: int, floor: int) -> Direction | None:
    """Up or down for the figure at `[start, end)`; words before `floor` do not count.

    The word right before it decides, then the one right after it (37%的降幅), then the last one before it.
    """
    before = "".join(text[max(floor, start - _REACH) : start].split())
    stem = _BETWEEN.sub("", before[-40:])
    if stem and not any(stem.endswith(word) for word in _WORDS) and stem[-1] in _SHORT:
        return _SHORT[stem[-1]]
    last = _last(_LONG.finditer(before))
    after = _AFTER.match(text, end, min(len(text), end + 10))
    if after is not None and (last is None or len(before) - last.end() > 4):
        return _WORDS[after[1]]
    return None if last is None else _WORDS[last[0]]


def _last(matches: Iterable[re.Match[str]]) -> re.Match[str] | None:
    return next(iter(deque(matches, maxlen=1)), None)


def basis_of(text: str, start: int, floor: int) -> str | None:
    """What a change is against – 同比, 环比, 比上年, 与2020年相比 – by the last such words in `text[floor:start]`."""
    last = _last(_COMPARED.finditer("".join(text[max(floor, start - _REACH) : start].split())))
    if last is None:
        return None
    surface = last[0]
    if last["than"] is not None or last["with"] is not None:
        return "同比" if _SAME_PERIOD.search(surface) else surface
    return surface
