"""Prediction on gold documents, and the short report of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nlp.annotation.corpus import GoldLetter, as_document
from nlp.evaluation.bootstrap import BOOTSTRAP_SAMPLES, estimates
from nlp.evaluation.scores import Scored, Scores, headline, score, tally
from nlp.inference.predictor import Predictor


def predict_gold(predictor: Predictor, letters: Sequence[GoldLetter]) -> list[Scored]:
    """Each letter with its gold and its prediction."""
    results = predictor.predict(as_document(letter) for letter in letters)
    return [Scored(letter.id, letter.text, letter, result) for letter, result in zip(letters, results, strict=True)]


def intervals(documents: Sequence[Scored], samples: int = BOOTSTRAP_SAMPLES) -> dict[str, tuple[float, float] | None]:
    """95 % intervals of the scheme's figures by bootstrap over documents; None for one document."""
    tallies = np.stack([tally(document) for document in documents])
    found = estimates([lambda weights: headline(np.tensordot(weights, tallies, axes=1))], len(documents), samples)
    return {name: None if e.low is None or e.high is None else (e.low, e.high) for name, e in found.items()}


def summarise(documents: Sequence[Scored]) -> dict[str, Any]:
    """All figures over some documents as JSON can hold them; every document's own too."""
    scores = score(documents)
    return {
        "documents": len(documents),
        "characters": sum(len(d.text) for d in documents),
        "figures": scores.figures(),
        "categories": {name: counts.f1 for name, counts in scores.characters.items()},
        "by_document": {d.id: score([d]).figures() for d in documents},
    }


def table(columns: Mapping[str, Scores]) -> str:
    """Figures as rows and the given scores as columns, in Markdown."""
    names = list(columns)
    lines = [f"| figure | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    values = [scores.figures() for scores in columns.values()]
    lines += [f"| {figure} | {' | '.join(f'{v[figure]:.3f}' for v in values)} |" for figure in values[0]]
    categories = [{name: c.f1 for name, c in scores.characters.items()} for scores in columns.values()]
    lines += [f"| characters, {c} F1 | {' | '.join(f'{v[c]:.3f}' for v in categories)} |" for c in categories[0]]
    return "\n".join(lines)
