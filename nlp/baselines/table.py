"""Which baselines there are, their figures on letters outside training, and the table of them."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.splits import Splits
from nlp.baselines.choosing import Component, Example, Report, examples, train
from nlp.baselines.reading import gold_labels, read, scored
from nlp.errors import FanzhaError
from nlp.evaluation.heldout import intervals, predict_gold, summarise
from nlp.evaluation.scores import Scored, score
from nlp.inference.predictor import Predictor

SEED = 42


def _components(module: str, *, seeded: bool) -> Callable[[], list[Component]]:
    def load() -> list[Component]:
        found: list[Component] = importlib.import_module(f"nlp.baselines.{module}").components(
            **({"seed": SEED} if seeded else {})
        )
        return found

    return load


# Loaded when they are asked for: each needs a library of its own. The others draw nothing at random.
BASELINES: dict[str, Callable[[], list[Component]]] = {
    "rules": _components("rules", seeded=False),
    "crf": _components("crf", seeded=False),
    "linear": _components("linear", seeded=True),
    "spacy": _components("spacy_pipeline", seeded=True),
}
COLUMNS = {
    "measures, character micro F1": "char. micro",
    "measures, character macro F1": "char. macro",
    "measures, strict span F1": "strict",
    "status accuracy": "status",
    "quantity F1": "quantity",
    "normalised F1": "normalised",
    "metric F1": "metric",
    "full F1": "full",
}


@dataclass(frozen=True)
class Row:
    """One line of the table: what predicted, on the test letters, and how long its training took (None: not here)."""

    name: str
    documents: list[Scored]
    seconds: float | None
    settings: Sequence[str] = ()

    def summary(self) -> dict[str, Any]:
        """All figures with their intervals as JSON can hold them."""
        return {
            **summarise(self.documents),
            "intervals": intervals(self.documents),
            "training_seconds": None if self.seconds is None else round(self.seconds, 1),
            "settings": list(self.settings),
        }


def check_names(names: Sequence[str]) -> None:
    """Refuses names that are no baseline's.

    Raises:
        FanzhaError: naming the first one.
    """
    for name in names:
        if name not in BASELINES:
            raise FanzhaError(f"there is no baseline {name!r}", mend=f"use --only {', '.join(BASELINES)}")


def baseline_rows(names: Sequence[str], splits: Splits, report: Report) -> list[Row]:
    """Trains the named baselines on the training letters, settings chosen on dev, and predicts the test letters."""
    loaded = {name: BASELINES[name]() for name in names}  # a library that is missing is told before the training
    learning, dev = examples(splits.train), examples(splits.dev)
    return [_row(name, components, learning, dev, splits.test, report) for name, components in loaded.items()]


def _row(
    name: str,
    components: Sequence[Component],
    learning: Sequence[Example],
    dev: Sequence[Example],
    test: Sequence[GoldLetter],
    report: Report,
) -> Row:
    start = time.perf_counter()
    trained = train(components, learning, dev, lambda line: report(f"{name}: {line}"))
    seconds = time.perf_counter() - start
    return Row(name, trained.predict(test), seconds, trained.chosen)


def encoder_row(folder: Path, recipe: Path, splits: Splits, report: Report) -> Row:
    """Fine-tunes the encoder of a local folder on the training letters and predicts the test letters."""
    from nlp.baselines.encoder import encoder_recipe, fine_tuned  # torch, which no other baseline needs

    made = encoder_recipe(recipe, folder)
    start = time.perf_counter()
    documents = fine_tuned(made, splits, splits.test, lambda line: report(f"{folder.name}: {line}"))
    return Row(folder.name, documents, time.perf_counter() - start, (f"all: {recipe.name} as it is",))


def model_row(predictor: Predictor, test: Sequence[GoldLetter]) -> Row:
    """A trained model's own predictions."""
    return Row(f"{predictor.model.name} ({predictor.model.backend})", predict_gold(predictor, test), None)


def gold_row(test: Sequence[GoldLetter]) -> Row:
    """What decoding and linking make of gold labels: nothing that only gives labels can do better."""
    documents = [scored(letter, read(letter.text), gold_labels(letter)) for letter in test]
    return Row("gold labels", documents, None)


def table(rows: Sequence[Row]) -> str:
    """The rows with the figures as columns, in Markdown."""
    lines = [f"| | {' | '.join(COLUMNS.values())} | training s |", f"|---|{'---|' * (len(COLUMNS) + 1)}"]
    for row in rows:
        figures = score(row.documents).figures()
        values = [f"{figures[name]:.3f}" for name in COLUMNS]
        lines.append(f"| {row.name} | {' | '.join(values)} | {'–' if row.seconds is None else f'{row.seconds:.0f}'} |")
    return "\n".join(lines)
