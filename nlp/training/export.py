"""From trained weights to the folder that `predict` uses: safetensors, ONNX in fp32 and int8, and a manifest."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from nlp import __version__
from nlp.annotation.corpus import GoldLetter
from nlp.files import read_json, write_json
from nlp.inference.backends import OnnxBackend
from nlp.inference.loading import MANIFEST, ONNX_FP32, ONNX_INT8, WEIGHTS, read_manifest, sha256_of
from nlp.inference.manifest import check_manifest
from nlp.inference.torch_backend import TorchBackend
from nlp.model.modeling import LetterTagger
from nlp.text.segmentation import segment
from nlp.text.tokenization import IntArray, TextTokenizer
from nlp.text.windows import make_windows
from nlp.training.configuration import FACTS
from nlp.training.graph import export_onnx
from nlp.training.quantisation import quantise
from nlp.training.stages import load_checkpoint
from nlp.training.trainer import copy_tokenizer, model_places, model_transitions, window_settings

_TOOLS = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "numpy")


def export_model(
    source: Path, output: Path, *, fp32: bool = False, figures: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Makes a model folder from a trained checkpoint (of `fanzha train`).

    Args:
        source: the checkpoint: config.json, model.safetensors, tokenizer files, training.json.
        output: the folder to write.
        fp32: keep the fp32 graph beside the int8 one.
        figures: of an evaluation, for the manifest.

    Returns:
        The manifest.
    """
    output.mkdir(parents=True, exist_ok=True)
    model = load_checkpoint(source)[0].float().eval()
    with tempfile.TemporaryDirectory(dir=output) as scratch:
        graph = Path(scratch) / ONNX_FP32
        export_onnx(model, graph)
        quantise(graph, output / ONNX_INT8)
        if fp32:
            graph.replace(output / ONNX_FP32)
    copy_tokenizer(source, output)
    model.half().save_pretrained(output)
    shutil.copymode(output / "config.json", output / WEIGHTS)  # safetensors makes it readable to its owner alone
    facts = read_json(source / FACTS)
    names = [
        WEIGHTS,
        "config.json",
        ONNX_INT8,
        "tokenizer.json",
        "tokenizer_config.json",
        *([ONNX_FP32] if fp32 else []),
    ]
    content = {
        "name": facts["name"],
        "version": facts["version"],
        "package": __version__,
        "heads": model.config.heads,
        "window": model.config.window,
        "transitions": model_transitions(model).round(6).tolist(),
        "places": None if (places := model_places(model)) is None else places.round(6).tolist(),
        "temperatures": facts["temperatures"],
        "training": facts["training"],
        "figures": figures if figures is not None else facts.get("figures", {}),
        "tools": {"python": platform.python_version(), **{tool: installed_version(tool) for tool in _TOOLS}},
        "files": {
            name: {"sha256": sha256_of(output / name), "bytes": (output / name).stat().st_size} for name in names
        },
    }
    manifest = check_manifest(content, output / MANIFEST, mend="train the checkpoint with this version").model_dump()
    write_json(output / MANIFEST, manifest)
    return manifest


def largest_difference(
    model: LetterTagger, graph: Path, tokenizer: TextTokenizer, letters: Sequence[GoldLetter]
) -> float:
    """The largest difference of a logit between torch in fp32 and an ONNX graph, over the windows of some letters."""
    windows = [window for letter in letters for window in _window_inputs(letter, tokenizer, model)]
    by_torch = TorchBackend(model, device="cpu", pad_id=tokenizer.pad_id).logits(windows)
    by_onnx = OnnxBackend(graph).logits(windows)
    return max(float(abs(a - b).max()) for a, b in zip(by_torch, by_onnx, strict=True))


def _window_inputs(letter: GoldLetter, tokenizer: TextTokenizer, model: LetterTagger) -> Iterator[tuple[IntArray, int]]:
    structure = segment(letter.text)
    tokens = tokenizer(letter.text, structure.page_numbers)
    for window in make_windows(letter.text, structure, tokens, tokenizer, window_settings(model.config)):
        yield window.input_ids(tokens, tokenizer), window.body_start


def add_figures(folder: Path, figures: dict[str, Any]) -> None:
    """Puts figures, by name, into the manifest of a model folder."""
    manifest = read_manifest(folder).model_dump()
    manifest["figures"].update(figures)
    write_json(folder / MANIFEST, manifest)
