"""The shipped model on the real replies, which are not part of the project: set REPLIES_DIR to their folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from nlp.annotation.corpus import GoldLetter, read_replies
from nlp.documents.reading import Document, read_document
from nlp.errors import FanzhaError
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import Scored, score
from nlp.inference.loading import load_predictor, shipped_model
from nlp.schema import Result, check_spans
from nlp.text.segmentation import segment

ROOT = Path(__file__).parents[1]
FOLDER = os.environ.get("REPLIES_DIR")

pytestmark = pytest.mark.skipif(FOLDER is None, reason="REPLIES_DIR is not set: the real replies are not here")


@pytest.fixture(scope="module")
def folder() -> Path:
    assert FOLDER is not None
    return Path(FOLDER)


@pytest.fixture(scope="module")
def replies(folder: Path) -> list[GoldLetter]:
    return read_replies(ROOT / "annotations" / "replies", folder)


@pytest.fixture(scope="module")
def model() -> Path:
    try:
        return shipped_model()
    except FanzhaError:
        pytest.skip("the shipped model is not built: models/fanzha-e5-small has no manifest.json")


@pytest.fixture(scope="module")
def predicted(folder: Path, model: Path) -> list[tuple[Document, Result]]:
    """Every text file in the folder with its result."""
    documents = [read_document(path) for path in sorted(folder.glob("*.txt"))]
    return list(zip(documents, load_predictor(model, device="cpu").predict(documents), strict=True))


def _parts(letter: GoldLetter) -> Iterator[tuple[int, int]]:
    for claim in letter.claims:
        for part in (claim.metric, claim.period):
            if part is not None:
                yield part.start, part.end


def test_gold_is_attached_to_each_reply(replies: list[GoldLetter]) -> None:
    assert len(replies) == len(list((ROOT / "annotations" / "replies").glob("*.gold.json"))) > 0
    for letter in replies:
        check_spans(letter.measures, letter.claims, letter.text)
        assert all(0 <= start < end <= len(letter.text) for start, end in _parts(letter))


def test_gold_measures_are_whole_clauses(replies: list[GoldLetter]) -> None:
    for letter in replies:
        clauses = segment(letter.text).clauses
        starts, ends = {c.start for c in clauses}, {c.end for c in clauses}
        assert sum(m.start in starts and m.end in ends for m in letter.measures) >= 0.95 * len(letter.measures)


def test_gold_holds_no_text_of_a_reply() -> None:
    for path in (ROOT / "annotations" / "replies").glob("*.gold.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        assert not any("text" in span for span in (*data["measures"], *data["claims"]))
        assert not any("text" in (claim[part] or {}) for claim in data["claims"] for part in ("metric", "period"))


def test_results_on_replies_are_valid(predicted: list[tuple[Document, Result]]) -> None:
    schema = json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert predicted
    for document, result in predicted:
        line = result.model_dump_json()
        validator.validate(json.loads(line))
        assert Result.model_validate_json(line) == result
        assert (result.document.id, result.document.sha256) == (document.id, document.sha256)
        assert result.measures
        assert result.claims


def test_results_on_replies_quote_them(predicted: list[tuple[Document, Result]]) -> None:
    for document, result in predicted:
        result.check_against(document.text)
        measures = result.measures
        assert all(a.end <= b.start for a, b in zip(measures, measures[1:], strict=False))
        assert all(a.end <= b.start for a, b in zip(result.claims, result.claims[1:], strict=False))


def test_shipped_model_scores_replies_well(model: Path, replies: list[GoldLetter]) -> None:
    documents: list[Scored] = predict_gold(load_predictor(model, device="cpu"), replies)
    figures = score(documents).figures()
    assert figures["quantity F1"] > 0.8
    assert figures["measures, character micro F1"] > 0.6


def test_shipped_weights_and_a_fresh_graph_of_them_agree(
    model: Path, replies: list[GoldLetter], tmp_path: Path
) -> None:
    import torch

    from nlp.model.modeling import LetterTagger
    from nlp.text.tokenization import TextTokenizer
    from nlp.training.export import export_onnx, largest_difference

    tagger = LetterTagger.from_pretrained(model, dtype=torch.float32).eval()
    export_onnx(tagger, tmp_path / "model.fp32.onnx")
    tokenizer = TextTokenizer.from_folder(model)
    assert largest_difference(tagger, tmp_path / "model.fp32.onnx", tokenizer, replies) < 1e-4
