"""How predictions are scored against gold (scheme, section 4).

Measures: seqeval's strict F1 of exact spans with category; F1 of characters per category, micro and macro; accuracy of
the status on the characters that both call a measure. Claims: F1 of quantities (exact span and type), of normalised
claims (value, unit and direction right too), and of full claims (metric overlaps by half of the longer, and the period
agrees in text, too); and F1 of metrics, which asks of a claim that its quantity is found and its metric overlaps.

Counts of documents are added up before a figure is taken, so any set of documents, and any resample of it, is scored by
the sum of its tallies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from seqeval.scheme import IOB2, Entities

from nlp.evaluation.alignment import exact_pairs
from nlp.evaluation.claim_parts import CLAIM_LEVELS, agrees
from nlp.evaluation.counts import Counts, FloatArray, IntArray, f1, precision, ratio, recall
from nlp.labels import CATEGORIES, CLAIM_TYPES, OUTSIDE

LAYERS: dict[str, tuple[str, ...]] = {
    "strict": CATEGORIES,
    "characters": CATEGORIES,
    "status": ("all",),
    **dict.fromkeys(CLAIM_LEVELS, CLAIM_TYPES),
}
"""What is counted, each by the labels it is counted for."""
_CELLS = {cell: k for k, cell in enumerate((layer, label) for layer, labels in LAYERS.items() for label in labels)}


@dataclass(frozen=True)
class Scored:
    """A document's text with its gold and its prediction, each with `measures` and `claims`."""

    id: str
    text: str
    gold: Any
    predicted: Any


def score(documents: Iterable[Scored]) -> Scores:
    """Scores predictions over some documents."""
    return combine([tally(document) for document in documents])


def combine(tallies: Sequence[IntArray]) -> Scores:
    """The figures of all documents together."""
    return Scores(np.sum(tallies, axis=0, dtype=np.int64) if len(tallies) else _empty())


def tally(document: Scored) -> IntArray:
    """[cells, 3]: what is right, predicted and gold in one document, for each layer and label; see `of`."""
    totals = _empty()
    gold = measure_tags(len(document.text), document.gold.measures)
    predicted = measure_tags(len(document.text), document.predicted.measures)
    for layer, counted in (
        ("strict", _strict_counts(gold, predicted)),
        ("characters", _character_counts(gold, predicted)),
        ("status", {"all": _status_agreement(document)}),
        *((level, _claim_counts(document, level)) for level in CLAIM_LEVELS),
    ):
        for label, counts in counted.items():
            totals[_CELLS[layer, label]] = counts
    return totals


def of(totals: npt.NDArray[Any], layer: str, label: str | None = None) -> npt.NDArray[Any]:
    """[..., 3]: the counts of a label in totals [..., cells, 3]; without a label, those of the layer together."""
    if label is not None:
        return totals[..., _CELLS[layer, label], :]
    return totals[..., [_CELLS[layer, name] for name in LAYERS[layer]], :].sum(-2)


def headline(totals: npt.NDArray[Any]) -> dict[str, FloatArray]:
    """[...]: every figure of the scheme by its name, in the order of the reports, from totals [..., cells, 3]."""
    strict = of(totals, "strict")
    return {
        "measures, character micro F1": f1(of(totals, "characters")),
        "measures, character macro F1": _macro_f1(totals),
        # As seqeval with zero_division=0: nothing predicted and nothing there is 0, not 1.
        "measures, strict span F1": np.where(strict[..., 1:].sum(-1) > 0, f1(strict), 0.0),
        "status accuracy": f1(of(totals, "status")),
        **{f"{level} F1": f1(of(totals, level)) for level in CLAIM_LEVELS},
    }


