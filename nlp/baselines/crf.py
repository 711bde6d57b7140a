"""Linear-chain CRFs (sklearn-crfsuite): over the clauses of a letter, over its numbers, and over its characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn_crfsuite import CRF

from nlp.baselines.choosing import Component, Example, Part, Tagger
from nlp.baselines.features import Features, character_features, clause_features, number_features
from nlp.baselines.reading import IntArray, Reading

Sequences = list[list[Features]]
Featuriser = Callable[[Reading], Sequences]
# Where the sequences of a letter are among its so many labels.
Cutter = Callable[[Reading, int], list[slice]]

# L2 penalties; characters have many more examples than clauses and numbers, and want less.
_PENALTIES = (3.0, 1.0, 0.3)
_CHARACTER_PENALTIES = (0.3, 0.1)
_ITERATIONS = 100


def components() -> list[Component]:
    """Four CRFs, each with the penalty that does best on dev."""
    return [
        _component("states", lambda reading: [clause_features(reading)], _whole, _PENALTIES),
        _component("quantities", lambda reading: [number_features(reading)], _whole, _PENALTIES),
        _component("metrics", _sentence_features, _sentences, _CHARACTER_PENALTIES),
        _component("periods", _sentence_features, _sentences, _CHARACTER_PENALTIES),
    ]


def _whole(reading: Reading, count: int) -> list[slice]:
    return [slice(0, count)]


def _sentences(reading: Reading, count: int) -> list[slice]:
    return [slice(first, last) for first, last in reading.numbered_sentences()]


def _sentence_features(reading: Reading) -> Sequences:
    return [character_features(reading, first, last) for first, last in reading.numbered_sentences()]


def _component(part: Part, features: Featuriser, cut: Cutter, penalties: Sequence[float]) -> Component:
    def settings(learning: Sequence[Example]) -> Iterator[tuple[str, Tagger]]:
        rows: Sequences = []
        labels: list[list[str]] = []
        for example in learning:
            gold: IntArray = getattr(example.gold, part)
            rows += features(example.reading)
            labels += [[str(label) for label in gold[piece]] for piece in cut(example.reading, len(gold))]
        for penalty in penalties:
            yield f"c2={penalty:g}", _tagger(_fit(rows, labels, penalty), part, features, cut)

    return Component((part,), settings)


def _fit(rows: Sequences, labels: list[list[str]], penalty: float) -> Any:
    model = CRF(algorithm="lbfgs", c1=0.0, c2=penalty, max_iterations=_ITERATIONS, all_possible_transitions=True)
    return model.fit(rows, labels)


def _tagger(model: Any, part: Part, features: Featuriser, cut: Cutter) -> Tagger:
    def tag(reading: Reading) -> dict[Part, IntArray]:
        count = {"states": len(reading.clauses), "quantities": len(reading.numbers)}.get(part, len(reading.tokens))
        found = np.zeros(count, dtype=np.int64)
        for piece, row in zip(cut(reading, count), features(reading), strict=True):
            if row:
                found[piece] = [int(label) for label in model.predict_single(row)]
        return {part: found}

    return tag
