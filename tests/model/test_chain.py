"""The chain over clauses: torch and numpy agree with each other and with every path written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from nlp.clause_chain import (
    best_states,
    clause_emissions,
    clause_states,
    count_transitions,
    no_transitions,
    sentence_breaks,
    state_probabilities,
)
from nlp.labels import CLAUSE_STATES
from nlp.model import chain

STATES = 3


def _random_chain(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    breaks = random.integers(0, 2, count)
    breaks[0] = 0
    return random.normal(size=(count, STATES)), breaks, random.normal(size=(2, STATES, STATES))


def _path_score(path: tuple[int, ...], emissions: np.ndarray, breaks: np.ndarray, transitions: np.ndarray) -> float:
    steps = sum(transitions[breaks[t], path[t - 1], path[t]] for t in range(1, len(path)))
    return float(sum(emissions[t, s] for t, s in enumerate(path)) + steps)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("seed", range(4))
def test_chain_agrees_with_all_paths(count: int, seed: int) -> None:
    emissions, breaks, transitions = _random_chain(count, seed)
    paths = list(itertools.product(range(STATES), repeat=count))
    scores = np.array([_path_score(p, emissions, breaks, transitions) for p in paths])
    weights = np.exp(scores - np.logaddexp.reduce(scores))

    assert tuple(best_states(emissions, breaks, transitions)) == paths[int(scores.argmax())]
    shares = state_probabilities(emissions, breaks, transitions)
    for t in range(count):
        for s in range(STATES):
            assert shares[t, s] == pytest.approx(sum(w for w, p in zip(weights, paths, strict=True) if p[t] == s))
    for path, weight in zip(paths, weights, strict=True):
        loss = chain.chain_loss(
            torch.tensor(emissions)[None],
            torch.tensor(path)[None],
            torch.tensor(breaks)[None],
            torch.ones(1, count, dtype=torch.bool),
            torch.tensor(transitions),
        )
        assert float(loss) * count == pytest.approx(-np.log(weight), abs=1e-6)


def test_chain_loss_passes_over_padding_and_empty_rows() -> None:
    emissions, breaks, transitions = _random_chain(4, 9)
    states = np.array([0, 2, 1, 1])
    alone = chain.chain_loss(
        torch.tensor(emissions)[None],
        torch.tensor(states)[None],
        torch.tensor(breaks)[None],
        torch.ones(1, 4, dtype=torch.bool),
        torch.tensor(transitions),
    )
    padded = torch.full((3, 6, STATES), 7.0, dtype=torch.float64)
    padded[1, :4] = torch.tensor(emissions)
    labels, marks = torch.zeros(3, 6, dtype=torch.long), torch.full((3, 6), -100)
    labels[1, :4], marks[1, :4] = torch.tensor(states), torch.tensor(breaks)
    present = torch.zeros(3, 6, dtype=torch.bool)
    present[1, :4] = True
    together = chain.chain_loss(padded, labels, marks, present, torch.tensor(transitions))
    assert float(together) == pytest.approx(float(alone))


def test_chain_emissions_are_the_same_in_torch_and_numpy() -> None:
    random = np.random.default_rng(3)
    category, status = random.normal(size=(5, 6)), random.normal(size=(5, 2))
    by_numpy = clause_emissions(category, status)
    by_torch = chain.clause_emissions(torch.tensor(category), torch.tensor(status)).numpy()
    assert by_numpy.shape == (5, len(CLAUSE_STATES))
    np.testing.assert_allclose(by_numpy, by_torch)


def test_chain_states_follow_the_order_of_the_labels() -> None:
    categories, statuses = torch.tensor([[0, 1, 1, 5, -100]]), torch.tensor([[-100, 0, 1, 1, -100]])
    assert clause_states(categories, statuses)[0, :4].tolist() == [0, 1, 2, len(CLAUSE_STATES) - 1]


def test_chain_without_transitions_takes_each_clause_alone() -> None:
    emissions = np.random.default_rng(1).normal(size=(20, len(CLAUSE_STATES)))
    path = best_states(emissions, sentence_breaks([0] * 20), no_transitions())
    assert path.tolist() == emissions.argmax(1).tolist()


def test_chain_breaks_and_counts() -> None:
    breaks = sentence_breaks([0, 0, 1, 1, 3])
    assert breaks.tolist() == [0, 0, 1, 0, 1]
    counted = count_transitions([(np.array([1, 1, 3, 3, 3]), breaks)], weight=1.0)
    assert counted[0, 1, 1] > counted[0, 1, 3]
    assert counted[1, 1, 3] > counted[1, 1, 1]
    assert best_states(np.zeros((0, 11)), sentence_breaks([]), no_transitions()).tolist() == []
