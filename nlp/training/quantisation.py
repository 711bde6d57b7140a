"""The int8 form of an fp32 graph, quantised by rows.

Weights are int8 with a scale for each output, activations are uint8 with a scale for each token, taken as they come, so
a token's scores depend on nothing that is run beside it. One scale for a whole activation, as ONNX Runtime's dynamic
quantisation has it, costs up to two points of F1: some tokens and channels are forty times larger than others.
Products of uint8 and int8 are what CPUs are fastest at (AVX512-VNNI, AVX-VNNI, ARM dot products). There is no operator
for this; it is put together from ones that ONNX Runtime has:

    s = max |x| of the token        q = round(x · 127 / s) + 128        y = (q - 128) · W_int8 · scales / 127 · s

What comes out of GELU is never under -0.17, so its zero stands at 24 instead of 128.

Where a LayerNorm makes some channels much larger than others, they are made alike first, and the weights the other way
round (Xiao et al., "SmoothQuant", 2023; the sizes of the channels are read off the LayerNorm itself, without data).
Word embeddings are int8 with a scale for each word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from nlp.training.graph import CONTRIB

FloatArray = npt.NDArray[np.float32]

_GELU = ("BiasGelu", "FastGelu", "Gelu")
_GELU_ZERO, _GELU_LOWEST = 24, 0.17
_ZERO = 128
_TINY = 1e-9
_SMOOTH_FROM = 2.0
"""A LayerNorm is smoothed where its largest channel is so many times the median."""
_SMOOTH_POWER = 0.65
_LARGE_TABLE = 1_000_000


def quantise(source: Path, target: Path) -> None:
    """Writes the int8 form of an fp32 graph (of `nlp.training.graph`)."""
    model = onnx.load(source)
    _Rewriter(model).run()
    onnx.checker.check_model(model)
    onnx.save(model, target)


@dataclass
class _Rewriter:
    """Rewrites the products with constant matrices, and the look-ups in large tables, of one graph."""

    model: onnx.ModelProto
    nodes: list[NodeProto] = field(default_factory=list)
    added: list[TensorProto] = field(default_factory=list)
    rows: dict[str, tuple[float, FloatArray | None]] = field(default_factory=dict)
    """For each activation that is quantised: what its scale is divided by, and what its channels were divided by."""

    def run(self) -> None:
        graph = self.model.graph
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        self.makers = {output: node for node in graph.node for output in node.output}
        self.products: dict[str, list[NodeProto]] = {}
        for node in graph.node:
            if self._is_product(node):
                self.products.setdefault(node.input[0], []).append(node)
        for node in graph.node:
            if self._is_product(node):
                self._product(node)
            elif self._is_look_up(node):
                self._look_up(node)
            else:
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in [*graph.initializer, *self.added] if tensor.name in used]
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(kept)
        if CONTRIB not in {opset.domain for opset in self.model.opset_import}:
            self.model.opset_import.append(helper.make_opsetid(CONTRIB, 1))

    def _is_product(self, node: NodeProto) -> bool:
        return node.op_type == "MatMul" and len(self._dimensions(node.input[1])) == 2

    def _is_look_up(self, node: NodeProto) -> bool:
        dimensions = self._dimensions(node.input[0]) if node.op_type == "Gather" else []
        return len(dimensions) == 2 and dimensions[0] * dimensions[1] >= _LARGE_TABLE

    def _dimensions(self, name: str) -> list[int]:
        """The dimensions of a constant of floats; none for anything else."""
        tensor = self.constants.get(name)
        return list(tensor.dims) if tensor is not None and tensor.data_type == TensorProto.FLOAT else []

    def _constant(self, name: str, values: npt.ArrayLike) -> str:
        self.added.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **options: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))
        return output

    def _product(self, node: NodeProto) -> None:
        source, output = node.input[0], node.output[0]
        weights = self._values(node.input[1])
        if source not in self.rows:
            self.rows[source] = self._quantise_rows(source)
        levels, smoothing = self.rows[source]
        if smoothing is not None:
            weights = weights * smoothing[:, None]
        integers, scales = by_columns(weights)
        operands = [
            f"{source}/int8",
            self._constant(f"{output}/weights", integers),
            self._constant(f"{output}/one", np.float32(1)),
            self._constant(f"{output}/scales", (scales / levels).astype(np.float32)),
            f"{source}/zero",
            self._constant(f"{output}/zeros", np.zeros(len(scales), dtype=np.int8)),
        ]
        product = self._node("MatMulIntegerToFloat", operands, f"{output}/product", domain=CONTRIB)
        self._node("Mul", [product, f"{source}/largest"], output)

    def _quantise_rows(self, source: str) -> tuple[float, FloatArray | None]:
        """Makes `source/int8`, `source/zero` and `source/largest` [batch, tokens, 1]; for `rows`."""
        smoothing = self._smoothing(source)
        values = source
        if smoothing is not None:
            inverse = self._constant(f"{source}/smoothing", (1 / smoothing).astype(np.float32))
            values = self._node("Mul", [source, inverse], f"{source}/smooth")
        highest = self._node("ReduceMax", [values], f"{source}/highest", axes=[-1], keepdims=1)
        if self._is_gelu(source):
            zero = _GELU_ZERO
            levels = float(255 - zero)
            bounds = [highest, self._constant(f"{source}/least", np.float32(_GELU_LOWEST * levels / zero))]
        else:
            zero = _ZERO
            levels = float(255 - zero)
            lowest = self._node("ReduceMin", [values], f"{source}/lowest", axes=[-1], keepdims=1)
            bounds = [highest, self._node("Neg", [lowest], f"{source}/negated")]
            bounds.append(self._constant(f"{source}/least", np.float32(_TINY)))
        largest = self._node("Max", bounds, f"{source}/largest")
        factor = self._node(
            "Div", [self._constant(f"{source}/levels", np.float32(levels)), largest], f"{source}/factor"
        )
        scaled = self._node("Mul", [values, factor], f"{source}/scaled")
        unit = self._constant(f"{source}/unit", np.float32(1))
        zero_point = self._constant(f"{source}/zero", np.array(zero, dtype=np.uint8))
        self._node("QuantizeLinear", [scaled, unit, zero_point], f"{source}/int8")
        return levels, smoothing

    def _is_gelu(self, name: str) -> bool:
        return name in self.makers and self.makers[name].op_type in _GELU

    def _smoothing(self, source: str) -> FloatArray | None:
        """What the channels of an activation are divided by; None where they are alike or not from a LayerNorm."""
        maker = self.makers.get(source)
        if maker is None or maker.op_type != "LayerNormalization":
            return None
        sizes = np.sqrt(sum(self._values(name) ** 2 for name in maker.input[1:]))
        if sizes.max() <= _SMOOTH_FROM * np.median(sizes):
            return None
        weights = np.max([np.abs(self._values(node.input[1])).max(axis=1) for node in self.products[source]], axis=0)
        smoothing: FloatArray = np.maximum(sizes, 1e-4) ** _SMOOTH_POWER / np.maximum(weights, 1e-4) ** (
            1 - _SMOOTH_POWER
        )
        return smoothing

    def _look_up(self, node: NodeProto) -> None:
        table, ids, output = node.input[0], node.input[1], node.output[0]
        integers, scales = by_columns(self._values(table).T)
        found = self._node("Gather", [self._constant(f"{table}/int8", integers.T.copy()), ids], f"{output}/int8")
        scale = self._node(
            "Gather", [self._constant(f"{table}/scales", scales[:, None].astype(np.float32)), ids], f"{output}/scale"
        )
        self._node("Mul", [self._node("Cast", [found], f"{output}/float", to=TensorProto.FLOAT), scale], output)

    def _values(self, name: str) -> FloatArray:
        values: FloatArray = numpy_helper.to_array(self.constants[name])
        return values


def by_columns(weights: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """A matrix in int8, -127 to 127, and the scale of each column: `weights ≈ integers * scales`."""
    scales: FloatArray = np.maximum(np.abs(weights).max(axis=0), _TINY) / 127
    return np.round(weights / scales).astype(np.int8), scales
