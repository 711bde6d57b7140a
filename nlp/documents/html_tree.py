"""From a page's source to the tree of what it shows: no scripts, no styles, nothing hidden, nothing fetched."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree
from lxml import html as lxml_html

from nlp.errors import FanzhaError

_NEVER_SHOWN_NAMES = (
    "script style noscript template head title meta link base iframe frame noframes object embed applet svg canvas "
    "audio video select datalist button textarea input map xml"
)
_NEVER_SHOWN = frozenset(_NEVER_SHOWN_NAMES.split())
_HIDDEN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.I)
_CONTAINERS = re.compile(
    r"(?:^|\s)(?:zoom|zoomcon|fontzoom|ucap-content|vsb_content\w*|js_content|trs_editor|trs_ueditor|trs_editor_view"
    r"|custom_unionstyle|bt_content|pages_content)(?:$|\s)",
    re.I,
)
# libxml2 compares each attribute of a tag with all before it, so a tag of 500,000 of them takes minutes.
_ENORMOUS_TAG = re.compile(r"<([a-zA-Z][\w:-]{0,40})\s[^<>]{20000,}>")
_MOST_ATTRIBUTES = 1000
_NULS = {0: None}


def parse_page(source: str, *, where: str | Path) -> etree._Element:
    """The tree of a page as it is written.

    `huge_tree` is on: pages saved as one file carry pictures of many megabytes in an attribute. The parser's limit of
    2048 elements inside one another stays, and bytes were limited before.

    Raises:
        FanzhaError: where there is no element, or the parser gave up half way.
    """
    source = _ENORMOUS_TAG.sub(_without_attributes, source.translate(_NULS))
    parser = lxml_html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # nothing but comments and white space
        root = None
    if any(error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log):
        raise FanzhaError(
            "is nested too deep to be read as a page", path=where, mend="open it in a browser and save its text as .txt"
        )
    if root is None:
        raise FanzhaError("holds no text: there is no page in it", path=where, mend="save the page anew")
    return root


def is_known_container(element: etree._Element) -> bool:
    """Whether an element is one that a content system of government sites puts the text of an article in."""
    return _CONTAINERS.search(f"{element.get('id', '')} {element.get('class', '')}") is not None


def drop_unseen(root: etree._Element, *, hidden: bool) -> None:
    """Empties the elements that a browser does not show; they stay in the tree as empty <span>s.

    Args:
        root: of the page; it is changed.
        hidden: whether what a style or an attribute hides goes too.
    """
    unseen = [element for element in root.iter("*") if _is_unseen(element, hidden)]
    for element in unseen:
        if element is not root:
            element.clear(keep_tail=True)  # type: ignore[call-arg]  # the stubs are of an older lxml
            element.tag = "span"


def _is_unseen(element: etree._Element, hidden: bool) -> bool:
    if element.tag in _NEVER_SHOWN:
        return True
    if not hidden or is_known_container(element):  # such a page shows it by a script at last
        return False
    return element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")) is not None


def _without_attributes(tag: re.Match[str]) -> str:
    return f"<{tag[1]}>" if len(tag[0].split(None, _MOST_ATTRIBUTES)) > _MOST_ATTRIBUTES else tag[0]
