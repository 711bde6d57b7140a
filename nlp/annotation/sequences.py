"""Sequences of characters that letters share: one definition for `corpus check` and `corpus stats`."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Set

SEQUENCE = 13
"""The length of the sequences that are compared, in characters; white space is left out, full width made half."""


def fold_pairs(text: str) -> list[tuple[str, int]]:
    """The characters of a text half-width and without white space, each with its offset in the text."""
    return [(f, i) for i, c in enumerate(text) for f in unicodedata.normalize("NFKC", c) if not f.isspace()]


def fold(text: str) -> str:
    """A text half-width and without white space."""
    return "".join(c for c, _ in fold_pairs(text))


def sequences(folded: str, length: int = SEQUENCE) -> set[str]:
    """The distinct sequences of `length` characters of a folded text."""
    return {folded[i : i + length] for i in range(len(folded) - length + 1)}


def shared_share(letters: Iterable[Set[str]]) -> float:
    """The share of distinct sequences that are in more than one of the letters' sets."""
    seen = Counter(sequence for letter in letters for sequence in letter)
    return sum(n > 1 for n in seen.values()) / max(len(seen), 1)
