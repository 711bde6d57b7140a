"""The tables of a run: which columns they have, and the rows that a result gives.

Every format of tables is written from here. A cell holds what the result's JSON holds; how people see it (Chinese
headings and words, ordinals from 1) is said by its column, and `shown` does it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

from nlp.claims.dates import calendar_day
from nlp.labels import CATEGORIES, CLAIM_TYPES, STATUSES
from nlp.output.letters import AnnotatedLetter
from nlp.output.words import APPROX_NAMES, DIRECTION_NAMES, STATUS_NAMES, TYPE_NAMES
from nlp.schema import Claim, Result

Cell = str | int | float | date | None
Row = tuple[Cell, ...]
T = TypeVar("T")
Kind = Literal["text", "whole", "ordinal", "number", "probability", "share", "date"]


@dataclass(frozen=True)
class Column:
    """A column.

    Args:
        name: for programs, ASCII but for the names of categories.
        heading: for people.
        kind: what its cells hold: `str` (text), `int` (whole; ordinal, an index from 0), `int | float` (number),
            `float` from 0 to 1 (probability, share) or `date`; None where there is nothing.
        width: in a spreadsheet, in digits.
        words: what people read in place of a value.
    """

    name: str
    heading: str
    kind: Kind = "text"
    width: int = 10
    words: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Table(Generic[T]):
    """A table; `name` is for programs and files, `title` for people, `rows` gives the rows of one T (a letter)."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[T], Iterator[Row]]


def shown(column: Column, cell: Cell) -> Cell:
    """A cell as people see it: the words of a label, an ordinal from 1; anything else as it is."""
    if column.words is not None and isinstance(cell, str):
        return column.words[cell]
    if column.kind == "ordinal" and isinstance(cell, int):
        return cell + 1
    return cell


def begins_as_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula: it begins with = + - or @.

    Blanks, control and invisible characters before it count for nothing, and full-width and other forms of the four
    count as they do, because programs skip the ones and fold the others.
    """
    for c in text:
        if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"):
            return c == "−" or unicodedata.normalize("NFKC", c)[0] in "=+-@"
    return False


def _letter(letter: AnnotatedLetter) -> Iterator[Row]:
    result = letter.result
    document, meta = result.document, result.document.meta
    planned = sum(m.status == "planned" for m in result.measures)
    yield (
        _path(result), meta.title, meta.number, meta.issuer, meta.addressee, meta.proposal_kind, meta.proposal_number,
        meta.session, _date(result), meta.reply_class, document.characters, len(result.measures), planned,
        len(result.claims), document.sha256,
    )  # fmt: skip


def _measures(letter: AnnotatedLetter) -> Iterator[Row]:
    result = letter.result
    path = _path(result)
    for index, m in enumerate(result.measures):
        yield path, index, m.category, m.status, m.text, m.start, m.end, m.score


def _claims(letter: AnnotatedLetter) -> Iterator[Row]:
    result = letter.result
    path = _path(result)
    for index, c in enumerate(result.claims):
        period = (None, None, None) if c.period is None else (c.period.text, c.period.from_, c.period.to)
        yield (
            path, index, c.text, c.type, c.value, c.value_max, c.unit, c.approx,
            *((None, None) if c.metric is None else (c.metric.text, c.metric.canonical)),
            period[0], calendar_day(period[1]), calendar_day(period[2]),
            c.direction, c.basis, c.measure, _category(result, c), c.start, c.end, c.score,
        )  # fmt: skip


def _comparison(letter: AnnotatedLetter) -> Iterator[Row]:
    result = letter.result
    measures = Counter((m.category, m.status) for m in result.measures)
    claims = Counter(c.type for c in result.claims)
    characters = result.document.characters
    inside = sum(m.end - m.start for m in result.measures)
    yield (
        _path(result), result.document.meta.issuer, _date(result), characters, len(result.measures),
        *(measures[category, status] for category in CATEGORIES for status in STATUSES),
        inside / characters if characters else None, len(result.claims), *(claims[type] for type in CLAIM_TYPES),
    )  # fmt: skip


def _path(result: Result) -> str:
    return result.document.path or result.document.id


def _date(result: Result) -> date | None:
    return calendar_day(result.document.meta.date)


def _category(result: Result, claim: Claim) -> str | None:
    return None if claim.measure is None else result.measures[claim.measure].category


_PATH = Column("path", "文件", width=28)
_ISSUER = Column("issuer", "答复单位", width=18)
_DATE = Column("date", "日期", "date", width=12)
_CHARACTERS = Column("characters", "字数", "whole")
_MEASURES = Column("measures", "措施", "whole")
_CLAIMS = Column("claims", "数值", "whole")
_START = Column("start", "起", "whole")
_END = Column("end", "止", "whole")
_SCORE = Column("score", "可信度", "probability")

LETTERS = Table(
    "letters",
    "复函",
    (
        _PATH,
        Column("title", "标题", width=40),
        Column("number", "文号", width=20),
        _ISSUER,
        Column("addressee", "答复对象", width=18),
        Column("proposal_kind", "建议或提案"),
        Column("proposal_number", "建议提案号"),
        Column("session", "会议", width=20),
        _DATE,
        Column("reply_class", "办理类别"),
        _CHARACTERS,
        _MEASURES,
        Column("planned_measures", "其中拟做", "whole"),
        _CLAIMS,
        Column("sha256", "SHA-256", width=16),
    ),
    _letter,
)
MEASURES = Table(
    "measures",
    "措施",
    (
        _PATH,
        Column("index", "序号", "ordinal"),
        Column("category", "类别"),
        Column("status", "状态", words=STATUS_NAMES),
        Column("text", "原文", width=70),
        _START,
        _END,
        _SCORE,
    ),
    _measures,
)
CLAIMS = Table(
    "claims",
    "数值",
    (
        _PATH,
        Column("index", "序号", "ordinal"),
        Column("text", "原文", width=16),
        Column("type", "类型", words=TYPE_NAMES),
        Column("value", "折合", "number", width=16),
        Column("value_max", "上限", "number", width=12),
        Column("unit", "单位"),
        Column("approx", "约数", words=APPROX_NAMES),
        Column("metric", "指标", width=30),
        Column("indicator", "统一指标", width=14),
        Column("period", "时期", width=16),
        Column("period_from", "时期起日", "date", width=12),
        Column("period_to", "时期止日", "date", width=12),
        Column("direction", "升降", words=DIRECTION_NAMES),
        Column("basis", "比较基准"),
        Column("measure", "措施序号", "ordinal"),
        Column("category", "措施类别"),
        _START,
        _END,
        _SCORE,
    ),
    _claims,
)
COMPARISON = Table(
    "comparison",
    "比较",
    (
        _PATH,
        _ISSUER,
        _DATE,
        _CHARACTERS,
        _MEASURES,
        *(Column(f"{c}_{s}", f"{c}·{STATUS_NAMES[s]}", "whole") for c in CATEGORIES for s in STATUSES),
        Column("share", "措施占全文", "share", width=12),
        _CLAIMS,
        *(Column(type, f"数值·{TYPE_NAMES[type]}", "whole") for type in CLAIM_TYPES),
    ),
    _comparison,
)
TABLES = (LETTERS, MEASURES, CLAIMS, COMPARISON)
