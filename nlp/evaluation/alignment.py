"""Which predicted span answers which gold span: exact ones first, then those that overlap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

Pair = tuple[int, int]
"""The index of a gold span and that of a predicted one."""


@dataclass(frozen=True)
class Alignment:
    """Each gold and each predicted span is in one list, once.

    Args:
        exact: same borders and label.
        relabelled: same borders, another label.
        overlapping: other borders.
        missed: gold spans without a partner.
        spurious: predicted spans without a partner.
    """

    exact: list[Pair]
    relabelled: list[Pair]
    overlapping: list[Pair]
    missed: list[int]
    spurious: list[int]


def label_of(span: Any) -> str:
    """What a span is called: a measure's category, a claim's type."""
    label = span.category if hasattr(span, "category") else span.type
    assert isinstance(label, str)
    return label


def exact_pairs(gold: Sequence[Any], predicted: Sequence[Any]) -> list[Pair]:
    """Pairs of the same borders and label; where a span stands twice on a side, the last one counts."""
    by_key = {(p.start, p.end, label_of(p)): j for j, p in enumerate(predicted)}
    wanted = {(g.start, g.end, label_of(g)): i for i, g in enumerate(gold)}
    return [(i, by_key[key]) for key, i in wanted.items() if key in by_key]


def align(gold: Sequence[Any], predicted: Sequence[Any]) -> Alignment:
    """Pairs the spans of a document.

    Exact spans are paired first, then spans of the same borders, then those that overlap: of the same label before
    others, then by the length of the overlap, then from the front of the document.
    """
    exact = exact_pairs(gold, predicted)
    free_gold = set(range(len(gold))) - {i for i, _ in exact}
    free_predicted = set(range(len(predicted))) - {j for _, j in exact}

    candidates = []
    for i, j in overlaps(gold, predicted):
        g, p = gold[i], predicted[j]
        length = min(g.end, p.end) - max(g.start, p.start)
        same_borders = (g.start, g.end) == (p.start, p.end)
        candidates.append((not same_borders, label_of(g) != label_of(p), -length, g.start, p.start, i, j))
    relabelled: list[Pair] = []
    overlapping: list[Pair] = []
    for other_borders, *_, i, j in sorted(candidates):
        if i in free_gold and j in free_predicted:
            free_gold.remove(i)
            free_predicted.remove(j)
            (overlapping if other_borders else relabelled).append((i, j))
    return Alignment(exact, relabelled, overlapping, sorted(free_gold), sorted(free_predicted))


def overlaps(gold: Sequence[Any], predicted: Sequence[Any]) -> Iterator[Pair]:
    """All pairs that share a character."""
    order = sorted(range(len(gold)), key=lambda i: gold[i].start)
    starts = [gold[i].start for i in order]
    last_ends = list(accumulate((gold[i].end for i in order), max))
    for j, p in enumerate(predicted):
        k = bisect_left(starts, p.end) - 1
        while k >= 0 and last_ends[k] > p.start:
            if gold[order[k]].end > p.start:
                yield order[k], j
            k -= 1
