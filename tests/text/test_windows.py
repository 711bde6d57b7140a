"""Windows: every token is in one and answered by one, none is too long, and cuts fall between sentences."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.segmentation import segment
from nlp.text.tokenization import TextTokenizer
from nlp.text.windows import Window, WindowSettings, make_windows

SENTENCES = st.sampled_from(
    [
        "严打。", "止付资金，返还群众。", "一、主要做法\n", "（一）宣传\n", "下一步，我局将约谈银行，压实责任。\n",
        "民警进社区、进校园、进企业、进农村，发放提醒卡，讲解骗局，安装软件，登记重点人员。", "字" * 70 + "。",
        "字" * 25 + "，" + "案" * 25 + "，" + "骗" * 25 + "。", "\r\n", "　　", "2024年。", "。",
    ]
)  # fmt: skip
LETTERS = st.lists(SENTENCES, max_size=25).map("".join)


@st.composite
def settings(draw: st.DrawFn) -> WindowSettings:
    overlap, context = draw(st.integers(0, 20)), draw(st.integers(0, 20))
    return WindowSettings(draw(st.integers(overlap + context + 16, 90)), overlap, context)


def cut(text: str, tokenizer: TextTokenizer, chosen: WindowSettings) -> list[Window]:
    return make_windows(text, segment(text), tokenizer(text), tokenizer, chosen)


@given(LETTERS, settings())
def test_windows_of_any_letter(tokenizer: TextTokenizer, text: str, chosen: WindowSettings) -> None:
    structure, tokens = segment(text), tokenizer(text)
    windows = make_windows(text, structure, tokens, tokenizer, chosen)
    # Every token is owned once, in order, by a window that sees it.
    assert [i for w in windows for i in range(w.own_first, w.own_last)] == list(range(len(tokens)))
    starts = [int(i) for i in np.searchsorted(tokens.starts, [s.start for s in structure.sentences])]
    long = [(a, b) for a, b in zip([0, *starts], [*starts, len(tokens)], strict=True) if b - a > chosen.body]
    borders = {0, *starts, len(tokens)}
    for window in windows:
        assert window.first <= window.own_first < window.own_last <= window.last
        ids = window.input_ids(tokens, tokenizer)
        assert len(ids) <= chosen.max_tokens
        assert len(window.context) <= chosen.context
        # [CLS] context [SEP] body [SEP]
        assert ids[0] == tokenizer.cls_id
        assert ids[window.body_start - 1] == ids[-1] == tokenizer.sep_id
        assert ids[1 : window.body_start - 1].tolist() == list(window.context)
        assert (ids[window.body_start : -1] == tokens.ids[window.first : window.last]).all()
        for border in (window.first, window.last):
            assert border in borders or any(a < border < b for a, b in long), "a window cuts a sentence that would fit"
    for before, after in zip(windows, windows[1:], strict=False):
        assert before.first < after.first <= before.last < after.last
        assert before.last - after.first <= chosen.overlap


@given(LETTERS, settings())
def test_windows_are_determined_by_the_letter_alone(
    tokenizer: TextTokenizer, text: str, chosen: WindowSettings
) -> None:
    assert cut(text, tokenizer, chosen) == cut(text, tokenizer, chosen)


def test_windows_of_nothing(tokenizer: TextTokenizer) -> None:
    assert cut("", tokenizer, WindowSettings()) == []
    assert cut(" \r\n", tokenizer, WindowSettings()) == []


def test_windows_a_short_letter_is_one(tokenizer: TextTokenizer) -> None:
    assert cut("严打。宣传。", tokenizer, WindowSettings()) == [Window((), 0, 6, 0, 6)]


def test_windows_overlap_by_whole_sentences_and_share_what_they_overlap(tokenizer: TextTokenizer) -> None:
    text = "甲乙丙丁戊己庚辛壬。" * 6
    windows = cut(text, tokenizer, WindowSettings(max_tokens=33, overlap=12, context=0))
    assert [(w.first, w.last) for w in windows] == [(0, 30), (20, 50), (40, 60)]
    assert [(w.own_first, w.own_last) for w in windows] == [(0, 25), (25, 45), (45, 60)]


def test_windows_a_long_sentence_is_cut_at_its_clauses(tokenizer: TextTokenizer) -> None:
    text = "字" * 15 + "，" + "案" * 15 + "，" + "骗" * 40 + "。"
    windows = cut(text, tokenizer, WindowSettings(max_tokens=27, overlap=0, context=0))
    assert [(w.first, w.last) for w in windows] == [(0, 16), (16, 32), (32, 56), (56, 73)]


def test_windows_are_told_their_section(tokenizer: TextTokenizer) -> None:
    text = "一、宣传反诈\n" + "民警进村入户。\n" * 4 + "二、案件\n" + "民警进村入户。\n" * 4
    windows = cut(text, tokenizer, WindowSettings(max_tokens=27, overlap=0, context=4))
    contexts = [w.context for w in windows]
    assert contexts[0] == ()
    assert tuple(tokenizer("宣传反诈").ids.tolist()) in contexts
    assert len(contexts[-1]) == 2


def test_windows_cut_a_long_section_name(tokenizer: TextTokenizer) -> None:
    text = "一、宣传反诈宣传反诈\n民警进村入户。民警进村入户。"
    windows = cut(text, tokenizer, WindowSettings(max_tokens=20, overlap=0, context=5))
    assert windows[-1].context == tuple(tokenizer("宣传反诈宣").ids.tolist())


@pytest.mark.parametrize("piece", ["字，", "字", "字。", "字\n"])
def test_windows_of_a_huge_letter_take_linear_time(tokenizer: TextTokenizer, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    structure, tokens = segment(text), tokenizer(text)
    start = time.process_time()
    windows = make_windows(text, structure, tokens, tokenizer, WindowSettings())
    assert time.process_time() - start < 10
    assert windows[-1].own_last == len(tokens)
