"""Tokens with offsets, from any fast tokenizer.

A tokenizer sees the text condensed: without the white space that Chinese does not need (hard wraps, indents, blanks
inside numbers), and with full-width letters, digits and marks as their half-width twins. So a letter reads the same
to the model whether it was saved from a page, a PDF or Word. Offsets are mapped back to the text as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

# U+FF01…U+FF5E are the full-width twins of ! … ~, one code point each.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text: `ids`, and for each its `[starts, ends)` in code points of the text as read."""

    ids: IntArray
    starts: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.ids)

    def within(self, start: int, end: int) -> slice:
        """The tokens that lie wholly in `[start, end)`, as a slice (empty where there is none)."""
        first = int(np.searchsorted(self.starts, start, side="left"))
        last = int(np.searchsorted(self.ends, end, side="right"))
        return slice(first, max(first, last))


def condense(text: str, skip: Sequence[tuple[int, int]] = ()) -> tuple[str, IntArray]:
    """The text as a tokenizer sees it, and for each of its characters the offset it has in `text`.

    White space stays only between two ASCII letters or digits of which one is a letter, as one blank. What is in
    `skip`, ranges of the text, does not stay.
    """
    kept = np.ones(len(text), dtype=bool)
    for start, end in skip:
        kept[start:end] = False
    for found in _WHITE_SPACE.finditer(text):
        kept[found.start() : found.end()] = False
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        if before.isascii() and after.isascii() and before.isalnum() and after.isalnum():
            kept[found.start()] = before.isalpha() or after.isalpha()
    offsets = np.flatnonzero(kept)
    condensed = text if kept.all() else "".join(text[i] for i in offsets.tolist())
    return _WHITE_SPACE.sub(" ", condensed.translate(_HALF_WIDTH)), offsets


class TextTokenizer:
    """A `tokenizers.Tokenizer` with the ids of its special tokens.

    Args:
        tokenizer: a `tokenizers.Tokenizer` without truncation or padding.
        cls_id, sep_id, pad_id: the ids around a sequence and behind it.
    """

    def __init__(self, tokenizer: Any, *, cls_id: int, sep_id: int, pad_id: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # Else a letter that holds the characters [SEP] would end the window's text.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self.cls_id, self.sep_id, self.pad_id = cls_id, sep_id, pad_id

    @classmethod
    def from_folder(cls, folder: str | Path) -> TextTokenizer:
        """Reads `tokenizer.json` of a checkpoint; the special tokens go by the names that BERT or XLM-R gives them.

        Raises:
            FanzhaError: where the folder has no fast tokenizer.
        """
        from tokenizers import Tokenizer

        from nlp.errors import FanzhaError

        path = Path(folder) / "tokenizer.json"
        if not path.is_file():
            raise FanzhaError(
                "is missing: only fast tokenizers with offsets can be used", path=path, mend="name another checkpoint"
            )
        tokenizer = Tokenizer.from_file(str(path))
        ids = {}
        for field, names in {
            "cls_id": ("[CLS]", "<s>"),
            "sep_id": ("[SEP]", "</s>"),
            "pad_id": ("[PAD]", "<pad>"),
        }.items():
            found = next((i for i in map(tokenizer.token_to_id, names) if i is not None), None)
            if found is None:
                raise FanzhaError(
                    f"has none of the tokens {', '.join(names)}", path=path, mend="name another checkpoint"
                )
            ids[field] = found
        return cls(tokenizer, **ids)

    def __call__(self, text: str, skip: Sequence[tuple[int, int]] = ()) -> Tokens:
        """The tokens of a whole text, without special tokens; none is empty or white space alone.

        Args:
            text: the document.
            skip: ranges of it that are not seen, such as `Structure.page_numbers`.
        """
        condensed, offsets = condense(text, skip)
        encoding = self._tokenizer.encode(condensed, add_special_tokens=False)
        if not encoding.ids:
            empty = np.zeros(0, dtype=np.int64)
            return Tokens(empty, empty, empty)
        ids = np.asarray(encoding.ids, dtype=np.int64)
        spans = np.asarray(encoding.offsets, dtype=np.int64)
        solid = spans[:, 0] < spans[:, 1]
        ids, spans = ids[solid], spans[solid]
        return Tokens(ids, offsets[spans[:, 0]], offsets[spans[:, 1] - 1] + 1)
