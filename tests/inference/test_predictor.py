"""The predictor: the same results however the work is cut up, and nothing of torch where it is not needed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import LETTERS, PLAIN, Tiny

from nlp.annotation.corpus import as_document, read_letters
from nlp.documents.reading import Document, decode_document
from nlp.errors import FanzhaError
from nlp.inference import loading
from nlp.inference import predictor as predictor_module
from nlp.inference.backends import OnnxBackend
from nlp.inference.loading import load_predictor, read_manifest
from nlp.inference.predictor import Predictor
from nlp.inference.torch_backend import TorchBackend
from nlp.model.modeling import LetterTagger
from nlp.schema import Result
from nlp.text.tokenization import TextTokenizer
from nlp.text.windows import WindowSettings

ROOT = Path(__file__).parents[2]


def document(text: str, name: str = "letter") -> Document:
    return Document(id=name, path=None, text=text, sha256="0" * 64, encoding="utf-8")


@pytest.fixture(scope="module")
def documents(tiny: Tiny) -> list[Document]:
    """The tiny letters, longer ones made of them, and a short one."""
    letters = [as_document(letter) for letter in read_letters(tiny.letters)]
    texts = [letter.text for letter in letters]
    longer = [document("".join(random.Random(i).sample(texts, 4)), f"long{i}") for i in range(3)]
    return [*letters, *longer, document(PLAIN, "plain")]


def with_backend(tiny: Tiny, backend: Any) -> Predictor:
    manifest = read_manifest(tiny.model)
    return Predictor(
        backend, TextTokenizer.from_folder(tiny.model), WindowSettings(**manifest.window.model_dump()),
        name="tiny", version="0", temperatures=manifest.temperatures.model_dump(),
        transitions=np.array(manifest.transitions),
    )  # fmt: skip


def onnx(tiny: Tiny, threads: int, graph: str = "model.int8.onnx") -> Predictor:
    return with_backend(tiny, OnnxBackend(tiny.model / graph, threads=threads))


def dumps(results: Sequence[Result]) -> dict[str, str]:
    return {result.document.id: result.model_dump_json() for result in results}


@pytest.fixture(scope="module")
def alone(tiny: Tiny, documents: list[Document]) -> dict[str, str]:
    """The result of each document, predicted by itself on one thread."""
    return dumps([result for d in documents for result in onnx(tiny, 1).predict([d])])


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_onnx_results_are_the_same_in_any_batch_and_order(
    tiny: Tiny, documents: list[Document], alone: dict[str, str], threads: int
) -> None:
    predictor = onnx(tiny, threads)
    shuffled = random.Random(threads).sample(documents, len(documents))
    assert dumps(list(predictor.predict(shuffled))) == alone
    assert [r.document.id for r in predictor.predict(shuffled)] == [d.id for d in shuffled]


@pytest.mark.parametrize("characters", [1, 400, 2000])
def test_onnx_results_are_the_same_whatever_is_held_at_a_time(
    tiny: Tiny,
    documents: list[Document],
    alone: dict[str, str],
    characters: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(predictor_module, "_BATCH_CHARACTERS", characters)
    assert dumps(list(onnx(tiny, 2).predict(iter(documents)))) == alone


@pytest.mark.parametrize("graph", ["model.int8.onnx", "model.fp32.onnx"])
def test_onnx_logits_are_equal_to_the_bit_in_any_batch(tiny: Tiny, documents: list[Document], graph: str) -> None:
    together = [logits for _, _, logits in onnx(tiny, 3, graph).logits(documents)]
    for one, expected in zip(documents, together, strict=True):
        ((_, _, logits),) = onnx(tiny, 1, graph).logits([one])
        np.testing.assert_array_equal(logits, expected)


def same_spans_close_scores(a: Result, b: Result) -> None:
    left, right = a.model_dump(), b.model_dump()
    for part in ("measures", "claims"):
        assert len(left[part]) == len(right[part])
        for x, y in zip(left[part], right[part], strict=True):
            assert x.pop("score") == pytest.approx(y.pop("score"), abs=1e-3)
    assert left == right


@pytest.mark.parametrize("budget", [1, 200, 32_768])
def test_torch_results_are_the_same_with_any_token_budget(tiny: Tiny, documents: list[Document], budget: int) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint)
    pad_id = TextTokenizer.from_folder(tiny.model).pad_id
    reference = with_backend(tiny, TorchBackend(model, device="cpu", pad_id=pad_id, token_budget=1))
    predictor = with_backend(tiny, TorchBackend(model, device="cpu", pad_id=pad_id, token_budget=budget))
    shuffled = random.Random(budget).sample(documents, len(documents))
    found = {result.document.id: result for result in predictor.predict(shuffled)}
    for one in documents:
        (expected,) = reference.predict([one])
        same_spans_close_scores(found[one.id], expected)


def test_torch_and_fp32_onnx_give_the_same_results(tiny: Tiny, documents: list[Document]) -> None:
    model = LetterTagger.from_pretrained(tiny.checkpoint)
    pad_id = TextTokenizer.from_folder(tiny.model).pad_id
    by_torch = with_backend(tiny, TorchBackend(model, device="cpu", pad_id=pad_id)).predict(documents)
    by_onnx = onnx(tiny, 2, "model.fp32.onnx").predict(documents)
    for a, b in zip(by_torch, by_onnx, strict=True):
        assert (a.model.backend, b.model.backend) == ("torch-fp32", "onnxruntime-fp32")
        same_spans_close_scores(a, b.model_copy(update={"model": a.model}))


def test_result_knows_its_letter_by_heart(tiny: Tiny) -> None:
    letters = read_letters(tiny.letters)[:3]
    for letter, result in zip(letters, onnx(tiny, 2).predict(map(as_document, letters)), strict=True):
        assert result.claims
        assert result.measures
        result.check_against(letter.text)
        for span in (*result.measures, *result.claims):
            assert letter.text[span.start : span.end] == span.text
        with pytest.raises(ValueError, match="does not fit"):
            result.check_against("甲" * len(letter.text))


@pytest.mark.parametrize(
    "text", ["。", "，，。！？", "甲", "1", "……——", "　\n", "\n", "", "\u200b", "🙂", "一、", "(一)\n", "%"], ids=ascii
)
def test_document_of_almost_nothing_has_almost_no_result(tiny: Tiny, text: str) -> None:
    (result,) = onnx(tiny, 2).predict([document(text)])
    assert result.document.characters == len(text)
    assert len(result.claims) <= len(result.measures) + 1
    result.check_against(text)
    assert sum(len(m.text) for m in result.measures) <= len(text)


def test_documents_of_almost_nothing_do_not_shift_their_neighbours(
    tiny: Tiny, documents: list[Document], alone: dict[str, str]
) -> None:
    between = [d for i, one in enumerate(documents) for d in (document("。", f"dot{i}"), document("", f"nil{i}"), one)]
    found = dumps(list(onnx(tiny, 2).predict(between)))
    assert {name: found[name] for name in alone} == alone


def test_letter_of_a_hundred_thousand_characters_is_read_to_its_end(tiny: Tiny) -> None:
    text = PLAIN * (100_000 // len(PLAIN))
    (result,) = onnx(tiny, 2).predict([document(text)])
    result.check_against(text)
    last = text.rindex("2022年")
    assert result.document.characters == len(text)
    assert max(m.end for m in result.measures) > last
    found = sorted(c.start for c in result.claims if c.text == "86名")
    assert len(found) > 0.9 * text.count("86名")


def test_sentence_longer_than_any_window_is_read_to_its_end(tiny: Tiny) -> None:
    text = "公安机关抓获诈骗嫌疑人86名、" * 400
    ((_, tokens, logits),) = onnx(tiny, 2).logits([document(text)])
    assert logits.shape[0] == len(tokens)
    assert (np.abs(logits).sum(1) > 0).all()
    assert tokens.ends[-1] == len(text)


def test_stdin_document_has_no_path(tiny: Tiny) -> None:
    (result,) = onnx(tiny, 1).predict([decode_document(PLAIN.encode(), path=None)])
    assert (result.document.id, result.document.path) == ("stdin", None)


CPU_WAY = """
import json, sys
from pathlib import Path
from nlp.documents.reading import Document
from nlp.inference.loading import load_predictor

