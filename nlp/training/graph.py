"""The ONNX graph of a model in fp32, with the operators that ONNX Runtime has for transformers.

Attention is one operator (`MultiHeadAttention`), which needs no table of all scores, and GELU another. The graph has no
mask: a window is run without padding, or with others of its own length. What ONNX Runtime would do to the graph each
time it loads it is done here once. Sums before a LayerNorm stay operators of their own: ONNX Runtime's
`SkipLayerNormalization` on the CPU is several times slower than the two it stands for.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from transformers import AttentionInterface

from nlp.model.modeling import LetterTagger

CONTRIB = "com.microsoft"
INPUTS = ("input_ids", "token_type_ids")
_OPSET = 17
_ATTENTION = "onnxruntime"


class _Attention(torch.autograd.Function):
    """Attention as ONNX Runtime's operator. It is traced, never run: what it returns has the right shape alone."""

    @staticmethod
    def forward(
        ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, heads: int, scale: float
    ) -> torch.Tensor:
        return torch.zeros_like(query)

    @staticmethod
    def symbolic(g: Any, query: Any, key: Any, value: Any, heads: int, scale: float) -> Any:
        found = g.op(f"{CONTRIB}::MultiHeadAttention", query, key, value, num_heads_i=heads, scale_f=scale)
        return found.setType(query.type())


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls: [batch, heads, tokens, width of a head] to [batch, tokens, heads, width]."""
    heads, width = int(module.num_attention_heads), int(module.attention_head_size)  # type: ignore[arg-type]
    query, key, value = (part.transpose(1, 2).flatten(2) for part in (query, key, value))
    scale = options.get("scaling")
    factor = width**-0.5 if scale is None else float(scale)
    mixed: torch.Tensor = _Attention.apply(query, key, value, heads, factor)  # type: ignore[no-untyped-call]
    return mixed.view(*mixed.shape[:2], heads, width), None


class _Logits(torch.nn.Module):
    """The model with plain inputs and one plain output, as ONNX has it."""

    def __init__(self, model: LetterTagger) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        logits = self.model(input_ids=input_ids, attention_mask=None, token_type_ids=token_type_ids).logits
        assert isinstance(logits, torch.Tensor)
        return logits


def export_onnx(model: LetterTagger, path: Path) -> None:
    """Writes the fp32 graph: inputs [batch, tokens] of int64, output `logits` [batch, tokens, labels of all heads]."""
    model = model.eval().float().cpu()
    example = (torch.full((2, 16), 5), torch.zeros((2, 16), dtype=torch.long))
    AttentionInterface.register(_ATTENTION, _attention)
    usual = model.encoder.config._attn_implementation
    model.encoder.set_attn_implementation(_ATTENTION)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch, torch.inference_mode():
            traced = Path(scratch) / "traced.onnx"
            with warnings.catch_warnings():
                # The tracer takes lengths for constants; that the graph holds for all of them is tested.
                warnings.simplefilter("ignore")
                torch.onnx.export(
                    _Logits(model),
                    example,
                    str(traced),
                    input_names=list(INPUTS),
                    output_names=["logits"],
                    dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*INPUTS, "logits")},
                    opset_version=_OPSET,
                    custom_opsets={CONTRIB: 1},
                    dynamo=False,
                )
            graph = onnx.load(traced)
            _join_attention(graph)
            onnx.save(graph, traced)
            _optimise(traced, path)
    finally:
        model.encoder.set_attn_implementation(usual)


def _join_attention(model: onnx.ModelProto) -> None:
    """Takes out what splits heads off before attention and joins them again, and the same behind it.

    Attention's inputs and output are [batch, tokens, width], as the projections have them.
    """
    graph = model.graph
    maker = {output: node for node in graph.node for output in node.output}
    joined: dict[str, str] = {}
    for node in graph.node:
        if node.op_type == "MultiHeadAttention":
            for i in range(len(node.input)):
                node.input[i] = _before(node.input[i], maker)
            joined[node.output[0]] = node.output[0]
        elif node.op_type == "Reshape" and node.input[0] in joined:
            joined[node.output[0]] = joined[node.input[0]]
        else:
            for i, name in enumerate(node.input):
                node.input[i] = joined.get(name, name)
    _drop_unused(graph)


def _before(name: str, maker: dict[str, onnx.NodeProto]) -> str:
    """The value that was only given another shape until it was this one."""
    while maker[name].op_type in ("Reshape", "Transpose"):
        name = maker[name].input[0]
    return name


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Takes out the nodes that no output needs; nodes are in the order they run in."""
    used = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if used.intersection(node.output):
            kept.append(node)
            used.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def _optimise(source: Path, target: Path) -> None:
    """Writes a graph as ONNX Runtime has it once it has fused what it can on any CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
