"""Tokens and their offsets: whatever the text holds, they lead back to it as it was read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from nlp.errors import FanzhaError
from nlp.text.tokenization import TextTokenizer, Tokens, condense

PIECES = st.sampled_from([*"案骗人3Aa９Ａ，、%𠮷😀é\u3000 \t\n\f\u2028\ufeff\u200b", "\r\n", "[SEP]", "APP", " ", " "])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


@pytest.mark.parametrize(
    ("text", "condensed"),
    [
        ("", ""),
        (" \n\u3000", ""),
        ("反 诈 中\n心", "反诈中心"),
        ("共 31 名", "共31名"),
        ("3 276 名", "3276名"),
        ("国家反诈 APP 推广", "国家反诈APP推广"),
        ("SIM card", "SIM card"),
        ("SIM\r\ncard", "SIM card"),
        ("SIM\ncard", "SIM card"),
        ("GOIP 2 台", "GOIP 2台"),
        ("ＡＰＰ１２％，（一）", "APP12%,(一)"),
        ("断\r\n卡𠮷 行动", "断卡𠮷行动"),
    ],
)
def test_tokenization_condense(text: str, condensed: str) -> None:
    found, offsets = condense(text)
    assert found == condensed
    assert len(offsets) == len(condensed)


@given(TEXTS)
def test_tokenization_condense_keeps_every_solid_character_at_its_place(text: str) -> None:
    condensed, offsets = condense(text)
    assert len(condensed) == len(offsets)
    assert (np.diff(offsets) > 0).all()
    for c, i in zip(condensed, offsets.tolist(), strict=True):
        original = text[i]
        full_width = 0xFF01 <= ord(original) <= 0xFF5E
        assert c == (" " if original.isspace() else chr(ord(original) - 0xFEE0) if full_width else original)
    assert {i for i, c in enumerate(text) if not c.isspace()} <= set(offsets.tolist())
    assert "  " not in condensed


@given(TEXTS)
def test_tokenization_offsets_map_back(tokenizer: TextTokenizer, text: str) -> None:
    tokens = tokenizer(text)
    assert len(tokens) == len(tokens.starts) == len(tokens.ends)
    assert (tokens.starts < tokens.ends).all()
    assert (tokens.ends[:-1] <= tokens.starts[1:]).all()
    covered = set[int]()
    for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
        covered.update(range(start, end))
    assert {i for i, c in enumerate(text) if not c.isspace()} <= covered


@pytest.mark.parametrize("text", ["𠮷案", "😀\r\n案", "\ufeff案", "\u3000\u3000１２\n３名", "é案"])
def test_tokenization_last_token_ends_with_the_text(tokenizer: TextTokenizer, text: str) -> None:
    tokens = tokenizer(text)
    assert (tokens.starts[-1], tokens.ends[-1]) == (len(text) - 1, len(text))


def test_tokenization_a_word_over_a_line_break_is_two_tokens(tokenizer: TextTokenizer) -> None:
    text = "用 SIM\r\nbox 群呼"
    tokens = tokenizer(text)
    assert [text[s:e] for s, e in zip(tokens.starts, tokens.ends, strict=True)] == ["用", "SIM", "box", "群", "呼"]


@pytest.mark.parametrize("text", ["", " \r\n\u3000"])
def test_tokenization_of_nothing_is_empty(tokenizer: TextTokenizer, text: str) -> None:
    tokens = tokenizer(text)
    assert len(tokens) == 0
    assert tokens.within(0, 5) == slice(0, 0)


def test_tokenization_never_reads_special_tokens_from_a_letter(tokenizer: TextTokenizer) -> None:
    ids = tokenizer("案[SEP]案[CLS][PAD]").ids.tolist()
    assert not {tokenizer.sep_id, tokenizer.cls_id, tokenizer.pad_id} & set(ids)


def test_tokenization_neither_cuts_nor_pads(make_raw_tokenizer: Callable[[], Tokenizer]) -> None:
    raw = make_raw_tokenizer()
    raw.enable_truncation(8)
    raw.enable_padding(length=16)
    tokenizer = TextTokenizer(raw, cls_id=2, sep_id=3, pad_id=0)
    assert len(tokenizer("案" * 40)) == 40
    assert len(tokenizer("案")) == 1


def test_tokenization_within_takes_whole_tokens_only() -> None:
    tokens = Tokens(np.arange(4), np.array([0, 2, 5, 6]), np.array([2, 4, 6, 9]))
    assert tokens.within(0, 9) == slice(0, 4)
    assert tokens.within(2, 6) == slice(1, 3)
    assert tokens.within(1, 8) == slice(1, 3)
    for start, end in ((3, 5), (4, 5), (7, 8), (9, 12)):
        found = tokens.within(start, end)
        assert found.start == found.stop


def test_tokenization_from_folder(tmp_path: Path, make_raw_tokenizer: Callable[[], Tokenizer]) -> None:
    make_raw_tokenizer().save(str(tmp_path / "tokenizer.json"))
    tokenizer = TextTokenizer.from_folder(tmp_path)
    assert (tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id) == (2, 3, 0)
    assert len(tokenizer("反诈")) == 2


def test_tokenization_from_folder_without_a_fast_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError) as caught:
        TextTokenizer.from_folder(tmp_path)
    path = tmp_path / "tokenizer.json"
    message = "is missing: only fast tokenizers with offsets can be used (name another checkpoint)"
    assert str(caught.value) == f"{path}: {message}"


def test_tokenization_from_folder_without_special_tokens_is_refused(tmp_path: Path) -> None:
    Tokenizer(WordLevel({"[CLS]": 0, "</s>": 1}, unk_token="[CLS]")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(FanzhaError, match=r"has none of the tokens \[PAD\], <pad> \(name another checkpoint\)"):
        TextTokenizer.from_folder(tmp_path)
