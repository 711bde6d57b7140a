"""What the machine can do at most, by measurement, and what a model asks of it for some windows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SQUARE = 1024


def product_session(rows: int, inner: int, columns: int, *, int8: bool) -> tuple[Any, dict[str, Any]]:
    """ONNX Runtime's matrix product of these sizes, alone in a graph, on one thread: uint8 by int8, or fp32."""
    random = np.random.default_rng(0)
    if int8:
        kind, out, left = TensorProto.UINT8, TensorProto.INT32, random.integers(0, 255, (rows, inner)).astype(np.uint8)
        weights: Any = random.integers(-127, 127, (inner, columns)).astype(np.int8)
    else:
        kind = out = TensorProto.FLOAT
        left = random.standard_normal((rows, inner)).astype(np.float32)
        weights = random.standard_normal((inner, columns)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger" if int8 else "MatMul", ["left", "right"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", kind, [rows, inner])],
        [helper.make_tensor_value_info("product", out, [rows, columns])],
        [numpy_helper.from_array(weights, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, {"left": left}


def product_rate(shape: tuple[int, int, int], *, int8: bool, cores: int, seconds: float = 0.5) -> float:
    """Operations a second of matrix products of one shape, all cores at work, one product each at a time."""
    made = [product_session(*shape, int8=int8) for _ in range(cores)]
    for session, feed in made:
        session.run(None, feed)
    end = time.perf_counter() + seconds

    def work(session: Any, feed: dict[str, Any]) -> int:
        count = 0
        while time.perf_counter() < end:
            session.run(None, feed)
            count += 1
        return count

    start = time.perf_counter()
    with ThreadPoolExecutor(cores) as pool:
        count = sum(pool.map(lambda pair: work(*pair), made))
    return 2 * float(np.prod(shape)) * count / (time.perf_counter() - start)


def model_shapes(graph: Path, tokens: int) -> set[tuple[int, int, int]]:
    """The shapes of a graph's products with constant matrices, for a window of so many tokens."""
    return {(tokens, *shape) for shape, _ in _products(onnx.load(graph)).items()}


def operations(graph: Path, lengths: Sequence[int]) -> float:
    """The operations (a multiplication and an addition are two) of a graph's matrix products for some windows.

    Args:
        graph: an exported graph, int8 or fp32.
        lengths: of the windows, in tokens.
    """
    model = onnx.load(graph)
    products = _products(model)
    attention = sum(node.op_type == "MultiHeadAttention" for node in model.graph.node)
    width = min(inner for inner, _ in products)  # of the encoder: nothing in it is narrower
    a_token = sum(2 * inner * columns * count for (inner, columns), count in products.items())
    return float(sum(n * a_token + attention * 4 * n * n * width for n in lengths))


def _products(model: onnx.ModelProto) -> dict[tuple[int, int], int]:
    """The shapes of the constant matrices that are multiplied with, and how many there are of each."""
    sizes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    found: dict[tuple[int, int], int] = {}
    for node in model.graph.node:
        if node.op_type in ("MatMul", "MatMulIntegerToFloat") and len(sizes.get(node.input[1], ())) == 2:
            inner, columns = sizes[node.input[1]]
            found[inner, columns] = found.get((inner, columns), 0) + 1
    return found
