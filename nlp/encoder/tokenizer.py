"""The encoder's tokenizer: a Unigram model over runs of Han characters and of ASCII letters.

Every other character is a token of its own: each digit, each punctuation mark, each character that the
vocabulary does not know (then the token is `[UNK]`). So no token crosses from digits or punctuation into
anything else. Blank characters (`characters.BLANK`) give no token. There is no normaliser: offsets are
code-point offsets into the text as it was given.

No special piece is ever read from a text: a letter that holds `[SEP]` or `</s>` is tokenised as those
characters.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing

from nlp.encoder.characters import BLANK, character_class, ranges_of
from nlp.encoder.vocabulary import CLS, LINE_BREAK, MASK, PAD, SEP, SPECIAL_PIECES, UNK, Piece

MAX_LENGTH = 512
"""Tokens that the encoder has positions for, `[CLS]` and `[SEP]` included."""


def make_tokenizer(pieces: Sequence[Piece], *, line_breaks: bool = False) -> Tokenizer:
    """The tokenizer of a vocabulary.

    Args:
        pieces: what `vocabulary.trim` gives.
        line_breaks: whether each `\\n` is a token. Off, it is blank like the rest.
    """
    ids = {name: i for i, name in enumerate(SPECIAL_PIECES)}
    tokenizer = Tokenizer(Unigram([(p.text, p.score) for p in pieces], unk_id=ids[UNK], byte_fallback=False))
    # The split keeps what matches and removes the rest.
    tokenizer.pre_tokenizer = Split(Regex(_pattern(pieces, line_breaks)), behavior="removed", invert=True)
    tokenizer.post_processor = TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        pair=f"{CLS} $A {SEP} $B:1 {SEP}:1",
        special_tokens=[(CLS, ids[CLS]), (SEP, ids[SEP])],
    )
    tokenizer.decoder = Fuse()
    return tokenizer


def _pattern(pieces: Sequence[Piece], line_breaks: bool) -> str:
    # Only Han characters that are pieces form runs. In a run of unknown ones Unigram would make a single
    # [UNK] of all.
    known = {p.text for p in pieces if p.kind == "han"}
    run = f"[{character_class(ranges_of(known))}]+|" if any(p.kind == "word" for p in pieces) else ""
    line_break = f"{LINE_BREAK}|" if line_breaks else ""
    return f"{line_break}{run}[A-Za-z]+|[^{character_class(BLANK)}]"


def load_tokenizer(path: Path) -> Tokenizer:
    """Reads a `tokenizer.json` without importing transformers."""
    return Tokenizer.from_file(str(path))


def tokenizer_config() -> dict[str, object]:
    """What transformers needs besides `tokenizer.json`, as the content of `tokenizer_config.json`."""
    return {
        "clean_up_tokenization_spaces": False,
        "cls_token": CLS,
        "mask_token": MASK,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        "model_max_length": MAX_LENGTH,
        "pad_token": PAD,
        "sep_token": SEP,
        # Without it transformers would take "[SEP]" in a letter for the end of the input.
        "split_special_tokens": True,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": UNK,
    }


def to_json(content: object) -> bytes:
    """JSON with a fixed order and layout, so that the same content gives the same bytes."""
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
