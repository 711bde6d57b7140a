"""The lines of a letter in which its facts stand, in a form that rules can be written for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

# A letter's facts stand at its ends. What is bounded here bounds the time of every rule, whatever the text.
HEAD_LINES = 200
FOOT_LINES = 80
LINE_CHARACTERS = 300

# One character becomes one character, so that what is found in the plain form is cut out of the letter's own words.
_PLAIN = {0xFF01 + i: 0x21 + i for i in range(94)}
_PLAIN.update({ord(c): ord("[") for c in "〔【〖［"} | {ord(c): ord("]") for c in "〕】〗］"})
_PLAIN.update({ord(c): ord(" ") for c in "\t\u3000\xa0\u200b\ufeff"})

_PAGE_NUMBER = re.compile(r"[-—–·. ]*\d{1,4}[-—–·. ]*|第 ?\d{1,4} ?页.{0,12}")


@dataclass(frozen=True)
class Line:
    """A line that is not blank.

    Args:
        index: of the line among all lines of the text.
        text: without the white space around it.
        indented: whether it began with white space.
        after_blank: whether a blank line, or none, stands before it.
    """

    index: int
    text: str
    indented: bool
    after_blank: bool

    @cached_property
    def plain(self) -> str:
        """`text`, character by character, with ASCII digits, letters and punctuation, blanks, and [] for 〔〕【】."""
        return self.text.translate(_PLAIN)


def plain(text: str) -> str:
    """See `Line.plain`."""
    return text.translate(_PLAIN)


def squeeze(text: str) -> str:
    """`text` on one line, each run of white space one blank."""
    return " ".join(text.split())


def head_and_foot(text: str) -> tuple[list[Line], list[Line]]:
    """The first lines of a text, each cut at its end, and its last ones, each cut at its beginning.

    Page numbers are left out. A short text has the same lines in both. Half a surrogate pair, which no result may hold,
    becomes a question mark.
    """
    raw = text.splitlines()
    return _lines(raw, from_end=False), _lines(raw, from_end=True)


def _lines(raw: list[str], *, from_end: bool) -> list[Line]:
    found: list[Line] = []
    limit = FOOT_LINES if from_end else HEAD_LINES
    for index in reversed(range(len(raw))) if from_end else range(len(raw)):
        content = raw[index].strip()
        if not content:
            continue
        if len(found) == limit:
            break
        cut = content[-LINE_CHARACTERS:] if from_end else content[:LINE_CHARACTERS]
        after_blank = index == 0 or not raw[index - 1].strip()
        clean = cut.strip().encode("utf-8", "replace").decode()
        line = Line(index, clean, raw[index][0].isspace(), after_blank)
        if not _PAGE_NUMBER.fullmatch(line.plain):
            found.append(line)
    return found[::-1] if from_end else found
