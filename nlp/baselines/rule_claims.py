"""Rules for claims: the type of a number, the metric before or behind it, and the times that figures are for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from nlp.baselines.choosing import Component, Example, Part, Tagger
from nlp.baselines.reading import IntArray, Reading
from nlp.claims.changes import direction_of
from nlp.labels import METRIC_LABELS, OUTSIDE, PERIOD_LABELS, QUANTITY_LABELS

_REACHES = (4, 8, 16)
_LONGEST_METRICS = (6, 8, 12)
# 降至12起, 提高到95%, 由12个: the figure that was reached, not the change.
_REACHED = re.compile(r"(?:至|到|达|为|占|率|在|最高)[了约近超的]{0,2}$")
_FROM = re.compile(r"(?:由|从)[^，,。；;、]{0,10}$")
# 一个, 一家 and what stands in quotes (“五分钟”反诈晨读) is a way of speaking.
_ONE = re.compile(r"[一百千万]\D?\D?")
_IN_QUOTES = re.compile(r"[“《「][^”》」]*$")
_QUOTE_REACH = 24
_LIST_MARK = re.compile(r"[、,，]|和|与|及")
# What stands between a metric and its figure and is no part of it.
_FILLER = re.compile(
    r"(?:分别|依次|同比|环比|较.{1,6}|(?<![同环占])比.{1,6}|上升|下降|增长|减少|增加|提高|提升|降低|压降|回落|缩短|压缩|排名|位列|名列|位居|排在|排|居|列|全省|全市|"
    r"共计|合计|累计|总计|共|达到|达|高达|占|为|是|有|(?:由|从).{0,8}|年初的|目前的|的|已|均|也|总|约|仅|了|至|到|控制在|稳定在|保持在?|应为|实为|[:：\s“”])$"
)
# The verbs with which what is counted begins: 全县公安机关|抓获嫌疑人.
_VERB = re.compile(
    "抓获|抓捕|破获|侦破|破案|打掉|捣毁|端掉|止付|冻结|返还|发还|追回|挽回|追缴|收缴|缴获|查扣|查获|查处|关停|劝阻|劝返|劝回|劝止|拦截|拦下|封堵|堵截|"
    "预警|见面劝阻|约谈|整改|处置|清理|移送|审结|判处|执行|受理|接报|立案|刑拘|批捕|逮捕|起诉|发放|发送|推送|播放|张贴|印发|下发|制作|举办|组织|开设|召开|培训|"
    "演出|安装|注册|覆盖|签订|走访|排查|核查|检查|限制|暂停|注销|惩戒|罚款|处罚|责令|通报|损失|涉案|涉及|新增|追赃挽损|避免|保住|阅读|参与|走进|回收|登记|发布|接入"
)
_CUT = re.compile(r"[，,。；;：:、！？!?（）()《》\n]|中|把|将|对|已|共|累计|期间|以来")
# A noun that is counted follows its number; these begin no noun.
_NO_NOUN = re.compile(r"[，,。；;：:、！？!?（）()”》]|以上|以下|以内|左右|同比|和|与|并|至|到")
_NOUN_END = re.compile(
    r"[，,。；;：:、！？!?（）()”》]|的|和|与|及|全部|逐|实行|开展|先|设|依法|签|建|落|挂|停|给|进|组|参|中|内|在|被|为"
)
_PERIOD = re.compile(
    r"(?:截至|截止)?(?:(?:20[0-9]{2}|二[〇0零一二三四五六七八九]{3})(?:年度|学年|年)|今年|去年|上年|前年|明年)"
    r"(?:全年|以来|上半年|下半年|年?底前?|[春秋]季学期|前?(?:[一二三四]|三个|前三)个?季度|前?[0-9]{1,2}个月|前[一二三四五六七八九十]+个月"
    r"|[0-9]{1,2}月?[至到—-][0-9]{1,2}月|[0-9]{1,2}月(?:底|末|份)?(?:[0-9]{1,2}日)?(?:以来|至今|前)?)?"
    r"(?:[至到—-](?:20[0-9]{2}年?|今年|目前)(?:上半年|下半年|[0-9]{1,2}月)?|以来|至今)?"
    r"|截至目前|目前|上半年|下半年|全年|年内|年底前|年初以来|前?[一二三四]季度|前三季度|[一二两三四五]年来|同期"
    r"|截至[0-9]{1,2}月[底末]|[0-9]{1,2}月?[至—-][0-9]{1,2}月|前[0-9]{1,2}个月|近[一二两三四五]年"
)


def claim_components() -> list[Component]:
    """The rules for quantities, metrics and periods; how far they look is chosen on dev."""
    return [Component(("quantities",), _quantity_settings), *border_components()]


def border_components() -> list[Component]:
    """The rules for metrics and periods alone."""
    return [Component(("metrics",), _metric_settings), Component(("periods",), _period_settings)]


def _quantity_settings(learning: Sequence[Example]) -> Iterator[tuple[str, Tagger]]:
    for reach in _REACHES:
        for figures in (True, False):
            name = (
                f"direction words up to {reach} characters before, {'figures of speech left out' if figures else 'all'}"
            )
            yield name, _tagger("quantities", partial(types, reach=reach, figures_of_speech=not figures))


def _metric_settings(learning: Sequence[Example]) -> Iterator[tuple[str, Tagger]]:
    for longest in _LONGEST_METRICS:
        yield f"metrics of up to {longest} characters", _tagger("metrics", partial(metrics, longest=longest))


def _period_settings(learning: Sequence[Example]) -> Iterator[tuple[str, Tagger]]:
    yield "times by expression", _tagger("periods", periods)


def _tagger(part: Part, label: Callable[[Reading], IntArray]) -> Tagger:
    return lambda reading: {part: label(reading)}


def types(reading: Reading, *, reach: int, figures_of_speech: bool) -> IntArray:
    """The type of every number; the grammar's veto has taken out those that certainly are no claims.

    Args:
        reach: how many characters before a number may say that it is a change.
        figures_of_speech: whether 一个 and numbers in quotes are claims too.
    """
    found: list[str] = []
    for i in range(len(reading.numbers)):
        if not figures_of_speech and _is_figure_of_speech(reading, i):
            found.append(OUTSIDE)
        elif _is_change(reading, i, reach, after_change=bool(found) and found[-1] == "change"):
            found.append("change")
        else:
            found.append(reading.candidates[i].quantity.types[0])
    return np.array([QUANTITY_LABELS.index(label) for label in found], dtype=np.int64)


def _is_figure_of_speech(reading: Reading, i: int) -> bool:
    number = reading.numbers[i]
    before = reading.characters[max(0, number.first - _QUOTE_REACH) : number.first]
    return _ONE.fullmatch(reading.surface(number)) is not None or _IN_QUOTES.search(before) is not None


def _is_change(reading: Reading, i: int, reach: int, *, after_change: bool) -> bool:
    number, text = reading.numbers[i], reading.characters
    if "change" not in reading.candidates[i].quantity.types:
        return False
    last = reading.numbers[i - 1].last if i else 0
    floor = max(number.first - reach, last)
    if after_change and _LIST_MARK.fullmatch(text, last, number.first):
        return True  # 分别上升44.57%、39.48%
    if _REACHED.search(text[floor : number.first]) or _FROM.search(text[max(last, number.first - 16) : number.first]):
        return False
    return direction_of(text, number.first, number.last, floor) is not None


def metrics(reading: Reading, *, longest: int) -> IntArray:
    """B and I of the metric of every number: the noun that it counts, or the words before it."""
    labels = np.zeros(len(reading.tokens), dtype=np.int64)
    for i, number in enumerate(reading.numbers):
        floor = reading.numbers[i - 1].last if i else 0
        start, end = _noun_behind(reading, number.last, longest) or _words_before(reading, floor, number.first, longest)
        _mark(labels, start, end, METRIC_LABELS)
    return labels


def _noun_behind(reading: Reading, at: int, longest: int) -> tuple[int, int] | None:
    text = reading.characters
    if at == len(text) or _NO_NOUN.match(text, at):
        return None
    border = _NOUN_END.search(text, at + 1, at + longest)
    end = min(at + longest, len(text)) if border is None else border.start()
    return (at, end) if end - at > 1 else None


def _words_before(reading: Reading, floor: int, at: int, longest: int) -> tuple[int, int]:
    text = reading.characters
    floor = max(floor, at - 4 * longest)
    end = at
    # One by one: a repeated group in the expression takes exponential time.
    while (filler := _FILLER.search(text[floor:end])) is not None:
        end = floor + filler.start()
    cuts = [found.end() for found in _CUT.finditer(text, floor, max(floor, end - 1))]
    start = max(cuts[-1] if cuts else floor, end - 2 * longest)
    verb = _VERB.search(text, start, end)
    return max(start if verb is None else verb.start(), end - longest), end


def periods(reading: Reading) -> IntArray:
    """B and I of every time in the paragraphs with numbers."""
    labels = np.zeros(len(reading.tokens), dtype=np.int64)
    for first, last in reading.numbered_sentences():
        for found in _PERIOD.finditer(reading.characters, first, last):
            _mark(labels, found.start(), found.end(), PERIOD_LABELS)
    return labels


def _mark(labels: IntArray, start: int, end: int, names: Sequence[str]) -> None:
    """Writes B and I over `[start, end)` where nothing is marked yet."""
    if start < end and not labels[start:end].any():
        labels[start:end] = next(i for i, name in enumerate(names) if name.startswith("I-"))
        labels[start] = next(i for i, name in enumerate(names) if name.startswith("B-"))
