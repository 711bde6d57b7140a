"""From quantities, metrics and periods to claims, on sentences written for this file in the letters' own markup."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from gold_fields import BEYOND_GOLD
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation.markup import MarkedLetter, parse
from nlp.claims.linking import link_claims
from nlp.labels import CLAIM_TYPES
from nlp.schema import Claim, Measure, Span
from nlp.spans import LabelledSpan, Links
from nlp.text.segmentation import segment

_CASES = Path(__file__).with_name("linking_cases.txt")


def _cases() -> dict[str, str]:
    """The rules and, for each, a text whose marks say what linking must find out."""
    blocks = _CASES.read_text(encoding="utf-8").strip().split("\n\n")
    pairs = (block.split("\n", 1) for block in blocks)
    return {rule.removeprefix("# "): source.replace("\\n", "\n") for rule, source in pairs}


CASES = _cases()


def _letter(source: str) -> MarkedLetter:
    return parse(f"---\nid: t\n---\n{source}")


def _link(letter: MarkedLetter) -> list[Claim]:
    gold = letter.claims
    parts = {"metric": {c.metric for c in gold} - {None}, "period": {c.period for c in gold} - {None}}
    return link_claims(
        letter.text,
        segment(letter.text),
        [LabelledSpan(c.start, c.end, c.type, 0.5) for c in gold],
        [LabelledSpan(s.start, s.end, "metric") for s in parts["metric"] if s is not None],
        [LabelledSpan(s.start, s.end, "period") for s in parts["period"] if s is not None],
        [Measure(**m.model_dump(), score=1.0) for m in letter.measures],
    )


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_of_linking(rule: str) -> None:
    letter = _letter(CASES[rule])
    linked = _link(letter)
    assert [c.model_dump(exclude=BEYOND_GOLD) for c in linked] == [c.model_dump() for c in letter.claims]
    assert {c.score for c in linked} == {0.5}


def test_without_metrics_and_periods_the_claims_stand_alone() -> None:
    text = "抓获12名，同比上升5%。"
    linked = link_claims(
        text, segment(text), [LabelledSpan(2, 5, "count", 0.9), LabelledSpan(10, 12, "change", 0.8)], [], [], []
    )
    assert [(c.text, c.metric, c.period, c.direction, c.basis, c.measure) for c in linked] == [
        ("12名", None, None, None, None, None),
        ("5%", None, None, "up", "同比", None),
    ]


def test_what_cannot_be_read_is_left_out() -> None:
    text = "抓获若干名，破案3起"
    spans = [LabelledSpan(2, 5, "count"), LabelledSpan(8, 10, "count"), LabelledSpan(9, 10, "count")]
    assert [c.text for c in link_claims(text, segment(text), spans, [], [], [])] == ["3起"]


_SPAN = st.tuples(st.integers(0, 40), st.integers(1, 6))


@given(
    st.text(alphabet="抓获3起5%，。年同比上升分别、和的由占12万元下降\n", min_size=1, max_size=40),
    st.lists(st.tuples(_SPAN, st.sampled_from(CLAIM_TYPES)), max_size=8),
    st.lists(_SPAN, max_size=8),
    st.lists(_SPAN, max_size=4),
)
def test_any_spans_give_valid_claims(
    text: str,
    quantities: list[tuple[tuple[int, int], str]],
    metrics: list[tuple[int, int]],
    periods: list[tuple[int, int]],
) -> None:
    def spans(pairs: list[tuple[int, int]], labels: list[str]) -> list[LabelledSpan]:
        ends = [(start, min(start + size, len(text))) for start, size in pairs]
        return [LabelledSpan(a, b, label) for (a, b), label in zip(ends, labels, strict=True) if a < b]

    linked = link_claims(
        text,
        segment(text),
        spans([pair for pair, _ in quantities], [label for _, label in quantities]),
        spans(metrics, ["metric"] * len(metrics)),
        spans(periods, ["period"] * len(periods)),
        [],
    )
    last = 0
    for claim in linked:
        assert last <= claim.start
        last = claim.end
        for span in (claim, claim.metric, claim.period):
            assert span is None or text[span.start : span.end] == span.text
        assert (claim.direction is None) == (claim.type != "change")


def test_linking_a_very_long_sentence_is_quick() -> None:
    unit = "立案数12起，同比上升5%，"
    text = unit * 8000
    quantities, metrics = [], []
    for at in range(0, len(text), len(unit)):
        metrics.append(LabelledSpan(at, at + 3, "metric"))
        quantities.append(LabelledSpan(at + 3, at + 6, "count"))
        quantities.append(LabelledSpan(at + 11, at + 13, "change"))
    begin = time.process_time()
    linked = link_claims(text, segment(text), quantities, metrics, [LabelledSpan(0, 1, "period")], [])
    assert len(linked) == 16000
    assert time.process_time() - begin < 30


RESPECTIVELY = (
    "{t1:2022年}{k1:抓获嫌疑人}{q:86名|count k1 t1}、{k2:破获案件}{q:120起|count k2 t1},"
    "同比分别上升{q:12%|change k1 t1 up basis=同比}、{q:8%|change k2 t1 up basis=同比}。\n"
)


def _place(span: Span | None) -> tuple[int, int] | None:
    return None if span is None else (span.start, span.end)


def test_a_span_of_white_space_alone_is_no_metric() -> None:
    text = "全年抓获嫌疑人\n\n12名。"
    gap = LabelledSpan(7, 9, "metric")
    quantity = LabelledSpan(9, 12, "count", 0.9)
    assert link_claims(text, segment(text), [quantity], [gap], [gap], [])[0].metric is None
    pointed: list[Links] = [{"metric": gap, "period": gap}]
    [claim] = link_claims(text, segment(text), [quantity], [], [], [], pointed)
    assert (claim.metric, claim.period) == (None, None)


def _pointed(letter: MarkedLetter, metrics: list[int]) -> list[Links]:
    """Links to the metrics of other claims, by their places, and to the claims' own periods."""
    return [
        {
            "metric": LabelledSpan(m.start, m.end, "metric") if (m := letter.claims[k].metric) is not None else None,
            "period": LabelledSpan(p.start, p.end, "period") if (p := claim.period) is not None else None,
        }
        for claim, k in zip(letter.claims, metrics, strict=True)
    ]


@pytest.mark.parametrize(
    ("pointed", "known", "constrained", "expected"),
    [
        ([1, 1, 1, 1], 2, True, [0, 1, 0, 1]),  # the rules find all metrics
        ([1, 1, 0, 1], 2, False, [1, 1, 0, 1]),  # the model by itself
        ([1, 0, 1, 0], 0, True, [1, 0, 1, 0]),  # where no metric was tagged, what is pointed at
    ],
)
def test_rules_choose_the_metric_where_they_find_one_and_the_scorer_the_rest(
    pointed: list[int], known: int, constrained: bool, expected: list[int]
) -> None:
    letter = _letter(RESPECTIVELY)
    linked = link_claims(
        letter.text,
        segment(letter.text),
        [LabelledSpan(c.start, c.end, c.type, 0.5) for c in letter.claims],
        [LabelledSpan(m.start, m.end, "metric") for c in letter.claims[:known] if (m := c.metric) is not None],
        [],
        [],
        _pointed(letter, pointed),
        constrained=constrained,
    )
    assert [_place(claim.metric) for claim in linked] == [_place(letter.claims[k].metric) for k in expected]
    assert [_place(claim.period) for claim in linked] == [_place(claim.period) for claim in letter.claims]
