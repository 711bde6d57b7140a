"""A letter out of a page saved with all its files as one (.mht, MIME HTML): the page in it is read as any other."""

from __future__ import annotations

import email
import email.policy
from email.message import Message
from pathlib import Path

from nlp.documents import html
from nlp.documents.forms import Extracted
from nlp.documents.limits import Limits
from nlp.errors import FanzhaError

_PAGES = ("text/html", "application/xhtml+xml")
_MOST_PAGES = 20


def extract(data: bytes, *, where: str | Path, limits: Limits) -> Extracted:
    """The letter in a page saved as one file.

    The page is the part that the file names as its root, or the first one. Where that holds no text, because a frame
    shows the letter, the frames' pages are read, and the one with most text counts.

    Args:
        data: the file's bytes.
        where: what faults name.
        limits: what it may cost.

    Raises:
        FanzhaError: where there is no page in it, or none with a letter.
    """
    data = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"<"):  # a page under the wrong suffix
        return html.extract(data, where=where, limits=limits)
    try:
        pages = _pages(email.message_from_bytes(data, policy=email.policy.compat32))
    except (RecursionError, ValueError, LookupError, AssertionError, TypeError):
        raise FanzhaError("is no page saved as one file", path=where, mend="save it anew, as .html") from None
    if not pages:
        raise FanzhaError("holds no text: there is no page in it", path=where, mend="save the page anew, as .html")
    fault: FanzhaError | None = None
    found: list[Extracted] = []
    for content, charset in pages[:_MOST_PAGES]:
        try:
            found.append(html.extract(content, where=where, limits=limits, charset=charset))
        except FanzhaError as error:
            fault = fault or error
            continue
        if len(found) == 1 and fault is None:
            return found[0]
    if fault is not None and not found:
        raise fault
    return max(found, key=lambda extracted: len(extracted.text))


def _pages(message: Message) -> list[tuple[bytes, str | None]]:
    """The pages in a message, the root first, each with the charset of its header."""
    root = message.get_param("start")
    pages: list[tuple[bytes, str | None]] = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() not in _PAGES or not isinstance(content, bytes):
            continue
        page = (content, part.get_content_charset())
        if root is not None and str(part.get("Content-ID")) == root:
            pages.insert(0, page)
        else:
            pages.append(page)
    return pages
