"""A letter out of a saved web page: its own text in order, without the page's furniture.

The bytes are decoded (`html_decoding`), parsed to a tree of what a browser shows (`html_tree`), written as lines
(`html_lines`), and the lines of the letter are picked (`html_letter`). trafilatura says where the main text stands; the
text itself is always our own lines, because trafilatura drops salutations, tables and signatures.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from nlp.documents.forms import Extracted
from nlp.documents.html_decoding import decode_page
from nlp.documents.html_furniture import compact
from nlp.documents.html_letter import declared_titles, is_title_of_reply, letter_lines
from nlp.documents.html_lines import Line, lines_of
from nlp.documents.html_tree import drop_unseen, parse_page
from nlp.documents.limits import Limits
from nlp.errors import FanzhaError

_MOST_FOR_TRAFILATURA = 300_000
_MOST_ELEMENTS_FOR_TRAFILATURA = 30_000
_DEEPEST_FOR_TRAFILATURA = 150
_TITLE_PARTS = re.compile(r"[_|｜\s]+|\s?[-—–]+\s?")
_INDENT = "\u3000\u3000"
# It logs what it discards; a person who annotates a folder has no use for that.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL + 1)


def extract(data: bytes, *, where: str | Path, limits: Limits, charset: str | None = None) -> Extracted:
    """The letter in a saved page.

    Args:
        data: the page's bytes.
        where: what faults name.
        limits: what it may cost; what a page costs is linear in its bytes, which are limited before.
        charset: what a mail header says of the bytes, if there is one.

    Returns:
        A line for each paragraph, its indent as two ideographic spaces; cells of a table row are parted by tabs, and
        every row begins with an indent. No blank lines, no control character but line feed and tab.

    Raises:
        FanzhaError: where they are no page, or one without a letter.
    """
    source, encoding, warnings = decode_page(data, where=where, charset=charset)
    lines: list[Line] = []
    for hidden in (True, False):  # a page that its script was to unhide is read all the same
        root = parse_page(source, where=where)
        titles, frames = declared_titles(root), _frames(root)
        drop_unseen(root, hidden=hidden)
        lines = _letter(root, titles)
        if lines:
            break
    if not lines or (frames and not any("。" in line.text for line in lines)):
        raise _no_text(frames, where)
    text = _written(lines)
    title = next((title for title in titles if is_title_of_reply(title)), None)
    if title is not None and not _is_titled(lines, title):
        text = f"{_title_alone(title)}\n{text}"
    return Extracted(text, encoding, warnings)


def _letter(root: etree._Element, titles: Sequence[str]) -> list[Line]:
    lines = lines_of(root)
    return letter_lines(root, lines, lambda: _main_text(root, lines), titles)


def _main_text(root: etree._Element, lines: Sequence[Line]) -> str:
    """What trafilatura takes for the main text; nothing of a page that would cost it too much, or that it fails on."""
    if sum(len(line.text) for line in lines) > _MOST_FOR_TRAFILATURA or _is_too_much(root):
        return ""
    from trafilatura import bare_extraction

    try:
        found = bare_extraction(copy.deepcopy(root), fast=True, include_comments=False, include_tables=True)
    except Exception:  # its opinion is asked, not needed
        return ""
    return "" if found is None else getattr(found, "text", None) or ""


def _is_too_much(root: etree._Element) -> bool:
    depth = elements = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        if depth > _DEEPEST_FOR_TRAFILATURA or elements > _MOST_ELEMENTS_FOR_TRAFILATURA:
            return True
    return False


def _written(lines: Sequence[Line]) -> str:
    """The lines as text. Rows are of one width and would look hard-wrapped, so they and the line after are indented."""
    after_row = False
    written = []
    for line in lines:
        written.append((_INDENT if line.indented or after_row else "") + line.text)
        after_row = line.row
    return "\n".join(written) + "\n"


def _title_alone(title: str) -> str:
    """The title of a letter out of a page's, which names the site too: 关于…的答复_某市人民政府."""
    parts = [part.strip() for part in _TITLE_PARTS.split(title)]
    return next((part for part in parts if is_title_of_reply(part)), title)


def _is_titled(lines: Sequence[Line], title: str) -> bool:
    """Whether lines hold the title that the page declares, site's name apart."""
    whole, declared = compact("".join(line.text for line in lines)), compact(title)
    if compact(_title_alone(title)) in whole:
        return True
    return any(is_title_of_reply(line.text) and compact(line.text) in declared for line in lines)


def _frames(root: etree._Element) -> list[str]:
    """The local files that the frames of a page show."""
    sources = (frame.get("src", "") for frame in root.iter("frame", "iframe"))
    return [source for source in sources if source and "://" not in source and not source.startswith(("//", "about:"))]


def _no_text(frames: Sequence[str], where: str | Path) -> FanzhaError:
    if frames:
        return FanzhaError(
            f"holds no text: the page shows another file, {frames[0][:200]!r}",
            path=where,
            mend="annotate that file instead",
        )
    return FanzhaError(
        "holds no text: there are only menus and links in it, or a script was to fetch it",
        path=where,
        mend="open the letter itself in a browser and save that page, or its text as .txt",
    )
