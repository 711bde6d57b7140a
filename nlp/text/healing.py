"""A text without what its page did to it: hard wraps inside paragraphs, and page numbers.

Rules that read the words of a text (下一步, 截至8月底, 分别…) read it healed, so that a letter means the same however
it was printed. Offsets go back and forth.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TypeVar

from nlp.text.segmentation import Clause, Paragraph, Sentence, Structure, unwrap

_Part = TypeVar("_Part", Paragraph, Sentence, Clause)


@dataclass(frozen=True)
class Healed:
    """A healed text, its structure in its own offsets, and each of its characters' offset in the text as read."""

    text: str
    structure: Structure
    offsets: list[int]

    def inside(self, start: int, end: int) -> tuple[int, int]:
        """Where a range of the text as read is in the healed one."""
        return bisect_left(self.offsets, start), bisect_left(self.offsets, end)

    def outside(self, start: int, end: int) -> tuple[int, int]:
        """Where a range of the healed text is in the text as read; it must not be empty."""
        return self.offsets[start], self.offsets[end - 1] + 1


def heal(text: str, structure: Structure) -> Healed:
    """Heals a text; `structure` is what `nlp.text.segmentation.segment` makes of it."""
    unwrapped, offsets = unwrap(text, structure)
    if len(unwrapped) == len(text):
        return Healed(text, structure, offsets)
    healed = Healed(unwrapped, structure, offsets)
    return replace(
        healed,
        structure=Structure(
            tuple(_moved(paragraph, healed) for paragraph in structure.paragraphs),
            tuple(_moved(sentence, healed) for sentence in structure.sentences),
            tuple(_moved(clause, healed) for clause in structure.clauses),
        ),
    )


def _moved(part: _Part, healed: Healed) -> _Part:
    start, end = healed.inside(part.start, part.end)
    return replace(part, start=start, end=end)
