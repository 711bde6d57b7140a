"""The torch backend: a window's logits do not depend on the windows that run with it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from tiny import Tiny

from nlp.inference.backends import Scores
from nlp.inference.torch_backend import TorchBackend
from nlp.model.modeling import LetterTagger
from nlp.text.tokenization import IntArray

LONGEST = 96
LENGTHS = [3, 15, 16, 17, 31, 32, 33, 47, 48, 80, 90, 95, 96, 96, 95, 16, 16, 1]


@pytest.fixture(scope="module")
def model(tiny: Tiny) -> LetterTagger:
    return LetterTagger.from_pretrained(tiny.checkpoint)


@pytest.fixture(scope="module")
def windows(model: LetterTagger) -> list[tuple[IntArray, int]]:
    random = np.random.default_rng(4)
    size = model.config.encoder["vocab_size"]
    return [(random.integers(4, size, length), min(length, 5)) for length in LENGTHS]


def logits(model: LetterTagger, windows: Sequence[tuple[IntArray, int]], **options: Any) -> list[Scores]:
    return list(TorchBackend(model, device="cpu", pad_id=0, **options).logits(windows))


@pytest.fixture(scope="module")
def alone(model: LetterTagger, windows: list[tuple[IntArray, int]]) -> list[Scores]:
    return [logits(model, [window])[0] for window in windows]


@pytest.mark.parametrize("budget", [1, 33, 100, 200, 32_768])
def test_torch_logits_are_the_same_with_any_token_budget_and_order(
    model: LetterTagger, windows: list[tuple[IntArray, int]], alone: list[Scores], budget: int
) -> None:
    order = random.Random(budget).sample(range(len(windows)), len(windows))
    for i, found in zip(order, logits(model, [windows[i] for i in order], token_budget=budget), strict=True):
        assert found.shape == alone[i].shape == (LENGTHS[i], model.config.output_size)
        np.testing.assert_allclose(found, alone[i], rtol=0, atol=1e-5)


def test_torch_runs_windows_of_one_padded_length_together(
    model: LetterTagger, windows: list[tuple[IntArray, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    masks: list[torch.Tensor] = []
    forward = LetterTagger.forward

    def spy(self: LetterTagger, **batch: torch.Tensor) -> Any:
        masks.append(batch["attention_mask"])
        return forward(self, **batch)

    monkeypatch.setattr(LetterTagger, "forward", spy)
    logits(model, windows)
    assert sum(len(mask) for mask in masks) == len(windows)
    for mask in masks:
        lengths = (mask == 0).sum(-1)
        assert mask.shape[1:3] == (1, 1)
        assert mask.shape[3] % 16 == 0
        assert (mask.shape[3] - lengths < 16).all()


def test_torch_pads_no_window_beyond_the_longest(model: LetterTagger) -> None:
    backend = TorchBackend(model, device="cpu", pad_id=0)
    assert model.config.window["max_tokens"] == LONGEST
    assert [backend._padded(n) for n in (1, 16, 17, 95, 96)] == [16, 16, 32, 96, 96]
    backend._longest = 90
    assert [backend._padded(n) for n in (80, 81, 90)] == [80, 90, 90]


def test_torch_without_windows_gives_nothing(model: LetterTagger) -> None:
    assert logits(model, []) == []
