"""The two stages of training, and what a checkpoint says of itself."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Tiny

from nlp.annotation.corpus import as_document, read_letters
from nlp.errors import FanzhaError
from nlp.files import write_json
from nlp.model.modeling import LetterTagger
from nlp.training import stages
from nlp.training.configuration import Recipe, read_recipe
from nlp.training.stages import TrainingData, adapt, load_checkpoint, read_training_data, save_checkpoint


@pytest.fixture
def recipe(tiny: Tiny) -> Recipe:
    return read_recipe(tiny.recipe)


@pytest.fixture
def data(recipe: Recipe) -> TrainingData:
    return read_training_data(recipe, None)


def test_training_data_are_split_by_document(data: TrainingData) -> None:
    assert [letter.id for letter in data.splits.train] == ["t1", "t2", "t3"]
    assert [letter.id for letter in data.splits.dev] == ["t4"]
    assert [letter.id for letter in data.splits.test] == ["t5"]
    assert data.replies == []


def test_real_replies_are_read_from_the_folder_given(recipe: Recipe, tmp_path: Path) -> None:
    gold, replies = tmp_path / "gold", tmp_path / "replies"
    replies.mkdir()
    gold.mkdir()
    (replies / "r1.txt").write_text("甲。", encoding="utf-8")
    document = {"id": "r1", "sha256": hashlib.sha256("甲。".encode()).hexdigest(), "characters": 2}
    write_json(gold / "r1.gold.json", {"document": document, "measures": [], "claims": []})
    with_gold = recipe.model_copy(update={"data": recipe.data.model_copy(update={"replies": gold})})
    assert [letter.id for letter in read_training_data(with_gold, replies).replies] == ["r1"]
    assert read_training_data(with_gold, None).replies == []
    assert read_training_data(recipe, replies).replies == []
    with pytest.raises(FanzhaError, match=r"r1\.txt: is missing \(set REPLIES_DIR"):
        read_training_data(with_gold, gold)


def test_first_stage_writes_a_checkpoint_that_knows_its_letters(tiny: Tiny, data: TrainingData) -> None:
    model, tokenizer = load_checkpoint(tiny.checkpoint)
    predictor = stages.torch_predictor(model, tokenizer)
    for letter, result in zip(data.splits.train, predictor.predict(map(as_document, data.splits.train)), strict=True):
        assert [(c.start, c.end, c.type) for c in result.claims] == [(c.start, c.end, c.type) for c in letter.claims]
    assert {path.name for path in tiny.checkpoint.iterdir()} == {
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "training.json",
    }  # fmt: skip
    facts = json.loads((tiny.checkpoint / "training.json").read_text(encoding="utf-8"))
    assert facts["training"]["letters"] == ["t1", "t2", "t3"]
    assert facts["training"]["characters"] == sum(len(letter.text) for letter in data.splits.train)
    assert facts["training"]["calibrated_on"] == ["t4"]


def test_second_stage_goes_on_from_the_first_with_the_replies(
    tiny: Tiny, recipe: Recipe, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    original = stages.train

    def spy(recipe: Recipe, letters: Any, output: Path, **options: Any) -> LetterTagger:
        seen.append((recipe.training, [letter.id for letter in letters], options.get("fresh", False)))
        return original(recipe, letters, output, **options)

    monkeypatch.setattr(stages, "train", spy)
    replies = read_letters(tiny.letters)[4:]
    lines: list[str] = []
    model, tokenizer = adapt(recipe, tiny.checkpoint, data, replies, lines.append)
    ((options, letters, fresh),) = seen
    assert letters == ["t1", "t2", "t3", "t5", "t5"]  # reply_weight is 2
    assert (options.epochs, options.head_learning_rate, options.encoder_learning_rate) == (1, 1e-3, 1e-4)
    assert not fresh
    base = load_checkpoint(tiny.checkpoint)[0]
    assert torch.equal(model.feature_mean, base.feature_mean)
    assert not torch.equal(model.classifier.weight, base.classifier.weight)
    assert lines[0].startswith("second stage: 3 letters")

    output = tmp_path / "adapted"
    trained_on = [*data.splits.train, *replies]
    save_checkpoint(model, tokenizer, tiny.checkpoint, recipe, data, trained_on, output)
    again, tokenizer = load_checkpoint(output)
    assert torch.equal(again.classifier.weight, model.classifier.weight)
    assert len(tokenizer("公安")) == 1
    facts = json.loads((output / "training.json").read_text(encoding="utf-8"))
    assert facts["training"]["letters"] == ["t1", "t2", "t3", "t5"]


def test_stages_refuse_a_checkpoint_without_all_its_weights(tiny: Tiny, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "old"
    shutil.copytree(tiny.checkpoint, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["transitions"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(FanzhaError, match=r"old: lacks the weights transitions \(train it again with this version\)"):
        load_checkpoint(folder)
