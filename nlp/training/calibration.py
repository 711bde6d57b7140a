"""Temperatures: what a head's logits are divided by so that its probabilities are true (Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nlp.annotation.corpus import GoldLetter, as_document
from nlp.clause_chain import clause_states, no_transitions, sentence_breaks, state_probabilities
from nlp.decoding import clause_scores, quantity_scores, softmax
from nlp.inference.predictor import Predictor
from nlp.labels import head_slices
from nlp.training.features import clause_labels, quantity_labels

_GRID = np.round(np.geomspace(0.25, 8.0, 61), 4)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def fit_temperatures(predictor: Predictor, letters: Sequence[GoldLetter]) -> dict[str, float]:
    """The temperatures of clauses and quantities with the least log loss on `letters`.

    Args:
        predictor: with the model to calibrate; its own temperatures are not used.
        letters: gold that was in no part of training.
    """
    columns = head_slices()
    chains: list[tuple[FloatArray, IntArray, IntArray]] = []
    quantities: list[tuple[FloatArray, IntArray]] = []
    for letter, (structure, tokens, logits) in zip(
        letters, predictor.logits([as_document(letter) for letter in letters]), strict=True
    ):
        heads = {name: logits[:, part].astype(np.float64) for name, part in columns.items()}
        clauses, emissions = clause_scores(structure, tokens, heads["category"], heads["status"])
        states = clause_states(*clause_labels(letter, [(c.start, c.end) for c in clauses]))
        chains.append((emissions, sentence_breaks([c.sentence for c in clauses]), states))
        numbers, scores = quantity_scores(letter.text, structure, tokens, heads["quantity"])
        quantities.append((scores, quantity_labels(letter, [(n.start, n.end) for n in numbers])))
    transitions = no_transitions() if predictor.transitions is None else predictor.transitions

    def clause_loss(temperature: float) -> float:
        return _mean_loss(
            [
                (state_probabilities(emissions / temperature, breaks, transitions / temperature), states)
                for emissions, breaks, states in chains
            ]
        )

    def quantity_loss(temperature: float) -> float:
        return _mean_loss([(softmax(scores / temperature), labels) for scores, labels in quantities])

    return {"clause": _best_temperature(clause_loss), "quantity": _best_temperature(quantity_loss)}


def _best_temperature(loss: Callable[[float], float]) -> float:
    losses = [loss(float(temperature)) for temperature in _GRID]
    return 1.0 if not np.isfinite(losses).all() else float(_GRID[int(np.argmin(losses))])


def _mean_loss(parts: Sequence[tuple[FloatArray, IntArray]]) -> float:
    """The mean log loss of probabilities [units, labels] against labels [units]; NaN where there is no unit."""
    losses = [-np.log(np.maximum(p[np.arange(len(t)), t], 1e-12)) for p, t in parts if len(t)]
    return float(np.concatenate(losses).mean()) if losses else float("nan")
