"""What is taken for what: categories by character, types by claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nlp.evaluation.alignment import align
from nlp.evaluation.scores import Scored, category_pairs, measure_tags
from nlp.labels import CATEGORY_LABELS, OUTSIDE, QUANTITY_LABELS

Confusion = dict[str, dict[str, int]]
"""By the label in gold, then by the label that was predicted; `O` is none."""


def category_confusion(documents: Sequence[Scored]) -> Confusion:
    """Characters by category."""
    pairs: Counter[tuple[str, str]] = Counter()
    for document in documents:
        tags = (measure_tags(len(document.text), side.measures) for side in (document.gold, document.predicted))
        pairs.update(category_pairs(*tags))
    return _table(pairs, CATEGORY_LABELS)


def type_confusion(documents: Sequence[Scored]) -> Confusion:
    """Claims by type: of gold and prediction that are partners, whatever their borders; `O` where there is none."""
    pairs: Counter[tuple[str, str]] = Counter()
    for document in documents:
        gold, predicted = document.gold.claims, document.predicted.claims
        paired = align(gold, predicted)
        together = (*paired.exact, *paired.relabelled, *paired.overlapping)
        pairs.update((gold[i].type, predicted[j].type) for i, j in together)
        pairs.update((gold[i].type, OUTSIDE) for i in paired.missed)
        pairs.update((OUTSIDE, predicted[j].type) for j in paired.spurious)
    return _table(pairs, QUANTITY_LABELS)


def _table(pairs: Counter[tuple[str, str]], labels: Sequence[str]) -> Confusion:
    return {row: {column: pairs[row, column] for column in labels} for row in labels}
