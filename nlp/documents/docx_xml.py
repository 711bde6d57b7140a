"""The XML parts of a Word file: parsed without entities, DTD or network, their names made short.

Word writes its names in one of two namespaces, transitional or strict; here `w:p` stands for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from lxml import etree

from nlp.errors import FanzhaError

Element = etree._Element

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
}
_WORD = [namespace for namespace, prefix in _PREFIXES.items() if prefix == "w"]
_OFF = ("0", "false", "off", "none")
_NUMBER = re.compile(r"-?\d{1,9}")


def parse_part(data: bytes, *, where: str | Path) -> Element:
    """The root of a part.

    Raises:
        FanzhaError: where it is no XML, or declares a document type (no office program does; attacks do).
    """
    # huge_tree stays off: libxml2's own bounds on depth and entities hold.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        raise FanzhaError("is damaged: its XML cannot be read", path=where, mend="save it anew from Word") from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise FanzhaError("declares XML entities, as no letter does", path=where, mend="save it anew from Word")
    return root


def kind_of(element: Element) -> str:
    """`w:p`, `m:t`, `mc:Choice` …; the name alone in any other namespace."""
    return _short(element.tag) if isinstance(element.tag, str) else ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of a kind, or what is found by going on from there along `path`."""
    for kind in path:
        if element is None:
            return None
        element = next((e for e in element if kind_of(e) == kind), None)
    return element


def children(element: Element | None, kind: str) -> Iterator[Element]:
    """The children of a kind."""
    if element is not None:
        yield from (e for e in element if kind_of(e) == kind)


def attribute(element: Element | None, name: str) -> str | None:
    """A `w:` attribute."""
    if element is None:
        return None
    return next((value for ns in _WORD if (value := element.get(f"{{{ns}}}{name}")) is not None), None)


def number(element: Element | None, name: str = "val") -> int | None:
    """A `w:` attribute that is an integer of at most nine digits, else None."""
    value = attribute(element, name)
    return int(value) if value is not None and _NUMBER.fullmatch(value) else None


def is_on(element: Element | None) -> bool | None:
    """Whether a toggle (`<w:vanish/>`) is on; None where it is not there."""
    return None if element is None else attribute(element, "val") not in _OFF


@lru_cache(maxsize=4096)
def _short(tag: str) -> str:
    namespace, _, name = tag.rpartition("}")
    prefix = _PREFIXES.get(namespace[1:])
    return f"{prefix}:{name}" if prefix else name