@dataclass(frozen=True)
class Scores:
    """All figures over some documents; `figures` names them."""

    totals: IntArray
    """[cells, 3], see `tally`."""

    def figures(self) -> dict[str, float]:
        """Every figure by its name, in the order of the reports."""
        return {name: float(value) for name, value in headline(self.totals).items()}

    @property
    def strict(self) -> dict[str, float]:
        """What seqeval says of exact spans."""
        counts = of(self.totals, "strict")
        return {
            "f1": self.figures()["measures, strict span F1"],
            "precision": float(precision(counts)) if counts[1] else 0.0,
            "recall": float(recall(counts)) if counts[2] else 0.0,
        }

    @property
    def characters(self) -> dict[str, Counts]:
        """By category."""
        return {name: self.counts("characters", name) for name in CATEGORIES}

    @property
    def character_micro(self) -> Counts:
        return self.counts("characters")

    @property
    def character_macro_f1(self) -> float:
        """The mean over the categories that gold or prediction has."""
        return float(_macro_f1(self.totals))

    @property
    def claims(self) -> dict[str, Counts]:
        """By level."""
        return {level: self.counts(level) for level in CLAIM_LEVELS}

    @property
    def status_agreed(self) -> int:
        return self.counts("status").right

    @property
    def status_total(self) -> int:
        return self.counts("status").gold

    def counts(self, layer: str, label: str | None = None) -> Counts:
        """As `of`."""
        return Counts(*map(int, of(self.totals, layer, label)))


def _empty() -> IntArray:
    return np.zeros((len(_CELLS), 3), dtype=np.int64)


def _macro_f1(totals: npt.NDArray[Any]) -> FloatArray:
    parts = np.stack([of(totals, "characters", name) for name in CATEGORIES], axis=-2)
    present = parts[..., 1:].sum(-1) > 0
    return ratio((f1(parts) * present).sum(-1), present.sum(-1))


def measure_tags(length: int, measures: Iterable[Any]) -> list[str]:
    """IOB2 tags of the characters of a document."""
    tags = [OUTSIDE] * length
    for m in measures:
        tags[m.start : m.end] = [f"I-{m.category}"] * (m.end - m.start)
        tags[m.start] = f"B-{m.category}"
    return tags


def category_pairs(gold: Sequence[str], predicted: Sequence[str]) -> Counter[tuple[str, str]]:
    """How many characters have each pair of categories, `OUTSIDE` among them, in two sequences of tags."""
    names = ([tag.partition("-")[2] or OUTSIDE for tag in tags] for tags in (gold, predicted))
    return Counter(zip(*names, strict=True))


def _strict_counts(gold: list[str], predicted: list[str]) -> dict[str, tuple[int, int, int]]:
    """Entities by seqeval's strict reading of IOB2, by category."""
    wanted, found = (
        {(e.start, e.end, e.tag) for entities in Entities([tags], IOB2).entities for e in entities}
        for tags in (gold, predicted)
    )
    right, n_found, n_wanted = (Counter(tag for *_, tag in spans) for spans in (wanted & found, found, wanted))
    return {name: (right[name], n_found[name], n_wanted[name]) for name in CATEGORIES}


def _character_counts(gold: list[str], predicted: list[str]) -> dict[str, tuple[int, int, int]]:
    pairs = category_pairs(gold, predicted)
    return {
        category: (
            pairs[category, category],
            sum(n for (_, p), n in pairs.items() if p == category),
            sum(n for (g, _), n in pairs.items() if g == category),
        )
        for category in CATEGORIES
    }


def _status_agreement(document: Scored) -> tuple[int, int, int]:
    def statuses(measures: Iterable[Any]) -> dict[int, str]:
        return {i: m.status for m in measures for i in range(m.start, m.end)}

    gold, predicted = statuses(document.gold.measures), statuses(document.predicted.measures)
    both = gold.keys() & predicted.keys()
    return sum(gold[i] == predicted[i] for i in both), len(both), len(both)


def _claim_counts(document: Scored, level: str) -> dict[str, tuple[int, int, int]]:
    """Claims by type. Where one claim is predicted twice, one of the two is wrong."""
    gold, predicted = document.gold.claims, document.predicted.claims
    right = Counter(gold[i].type for i, j in exact_pairs(gold, predicted) if agrees(level, predicted[j], gold[i]))
    n_predicted = Counter(c.type for c in predicted)
    n_gold = Counter(kind for *_, kind in {(c.start, c.end, c.type) for c in gold})
    return {kind: (right[kind], n_predicted[kind], n_gold[kind]) for kind in CLAIM_TYPES}
