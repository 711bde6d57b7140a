"""The templates, and what fills them. Whatever stands in a value is escaped, and a name that is missing is an error."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nlp.labels import CATEGORIES
from nlp.output.html import wording
from nlp.output.html.marking import CATEGORY_CLASSES, marked_text
from nlp.output.html.summaries import Counts, Entry, counts_of
from nlp.output.letters import AnnotatedLetter
from nlp.output.terminal import normalised, visible
from nlp.output.words import STATUS_NAMES, TYPE_NAMES


def render_letter(
    letter: AnnotatedLetter, *, number: int, letters: int, index: str, before: str | None, after: str | None
) -> str:
    """The page of a letter.

    Args:
        letter: the letter.
        number: its place among the letters, from 1.
        letters: how many there are.
        index: the link to its row in the index; the links are relative and percent-encoded.
        before: the link to the page of the letter before it, if there is one.
        after: the link to the page of the letter after it, if there is one.
    """
    result = letter.result
    return (
        environment()
        .get_template("letter.html")
        .render(
            result=result,
            heading=wording.heading(result.document),
            facts=wording.facts(result.document),
            counts=counts_of(result),
            text=marked_text(letter.text, result),
            number=number,
            letters=letters,
            index=index,
            before=before,
            after=after,
        )
    )


def render_index(entries: Sequence[Entry], *, totals: Counts | None, page: int, pages: Sequence[str]) -> str:
    """A page of the index.

    Args:
        entries: the letters on it.
        totals: the sums over all letters, shown at its top; None on all pages but the first.
        page: its place among `pages`, from 0.
        pages: the links to all pages of the index.
    """
    longest = max((entry.counts.of() for entry in entries), default=0)
    return (
        environment()
        .get_template("index.html")
        .render(entries=entries, totals=totals, longest=longest, page=page, pages=pages)
    )


@cache
def environment() -> Environment:
    """What renders the templates of this package."""
    environment = Environment(
        loader=PackageLoader("nlp.output.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = (files("nlp.output.html") / "templates" / "style.css").read_text(encoding="utf-8")
    environment.globals.update(
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
        categories=CATEGORIES,
        category_classes=CATEGORY_CLASSES,
        status_names=STATUS_NAMES,
        type_names=TYPE_NAMES,
        change=wording.change,
        measure_label=wording.measure_label,
        normalised=normalised,
    )
    environment.filters.update(visible=visible, on_one_line=wording.on_one_line)
    return environment
