"""Automatic numbering: Word keeps 一、 （一） 1. apart from the text, and headings steer the model.

A paragraph, or its style, names a list (`w:num`) and a level; the list names the levels' formats, which are shared by
all lists of one `w:abstractNum`, counters included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.documents.docx_numerals import numeral
from nlp.documents.docx_xml import Element, attribute, child, children, is_on, number

_PLACEHOLDER = re.compile("%([1-9])")
_LONGEST_LABEL = 64
_LEVELS = 9
_LONGEST_CHAIN = 32  # of styles; in a damaged file one may be based on itself


@dataclass(frozen=True)
class _Style:
    based_on: str | None
    list_id: str | None
    level: int | None
    hidden: bool | None


class Styles:
    """What styles say of numbering and hidden text; `root` is the styles part, or None."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, _Style] = {}
        self._default: str | None = None
        for style in children(root, "w:style"):
            name = attribute(style, "styleId")
            if name is None:
                continue
            numbered = child(style, "w:pPr", "w:numPr")
            self._styles[name] = _Style(
                based_on=attribute(child(style, "w:basedOn"), "val"),
                list_id=attribute(child(numbered, "w:numId"), "val"),
                level=number(child(numbered, "w:ilvl")),
                hidden=is_on(child(style, "w:rPr", "w:vanish")),
            )
            if attribute(style, "type") == "paragraph" and attribute(style, "default") in ("1", "true"):
                self._default = name

    def of_paragraph(self, properties: Element | None) -> str | None:
        """The style of a paragraph, from its `w:pPr`."""
        return attribute(child(properties, "w:pStyle"), "val") or self._default

    def list_of(self, name: str | None) -> tuple[str | None, int | None]:
        """The list and the level that a style, or one that it is based on, names."""
        chain = self._chain(name)
        found = next((style.list_id for style in chain if style.list_id is not None), None)
        return found, next((style.level for style in chain if style.level is not None), None)

    def hidden(self, name: str | None) -> bool:
        """Whether a style hides its text."""
        return next((style.hidden for style in self._chain(name) if style.hidden is not None), False)

    def _chain(self, name: str | None) -> list[_Style]:
        chain: list[_Style] = []
        while name is not None and name in self._styles and len(chain) < _LONGEST_CHAIN:
            chain.append(self._styles[name])
            name = chain[-1].based_on
        return chain


@dataclass(frozen=True)
class _Level:
    start: int
    form: str
    text: str
    restart: int | None
    legal: bool
    style: str | None


class Numbering:
    """Counts the paragraphs of a document in the order in which `label` is asked for them."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract = {attribute(e, "abstractNumId"): e for e in children(root, "w:abstractNum")}
        self._lists = {attribute(e, "numId"): e for e in children(root, "w:num")}
        self._levels: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._restarted: set[tuple[str, int]] = set()

    def label(self, properties: Element | None) -> str:
        """What stands before a paragraph, from its `w:pPr`: `（一）`; empty where it has no number."""
        own = child(properties, "w:numPr")
        style = self._styles.of_paragraph(properties)
        list_id = attribute(child(own, "w:numId"), "val")
        level = number(child(own, "w:ilvl"))
        if list_id is None:
            list_id, styled = self._styles.list_of(style)
            level = styled if level is None else level
        if list_id is None or list_id not in self._lists:
            return ""
        abstract, levels = self._levels_of(list_id)
        if own is None:  # a level may be tied to the style, whatever level that names
            level = next((i for i, entry in levels.items() if entry.style is not None and entry.style == style), level)
        level = 0 if level is None else level
        if level not in levels:
            return ""
        counters = self._counters.setdefault(abstract, {})
        self._count(list_id, level, levels, counters)
        entry = levels[level]
        if entry.form == "bullet":
            return ""

        def written(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            shown = levels.get(at, entry)
            return numeral(counters.get(at, shown.start), "decimal" if entry.legal else shown.form)

        return _PLACEHOLDER.sub(written, entry.text).strip()

    def _count(self, list_id: str, level: int, levels: dict[int, _Level], counters: dict[int, int]) -> None:
        override = self._start_override(list_id, level)
        if override is not None and (list_id, level) not in self._restarted:
            self._restarted.add((list_id, level))
            counters[level] = override
        else:
            counters[level] = counters[level] + 1 if level in counters else levels[level].start
        for deeper in [i for i in counters if i > level]:
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or level < restart:
                del counters[deeper]

    def _start_override(self, list_id: str, level: int) -> int | None:
        for override in children(self._lists[list_id], "w:lvlOverride"):
            if number(override, "ilvl") == level:
                return number(child(override, "w:startOverride"))
        return None

    def _levels_of(self, list_id: str) -> tuple[str, dict[int, _Level]]:
        """The name of the counters that a list shares, and its levels."""
        if list_id not in self._levels:
            entry = self._lists[list_id]
            abstract_id = attribute(child(entry, "w:abstractNumId"), "val") or ""
            abstract = self._abstract.get(abstract_id)
            link = attribute(child(abstract, "w:numStyleLink"), "val")
            if link is not None:  # the levels stand in the list that the style names
                linked = self._lists.get(self._styles.list_of(link)[0])
                abstract_id = attribute(child(linked, "w:abstractNumId"), "val") or abstract_id
                abstract = self._abstract.get(abstract_id)
            found = [*children(abstract, "w:lvl")]
            found += [lvl for override in children(entry, "w:lvlOverride") for lvl in children(override, "w:lvl")]
            levels = {i: _level(e) for e in found if (i := number(e, "ilvl")) is not None and 0 <= i < _LEVELS}
            self._levels[list_id] = (abstract_id, levels)
        return self._levels[list_id]


def _level(element: Element) -> _Level:
    form = child(element, "w:numFmt")
    if form is None:  # a form that only newer programs know, with one for the older
        form = child(element, "mc:AlternateContent", "mc:Fallback", "w:numFmt")
    start = number(child(element, "w:start"))
    return _Level(
        start=1 if start is None else start,
        form=attribute(form, "val") or "decimal",
        text=(attribute(child(element, "w:lvlText"), "val") or "")[:_LONGEST_LABEL],
        restart=number(child(element, "w:lvlRestart")),
        legal=bool(is_on(child(element, "w:isLgl"))),
        style=attribute(child(element, "w:pStyle"), "val"),
    )
