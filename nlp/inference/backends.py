"""What runs the model. A backend takes windows as arrays of token ids and gives the logits of their tokens."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from nlp.errors import FanzhaError
from nlp.text.tokenization import IntArray

if TYPE_CHECKING:
    from nlp.model.modeling import LetterTagger

FloatArray = npt.NDArray[np.float32]
_MULTIPLE = 16


class Backend(Protocol):
    """`name` and `device` go into results (`onnxruntime-int8`, `cpu`)."""

    name: str
    device: str

    def logits(self, windows: Sequence[tuple[IntArray, int]]) -> Iterator[FloatArray]:
        """The logits of each window, in order.

        Args:
            windows: token ids and the number of context tokens at their head (which get token type 1).

        Yields:
            [tokens of the window, labels of all heads]
        """
        ...


def inputs(ids: IntArray, context: int) -> tuple[IntArray, IntArray]:
    """Token ids and token types of one window, each [1, tokens]."""
    types = np.zeros(len(ids), dtype=np.int64)
    types[:context] = 1
    return ids[None, :].astype(np.int64), types[None, :]


class OnnxBackend:
    """ONNX Runtime on the CPU.

    Every window runs by itself, without padding, so its scores do not depend on its neighbours whatever way a graph
    scales its activations. Windows run side by side, one thread each.
    """

    device = "cpu"

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # What else can be fused was fused when the graph was exported; it costs time at every start.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises its own kinds, none of them public
            raise FanzhaError(
                f"ONNX Runtime cannot load it: {str(error).splitlines()[0]}", path=path, mend="export the model again"
            ) from None
        self._inputs = {found.name for found in self._session.get_inputs()}
        self.name = "onnxruntime-int8" if "int8" in path.name else "onnxruntime-fp32"
        threads = threads or available_cores()
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def logits(self, windows: Sequence[tuple[IntArray, int]]) -> Iterator[FloatArray]:
        if len(windows) == 1 or self._pool is None:
            yield from map(self._run, windows)
        else:
            yield from self._pool.map(self._run, windows)

    def _run(self, window: tuple[IntArray, int]) -> FloatArray:
        ids, types = inputs(*window)
        feed = {"input_ids": ids, "token_type_ids": types}
        if "attention_mask" in self._inputs:  # of models exported with version 0.1.0
            feed["attention_mask"] = np.ones_like(ids)
        output: FloatArray = self._session.run(["logits"], feed)[0]
        return output[0]


class TorchBackend:
    """PyTorch on a GPU in bf16, or on the CPU in fp32 (to compare with; it is slower than ONNX Runtime).

    Windows run together only where they are padded to the same length, a multiple of 16 that each window's own length
    gives, and are all padded or all not: without padding transformers leaves the mask out, and torch takes another
    kernel. So neither the length nor the mask that a window is run with depends on the others. What may still differ
    with the number of windows that run together are the last bits (about 1e-6 in fp32, 1e-2 in bf16): matrix products
    of another size are summed in another order. Scores can move by that, and a label where two are as good as equal.
    """

    def __init__(self, model: LetterTagger, *, device: str, pad_id: int, token_budget: int = 32_768) -> None:
        import torch

        self._torch = torch
        self.device = device
        self._on_gpu = device.startswith("cuda")
        self._model = model.to(device, dtype=torch.bfloat16 if self._on_gpu else torch.float32).eval()
        self.name = "torch-bf16" if self._on_gpu else "torch-fp32"
        self._pad_id, self._budget = pad_id, token_budget
        self._longest = int(model.config.window["max_tokens"])

    @classmethod
    def from_folder(cls, folder: Path, *, device: str, pad_id: int) -> TorchBackend:
        """Loads the safetensors weights of a model folder.

        Raises:
            FanzhaError: where torch is not installed or sees no such device.
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
        return cls(LetterTagger.from_pretrained(folder), device=device, pad_id=pad_id)

    def logits(self, windows: Sequence[tuple[IntArray, int]]) -> Iterator[FloatArray]:
        buckets: dict[tuple[int, bool], list[int]] = {}
        for i, (ids, _) in enumerate(windows):
            length = self._padded(len(ids))
            buckets.setdefault((length, length > len(ids)), []).append(i)
        found: dict[int, FloatArray] = {}
        for (length, _), members in buckets.items():
            count = max(1, self._budget // length)
            for first in range(0, len(members), count):
                chosen = members[first : first + count]
                found.update(zip(chosen, self._run([windows[i] for i in chosen], length), strict=True))
        yield from (found[i] for i in range(len(windows)))

    def _padded(self, length: int) -> int:
        """The next multiple of 16, but no more than the longest window: the encoder may have no more positions."""
        return max(length, min(-(-length // _MULTIPLE) * _MULTIPLE, self._longest))

    def _run(self, windows: Sequence[tuple[IntArray, int]], length: int) -> Iterator[FloatArray]:
        torch = self._torch
        batch = {
            "input_ids": torch.full((len(windows), length), self._pad_id),
            "attention_mask": torch.zeros((len(windows), length), dtype=torch.long),
            "token_type_ids": torch.zeros((len(windows), length), dtype=torch.long),
        }
        for row, (ids, context) in enumerate(windows):
            batch["input_ids"][row, : len(ids)] = torch.from_numpy(ids)
            batch["attention_mask"][row, : len(ids)] = 1
            batch["token_type_ids"][row, :context] = 1
        with torch.inference_mode():
            logits = (
                self._model(**{name: values.to(self.device) for name, values in batch.items()}).logits.float().cpu()
            )
        for row, (ids, _) in enumerate(windows):
            yield logits[row, : len(ids)].numpy()


def available_cores() -> int:
    """The cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
