"""How a baseline is trained: its parts one after the other, each in the settings that do best on the dev letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nlp.annotation.corpus import GoldLetter
from nlp.baselines.reading import IntArray, Labels, Reading, gold_labels, read, scored
from nlp.errors import FanzhaError
from nlp.evaluation.scores import Scored, score

Part = Literal["states", "quantities", "metrics", "periods"]
Tagger = Callable[[Reading], Mapping[Part, IntArray]]
Report = Callable[[str], None]

# The figure that a part's settings are chosen by, with the gold of all other parts: the one that it decides.
FIGURES: dict[Part, str] = {
    "states": "measures, character micro F1",
    "quantities": "quantity F1",
    "metrics": "metric F1",
    "periods": "full F1",
}


@dataclass(frozen=True)
class Example:
    """A gold letter, read, with its gold labels."""

    letter: GoldLetter
    reading: Reading
    gold: Labels


@dataclass(frozen=True)
class Component:
    """What learns some parts of a baseline.

    Args:
        parts: what its taggers label.
        settings: trains on the examples and gives, one after the other, a tagger for each setting and the setting's
            name. It must not look at other letters.
        patience: stop after so many settings in turn without a better one; None: try all.
    """

    parts: Sequence[Part]
    settings: Callable[[Sequence[Example]], Iterable[tuple[str, Tagger]]]
    patience: int | None = None


@dataclass(frozen=True)
class Trained:
    """A trained baseline: the taggers of its components, and for each its parts and the setting that was chosen."""

    taggers: Sequence[Tagger]
    chosen: Sequence[str]

    def label(self, reading: Reading) -> Labels:
        """The labels of a letter."""
        found: dict[Part, IntArray] = {}
        for tagger in self.taggers:
            found.update(tagger(reading))
        return Labels(**found)

    def predict(self, letters: Sequence[GoldLetter]) -> list[Scored]:
        """Each letter with its gold and its prediction."""
        readings = [read(letter.text) for letter in letters]
        return [scored(one, reading, self.label(reading)) for one, reading in zip(letters, readings, strict=True)]


def examples(letters: Sequence[GoldLetter]) -> list[Example]:
    """The letters with their readings and gold labels."""
    return [Example(letter, read(letter.text), gold_labels(letter)) for letter in letters]


def train(
    components: Sequence[Component], learning: Sequence[Example], dev: Sequence[Example], report: Report
) -> Trained:
    """Trains every component on `learning` and keeps the setting that is best on `dev`, the first of equal ones.

    Raises:
        FanzhaError: where the letters of `learning` have nothing to learn a part from.
    """
    for part in (part for component in components for part in component.parts):
        if len({int(label) for example in learning for label in getattr(example.gold, part)}) < 2:
            raise FanzhaError(
                f"the {len(learning)} training letters have no {part} to learn from",
                mend="name letters with measures and claims: --letters",
            )
    kept = [_best(component, learning, dev, report) for component in components]
    chosen = [f"{'/'.join(one.parts)}: {name}" for one, (name, _) in zip(components, kept, strict=True)]
    return Trained([tagger for _, tagger in kept], chosen)


def _best(
    component: Component, learning: Sequence[Example], dev: Sequence[Example], report: Report
) -> tuple[str, Tagger]:
    best: tuple[str, Tagger] | None = None
    highest = -1.0
    since = 0
    for name, tagger in component.settings(learning):
        reached = _reached(component.parts, tagger, dev)
        report(f"{'/'.join(component.parts)}, {name}: {reached:.3f} on dev")
        since += 1
        if best is None or reached > highest:
            best, highest, since = (name, tagger), reached, 0
        if since == component.patience:
            break
    assert best is not None
    return best


def _reached(parts: Sequence[Part], tagger: Tagger, dev: Sequence[Example]) -> float:
    """The mean of the parts' figures on dev, each part put into the gold of the others."""
    found = [tagger(example.reading) for example in dev]
    figures = []
    for part in parts:
        documents = [
            scored(example.letter, example.reading, replace(example.gold, **{part: labels[part]}))
            for example, labels in zip(dev, found, strict=True)
        ]
        figures.append(score(documents).figures()[FIGURES[part]])
    return float(np.mean(figures))
