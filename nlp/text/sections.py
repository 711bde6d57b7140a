"""The section a sentence stands in: 下一步 may stand pages above the plans it governs, so a window is told of it."""

from __future__ import annotations

import re

from nlp.text.healing import heal
from nlp.text.segmentation import Paragraph, Structure, skip_enumerator

_MAX_PART = 24
# Words that turn from what was done to what is planned; a plain paragraph that has them governs what follows.
_TURN = re.compile(r"下一?步|下一?阶段|今后|接下来|后续|未来|打算|将从|改进|(?<![模虚])拟")


def section_contexts(text: str, structure: Structure) -> list[str]:
    """For each paragraph the headings above it and the lead-in it follows, outermost first, joined by blanks.

    A heading ends at its first sentence end and is cut after 24 characters. A plain paragraph that ends in a colon or
    turns to plans (下一步…) stands for a heading of the first level until the next one of that level.
    """
    healed = heal(text, structure)
    text, structure = healed.text, healed.structure
    contexts: list[str] = []
    stack: list[tuple[int, str]] = []
    for index, paragraph in enumerate(structure.paragraphs):
        if paragraph.level is not None:
            stack = [entry for entry in stack if entry[0] < paragraph.level]
        contexts.append(" ".join(part for _, part in stack))
        if paragraph.level is not None:
            stack.append((paragraph.level, _head(text, structure, index)))
        else:
            lead = _lead_in(text, paragraph)
            if lead is not None:
                stack = [(1, lead)]
    return contexts


def _head(text: str, structure: Structure, index: int) -> str:
    paragraph = structure.paragraphs[index]
    start = skip_enumerator(text, paragraph.start, paragraph.end)
    found = re.compile(r"[。；;！!\n]").search(text, start, paragraph.end)
    return text[start : min(found.start() if found else paragraph.end, start + _MAX_PART)].strip()


def _lead_in(text: str, paragraph: Paragraph) -> str | None:
    body = text[paragraph.start : paragraph.end].strip()
    found = _TURN.search(body)
    if found is not None:
        return body[max(0, found.start() - 4) : found.start() + _MAX_PART - 4]
    if body.endswith(("：", ":")) and len(body) > 12:
        return body[-_MAX_PART:]
    return None
