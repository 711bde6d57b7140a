"""What runs the model. A backend takes windows as arrays of token ids and gives the logits of their tokens."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nlp.errors import FanzhaError
from nlp.text.tokenization import IntArray

FloatArray = npt.NDArray[np.float32]
Scores = npt.NDArray[np.floating[Any]]
"""Logits as a backend has them: fp16 from a GPU, else fp32."""


class Backend(Protocol):
    """`name` and `device` go into results (`onnxruntime-int8`, `cpu`)."""

    name: str
    device: str

    def logits(self, windows: Sequence[tuple[IntArray, int]]) -> Iterator[Scores]:
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


def available_cores() -> int:
    """The cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
