"""Errors sorted by kind: every gold and every predicted span is right, or in exactly one error of exactly one kind.

**Claims.** Gold and predictions are paired (`nlp.evaluation.alignment`), and the first of these that holds is the kind:

1. `missed` – gold without a partner; `spurious` – a prediction without one.
2. `boundary` – partners of different borders, whatever else differs.
3. `type` – the same borders, another type, whatever else differs.
4. `value` (or the end of a range), `unit`, `direction`, `metric` (overlap under half of the longer), `period` (another
   text) – the same borders and type, and the first of these parts that differs.

**Measures.** In this order:

1. `status` – the same borders and category, another status.
2. `category` – partners of different categories, whatever their borders.
3. `boundary` – partners of the same category and different borders.
4. `split` – a prediction without a partner that overlaps gold of its category; `merged` – gold without a partner that
   overlaps a prediction of its category.
5. `category` – a span without a partner that overlaps spans of other categories only.
6. `missed`, `spurious` – nothing at all on the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nlp.evaluation.alignment import align, label_of, overlaps
from nlp.evaluation.claim_parts import PARTS
from nlp.evaluation.scores import Scored

Layer = Literal["measures", "claims"]

KINDS: dict[Layer, tuple[str, ...]] = {
    "measures": ("missed", "spurious", "boundary", "split", "merged", "category", "status"),
    "claims": ("missed", "spurious", "boundary", "type", *PARTS),
}


@dataclass(frozen=True)
class Mistake:
    """An error in a letter: what gold has, what was predicted, or both."""

    letter: str
    layer: Layer
    kind: str
    gold: Any | None
    predicted: Any | None

    @property
    def spans(self) -> list[Any]:
        """The spans it is about."""
        return [span for span in (self.gold, self.predicted) if span is not None]

    @property
    def start(self) -> int:
        return min(span.start for span in self.spans)

    @property
    def end(self) -> int:
        return max(span.end for span in self.spans)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes it the same error of another model: everything but scores and the numbers of measures."""
        sides = (None if s is None else s.model_dump_json(exclude={"score", "measure"}) for s in self._sides)
        return (self.letter, self.layer, self.kind, *sides)

    @property
    def _sides(self) -> tuple[Any | None, Any | None]:
        return self.gold, self.predicted


def mistakes(document: Scored) -> list[Mistake]:
    """The errors of a document, measures first, each layer in text order."""
    found: list[Mistake] = []
    for layer, kinds in (("measures", _measure_errors), ("claims", _claim_errors)):
        gold, predicted = list(getattr(document.gold, layer)), list(getattr(document.predicted, layer))
        of_layer = [
            Mistake(document.id, layer, kind, None if i is None else gold[i], None if j is None else predicted[j])  # type: ignore[arg-type]
            for kind, i, j in kinds(gold, predicted)
        ]
        found += sorted(of_layer, key=lambda one: (one.start, one.end))
    return found


_Found = Iterator[tuple[str, int | None, int | None]]
"""A kind, the index of the gold span, and that of the prediction."""


def _claim_errors(gold: Sequence[Any], predicted: Sequence[Any]) -> _Found:
    paired = align(gold, predicted)
    yield from (("missed", i, None) for i in paired.missed)
    yield from (("spurious", None, j) for j in paired.spurious)
    yield from (("boundary", i, j) for i, j in paired.overlapping)
    yield from (("type", i, j) for i, j in paired.relabelled)
    for i, j in paired.exact:
        kind = next((name for name, same in PARTS.items() if not same(predicted[j], gold[i])), None)
        if kind is not None:
            yield kind, i, j


def _measure_errors(gold: Sequence[Any], predicted: Sequence[Any]) -> _Found:
    paired = align(gold, predicted)
    yield from (("status", i, j) for i, j in paired.exact if gold[i].status != predicted[j].status)
    for i, j in (*paired.relabelled, *paired.overlapping):
        yield "boundary" if label_of(gold[i]) == label_of(predicted[j]) else "category", i, j
    touched_gold: dict[int, bool] = {}
    touched_predicted: dict[int, bool] = {}
    for i, j in overlaps(gold, predicted):
        same = label_of(gold[i]) == label_of(predicted[j])
        touched_gold[i] = touched_gold.get(i, False) or same
        touched_predicted[j] = touched_predicted.get(j, False) or same
    for i in paired.missed:
        yield _alone(touched_gold.get(i), nothing="missed", same="merged"), i, None
    for j in paired.spurious:
        yield _alone(touched_predicted.get(j), nothing="spurious", same="split"), None, j


def _alone(touches_same: bool | None, *, nothing: str, same: str) -> str:
    return nothing if touches_same is None else same if touches_same else "category"
