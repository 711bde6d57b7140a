"""Export: the graph computes what the model computes, and a model folder is what its manifest says."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from tiny import Tiny, read_manifest

from nlp import __version__
from nlp.annotation.corpus import read_letters
from nlp.errors import FanzhaError
from nlp.inference.loading import load_predictor
from nlp.labels import HEADS
from nlp.model.modeling import LetterTagger
from nlp.text.tokenization import TextTokenizer
from nlp.training.export import export_model, largest_difference
from nlp.training.graph import export_onnx

FILES = {
    "config.json", "model.fp32.onnx", "model.int8.onnx", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
}  # fmt: skip


@pytest.fixture
def copy(tiny: Tiny, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be spoilt."""
    return Path(shutil.copytree(tiny.model, tmp_path / "model"))


def test_graph_gives_the_logits_of_the_model_on_windows_of_all_lengths(tiny: Tiny) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint).eval()
    tokenizer = TextTokenizer.from_folder(tiny.checkpoint)
    assert largest_difference(model, tiny.model / "model.fp32.onnx", tokenizer, read_letters(tiny.letters)) < 1e-4


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 96), (2, 40)], ids=str)
def test_graph_gives_the_logits_of_the_model_on_batches_of_one_length(tiny: Tiny, shape: tuple[int, int]) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint).eval()
    batch = random_batch(model, shape)
    (found,) = open_graph(tiny.model / "model.fp32.onnx").run(["logits"], batch)
    with torch.inference_mode():
        tensors = {name: torch.from_numpy(values) for name, values in batch.items()}
        expected = model(**tensors, attention_mask=torch.ones(shape, dtype=torch.long)).logits.numpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("graph", ["model.fp32.onnx", "model.int8.onnx"])
def test_a_window_scores_the_same_whatever_is_run_beside_it(tiny: Tiny, graph: str) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint).eval()
    session, batch = open_graph(tiny.model / graph), random_batch(model, (4, 33))
    (together,) = session.run(["logits"], batch)
    for i in range(4):
        (alone,) = session.run(["logits"], {name: values[i : i + 1] for name, values in batch.items()})
        np.testing.assert_allclose(together[i], alone[0], rtol=0, atol=1e-4)


def random_batch(model: LetterTagger, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Windows of one length: token ids and types."""
    ids = np.random.default_rng(sum(shape)).integers(4, model.config.encoder["vocab_size"], shape)
    return {"input_ids": ids, "token_type_ids": np.broadcast_to(np.arange(shape[1]) < 2, shape).astype(np.int64)}


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """A graph as it is, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def test_export_leaves_the_attention_of_the_model_as_it_was(tiny: Tiny, tmp_path: Path) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint).eval()
    usual = model.encoder.config._attn_implementation
    export_onnx(model, tmp_path / "model.onnx")
    assert model.encoder.config._attn_implementation == usual


def test_int8_graph_is_smaller_and_close(tiny: Tiny) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint).eval()
    tokenizer = TextTokenizer.from_folder(tiny.checkpoint)
    int8 = tiny.model / "model.int8.onnx"
    assert int8.stat().st_size < (tiny.model / "model.fp32.onnx").stat().st_size
    assert 0 < largest_difference(model, int8, tokenizer, read_letters(tiny.letters)) < 5


def test_manifest_says_what_the_folder_holds(tiny: Tiny) -> None:
    manifest = read_manifest(tiny.model)
    assert set(manifest["files"]) == FILES
    assert {path.name for path in tiny.model.iterdir()} == FILES | {"manifest.json"}
    for name, facts in manifest["files"].items():
        data = (tiny.model / name).read_bytes()
        assert facts == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert manifest["name"] == "tiny"
    assert manifest["version"] == manifest["package"] == __version__
    assert manifest["heads"] == {name: list(labels) for name, labels in HEADS.items()}
    assert manifest["window"] == {"max_tokens": 96, "overlap": 24, "context": 16}
    assert set(manifest["temperatures"]) == {"clause", "quantity", "pair"}
    places = LetterTagger.from_pretrained(tiny.checkpoint).pairs.places.detach().numpy()
    np.testing.assert_allclose(manifest["places"], places, rtol=0, atol=1e-3)
    assert np.abs(places).max() > 0.1
    transitions = LetterTagger.from_pretrained(tiny.checkpoint).transitions.detach().numpy()
    np.testing.assert_allclose(manifest["transitions"], transitions, rtol=0, atol=1e-3)  # the weights are in fp16
    assert np.abs(transitions).max() > 0.1
    assert manifest["training"]["letters"] == ["t1", "t2", "t3"]
    assert manifest["training"]["calibrated_on"] == ["t4"]
    assert manifest["training"]["seed"] == 5
    assert manifest["training"]["recipe"]["heads"]["layers"] == [1, 2, 3]
    assert set(manifest["tools"]) >= {"python", "torch", "transformers", "onnxruntime"}


def test_files_of_a_model_can_be_read_by_all_alike(tiny: Tiny) -> None:
    assert len({path.stat().st_mode for path in tiny.model.iterdir()}) == 1


def test_export_keeps_no_fp32_graph_unless_asked_and_takes_figures(tiny: Tiny, tmp_path: Path) -> None:
    manifest = export_model(tiny.checkpoint, tmp_path / "model", figures={"quantity F1": 0.5})
    assert set(manifest["files"]) == FILES - {"model.fp32.onnx"}
    assert {path.name for path in (tmp_path / "model").iterdir()} == FILES - {"model.fp32.onnx"} | {"manifest.json"}
    assert read_manifest(tmp_path / "model")["figures"] == {"quantity F1": 0.5}
    assert (tmp_path / "model" / "model.int8.onnx").read_bytes() == (tiny.model / "model.int8.onnx").read_bytes()


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_model_with_a_changed_file_is_refused(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(FanzhaError, match=rf"{name}: is not the file that the manifest names .*fetch the model again"):
        load_predictor(copy, device="cpu")


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_model_without_a_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(FanzhaError, match=rf"{name}: is missing from the model"):
        load_predictor(copy, device="cpu")


def change(folder: Path, **values: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps({**read_manifest(folder), **values}), encoding="utf-8")


def test_model_for_other_labels_is_refused(copy: Path) -> None:
    heads = read_manifest(copy)["heads"]
    change(copy, heads={**heads, "category": heads["category"][::-1]})
    with pytest.raises(FanzhaError, match="its labels are not those of this version"):
        load_predictor(copy, device="cpu")


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"name": "tiny"}', "\x00"])
def test_manifest_that_is_none_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(FanzhaError, match=r"manifest\.json: .*fetch the model again"):
        load_predictor(copy, device="cpu")


def test_graph_that_is_none_is_refused_even_where_the_manifest_has_its_sum(copy: Path) -> None:
    (copy / "model.int8.onnx").write_bytes(b"no graph")
    facts = {"sha256": hashlib.sha256(b"no graph").hexdigest(), "bytes": 8}
    change(copy, files={**read_manifest(copy)["files"], "model.int8.onnx": facts})
    with pytest.raises(FanzhaError, match=r"ONNX Runtime cannot load it"):
        load_predictor(copy, device="cpu")


def test_folder_without_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match="is no model folder"):
        load_predictor(tmp_path, device="cpu")
