"""Linear models (scikit-learn): TF-IDF of character n-grams of a clause or a number and of what stands around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from nlp.baselines.choosing import Component, Example, Part, Tagger
from nlp.baselines.features import around
from nlp.baselines.reading import IntArray, Reading
from nlp.baselines.rule_claims import border_components

# A unit as the texts that are weighed apart.
Row = tuple[str, ...]
_REGULARISATIONS = (0.1, 0.3, 1.0)
_NGRAMS = (1, 3)


def components(seed: int) -> list[Component]:
    """A linear SVM of clauses and one of numbers; metrics and periods by rule."""
    return [
        Component(("states",), partial(_settings, part="states", rows=clause_rows, seed=seed)),
        Component(("quantities",), partial(_settings, part="quantities", rows=number_rows, seed=seed)),
        *border_components(),
    ]


def clause_rows(reading: Reading) -> list[Row]:
    """For each clause itself, the clauses on both sides, the headings above it, and its sentence up to it."""
    surfaces = [_folded(reading.surface(clause)) for clause in reading.clauses]
    rows: list[Row] = []
    for i, clause in enumerate(reading.clauses):
        first = reading.structure.sentences[clause.sentence].start
        start = reading.tokens.within(first, reading.structure.sentences[clause.sentence].end).start
        rows.append(
            (
                surfaces[i],
                surfaces[i - 1] if i else "",
                surfaces[i + 1] if i + 1 < len(surfaces) else "",
                _folded(reading.section(clause)),
                _folded(reading.characters[start : clause.first]),
            )
        )
    return rows


def number_rows(reading: Reading) -> list[Row]:
    """For each number itself, and what stands close and closer before and behind it."""
    rows: list[Row] = []
    for candidate, number in zip(reading.candidates, reading.numbers, strict=True):
        (before, after), (closely, soon) = around(reading, number), around(reading, number, 3)
        rows.append((_folded(reading.surface(number)), before, after, closely, soon, candidate.quantity.unit))
    return rows


def _folded(text: str) -> str:
    return re.sub("[0-9]", "0", text)


def _settings(
    learning: Sequence[Example], *, part: Part, rows: Callable[[Reading], list[Row]], seed: int
) -> Iterator[tuple[str, Tagger]]:
    table = [row for example in learning for row in rows(example.reading)]
    labels = np.concatenate([getattr(example.gold, part) for example in learning])
    vectorisers = [
        TfidfVectorizer(analyzer="char", ngram_range=_NGRAMS, sublinear_tf=True, lowercase=False).fit(["空", *column])
        for column in zip(*table, strict=True)
    ]
    features = _weighed(vectorisers, table)
    for c in _REGULARISATIONS:
        model = LinearSVC(C=c, random_state=seed)
        yield f"linear SVM, C={c:g}", _tagger(model.fit(features, labels), vectorisers, part, rows)


def _weighed(vectorisers: Sequence[Any], table: Sequence[Row]) -> Any:
    """[rows, n-grams of all columns], sparse."""
    columns = zip(*table, strict=True)
    return hstack([one.transform(column) for one, column in zip(vectorisers, columns, strict=True)], format="csr")


def _tagger(model: Any, vectorisers: Sequence[Any], part: Part, rows: Callable[[Reading], list[Row]]) -> Tagger:
    def tag(reading: Reading) -> dict[Part, IntArray]:
        table = rows(reading)
        empty = np.zeros(0, dtype=np.int64)
        return {part: model.predict(_weighed(vectorisers, table)).astype(np.int64) if table else empty}

    return tag
