"""Every figure of an evaluation by its key, as statistics that the bootstrap takes.

| table | rows | figures |
|---|---|---|
| all | all | the scheme's eight, and the calibration error of measure and claim scores |
| layer | characters, strict, and the levels of claims | precision, recall, F1 |
| category | the five | strict and character precision, recall, F1 |
| type | the five of claims | precision, recall, F1 of each level |
| errors | `measures` or `claims`, and the kind | count |
| form, hard case, reply class, body | what the letters share | the scheme's eight, over these letters |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlp.evaluation.bootstrap import BOOTSTRAP_SAMPLES, Difference, Estimate, Statistic, differences, estimates
from nlp.evaluation.calibration import SCORED, SpanScores
from nlp.evaluation.claim_parts import CLAIM_LEVELS
from nlp.evaluation.counts import FloatArray, IntArray, f1, precision, recall
from nlp.evaluation.groups import group
from nlp.evaluation.mistakes import KINDS, mistakes
from nlp.evaluation.scores import Scored, headline, of, tally
from nlp.labels import CATEGORIES, CLAIM_TYPES

ALL, LAYER, CATEGORY, TYPE, ERRORS = "all", "layer", "category", "type", "errors"
_RATES: dict[str, Callable[[npt.NDArray[Any]], FloatArray]] = {"precision": precision, "recall": recall, "F1": f1}


class Key(NamedTuple):
    """Where a figure stands."""

    table: str
    row: str
    figure: str


def calibration_error(layer: str) -> Key:
    """The key of the expected calibration error of the scores of `measures` or `claims`."""
    return Key(ALL, ALL, f"ECE of {layer.removesuffix('s')} scores")


def lower_is_better(key: Key) -> bool:
    """Whether the figure counts faults."""
    return key.table == ERRORS or key in {calibration_error(layer) for layer in SCORED}


def estimate_figures(documents: Sequence[Scored], samples: int = BOOTSTRAP_SAMPLES) -> dict[Key, Estimate]:
    """All figures over some documents, at least one, with their intervals."""
    found = estimates(_statistics(documents), len(documents), samples)
    for (table, row), letters in group(documents).items():
        found.update(estimates([_headline(letters, table, row)], len(letters), samples))
    return found


def compare_figures(
    first: Sequence[Scored], second: Sequence[Scored], samples: int = BOOTSTRAP_SAMPLES
) -> dict[Key, Difference]:
    """All figures of two predictions of the same documents, in the same order, with their differences."""
    found = differences(_statistics(first), _statistics(second), len(first), lower_is_better, samples)
    others = group(second)
    for (table, row), letters in group(first).items():
        pair = [_headline(letters, table, row)], [_headline(others[table, row], table, row)]
        found.update(differences(*pair, len(letters), lower_is_better, samples))
    return found


def _statistics(documents: Sequence[Scored]) -> list[Statistic[Key]]:
    return [_headline(documents, ALL, ALL), *_calibration(documents), _detail(documents), _errors(documents)]


def _headline(documents: Sequence[Scored], table: str, row: str) -> Statistic[Key]:
    totals = _Totals(documents)
    return lambda weights: {Key(table, row, name): value for name, value in headline(totals.of(weights)).items()}


def _detail(documents: Sequence[Scored]) -> Statistic[Key]:
    totals = _Totals(documents)

    def detail(weights: IntArray) -> Mapping[Key, FloatArray]:
        summed = totals.of(weights)
        rows = [(Key(LAYER, layer, ""), of(summed, layer)) for layer in ("characters", "strict", *CLAIM_LEVELS)]
        rows += [
            (Key(table, label, f"{layer} "), of(summed, layer, label))
            for table, labels, layers in (
                (CATEGORY, CATEGORIES, ("strict", "characters")),
                (TYPE, CLAIM_TYPES, CLAIM_LEVELS),
            )
            for label in labels
            for layer in layers
        ]
        return {
            key._replace(figure=f"{key.figure}{name}"): rate(counts)
            for key, counts in rows
            for name, rate in _RATES.items()
        }

    return detail


def _calibration(documents: Sequence[Scored]) -> list[Statistic[Key]]:
    def statistic(layer: str) -> Statistic[Key]:
        scores = SpanScores.read(documents, layer)
        return lambda weights: {calibration_error(layer): scores.error(weights)}

    return [statistic(layer) for layer in SCORED]


def _errors(documents: Sequence[Scored]) -> Statistic[Key]:
    keys = [Key(ERRORS, f"{layer}: {kind}", "count") for layer, kinds in KINDS.items() for kind in kinds]
    counts = [Counter(f"{one.layer}: {one.kind}" for one in mistakes(document)) for document in documents]
    table = np.array([[count[key.row] for key in keys] for count in counts], dtype=np.int64)
    return lambda weights: {key: (weights @ table)[:, k].astype(np.float64) for k, key in enumerate(keys)}


class _Totals:
    """The tallies of documents, to be added up by weights."""

    def __init__(self, documents: Sequence[Scored]) -> None:
        self._tallies = np.stack([tally(document) for document in documents])

    def of(self, weights: IntArray) -> IntArray:
        """[samples, cells, 3]."""
        totals: IntArray = np.tensordot(weights, self._tallies, axes=1)
        return totals
