"""Decoding: what comes out is always possible by the scheme, and is the likeliest of what is possible."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.claims.finding import find_document_quantities
from nlp.decoding import Decoded, decode, decode_borders, rounded
from nlp.labels import CATEGORY_LABELS, HEADS, QUANTITY_LABELS, STATUS_LABELS, head_slices
from nlp.text.segmentation import segment
from nlp.text.tokenization import TextTokenizer, Tokens

TEXT = "2024年，县局抓获31名，返还80万元；联合银行止付。下一步，我局将进村宣讲。"
WIDTH = sum(map(len, HEADS.values()))
Array = npt.NDArray[Any]


def logits_for(tokens: Tokens, text: str, marks: dict[str, dict[str, str]]) -> Array:
    """Logits that favour O everywhere but in the given stretches: {head: {part of the text: label}}."""
    columns = head_slices()
    logits = np.zeros((len(tokens), WIDTH))
    for head, labels in HEADS.items():
        logits[:, columns[head].start] = 4
        for part, label in marks.get(head, {}).items():
            start = text.index(part)
            inside = tokens.within(start, start + len(part))
            rows = logits[inside, columns[head]]
            rows[:] = 0
            if label in labels:
                rows[:, labels.index(label)] = 6
            else:
                rows[0, 1] = 6
                rows[1:, 2] = 6
    return logits


def run(tokenizer: TextTokenizer, text: str, logits: Array, **kwargs: Any) -> Decoded:
    return decode(text, segment(text), tokenizer(text), logits, **kwargs)


MARKS = {
    "category": {"县局抓获31名，返还80万元": "打击", "联合银行止付": "防范", "我局将进村宣讲": "宣传"},
    "status": {"下一步，我局将进村宣讲": "planned"},
    "quantity": {"31名": "count", "80万元": "money"},
    "metric": {"抓获": "metric", "返还": "metric"},
    "period": {"2024年": "period"},
}


def test_decoding_finds_what_the_logits_say(tokenizer: TextTokenizer) -> None:
    found = run(tokenizer, TEXT, logits_for(tokenizer(TEXT), TEXT, MARKS))
    assert [(m.text, m.category, m.status) for m in found.measures] == [
        ("县局抓获31名，返还80万元", "打击", "done"),
        ("联合银行止付", "防范", "done"),
        ("我局将进村宣讲", "宣传", "planned"),
    ]
    assert [(TEXT[q.start : q.end], q.label) for q in found.quantities] == [("31名", "count"), ("80万元", "money")]
    assert [TEXT[s.start : s.end] for s in found.metrics] == ["抓获", "返还"]
    assert [(TEXT[s.start : s.end], s.label) for s in found.periods] == [("2024年", "period")]


@pytest.mark.parametrize(
    ("category", "status", "expected"),
    [
        ({"县局抓获31名": "打击", "返还80万元": "防范"}, {}, ["县局抓获31名", "返还80万元"]),
        ({"县局抓获31名，返还80万元": "打击"}, {"返还80万元": "planned"}, ["县局抓获31名", "返还80万元"]),
        ({"返还80万元；联合银行止付": "防范"}, {}, ["返还80万元", "联合银行止付"]),
        ({"2024年": "打击", "返还80万元": "打击"}, {}, ["2024年", "返还80万元"]),
        ({"局抓获31名": "打击"}, {}, ["县局抓获31名"]),
        ({}, {}, []),
    ],
)
def test_decoding_measures_are_runs_of_like_clauses_of_one_sentence(
    tokenizer: TextTokenizer, category: dict[str, str], status: dict[str, str], expected: list[str]
) -> None:
    logits = logits_for(tokenizer(TEXT), TEXT, {"category": category, "status": status})
    assert [m.text for m in run(tokenizer, TEXT, logits).measures] == expected


def test_decoding_spans_stop_at_clauses_and_quantities(tokenizer: TextTokenizer) -> None:
    marks = {"metric": {"县局抓获31名，返还80万元": "metric"}, "quantity": {"31名": "count", "80万元": "money"}}
    found = run(tokenizer, TEXT, logits_for(tokenizer(TEXT), TEXT, marks))
    # The run begins once; what it may not cross ends it.
    assert "县局抓获" in [TEXT[s.start : s.end] for s in found.metrics]
    check_possible(TEXT, tokenizer, found)


def test_decoding_dates_are_no_quantities_whatever_the_logits_say(tokenizer: TextTokenizer) -> None:
    found = run(tokenizer, TEXT, logits_for(tokenizer(TEXT), TEXT, {"quantity": {"2024年": "count"}}))
    assert found.quantities == []


def test_decoding_temperatures_change_scores_only(tokenizer: TextTokenizer) -> None:
    logits = logits_for(tokenizer(TEXT), TEXT, MARKS)
    sure = run(tokenizer, TEXT, logits)
    unsure = run(tokenizer, TEXT, logits, temperatures={"clause": 3.0, "quantity": 3.0})
    for a, b in zip((*sure.measures, *sure.quantities), (*unsure.measures, *unsure.quantities), strict=True):
        assert (a.start, a.end) == (b.start, b.end)
        assert a.score > b.score
    only = run(tokenizer, TEXT, logits, temperatures={"quantity": 3.0})
    assert only.measures == sure.measures
    assert only.quantities == unsure.quantities


def test_decoding_score_of_a_measure_is_the_geometric_mean_of_its_clauses(tokenizer: TextTokenizer) -> None:
    logits = logits_for(tokenizer(TEXT), TEXT, MARKS)
    first = run(tokenizer, TEXT, logits).measures[0]
    category = np.exp(6) / (np.exp(6) + len(CATEGORY_LABELS) - 1)
    status = np.exp(4) / (np.exp(4) + len(STATUS_LABELS) - 1)
    assert first.score == round(category * status, 4)


def test_decoding_score_of_a_quantity_is_its_probability(tokenizer: TextTokenizer) -> None:
    found = run(tokenizer, TEXT, logits_for(tokenizer(TEXT), TEXT, MARKS))
    assert found.quantities[0].score == round(float(np.exp(6) / (np.exp(6) + len(QUANTITY_LABELS) - 1)), 4)


@pytest.mark.parametrize("text", ["", " \r\n", "。。"])
def test_decoding_of_nothing(tokenizer: TextTokenizer, text: str) -> None:
    found = run(tokenizer, text, np.zeros((len(tokenizer(text)), WIDTH)))
    assert (found.measures, found.quantities, found.metrics) == ([], [], [])


def check_possible(text: str, tokenizer: TextTokenizer, found: Decoded) -> None:
    structure, tokens = segment(text), tokenizer(text)
    starts = {c.start: i for i, c in enumerate(structure.clauses)}
    ends = {c.end: i for i, c in enumerate(structure.clauses)}
    last = -1
    for measure in found.measures:
        assert measure.text == text[measure.start : measure.end]
        run_of = range(starts[measure.start], ends[measure.end] + 1)
        assert run_of.start > last
        last = run_of[-1]
        assert len({structure.clauses[i].sentence for i in run_of}) == 1
    candidates = {(c.start, c.end) for c in find_document_quantities(text, structure) if c.veto is None}
    quantities = [(q.start, q.end) for q in found.quantities]
    assert set(quantities) <= candidates
    assert quantities == sorted(set(quantities))
    token_starts, token_ends = set(tokens.starts.tolist()), set(tokens.ends.tolist())
    for spans in (found.metrics, found.periods):
        at = 0
        for span in spans:
            assert at <= span.start < span.end
            at = span.end
            assert span.start in token_starts
            assert span.end in token_ends
            for start, end in [*((c.start, c.end) for c in structure.clauses), *quantities]:
                # Wholly inside, or wholly outside.
                assert start <= span.start <= span.end <= end or span.end <= start or end <= span.start
    for scored in (*found.measures, *found.quantities, *found.metrics, *found.periods):
        assert 0 <= scored.score <= 1


LETTERS = st.lists(
    st.sampled_from(
        [
            "县局",
            "抓获",
            "31名",
            "3-5个",
            "，",
            "。",
            "；",
            "\n",
            "\r\n　　",
            "一是",
            "（二）",
            "2024年",
            "同比上升12.5%",
            "第1名",
            "APP ",
            "𠮷",
            "近90万元",
        ]
    ),
    max_size=30,
).map("".join)


@given(LETTERS, st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0, 8.0, 1e4]))
def test_decoding_of_any_logits_is_possible_by_the_scheme(
    tokenizer: TextTokenizer, text: str, seed: int, scale: float
) -> None:
    logits = (np.random.default_rng(seed).normal(size=(len(tokenizer(text)), WIDTH)) * scale).astype(np.float32)
    found = run(tokenizer, text, logits)
    check_possible(text, tokenizer, found)
    # Neighbouring clauses of one sentence that say the same are one measure.
    structure = segment(text)
    starts = {c.start: i for i, c in enumerate(structure.clauses)}
    ends = {c.end: i for i, c in enumerate(structure.clauses)}
    for a, b in zip(found.measures, found.measures[1:], strict=False):
        before, after = ends[a.end], starts[b.start]
        if after == before + 1 and structure.clauses[before].sentence == structure.clauses[after].sentence:
            assert (a.category, a.status) != (b.category, b.status)


@given(LETTERS, st.integers(0, 2**32 - 1), st.integers(0, 7))
def test_decoding_does_not_depend_on_the_batch(tokenizer: TextTokenizer, text: str, seed: int, padding: int) -> None:
    count = len(tokenizer(text))
    batch = np.random.default_rng(seed).normal(size=(3, count + padding, WIDTH)).astype(np.float32) * 5
    alone = run(tokenizer, text, np.ascontiguousarray(batch[1, :count]))
    assert run(tokenizer, text, batch[1, :count]) == alone
    assert run(tokenizer, text, np.asfortranarray(batch[1, :count])) == alone


@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.floats(0.1, 6))
def test_decoding_borders_are_the_likeliest_possible_sequence(count: int, seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    scores = random.normal(size=(count, 3)) * scale
    barriers = random.random(count + 1) < 0.3
    starts = np.arange(count)
    found = decode_borders(Tokens(starts, starts, starts + 1), scores, "metric", barriers)

    logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    best, best_path = -np.inf, ()
    for path in itertools.product(range(3), repeat=count):
        if any(path[t] == 2 and (t == 0 or path[t - 1] == 0 or barriers[t]) for t in range(count)):
            continue
        total = sum(logs[t, path[t]] for t in range(count))
        if total > best:
            best, best_path = total, path
    labels = [0] * count
    for span in found:
        labels[span.start : span.end] = [1] + [2] * (span.end - span.start - 1)
        expected = np.exp(np.mean([logs[t, best_path[t]] for t in range(span.start, span.end)]))
        assert span.score == pytest.approx(expected, abs=1e-4)
    assert tuple(labels) == best_path


@pytest.mark.parametrize(("score", "written"), [(0.123456, 0.1235), (-1e-9, 0.0), (1.0000001, 1.0), (1, 1.0)])
def test_decoding_scores_are_written_with_four_decimals(score: float, written: float) -> None:
    assert rounded(score) == written
