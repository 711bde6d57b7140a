"""Letters that have something in common, from what their facts and their text say; what is not stated is no group.

Hard cases are those that a letter's front matter names: the letter holds each of them at least once, and the figures
are those of the whole letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nlp.annotation.stats import HARD_CASES
from nlp.documents.meta import read_meta
from nlp.evaluation.scores import Scored

Groups = dict[tuple[str, str], list[Scored]]
"""By the name of the grouping, and the value that the letters share."""


def group(documents: Sequence[Scored]) -> Groups:
    """The groups in the order of `GROUPINGS`, hard cases in the order of their list, the rest by the value."""
    found: Groups = {}
    for name, values in GROUPINGS.items():
        by_value: dict[str, list[Scored]] = {}
        for document in documents:
            for value in dict.fromkeys(values(document)):
                by_value.setdefault(value, []).append(document)
        known = list(HARD_CASES)
        order = sorted(by_value, key=lambda value: (known.index(value) if value in known else len(known), value))
        found.update({(name, value): by_value[value] for value in order})
    return found


def _fact(name: str) -> Callable[[Scored], Iterator[str]]:
    def values(document: Scored) -> Iterator[str]:
        meta: dict[str, Any] = getattr(document.gold, "meta", {})
        stated = meta.get(name)
        if stated is not None:
            yield from map(str, stated if isinstance(stated, list) else [stated])

    return values


def _reply_class(document: Scored) -> Iterator[str]:
    stated = read_meta(document.text).reply_class
    if stated is not None:
        yield stated


GROUPINGS: dict[str, Callable[[Scored], Iterator[str]]] = {
    "form": _fact("form"),
    "hard case": _fact("hard"),
    "reply class": _reply_class,
    "body": _fact("body"),
}