predictor = load_predictor(Path(sys.argv[1]), device=sys.argv[2])
text = sys.stdin.buffer.read().decode()
(result,) = predictor.predict([Document("letter", None, text, "0" * 64, "utf-8")])
heavy = ["torch", "transformers", "datasets", "onnx", "seqeval", "sklearn"]
print(json.dumps([result.model.backend, len(result.claims), [m for m in heavy if m in sys.modules]]))
"""


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_prediction_on_the_cpu_imports_neither_torch_nor_transformers(
    tiny: Tiny, documents: list[Document], device: str
) -> None:
    if device == "auto" and torch.cuda.is_available():
        pytest.skip("there is a GPU, which auto uses")
    done = subprocess.run(
        [sys.executable, "-c", CPU_WAY, str(tiny.model), device],
        input=documents[0].text.encode(), capture_output=True, cwd=ROOT, check=True, timeout=120,
    )  # fmt: skip
    backend, claims, heavy = json.loads(done.stdout)
    assert backend == "onnxruntime-int8"
    assert claims > 0
    assert heavy == []


def test_cuda_without_a_gpu_is_refused_in_one_line(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    for device in ("cuda", "cuda:0", "cuda:7"):
        with pytest.raises(FanzhaError) as caught:
            load_predictor(tiny.model, device=device)
        assert str(caught.value).endswith("(use --device cpu)")
        assert "\n" not in str(caught.value)


def test_cuda_without_torch_is_refused_in_one_line(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(FanzhaError, match=r"torch is not installed .*--device cpu"):
        load_predictor(tiny.model, device="cuda")


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cuda:", "CPU", "", "mps"])
def test_device_that_does_not_exist_is_refused(tiny: Tiny, device: str) -> None:
    with pytest.raises(FanzhaError, match="there is no device"):
        load_predictor(tiny.model, device=device)


def test_auto_is_the_cpu_where_there_is_no_gpu(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "gpu_ready", lambda: False)
    assert load_predictor(tiny.model).model.backend == "onnxruntime-int8"


def test_torch_can_be_asked_for_on_the_cpu(tiny: Tiny) -> None:
    predictor = load_predictor(tiny.model, device="torch-cpu")
    assert (predictor.model.backend, predictor.model.device) == ("torch-fp32", "cpu")


def test_auto_is_the_gpu_where_there_is_one(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def from_folder(folder: Path, *, device: str, pad_id: int) -> TorchBackend:
        asked.append(device)
        return TorchBackend(LetterTagger.from_pretrained(folder), device="cpu", pad_id=pad_id)

    monkeypatch.setattr(loading, "gpu_ready", lambda: True)
    monkeypatch.setattr(TorchBackend, "from_folder", staticmethod(from_folder))
    assert load_predictor(tiny.model).model.backend == "torch-fp32"
    assert load_predictor(tiny.model, device="cuda:3").model.backend == "torch-fp32"
    assert load_predictor(tiny.model, device="cpu").model.backend == "onnxruntime-int8"
    assert asked == ["cuda:0", "cuda:3"]


@pytest.fixture
def _nothing_said() -> Iterator[None]:
    loading._say_cpu.cache_clear()
    yield
    loading._say_cpu.cache_clear()


@pytest.mark.usefixtures("_nothing_said")
def test_auto_is_the_cpu_and_one_line_where_the_gpu_fails(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def to(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 64.00 MiB.\nMore advice.")

    monkeypatch.setattr(loading, "gpu_ready", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(LetterTagger, "to", to)
    for _ in range(2):
        assert load_predictor(tiny.model, helpers=2).model.backend == "onnxruntime-int8"
    assert caplog.messages == ["the GPU is not used, the CPU is: cuda:0 has not enough free memory"]
    with pytest.raises(FanzhaError, match="cuda:0 has not enough free memory"):
        load_predictor(tiny.model, device="cuda")


@pytest.mark.usefixtures("_nothing_said")
def test_auto_says_in_a_line_why_torch_sees_no_gpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def is_available() -> bool:
        warnings.warn("CUDA initialization: The NVIDIA driver is too old\n(found 9000).", stacklevel=1)
        return False

    monkeypatch.setattr(loading, "_has_cuda_driver", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    assert not loading.gpu_ready()
    assert caplog.messages == ["the GPU is not used, the CPU is: CUDA initialization: The NVIDIA driver is too old"]


def test_half_precision_weights_on_disk_give_the_results_of_the_checkpoint(
    tiny: Tiny, documents: list[Document]
) -> None:
    pad_id = TextTokenizer.from_folder(tiny.model).pad_id
    stored = with_backend(tiny, TorchBackend.from_folder(tiny.model, device="cpu", pad_id=pad_id))
    full = with_backend(tiny, TorchBackend.from_folder(tiny.checkpoint, device="cpu", pad_id=pad_id))
    assert stored.model.backend == "torch-fp32"
    for (_, _, a), (_, _, b) in zip(stored.logits(documents), full.logits(documents), strict=True):
        assert np.abs(a - b).max() < 0.02 * np.abs(b).max()


def test_shipped_model_is_looked_for_in_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loading, "__file__", str(tmp_path / "nlp" / "inference" / "loading.py"))
    with pytest.raises(FanzhaError, match="the package has no model"):
        loading.shipped_model()
    wheel = tmp_path / "nlp" / "shipped"
    wheel.mkdir(parents=True)
    (wheel / "manifest.json").write_text("{}", encoding="utf-8")
    assert loading.shipped_model() == wheel


def test_letters_of_the_tests_fit_in_no_single_window(tiny: Tiny) -> None:
    settings = WindowSettings(**read_manifest(tiny.model).window.model_dump())
    assert all(len(body) > settings.max_tokens for body in LETTERS.values())
