"""The days of periods in their sections, and what is filled in of a letter's claims; every letter was made up here."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.claims.dates import NOTHING, Interval
from nlp.claims.resolution import is_resolved, resolve_claims, resolve_periods, resolved
from nlp.schema import Claim, DocumentInfo, DocumentMeta, Measure, ModelInfo, Result, Span
from nlp.text.segmentation import segment

# 【…】 marks the periods of claims; behind the letter, what each of them must be. The letter is of 2023-09-15.
LETTERS = [
    ("【2022年】破案100起，【上半年】破案40起。", ["2022-01-01..2022-12-31", "2022-01-01..2022-06-30"]),
    ("【2022年】破案100起。【上半年】破案40起。", ["2022-01-01..2022-12-31", ".."]),
    ("【今年以来】破案100起。【6月】破案40起。", ["2023-01-01..2023-09-15", "2023-06-01..2023-06-30"]),
    ("【1至8月】破案100起。", ["2023-01-01..2023-08-31"]),
    ("2022年我局成立专班，【上半年】破案40起。", [".."]),
    ("今年我局成立专班，【上半年】破案40起。", ["2023-01-01..2023-06-30"]),
    ("【2022年】破案100起，依据2019年的办法，【上半年】罚款3万元。", ["2022-01-01..2022-12-31", ".."]),
    ("【1至8月】破案数比去年上升，【6月】破案40起。", ["2023-01-01..2023-08-31", "2023-06-01..2023-06-30"]),
    ("【去年以来】破案100起，【6月】破案40起。", ["2022-01-01..2023-09-15", ".."]),
    ("【近年来】破案100起，【6月】破案40起。", ["..", "2023-06-01..2023-06-30"]),
    ("一、去年的工作\n【2022年】破案100起。\n二、今年的工作\n【上半年】破案40起。", [
        "2022-01-01..2022-12-31", "2023-01-01..2023-06-30",
    ]),
    ("【今年1至8月】破案40起，【去年同期】30起。", ["2023-01-01..2023-08-31", "2022-01-01..2022-08-31"]),
    ("【2021年】，损失由【上年】的5万元降至3万元。", ["2021-01-01..2021-12-31", "2020-01-01..2020-12-31"]),
    ("【2021年】破案9起，【同年6月】破案2起。", ["2021-01-01..2021-12-31", "2021-06-01..2021-06-30"]),
    ("【截至目前】共破案40起，【7月】破案3起。", ["..2023-09-15", "2023-07-01..2023-07-31"]),
    ("下一步，力争【年底前】破案100起，【明年】再破50起。", ["..2023-12-31", "2024-01-01..2024-12-31"]),
]  # fmt: skip


def _marked(source: str) -> tuple[str, list[Span]]:
    text, spans, begin = "", [], 0
    for part in re.split("([【】])", source):
        if part == "【":
            begin = len(text)
        elif part == "】":
            spans.append(Span(start=begin, end=len(text), text=text[begin:]))
        else:
            text += part
    return text, spans


def _shown(days: Interval) -> str:
    return f"{days.start or ''}..{days.end or ''}"


@pytest.mark.parametrize(("source", "expected"), LETTERS, ids=[source[:20] for source, _ in LETTERS])
def test_resolution_reads_a_period_in_its_section(source: str, expected: list[str]) -> None:
    text, spans = _marked(source)
    found = resolve_periods(spans, text, segment(text), "2023-09-15")
    assert [_shown(found[s.start, s.end]) for s in spans] == expected


@pytest.mark.parametrize("letter_date", [None, "2023-02-30"])
def test_resolution_without_a_date_of_the_letter(letter_date: str | None) -> None:
    text, spans = _marked(
        "【2022年】破案100起，【上半年】破案40起。【今年】破案9起，【1至8月】3起。【2021年以来】20起。"
    )
    found = resolve_periods(spans, text, segment(text), letter_date)
    assert [_shown(found[s.start, s.end]) for s in spans] == [
        "2022-01-01..2022-12-31", "2022-01-01..2022-06-30", "..", "..", "2021-01-01..",
    ]  # fmt: skip


def test_resolution_reads_over_hard_wraps() -> None:
    line = "全市公安机关坚持以打开路，深入推进专项行动，全警动员，全力攻坚"
    text, spans = _marked(f"{line}，【去\n年】破案一百起，追回资金三百万元，{line}\n" * 3)
    found = resolve_periods(spans, text, segment(text), "2023-09-15")
    assert [_shown(found[s.start, s.end]) for s in spans] == ["2022-01-01..2022-12-31"] * 3


TEXT = "2022年，抓获嫌疑人3276名，走访农户5户，上半年破案40起。"


def _result(**given: object) -> Result:
    def span(part: str) -> Span:
        return Span(start=TEXT.index(part), end=TEXT.index(part) + len(part), text=part)

    def claim(part: str, unit: str, metric: str | None, period: str | None) -> Claim:
        return Claim(
            **span(part).model_dump(), type="count", value=int(re.sub(r"\D", "", part)), value_max=None, unit=unit,
            approx=None, metric=metric and span(metric), period=period and span(period),
            direction=None, basis=None, measure=None, score=0.5,
        )  # fmt: skip

    claims = [
        claim("3276名", "名", "抓获嫌疑人", "2022年"),
        claim("5户", "户", "走访农户", "2022年"),
        claim("40起", "起", "破案", "上半年"),
    ]
    info = DocumentInfo(id="a", path=None, sha256="0" * 64, characters=len(TEXT), meta=DocumentMeta(date="2023-09-15"))
    model = ModelInfo(name="m", version="0", backend="b", device="cpu")
    return Result(document=info, model=model, measures=list[Measure](), claims=claims)


def test_resolution_fills_in_and_changes_nothing_else() -> None:
    before = _result()
    after = resolve_claims(before.claims, TEXT, segment(TEXT), "2023-09-15")
    assert [c.metric and c.metric.canonical for c in after] == ["抓获人数", None, "破案数"]
    assert [(c.period.from_, c.period.to) for c in after if c.period is not None] == [
        ("2022-01-01", "2022-12-31"), ("2022-01-01", "2022-12-31"), ("2022-01-01", "2022-06-30"),
    ]  # fmt: skip
    bare = {"metric": {"canonical"}, "period": {"from_", "to"}}
    assert [c.model_dump(exclude=bare) for c in after] == [c.model_dump(exclude=bare) for c in before.claims]
    assert resolve_claims([], TEXT, segment(TEXT), None) == []


def test_resolution_of_an_older_result_is_filled_in_once() -> None:
    older = _result()
    assert not is_resolved(older)
    newer = resolved(older, TEXT)
    assert is_resolved(newer)
    assert resolved(newer, "another text") is newer
    again = Result.model_validate_json(newer.model_dump_json())
    assert is_resolved(again)
    assert again == newer


_WORDS = [
    "\n一、",
    "（一）",
    "\n",
    "。",
    "，",
    "；",
    "2022年",
    "今年",
    "去年",
    "上半年",
    "1至8月",
    "同期",
    "去年同期",
    "上年",
    "破案40起",
    "下一步",
    "近年来",
    "截至目前",
    "二〇二一年",
    "年底前",
    "比去年\n",
]


@given(
    st.lists(st.sampled_from(_WORDS) | st.text(max_size=5), max_size=30).map("".join),
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 12)), max_size=12),
    st.none() | st.dates().map(date.isoformat) | st.just("2023-02-30"),
)
def test_resolution_never_raises_and_gives_every_period_its_days(
    text: str, places: list[tuple[int, int]], letter_date: str | None
) -> None:
    spans = [Span(start=a, end=min(a + n, len(text)), text=text[a : a + n]) for a, n in places if a < len(text)]
    found = resolve_periods(spans, text, segment(text), letter_date)
    assert set(found) == {(s.start, s.end) for s in spans}
    assert all(d == NOTHING or d.start is None or d.end is None or d.start <= d.end for d in found.values())
    assert resolve_periods(spans[::-1], text, segment(text), letter_date) == found
