"""int8 by rows: what a graph's products are made of, and how near they stay."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from nlp.training.graph import CONTRIB
from nlp.training.quantisation import by_columns, quantise


def write_graph(path: Path, weights: np.ndarray, *, before: str | None = None) -> Path:
    """A product with a matrix, with GELU or a LayerNorm of very different channels before it."""
    inner, columns = weights.shape
    constants, nodes, source = {"weights": weights}, [], "values"
    if before == "Gelu":
        nodes.append(helper.make_node("Gelu", ["values"], ["active"], domain=CONTRIB))
        source = "active"
    elif before == "LayerNormalization":
        constants["gamma"] = np.where(np.arange(inner) % 7 == 0, 40, 1).astype(np.float32)
        constants["beta"] = np.zeros(inner, np.float32)
        nodes.append(helper.make_node("LayerNormalization", ["values", "gamma", "beta"], ["normal"], axis=-1))
        source = "normal"
    nodes.append(helper.make_node("MatMul", [source, "weights"], ["logits"]))
    shape = ["batch", "tokens"]
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, [*shape, inner])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*shape, columns])],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def run(path: Path, values: np.ndarray) -> np.ndarray:
    """What a graph makes of some values."""
    found = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"values": values})
    return np.asarray(found[0])


@pytest.mark.parametrize("before", [None, "Gelu", "LayerNormalization"])
def test_int8_product_is_near_though_tokens_are_of_very_different_size(tmp_path: Path, before: str | None) -> None:
    random = np.random.default_rng(1)
    weights = random.standard_normal((64, 48)).astype(np.float32)
    sizes = np.array([1e-3, 1, 1000, 0], dtype=np.float32)[:, None] if before is None else np.ones((4, 1), np.float32)
    values = random.standard_normal((2, 4, 64)).astype(np.float32) * sizes
    source = write_graph(tmp_path / "fp32.onnx", weights, before=before)
    quantise(source, tmp_path / "int8.onnx")
    expected, found = run(source, values), run(tmp_path / "int8.onnx", values)
    error = np.abs(found - expected).max(axis=-1)
    assert (error <= 0.03 * np.abs(expected).max(axis=-1) + 1e-6).all()
    kinds = Counter(node.op_type for node in onnx.load(tmp_path / "int8.onnx").graph.node)
    assert kinds["MatMulIntegerToFloat"] == 1
    assert "MatMul" not in kinds


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 20))
def test_columns_are_off_by_half_a_step_at_most(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    weights = (random.standard_normal((rows, columns)) * 10.0 ** random.integers(-3, 3, columns)).astype(np.float32)
    integers, scales = by_columns(weights)
    assert integers.min() >= -127
    assert (np.abs(integers * scales - weights) <= 0.5001 * scales).all()
