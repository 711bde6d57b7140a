"""Temperatures: what a head's logits are divided by so that its probabilities are true (Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from nlp.annotation.corpus import GoldLetter, as_document
from nlp.clause_chain import clause_states, no_transitions, sentence_breaks, state_probabilities
from nlp.decoding import clause_scores, quantity_scores, softmax
from nlp.inference.predictor import Predictor
from nlp.labels import IGNORED, LABEL_COUNT, head_slices
from nlp.pair_scores import PairScorer, token_counts
from nlp.text.segmentation import Structure
from nlp.text.tokenization import Tokens
from nlp.training.features import clause_labels, edge_labels, quantity_labels

UNFITTED = {"clause": 1.0, "quantity": 1.0, "pair": 1.0}
"""The temperatures that leave scores as they are."""
_GRID = np.round(np.geomspace(0.25, 8.0, 61), 4)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def fit_temperatures(predictor: Predictor, letters: Sequence[GoldLetter]) -> dict[str, float]:
    """The temperatures of clauses, quantities and links with the least log loss on `letters`.

    Args:
        predictor: with the model to calibrate; its own temperatures are not used.
        letters: gold that was in no part of training.
    """
    columns = head_slices()
    chains: list[tuple[FloatArray, IntArray, IntArray]] = []
    quantities: list[tuple[FloatArray, IntArray]] = []
    edges: list[tuple[FloatArray, IntArray]] = []
    for letter, (structure, tokens, logits) in zip(
        letters, predictor.logits([as_document(letter) for letter in letters]), strict=True
    ):
        heads = {name: logits[:, part].astype(np.float64) for name, part in columns.items()}
        clauses, emissions = clause_scores(structure, tokens, heads["category"], heads["status"])
        states = clause_states(*clause_labels(letter, [(c.start, c.end) for c in clauses]))
        chains.append((emissions, sentence_breaks([c.sentence for c in clauses]), states))
        numbers, scores = quantity_scores(letter.text, structure, tokens, heads["quantity"])
        spans = [(n.start, n.end) for n in numbers]
        quantities.append((scores, quantity_labels(letter, spans)))
        if predictor.places is not None:
            vectors = logits[:, LABEL_COUNT:].astype(np.float64)
            edges += _edge_scores(letter, structure, tokens, vectors, spans, PairScorer(predictor.places))
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

    def pair_loss(temperature: float) -> float:
        return _mean_loss([(softmax(scores / temperature), labels) for scores, labels in edges])

    losses = {"clause": clause_loss, "quantity": quantity_loss, "pair": pair_loss}
    return {name: _best_temperature(loss) for name, loss in losses.items()}


def _edge_scores(
    letter: GoldLetter,
    structure: Structure,
    tokens: Tokens,
    vectors: FloatArray,
    numbers: list[tuple[int, int]],
    scorer: PairScorer,
) -> Iterator[tuple[FloatArray, IntArray]]:
    """For each claim of the gold the scores of a span's edges, [edges, tokens in reach + 1], and the right ones."""
    counts = token_counts(structure, tokens, numbers)
    gold = edge_labels(letter, tokens, numbers)
    for n, (start, end) in enumerate(numbers):
        logs, low = scorer.log_probabilities(vectors, counts, tokens.within(start, end))
        for r in range(len(gold)):
            right = np.where(gold[r, :, n] == -1, logs.shape[-1] - 1, gold[r, :, n] - low)
            if (gold[r, :, n] != IGNORED).all() and (right >= 0).all() and (right < logs.shape[-1]).all():
                yield logs[r], right


def _best_temperature(loss: Callable[[float], float]) -> float:
    losses = [loss(float(temperature)) for temperature in _GRID]
    return 1.0 if not np.isfinite(losses).all() else float(_GRID[int(np.argmin(losses))])


def _mean_loss(parts: Sequence[tuple[FloatArray, IntArray]]) -> float:
    """The mean log loss of probabilities [units, labels] against labels [units]; NaN where there is no unit."""
    losses = [-np.log(np.maximum(p[np.arange(len(t)), t], 1e-12)) for p, t in parts if len(t)]
    return float(np.concatenate(losses).mean()) if losses else float("nan")
