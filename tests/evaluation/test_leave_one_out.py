"""Leave-one-out: the letter that is scored is in no part of the training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny import Tiny

from nlp.annotation.corpus import GoldLetter, as_document, read_letters
from nlp.errors import FanzhaError
from nlp.evaluation import leave_one_out as module
from nlp.evaluation.leave_one_out import leave_one_out
from nlp.training.configuration import read_recipe
from nlp.training.stages import TrainingData, adapt, load_checkpoint, read_training_data, torch_predictor


@pytest.fixture
def data(tiny: Tiny) -> TrainingData:
    """The tiny training letters, with t4 and t5 in the place of real replies."""
    splits = read_training_data(read_recipe(tiny.recipe), None).splits
    return TrainingData(splits, read_letters(tiny.letters)[3:])


def test_each_reply_is_predicted_by_a_model_of_the_others(
    tiny: Tiny, data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def spy(recipe: Any, base: Any, data: TrainingData, replies: Sequence[GoldLetter], *rest: Any) -> Any:
        seen.append([letter.id for letter in replies])
        return adapt(recipe, base, data, replies, *rest)

    monkeypatch.setattr(module, "adapt", spy)
    lines: list[str] = []
    documents = leave_one_out(read_recipe(tiny.recipe), tiny.checkpoint, data, lines.append)
    assert seen == [["t5"], ["t4"]]
    assert [d.id for d in documents] == ["t4", "t5"]
    assert [line for line in lines if line.startswith("without")] == ["without t4", "without t5"]
    for letter, document in zip(data.replies, documents, strict=True):
        assert document.text == letter.text
        document.predicted.check_against(letter.text)


def test_recipe_without_adaptation_is_scored_as_its_first_stage(
    tiny: Tiny, data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(module, "adapt")
    recipe = read_recipe(tiny.recipe).model_copy(update={"adaptation": None})
    documents = leave_one_out(recipe, tiny.checkpoint, data, lambda line: None)
    assert [d.id for d in documents] == ["t4", "t5"]


def test_one_reply_is_too_few(tiny: Tiny, data: TrainingData) -> None:
    few = TrainingData(data.splits, data.replies[:1])
    with pytest.raises(FanzhaError, match=r"at least two real replies .*REPLIES_DIR"):
        leave_one_out(read_recipe(tiny.recipe), tiny.checkpoint, few, lambda line: None)


def test_base_that_saw_a_reply_is_refused(tiny: Tiny, data: TrainingData) -> None:
    known = TrainingData(data.splits, read_letters(tiny.letters)[2:])  # t3 is a training letter
    with pytest.raises(FanzhaError, match=r"was trained on the real replies t3: .*folder base/"):
        leave_one_out(read_recipe(tiny.recipe), tiny.checkpoint, known, lambda line: None)


def test_base_that_does_not_say_what_it_saw_is_refused(tiny: Tiny, data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match=r"training\.json: does not say what the checkpoint was trained on"):
        leave_one_out(read_recipe(tiny.recipe), tmp_path, data, lambda line: None)


def test_scores_are_calibrated_on_dev_letters_as_the_shipped_model_is(tiny: Tiny, data: TrainingData) -> None:
    recipe = read_recipe(tiny.recipe).model_copy(update={"adaptation": None})
    documents = leave_one_out(recipe, tiny.checkpoint, data, lambda line: None)
    model, tokenizer = load_checkpoint(tiny.checkpoint)
    plain = torch_predictor(model, tokenizer)
    temperatures = json.loads((tiny.checkpoint / "training.json").read_text(encoding="utf-8"))["temperatures"]
    calibrated = list(plain.with_temperatures(temperatures).predict(as_document(x) for x in data.replies))
    raw = list(plain.predict(as_document(x) for x in data.replies))
    assert [d.predicted for d in documents] == calibrated
    assert calibrated != raw
    assert [[c.text for c in r.claims] for r in calibrated] == [[c.text for c in r.claims] for r in raw]
