"""Prediction and scores on gold documents, and the report of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.annotation.corpus import GoldLetter, as_document
from nlp.errors import FanzhaError
from nlp.evaluation.scores import Scored, Scores, combine, score, tally
from nlp.inference.loading import read_manifest
from nlp.inference.predictor import Predictor

BOOTSTRAP_SAMPLES = 1000
_SEED = 7


def check_unseen(folder: Path, letters: Sequence[GoldLetter]) -> None:
    """Refuses to score a model on letters that it has seen.

    Args:
        folder: of the model.
        letters: the gold to score it on.

    Raises:
        FanzhaError: where letters of its training are among them.
    """
    seen = sorted({letter.id for letter in letters} & set(read_manifest(folder).training.letters))
    if seen:
        raise FanzhaError(
            f"the model was trained on {len(seen)} of these letters ({', '.join(seen[:3])} …)",
            path=folder,
            mend="score it on letters outside its training: --split test",
        )


def predict_gold(predictor: Predictor, letters: Sequence[GoldLetter]) -> list[Scored]:
    """Each letter with its gold and its prediction."""
    results = predictor.predict(as_document(letter) for letter in letters)
    return [Scored(letter.id, letter.text, letter, result) for letter, result in zip(letters, results, strict=True)]


def intervals(documents: Sequence[Scored], samples: int = BOOTSTRAP_SAMPLES) -> dict[str, tuple[float, float]]:
    """95 % intervals of every figure by bootstrap over documents (percentiles; a fixed seed)."""
    random = np.random.default_rng(_SEED)
    drawn: dict[str, list[float]] = {}
    tallies = [tally(document) for document in documents]
    for _ in range(samples):
        chosen = [tallies[i] for i in random.integers(0, len(tallies), len(tallies))]
        for name, value in combine(chosen).figures().items():
            drawn.setdefault(name, []).append(value)
    return {name: (float(np.percentile(v, 2.5)), float(np.percentile(v, 97.5))) for name, v in drawn.items()}


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
