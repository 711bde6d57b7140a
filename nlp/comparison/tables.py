"""The tables of a comparison, for every format: the figures, each with what contradicts it, and the contradictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp.comparison.contradictions import Contradiction, find_contradictions
from nlp.comparison.figures import Figures
from nlp.output.tables import Column, Row, Table
from nlp.output.words import APPROX_NAMES, DIRECTION_NAMES, STATUS_NAMES, TYPE_NAMES

KIND_NAMES = {"values": "同一时期两个数", "change": "增减与总数不符"}


@dataclass(frozen=True)
class Comparison:
    """Figures, what contradicts what, and for each figure (by `id`) the numbers of its contradictions from 1."""

    figures: Figures
    contradictions: Sequence[Contradiction]
    numbers: Mapping[int, Sequence[int]]


def compare(figures: Figures) -> Comparison:
    """Looks for contradictions; see `nlp.comparison.contradictions.find_contradictions`."""
    found = find_contradictions(figures.rows)
    numbers: dict[int, list[int]] = {}
    for number, contradiction in enumerate(found, start=1):
        for figure in contradiction.figures:
            numbers.setdefault(id(figure), []).append(number)
    return Comparison(figures, found, numbers)


def _figures(comparison: Comparison) -> Iterator[Row]:
    for row in comparison.figures.rows:
        numbers = comparison.numbers.get(id(row), ())
        yield (
            row.indicator, row.type, row.letter, row.issuer, row.period, *row.days, row.value, row.value_max, row.unit,
            row.approx, row.direction, row.basis, row.text, row.start, row.status, " ".join(map(str, numbers)) or None,
        )  # fmt: skip


def _contradictions(comparison: Comparison) -> Iterator[Row]:
    for number, contradiction in enumerate(comparison.contradictions, start=1):
        for row in contradiction.figures:
            yield (
                number, contradiction.kind, row.indicator, row.letter, row.period, *row.days, row.text, row.value,
                row.unit, row.direction, row.start,
            )  # fmt: skip


_INDICATOR = Column("indicator", "统一指标", width=14)
_LETTER = Column("letter", "文件", width=28)
_PERIOD = Column("period", "时期", width=16)
_FROM = Column("period_from", "时期起日", "date", width=12)
_TO = Column("period_to", "时期止日", "date", width=12)
_VALUE = Column("value", "折合", "number", width=16)
_UNIT = Column("unit", "单位")
_DIRECTION = Column("direction", "升降", words=DIRECTION_NAMES)
_TEXT = Column("text", "原文", width=16)
_START = Column("start", "起", "whole")

FIGURES = Table(
    "figures",
    "指标",
    (
        _INDICATOR,
        Column("type", "类型", words=TYPE_NAMES),
        _LETTER,
        Column("issuer", "答复单位", width=18),
        _PERIOD,
        _FROM,
        _TO,
        _VALUE,
        Column("value_max", "上限", "number", width=12),
        _UNIT,
        Column("approx", "约数", words=APPROX_NAMES),
        _DIRECTION,
        Column("basis", "比较基准"),
        _TEXT,
        _START,
        Column("status", "状态", words=STATUS_NAMES),
        Column("contradictions", "矛盾"),
    ),
    _figures,
)
CONTRADICTIONS = Table(
    "contradictions",
    "矛盾",
    (
        Column("number", "矛盾", "whole"),
        Column("kind", "情形", width=18, words=KIND_NAMES),
        _INDICATOR,
        _LETTER,
        _PERIOD,
        _FROM,
        _TO,
        _TEXT,
        _VALUE,
        _UNIT,
        _DIRECTION,
        _START,
    ),
    _contradictions,
)
