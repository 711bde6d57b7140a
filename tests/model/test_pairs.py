"""The pair scorer in torch against its twin in numpy."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.labels import IGNORED
from nlp.model.pairs import PairHead, pair_loss
from nlp.pair_scores import EDGES, PLACES, RELATIONS, PairScorer, pair_width

_SIZE = 4


@st.composite
def documents(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], np.ndarray, int]:
    """A length, the tokens of some numbers, counts that never fall, a seed."""
    length = draw(st.integers(2, 60))
    edges = draw(st.lists(st.integers(0, length), min_size=2, max_size=8, unique=True).map(sorted))
    numbers = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b]
    steps = draw(st.lists(st.integers(0, 1), min_size=4 * length, max_size=4 * length))
    return length, numbers, np.cumsum(np.array(steps).reshape(4, length), axis=1), draw(st.integers(0, 999))


@given(documents())
@settings(deadline=None, max_examples=60)
def test_distributions_are_those_of_training(document: tuple[int, list[tuple[int, int]], np.ndarray, int]) -> None:
    length, numbers, counts, seed = document
    torch.manual_seed(seed)
    head = PairHead(8, _SIZE)
    torch.nn.init.normal_(head.places)
    columns = torch.randn(1, length, pair_width(_SIZE))
    units = torch.full((1, length), -1)
    for n, (start, stop) in enumerate(numbers):
        units[0, start:stop] = n
    body = torch.ones((1, length), dtype=torch.bool)
    with torch.inference_mode():
        scores = head.scores(columns, units, len(numbers), torch.from_numpy(counts)[None], body)
    expected = torch.log_softmax(scores[0], dim=-1).numpy()
    scorer = PairScorer(head.places.detach().double().numpy())
    for n, (start, stop) in enumerate(numbers):
        found, low = scorer.log_probabilities(columns[0].double().numpy(), counts, slice(start, stop))
        assert low == 0
        np.testing.assert_allclose(found, expected[n], atol=1e-4)


def test_tokens_outside_the_text_are_never_pointed_at() -> None:
    head = PairHead(8, _SIZE)
    body = torch.tensor([[False, True, True, False]])
    counts = torch.zeros((1, 4, 4), dtype=torch.long)
    scores = head.scores(torch.randn(1, 4, pair_width(_SIZE)), torch.tensor([[-1, 0, -1, -1]]), 1, counts, body)
    probabilities = scores.softmax(-1)
    assert probabilities[..., [0, 3]].max() < 1e-6
    assert torch.allclose(probabilities.sum(-1), torch.ones(()))


def test_loss_is_small_only_where_the_labels_are_pointed_at() -> None:
    scores = torch.zeros(1, 2, len(RELATIONS), len(EDGES), 4)
    scores[0, 0, :, :, 1] = scores[0, 1, :, :, 3] = 20.0  # the second number has none: the last entry
    labels = {f"{r}_{e}_labels": torch.tensor([[1, -1]]) for r in RELATIONS for e in EDGES}
    assert pair_loss(scores, labels) < 1e-6
    wrong = {name: torch.tensor([[0, -1]]) for name in labels}
    assert pair_loss(scores, wrong) > 10
    ignored = {name: torch.tensor([[IGNORED, -1]]) for name in labels}
    assert pair_loss(scores, ignored) < 1e-6


def test_span_crosses_no_barrier_and_does_not_hold_the_number() -> None:
    tokens, size = 6, 1
    columns = np.zeros((tokens, pair_width(size)))
    places = np.zeros((len(RELATIONS), len(EDGES), PLACES))
    counts = np.zeros((4, tokens), dtype=np.int64)
    columns[:, :2] = -9  # none is unlikely
    columns[:, 2:4] = 1
    keys = columns[:, 4:].reshape(tokens, len(RELATIONS), len(EDGES))
    keys[1, :, 0] = keys[4, :, 1] = 5  # the likeliest edges are 1 and 4, on both sides of the number 2
    keys[0, :, 1], keys[1, :, 1], keys[4, :, 0] = 1, 2, 1
    free = np.zeros(tokens + 1, dtype=bool)
    scorer = PairScorer(places)
    assert (scorer.point(columns, counts, slice(2, 3), free)["metric"]).last == 2
    barred = free.copy()
    barred[1] = True
    one = scorer.point(columns, counts, slice(5, 6), barred)["period"]
    assert (one.first, one.last) == (1, 5)
    barred[3] = True
    one = scorer.point(columns, counts, slice(5, 6), barred)["period"]
    assert not one.first < 3 < one.last
