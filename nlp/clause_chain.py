"""The chain over a document's clauses: which state each one has, given its own scores and its neighbours.

Clauses do not stand alone: one that only carries a run on (its manner, its result) has the state of the run, and
sentences of a section go together. A linear-chain CRF says so with two matrices, one for neighbours within a sentence
and one over a sentence's end (Lafferty et al. 2001; trained by `nlp.model.chain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nlp.labels import CLAUSE_STATES, STATUSES

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Indices = TypeVar("Indices", bound=Any)


def no_transitions() -> FloatArray:
    """The matrices of a chain whose clauses stand alone: [2, states, states] of zeros."""
    return np.zeros((2, len(CLAUSE_STATES), len(CLAUSE_STATES)))


def clause_emissions(category: FloatArray, status: FloatArray) -> FloatArray:
    """Scores of the clause states: the category's, and for a measure the log probability of its status with it.

    Args:
        category: [clauses, 6] logits.
        status: [clauses, 2] logits.

    Returns:
        [clauses, states], in the order of CLAUSE_STATES.
    """
    by_status = status - np.logaddexp.reduce(status, axis=1, keepdims=True)
    inside = (category[:, 1:, None] + by_status[:, None, :]).reshape(len(category), -1)
    return np.concatenate([category[:, :1], inside], axis=1)


def clause_states(categories: Indices, statuses: Indices) -> Indices:
    """The indices in CLAUSE_STATES of clauses with these category and status labels, in numpy or in torch.

    A label that is ignored counts as the first one; where the category is ignored, the state means nothing.
    """
    inside: Indices = (categories > 0) * (1 + (categories - 1) * len(STATUSES) + (statuses > 0) * statuses)
    return inside


def best_states(emissions: FloatArray, breaks: IntArray, transitions: FloatArray) -> IntArray:
    """The likeliest states of all clauses together (Viterbi).

    Args:
        emissions: [clauses, states].
        breaks: [clauses], 1 where a clause begins another sentence than the one before it, else 0.
        transitions: [2, states, states].
    """
    count = len(emissions)
    path = np.zeros(count, dtype=np.int64)
    if not count:
        return path
    back = np.zeros(emissions.shape, dtype=np.int64)
    best = emissions[0]
    for t in range(1, count):
        scores = best[:, None] + transitions[breaks[t]]
        back[t] = scores.argmax(0)
        best = scores.max(0) + emissions[t]
    path[-1] = int(best.argmax())
    for t in range(count - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def state_probabilities(emissions: FloatArray, breaks: IntArray, transitions: FloatArray) -> FloatArray:
    """The probability of each state of each clause, whatever the others are (forward-backward): [clauses, states]."""
    count = len(emissions)
    if not count:
        return np.zeros_like(emissions)
    forward, backward = np.array(emissions), np.zeros_like(emissions)
    for t in range(1, count):
        forward[t] += np.logaddexp.reduce(forward[t - 1][:, None] + transitions[breaks[t]], axis=0)
    for t in range(count - 2, -1, -1):
        backward[t] = np.logaddexp.reduce(transitions[breaks[t + 1]] + (emissions[t + 1] + backward[t + 1]), axis=1)
    joint = forward + backward
    shares: FloatArray = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    return shares


def sentence_breaks(sentences: Sequence[int]) -> IntArray:
    """1 for each clause whose sentence is not that of the clause before it, else 0; the first has 0."""
    order = np.asarray(sentences, dtype=np.int64)
    return (np.diff(order, prepend=order[:1]) != 0).astype(np.int64)


def count_transitions(sequences: Sequence[tuple[IntArray, IntArray]], weight: float = 0.5) -> FloatArray:
    """Where training starts: how much likelier each state is behind each other than by itself, in gold.

    Args:
        sequences: for each document the states of its clauses and the breaks between them.
        weight: the logarithms are multiplied by this, since the emissions know a part of it.
    """
    states = len(CLAUSE_STATES)
    pairs = np.full((2, states, states), 0.5)
    single = np.full(states, 0.5)
    for sequence, breaks in sequences:
        np.add.at(single, sequence, 1)
        np.add.at(pairs, (breaks[1:], sequence[:-1], sequence[1:]), 1)
    conditional = np.log(pairs / pairs.sum(2, keepdims=True))
    expected: FloatArray = weight * (conditional - np.log(single / single.sum()))
    return expected
