"""Characters that are no text: whatever a Word file or a PDF holds, none of them reaches a letter."""

from __future__ import annotations

import re

# C0 and C1 controls but for tab and line feed, soft hyphens, noncharacters, lone surrogates.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


def without_controls(text: str) -> str:
    """`text` with tabs and line feeds as its only control characters."""
    return _NO_TEXT.sub("", text)
