"""The source format of composed letters: what it says, what it refuses, and that nothing is lost on the way back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation.markup import _around, measure_index, parse, render
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES, CLAIM_TYPES, STATUSES
from nlp.schema import GoldClaim, GoldMeasure, Span, check_spans

MARK_INSIDE = (
    "{!r} stands inside a quantity (a quantity holds no mark: close it first, {{k1:抓获}}{{q:231名|count k1}})"
)
FORMAT = "(see the head of nlp/annotation/markup.py)"
BRACE = r"a } closes no {k…:} or {t…:} (for a quantity write {q:231名|count k1}, or \} for a brace in the text)"
BRACKET = r"a ] closes no measure (close the inner brace first, or write \] for a bracket in the text)"
NO_TYPE = "the quantity 3名 has no type (write one of count, money, percent, change, rank behind the |)"
DIRECTION = "; a change needs up or down, and nothing else has one (mend it)"
OPENS = r"(write {k1:…}, {t1:…}, {q:…|…}, or \{ for a brace in the text)"
UNREADABLE = "the number grammar cannot read 若干 (mend its borders, or state value=… and unit=…)"
OPENS_MEASURE = r"(write [打击|…], or \[ for a bracket in the text)"
HEAD = "---\nid: a01\nyear: 2024\n---\n"


def test_markup_parse_takes_marks_out_of_the_text() -> None:
    source = (
        HEAD + "李代表：\r\n"
        "{t1:2024年}，[打击|县局{k1:抓获涉诈人员}{q:31名|count k1 t1}，{k2:追回资金}{q:近90万元|money k2 t1}]。"
        "同比上升{q:12.5%|change k1 up basis=同比}。下一步，[宣传*|我局将开展宣讲]。"
    )
    letter = parse(source)
    assert letter.meta == {"id": "a01", "year": 2024}
    assert letter.text == (
        "李代表：\r\n2024年，县局抓获涉诈人员31名，追回资金近90万元。同比上升12.5%。下一步，我局将开展宣讲。"
    )
    assert [(m.text, m.category, m.status) for m in letter.measures] == [
        ("县局抓获涉诈人员31名，追回资金近90万元", "打击", "done"),
        ("我局将开展宣讲", "宣传", "planned"),
    ]
    assert [
        (c.text, c.type, c.value, c.unit, c.approx, c.metric and c.metric.text, c.period and c.period.text, c.measure)
        for c in letter.claims
    ] == [
        ("31名", "count", 31, "名", None, "抓获涉诈人员", "2024年", 0),
        ("近90万元", "money", 900_000, "元", "under", "追回资金", "2024年", 0),
        ("12.5%", "change", 12.5, "%", None, "抓获涉诈人员", None, None),
    ]
    assert [(c.direction, c.basis) for c in letter.claims] == [(None, None), (None, None), ("up", "同比")]
    for span in (*letter.measures, *letter.claims):
        assert letter.text[span.start : span.end] == span.text
    assert (letter.first_line, letter.overrides) == (5, [])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"参见\[附件\]", "参见[附件]"),
        (r"\{甲\}\\乙\|丙", r"{甲}\乙|丙"),
        ("甲|乙", "甲|乙"),
        ("", ""),
        ("\n\n---\n", "\n\n---\n"),
        ("甲\r\n乙\r丙\n", "甲\r\n乙\r丙\n"),
        ("𠮷[宣传|😀]", "𠮷😀"),
    ],
)
def test_markup_parse_text(source: str, text: str) -> None:
    assert parse(HEAD + source).text == text


def test_markup_parse_milestones_cross_other_spans() -> None:
    letter = parse(HEAD + "[打击|全县{k1<}抓获]、[管控|处罚{k1>}{q:8人|count k1}]")
    assert letter.text == "全县抓获、处罚8人"
    assert [m.text for m in letter.measures] == ["全县抓获", "处罚8人"]
    assert letter.claims[0].metric == Span(start=2, end=7, text="抓获、处罚")


def test_markup_parse_stated_figures_replace_the_grammar() -> None:
    letter = parse(
        HEAD + "{k1:设点}{q:一批30个|count k1 value=30 unit=个 approx=about}、"
        "{q:3-5个|count k1 max=none}、{q:80余个|count k1 approx=none}、{q:6个|count k1 value=1.5e-05}"
    )
    assert [(c.value, c.value_max, c.unit, c.approx) for c in letter.claims] == [
        (30, None, "个", "about"), (3, None, "个", None), (80, None, "个", None), (1.5e-05, None, "个", None),
    ]  # fmt: skip
    assert letter.overrides == [1, 2, 3]


def test_markup_parse_windows_line_ends_in_the_facts() -> None:
    letter = parse("---\r\nid: a01\r\nnote: x---\r\n---\r\n甲\r\n")
    assert letter.meta == {"id": "a01", "note": "x---"}
    assert (letter.text, letter.first_line) == ("甲\r\n", 5)


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("甲\n乙\\丙", 6, r"a \ stands before no bracket (write \\ for a backslash)"),
        ("甲\\", 5, r"a \ stands before no bracket (write \\ for a backslash)"),
        ("甲\n[其他|乙]", 6, "'[其他|乙]' opens no measure " + OPENS_MEASURE),
        ("[打击|甲\n[宣传|乙]]", 6, "a measure opens inside a measure (close the outer one first)"),
        ("[打击|甲{k1:[宣传|乙]}]", 5, "a measure opens inside a measure (close the outer one first)"),
        ("{x:甲}", 5, r"'{x:甲}' opens nothing " + OPENS),
        ("{k:甲}", 5, r"'{k:甲}' opens nothing " + OPENS),
        ("甲\n\n]", 7, BRACKET),
        ("[打击|{k1:甲]}", 5, BRACKET),
        ("[打击|]", 5, "a measure is empty (put its text between | and ])"),
        ("甲[打击|]", 5, "a measure is empty (put its text between | and ])"),
        ("甲}", 5, BRACE),
        ("{q:3{k1:名}|count k1}", 5, MARK_INSIDE.format("{k1:名}|c")),
        ("{q:3{k1<}名|count}", 5, MARK_INSIDE.format("{k1<}名|c")),
        ("{q:3名}", 5, BRACE),
        ("{q:3名|count k1，\n甲", 5, "the quantity has no } (write {q:231名|count k1})"),
        ("{q:3|4名|count}", 5, "the quantity has no } (write {q:231名|count k1})"),
        ("{q:|count}", 5, "the quantity is empty (put it between : and |)"),
        ("甲\n[打击|乙\n丙", 6, "[打击| is never closed (add its closing bracket)"),
        ("甲\n{k1:乙\n丙", 6, "k1 is never closed (add its closing bracket)"),
        ("甲\n{k1<}乙\n丙", 6, "{k1<} has no {k1>} (add it)"),
        ("{k1<}甲\n{k1<}", 6, "{k1<} stands twice (give the second span another name)"),
        ("甲\n{t1>}", 6, "{t1>} has no {t1<} before it (add it)"),
        ("{k1:甲}\n{k1:乙}", 6, "the name k1 is given twice (give the second span another name)"),
        ("{k1:}", 5, "k1 is empty (put its text between : and })"),
        ("{t1<}{t1>}", 5, "t1 is empty (put its text between : and })"),
        ("甲\n{k1:乙}\n{t3:丙}", 6, "no quantity names k1, t3 (name it in a {q:…|…}, or take the mark away)"),
        ("甲\n{q:3名|}", 6, NO_TYPE),
        ("{q:3名|sum}", 5, NO_TYPE),
        ("{q:3名|count k7}", 5, "the quantity 3名 names k7, which is nowhere (mark it as {k7:…})"),
        ("{k1:甲}{k2:乙}{q:3名|count k1 k2}", 5, "the quantity 3名 names two metrics (name one)"),
        ("{t1:甲}{t2:乙}{q:3名|count t1 t2}", 5, "the quantity 3名 names two periods (name one)"),
        ("{q:3名|count more}", 5, "the quantity 3名: 'more' is no word of the format " + FORMAT),
        ("{q:3名|count approx=some}", 5, "the quantity 3名: approx=some (use one of over, under, about, none)"),
        ("{q:3名|count value=3 value=4}", 5, "the quantity 3名: value=… is there twice (take one away)"),
        ("{q:3名|count value}", 5, "the quantity 3名: 'value' is no word of the format " + FORMAT),
        ("{q:3名|count basis=}", 5, "the quantity 3名: 'basis=' is no word of the format " + FORMAT),
        ("{q:3名|count value=nan}", 5, "the quantity 3名: value=nan is no number (write digits and at most one point)"),
        ("{q:3名|count value=1_0}", 5, "the quantity 3名: value=1_0 is no number (write digits and at most one point)"),
        ("{q:3名|count max=inf}", 5, "the quantity 3名: max=inf is no number (write digits and at most one point)"),
        ("{q:3%|change}", 5, "the quantity 3% is a change" + DIRECTION),
        ("{q:3名|count up}", 5, "the quantity 3名 is a count" + DIRECTION),
        ("{q:若干|count}", 5, UNREADABLE),
        ("{q:若干|count value=3}", 5, UNREADABLE),
    ],
)  # fmt: skip
def test_markup_parse_names_the_line_and_the_mend(body: str, line: int, message: str) -> None:
    with pytest.raises(FanzhaError) as caught:
        parse(HEAD + body, path="letters/a01.txt")
    assert str(caught.value) == f"letters/a01.txt:{line}: {message}"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "the file does not begin with its facts between two lines --- (see annotations/GUIDELINES.md)"),
        ("甲\n---\nid: a\n---\n", "the file does not begin with its facts between two lines ---"),
        ("---\nid: a\n甲", "the file does not begin with its facts between two lines ---"),
        ("---\nyear: 2024\n---\n", "the facts between the --- lines name no id (add a line id: …)"),
        ("---\na01\n---\n", "the facts between the --- lines name no id (add a line id: …)"),
        ("---\nid: [a\n---\n", "the facts between the --- lines are no YAML: "),
        ("---\nid: a\ndate: 2024-02-30\n---\n", "the facts between the --- lines are no YAML: day "),
    ],
)
def test_markup_parse_facts(source: str, message: str) -> None:
    with pytest.raises(FanzhaError) as caught:
        parse(source, path="a.txt")
    assert str(caught.value).startswith(f"a.txt:1: {message}")
    assert "\n" not in str(caught.value)


def test_markup_measure_index_wants_the_whole_quantity_inside() -> None:
    measures = [GoldMeasure(start=a, end=a + 3, text="甲乙丙", category="打击", status="done") for a in (2, 5)]
    assert [measure_index(measures, *span) for span in ((2, 5), (5, 6), (4, 6), (0, 2), (7, 9))] == [
        0,
        1,
        None,
        None,
        None,
    ]


TEXTS = st.lists(
    st.sampled_from(
        [
            *"案人3一二名万元%，。|[]{}\\:<>*-\r\n\t\u3000𠮷😀q",
            "---\n",
            "[打击|",
            "{k1:",
            "{q:",
            "|count}",
            "k1>}",
            "\\[",
        ]
    ),
    min_size=1,
    max_size=40,
).map("".join)
WORDS = st.text(st.sampled_from("同比前年与相案x"), min_size=1, max_size=4)


@st.composite
def annotated(draw: st.DrawFn) -> tuple[dict[str, Any], str, list[GoldMeasure], list[GoldClaim]]:
    """A text with random measures, quantities inside or between them, and metrics and periods that cut no quantity."""
    text = draw(TEXTS)
    measures, claims = [], []
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    for start, end in zip(borders, borders[1:], strict=False):
        if draw(st.booleans()):
            category, status = draw(st.sampled_from(CATEGORIES)), draw(st.sampled_from(STATUSES))
            measures.append(GoldMeasure(start=start, end=end, text=text[start:end], category=category, status=status))
    inner = sorted({*borders, *draw(st.sets(st.integers(0, len(text)), max_size=12))})
    figures = st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12, allow_subnormal=False).filter(
        lambda x: x == 0 or abs(x) > 1e-90
    )

    quantities = [span for span in zip(inner, inner[1:], strict=False) if draw(st.booleans())]
    free = [i for i in range(len(text) + 1) if not any(start < i < end for start, end in quantities)]

    def span() -> Span | None:
        start, end = sorted((draw(st.sampled_from(free)), draw(st.sampled_from(free))))
        return None if start == end else Span(start=start, end=end, text=text[start:end])

    for start, end in quantities:
        kind = draw(st.sampled_from(CLAIM_TYPES))
        claims.append(
                GoldClaim(
                    start=start, end=end, text=text[start:end], type=kind, value=draw(figures),
                    value_max=draw(st.none() | figures), unit=draw(st.just("") | WORDS),
                    approx=draw(st.sampled_from([None, "over", "under", "about"])), metric=span(), period=span(),
                    direction=draw(st.sampled_from(["up", "down"])) if kind == "change" else None,
                    basis=draw(st.none() | WORDS), measure=measure_index(measures, start, end),
                )
            )  # fmt: skip
    meta = {"id": "a01", "note": draw(TEXTS.map(lambda t: t.replace("\r", ""))), "hard": ["改|行"], "year": 2024}
    return meta, text, measures, claims


@given(annotated())
def test_markup_render_and_parse_lose_nothing(
    letter: tuple[dict[str, Any], str, list[GoldMeasure], list[GoldClaim]],
) -> None:
    meta, text, measures, claims = letter
    source = render(meta, text, measures, claims)
    read = parse(source)
    assert read.meta == meta
    assert read.text == text
    assert read.measures == measures
    assert read.claims == claims
    assert source.endswith("\n" + source.split("\n", read.first_line - 1)[-1])
    assert render(read.meta, read.text, read.measures, read.claims) == source


@given(st.text() | TEXTS)
def test_markup_parse_of_anything_gives_a_letter_or_a_fault(body: str) -> None:
    try:
        letter = parse(HEAD + body, path="a.txt")
    except FanzhaError as error:
        fault = str(error)
    else:
        fault = "a.txt:"
        check_spans(letter.measures, letter.claims, letter.text)
    assert fault.startswith("a.txt:")


@given(st.text() | TEXTS)
def test_markup_plain_text_survives(text: str) -> None:
    letter = parse(render({"id": "a"}, text, [], []))
    assert (letter.text, letter.measures, letter.claims) == (text, [], [])


RANGES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda r: (r[0], r[0] + r[1], "", "", "")), max_size=12
)


@given(RANGES)
def test_markup_what_crosses_is_found_as_by_looking_at_all(ranges: list[tuple[int, int, str, str, str]]) -> None:
    ranges = sorted(ranges, key=lambda r: (r[0], -r[1]))
    around = _around(ranges)
    for start, end, *_ in ranges:
        crosses = any(a < start < b < end or start < a < end < b for a, b, *_ in ranges)
        assert crosses == (around[start][1] < end or around[end][0] > start)


def test_markup_measure_index() -> None:
    measures = [
        GoldMeasure(start=start, end=start + 2, text="ab", category="打击", status="done") for start in (2, 4, 8)
    ]
    held = {(2, 4): 0, (3, 4): 0, (4, 5): 1, (8, 10): 2}
    found = {(a, b): measure_index(measures, a, b) for a in range(12) for b in range(a + 1, 13)}
    wanted = {(a, b): next((i for i, m in enumerate(measures) if m.start <= a and b <= m.end), None) for a, b in found}
    assert found == wanted
    assert held.items() <= found.items()
    assert measure_index([], 0, 1) is None
