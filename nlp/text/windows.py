"""Token windows: a long letter in overlapping pieces that start and end with sentences; every token is in one.

Each token is answered by the window in which it has most text on both sides, so a result does not depend on how
windows are batched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nlp.text.sections import section_contexts
from nlp.text.segmentation import Structure
from nlp.text.tokenization import IntArray, TextTokenizer, Tokens


@dataclass(frozen=True)
class WindowSettings:
    """Lengths in tokens.

    Args:
        max_tokens: of a whole window, special tokens and context included.
        overlap: at most this many tokens of whole sentences are seen by two neighbouring windows.
        context: at most this many tokens tell the window its section.
    """

    max_tokens: int = 256
    overlap: int = 64
    context: int = 40

    @property
    def body(self) -> int:
        """Room for tokens of the text: [CLS] context [SEP] body [SEP]."""
        return self.max_tokens - self.context - 3


@dataclass(frozen=True)
class Window:
    """The tokens `[first, last)` of a document behind `context`; it answers for `[own_first, own_last)`."""

    context: tuple[int, ...]
    first: int
    last: int
    own_first: int
    own_last: int

    def input_ids(self, tokens: Tokens, tokenizer: TextTokenizer) -> IntArray:
        """[CLS] context [SEP] body [SEP]."""
        parts = (
            [tokenizer.cls_id],
            self.context,
            [tokenizer.sep_id],
            tokens.ids[self.first : self.last],
            [tokenizer.sep_id],
        )
        return np.concatenate([np.asarray(part, dtype=np.int64) for part in parts])

    @property
    def body_start(self) -> int:
        """Where in `input_ids` the body begins; it ends before the last [SEP]."""
        return len(self.context) + 2


def make_windows(
    text: str, structure: Structure, tokens: Tokens, tokenizer: TextTokenizer, settings: WindowSettings
) -> list[Window]:
    """Cuts a document's tokens into windows.

    A sentence longer than a window is cut at a clause, or, where a clause is too long too, between two tokens.
    """
    if not len(tokens):
        return []
    cuts = _cuts(structure, tokens, settings.body)
    spans = _cover(cuts, settings)
    contexts = _context_ids(text, structure, tokenizer, settings.context)
    owned = _owned(spans, len(tokens))
    paragraph_of = _paragraph_of_token(structure, tokens)
    return [
        Window(contexts[paragraph_of[first]], first, last, *own)
        for (first, last), own in zip(spans, owned, strict=True)
    ]


def _cuts(structure: Structure, tokens: Tokens, body: int) -> list[int]:
    """Ascending token indices at which a window may start or end, never over `body` apart; first 0, last all."""
    count = len(tokens)
    sentence_cuts = np.searchsorted(tokens.starts, [s.start for s in structure.sentences]).tolist()
    clause_cuts = np.searchsorted(tokens.starts, [c.start for c in structure.clauses])  # ascending
    cuts = [0]
    for end in [*sorted(set(sentence_cuts)), count]:
        while end - cuts[-1] > body:
            last = int(np.searchsorted(clause_cuts, cuts[-1] + body, side="right")) - 1
            inside = last >= 0 and clause_cuts[last] > cuts[-1]
            cuts.append(int(clause_cuts[last]) if inside else cuts[-1] + body)
        if end > cuts[-1]:
            cuts.append(end)
    return cuts


def _cover(cuts: list[int], settings: WindowSettings) -> list[tuple[int, int]]:
    """Fills windows with as many whole pieces as fit; each starts up to `overlap` tokens before the last one's end."""
    spans: list[tuple[int, int]] = []
    i = 0
    while True:
        j = i + 1
        while j + 1 < len(cuts) and cuts[j + 1] - cuts[i] <= settings.body:
            j += 1
        spans.append((cuts[i], cuts[j]))
        if j == len(cuts) - 1:
            return spans
        k = j
        # Step back by whole pieces, but leave room for at least one new piece.
        while k - 1 > i and cuts[j] - cuts[k - 1] <= settings.overlap and cuts[j + 1] - cuts[k - 1] <= settings.body:
            k -= 1
        i = k


def _owned(spans: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    borders = [0]
    for (_, last), (first, _) in zip(spans, spans[1:], strict=False):
        borders.append((last + first) // 2)
    borders.append(count)
    return list(zip(borders, borders[1:], strict=False))


def _context_ids(text: str, structure: Structure, tokenizer: TextTokenizer, limit: int) -> list[tuple[int, ...]]:
    cache: dict[str, tuple[int, ...]] = {}
    found = []
    for context in section_contexts(text, structure):
        if context not in cache:
            cache[context] = tuple(tokenizer(context).ids[:limit].tolist())
        found.append(cache[context])
    return found or [()]


def _paragraph_of_token(structure: Structure, tokens: Tokens) -> list[int]:
    starts = [p.start for p in structure.paragraphs] or [0]
    return np.maximum(np.searchsorted(starts, tokens.starts, side="right") - 1, 0).tolist()
