"""PyTorch on a GPU in bf16, or on the CPU in fp32: the same code, so that what tests see on a CPU runs on a GPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp.errors import FanzhaError
from nlp.inference.backends import Scores
from nlp.text.tokenization import IntArray

if TYPE_CHECKING:
    import torch

    from nlp.model.modeling import LetterTagger

_MULTIPLE = 16
_GPU_TOKENS, _CPU_TOKENS = 65_536, 8_192
_IN_FLIGHT = 3
_LOOK_AHEAD = 4
"""Budgets of tokens that may wait for others of their length before the oldest goes as it is."""


@dataclass(frozen=True)
class Batch:
    """Windows that run together, padded to `length`; `indices` are their places in the stream."""

    indices: list[int]
    windows: list[tuple[IntArray, int]]
    length: int

    def halves(self) -> tuple[Batch, Batch]:
        """The same work in two."""
        middle = len(self.indices) // 2
        return (
            Batch(self.indices[:middle], self.windows[:middle], self.length),
            Batch(self.indices[middle:], self.windows[middle:], self.length),
        )


@dataclass(frozen=True)
class _Flight:
    """A batch on its way: `scores` of its tokens, one window after the other, are there when `event` has come."""

    batch: Batch
    scores: torch.Tensor
    event: Any


class TorchBackend:
    """PyTorch on a GPU in bf16, or on the CPU in fp32 (to compare with; it is slower than ONNX Runtime).

    On a GPU nothing waits for the CPU: batches go out through pinned memory, and while one runs the next are queued
    behind it; scores come back in fp16, without padding, and are waited for only when several batches are under way.
    The encoder runs in bf16 (fp32 on GPUs that lack it); standardisation and heads in fp32, because the features of a
    layer that is nearly constant differ from their means by less than bf16 tells apart.

    Windows run together only where they are padded to the same length, a multiple of 16 that each window's own length
    gives, and always with a mask, so torch takes the same kernel. What may still differ with the number of windows that
    run together are the last bits (about 1e-6 in fp32, 1e-2 in bf16): matrix products of another size are summed in
    another order. Scores can move by that, and a label where two are as good as equal.

    Args:
        model: the tagger; it is moved to the device.
        device: `cuda:N` or `cpu`.
        pad_id: the id that stands behind short windows.
        token_budget: padded tokens of a batch at most (a window by itself always runs); it is halved when the memory
            of the device does not suffice.
    """

    def __init__(self, model: LetterTagger, *, device: str, pad_id: int, token_budget: int | None = None) -> None:
        import torch

        self._torch = torch
        self.device = device
        self._on_gpu = device.startswith("cuda")
        self._model = model.to(device, dtype=torch.float32).eval()
        # Without the instructions for it (before compute capability 8.0) bf16 is emulated, and slow.
        narrow = self._on_gpu and torch.cuda.get_device_capability(device) >= (8, 0)
        if narrow:
            self._model.encoder.to(torch.bfloat16)
        self.name = "torch-bf16" if narrow else "torch-fp32"
        self._pad_id = pad_id
        self._budget = token_budget or (_GPU_TOKENS if self._on_gpu else _CPU_TOKENS)
        self._longest = int(model.config.window["max_tokens"])

    @classmethod
    def from_folder(cls, folder: Path, *, device: str, pad_id: int) -> TorchBackend:
        """Loads the safetensors weights of a model folder and runs a window, so that a fault shows here.

        Raises:
            FanzhaError: where torch is not installed, or sees no such device, or cannot run the model on it.
        """
        try:
            import torch

            from nlp.model.modeling import LetterTagger
        except ImportError as error:
            raise FanzhaError(
                f"{error.name or 'torch'} is not installed", mend="pip install 'fanzha-nlp[gpu]', or --device cpu"
            ) from None
        if device.startswith("cuda") and (torch.device(device).index or 0) >= torch.cuda.device_count():
            raise FanzhaError(f"torch sees no device {device}", mend="use --device cpu")
        model = LetterTagger.from_pretrained(folder)
        if not device.startswith("cuda"):
            return cls(model, device=device, pad_id=pad_id)
        try:
            backend = cls(model, device=device, pad_id=pad_id)
            list(backend.logits([(np.full(2, pad_id, dtype=np.int64), 1)]))
        except torch.OutOfMemoryError:
            raise _no_memory(device) from None
        except (RuntimeError, AssertionError) as error:  # too old a driver, no code for this GPU, no CUDA in torch, …
            raise FanzhaError(f"torch cannot use {device}: {first_line(error)}", mend="use --device cpu") from None
        return backend

    def logits(self, windows: Iterable[tuple[IntArray, int]]) -> Iterator[Scores]:
        """The logits of each window, in order; windows are asked for as the device has room for them.

        Yields:
            [tokens of the window, labels of all heads], in fp16 from a GPU

        Raises:
            FanzhaError: where the device's memory does not suffice for a single window.
        """
        flights: deque[_Flight] = deque()
        found: dict[int, Scores] = {}
        given = 0
        for batch in self._batches(windows):
            self._send(batch, flights, found)
            while len(flights) > (_IN_FLIGHT if self._on_gpu else 0):
                found.update(self._receive(flights.popleft()))
            while given in found:
                yield found.pop(given)
                given += 1
        while flights:
            found.update(self._receive(flights.popleft()))
        yield from (found.pop(i) for i in range(given, given + len(found)))

    def _batches(self, windows: Iterable[tuple[IntArray, int]]) -> Iterator[Batch]:
        """Windows of one padded length together: as soon as the budget is full, or the oldest has waited long."""
        shelves: dict[int, Batch] = {}
        waiting = 0
        for i, window in enumerate(windows):
            length = self._padded(len(window[0]))
            shelf = shelves.setdefault(length, Batch([], [], length))
            shelf.indices.append(i)
            shelf.windows.append(window)
            waiting += length
            if (len(shelf.indices) + 1) * length <= self._budget:
                if waiting <= _LOOK_AHEAD * self._budget:
                    continue
                shelf = min(shelves.values(), key=lambda batch: batch.indices[0])
            yield shelves.pop(shelf.length)
            waiting -= len(shelf.indices) * shelf.length
        yield from shelves.values()

    def _padded(self, length: int) -> int:
        """The next multiple of 16, but no more than the longest window: the encoder may have no more positions."""
        return max(length, min(-(-length // _MULTIPLE) * _MULTIPLE, self._longest))

    def _send(self, batch: Batch, flights: deque[_Flight], found: dict[int, Scores]) -> None:
        """Queues a batch; where memory does not suffice, once more in halves after all others have come back."""
        try:
            flights.append(self._run(batch))
            return
        except self._torch.OutOfMemoryError:
            if len(batch.indices) == 1 and not flights:
                raise _no_memory(self.device) from None
        # Only here, behind the except block, are the tensors of the failed run gone.
        while flights:
            found.update(self._receive(flights.popleft()))
        if self._on_gpu:
            self._torch.cuda.empty_cache()
        if len(batch.indices) == 1:
            self._send(batch, flights, found)
            return
        self._budget = max(batch.length, min(self._budget, len(batch.indices) * batch.length) // 2)
        for half in batch.halves():
            self._send(half, flights, found)

    def _run(self, batch: Batch) -> _Flight:
        torch = self._torch
        ids = np.full((len(batch.windows), batch.length), self._pad_id, dtype=np.int64)
        types, real = np.zeros_like(ids), np.zeros(ids.shape, dtype=bool)
        for row, (window, context) in enumerate(batch.windows):
            ids[row, : len(window)] = window
            types[row, :context] = 1
            real[row, : len(window)] = True
        with torch.inference_mode(), self._device():
            inside, tokens = self._there(real), self._there(np.flatnonzero(real))
            # Four-dimensional, a mask goes to the kernel as it is; of any other, transformers would ask the GPU
            # whether it is true all over, and wait for the answer.
            mask = torch.zeros(ids.shape, dtype=self._model.encoder.dtype, device=self.device)
            mask.masked_fill_(~inside, torch.finfo(mask.dtype).min)
            logits = self._model(
                input_ids=self._there(ids), token_type_ids=self._there(types), attention_mask=mask[:, None, None]
            ).logits
            scores = logits.flatten(0, 1).index_select(0, tokens)
            if not self._on_gpu:
                return _Flight(batch, scores, None)
            scores = scores.half()
            here = torch.empty(scores.shape, dtype=scores.dtype, pin_memory=True)
            here.copy_(scores, non_blocking=True)
            event = torch.cuda.Event(blocking=True)
            event.record()
        return _Flight(batch, here, event)

    def _receive(self, flight: _Flight) -> Iterator[tuple[int, Scores]]:
        """The scores of the windows of a batch, with their places in the stream; waits for them."""
        if flight.event is not None:
            flight.event.synchronize()
        scores = flight.scores.numpy()
        first = 0
        for i, (ids, _) in zip(flight.batch.indices, flight.batch.windows, strict=True):
            yield i, scores[first : first + len(ids)]
            first += len(ids)

    def _there(self, values: np.ndarray[Any, Any]) -> torch.Tensor:
        """An array on the device, without waiting until it is there."""
        tensor = self._torch.from_numpy(values)
        return tensor.pin_memory().to(self.device, non_blocking=True) if self._on_gpu else tensor

    def _device(self) -> Any:
        """Events and pinned memory go by the current device."""
        return self._torch.device(self.device) if not self._on_gpu else self._torch.cuda.device(self.device)


def first_line(error: Exception | Warning | str) -> str:
    """What an error or a warning says, without the advice that follows on further lines."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _no_memory(device: str) -> FanzhaError:
    return FanzhaError(
        f"{device} has not enough free memory", mend="end what else runs on it, or use --device cpu", retryable=True
    )
