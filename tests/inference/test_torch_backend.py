"""The torch backend: a window's logits depend neither on the windows that run with it nor on the memory there is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import Tiny

from nlp.errors import FanzhaError
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


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_torch_halves_the_batch_until_memory_suffices(
    model: LetterTagger, windows: list[tuple[IntArray, int]], alone: list[Scores], rows: int, monkeypatch: Any
) -> None:
    sizes: list[int] = []
    forward = LetterTagger.forward

    def short_of_memory(self: LetterTagger, **batch: torch.Tensor) -> Any:
        sizes.append(batch["input_ids"].numel())
        if sizes[-1] > rows * LONGEST:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore advice.")
        return forward(self, **batch)

    monkeypatch.setattr(LetterTagger, "forward", short_of_memory)
    backend = TorchBackend(model, device="cpu", pad_id=0)
    longest = LENGTHS.index(LONGEST)
    for scores, expected in zip(
        backend.logits([*windows, *[windows[longest]] * 40]), [*alone, *[alone[longest]] * 40], strict=True
    ):
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
    assert max(sizes) > rows * LONGEST
    sizes.clear()
    assert len(list(backend.logits([*windows, *windows]))) == 2 * len(windows)
    assert max(sizes) <= rows * LONGEST, "the smaller budget stays"


def test_torch_without_memory_for_one_window_says_so_in_a_line(
    model: LetterTagger, windows: list[tuple[IntArray, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(self: LetterTagger, **batch: torch.Tensor) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore advice.")

    monkeypatch.setattr(LetterTagger, "forward", forward)
    with pytest.raises(FanzhaError, match=r"cpu has not enough free memory \(.*--device cpu\)") as caught:
        logits(model, windows)
    assert caught.value.retryable
    assert "\n" not in str(caught.value)


def test_torch_that_cannot_use_a_device_says_so_in_a_line(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def to(*_: object, **__: object) -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old.\nPlease update it.")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(LetterTagger, "to", to)
    with pytest.raises(FanzhaError, match="torch cannot use cuda:0: The NVIDIA driver on your system is too old") as e:
        TorchBackend.from_folder(Path(tiny.model), device="cuda:0", pad_id=0)
    assert "\n" not in str(e.value)


def test_torch_asks_for_windows_as_it_has_room_for_them(
    model: LetterTagger, windows: list[tuple[IntArray, int]]
) -> None:
    asked = 0

    def stream() -> Iterator[tuple[IntArray, int]]:
        nonlocal asked
        for asked in range(1, 2001):
            yield windows[asked % len(windows)]

    for taken, _ in enumerate(TorchBackend(model, device="cpu", pad_id=0, token_budget=200).logits(stream()), 1):
        assert asked - taken < 600, "it holds more windows than it may"
    assert taken == asked == 2000


@given(lengths=st.lists(st.integers(1, LONGEST), max_size=200), budget=st.integers(1, 2000))
def test_torch_batches_are_windows_of_one_length_within_the_budget(
    model: LetterTagger, lengths: list[int], budget: int
) -> None:
    backend = TorchBackend(model, device="cpu", pad_id=0, token_budget=budget)
    batches = list(backend._batches((np.zeros(length, np.int64), 0) for length in lengths))
    assert sorted(i for batch in batches for i in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        assert [len(ids) for ids, _ in batch.windows] == [lengths[i] for i in batch.indices]
        assert {backend._padded(len(ids)) for ids, _ in batch.windows} == {batch.length}
        assert len(batch.indices) == 1 or len(batch.indices) * batch.length <= budget
