"""Where the paragraphs of a letter are hard-wrapped, for pages that are not as wide as the paper was."""

from __future__ import annotations

from itertools import pairwise

from nlp.text.segmentation import segment, unwrap


def hard_wraps(text: str) -> list[tuple[int, int]]:
    """The line ends and blanks, as `[start, end)`, that only wrap a paragraph; not those with a page number in them."""
    _, kept = unwrap(text, segment(text))
    gaps = ((before + 1, after) for before, after in pairwise([-1, *kept, len(text)]))
    return [(start, end) for start, end in gaps if text[start:end].isspace()]
