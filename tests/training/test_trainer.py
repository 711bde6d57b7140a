"""The trainer: windows to batches, standardised features, steps that can be repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import Tiny

from nlp.annotation.corpus import read_letters
from nlp.errors import FanzhaError
from nlp.labels import IGNORED
from nlp.model.modeling import LetterTagger
from nlp.text.tokenization import TextTokenizer
from nlp.text.windows import WindowSettings
from nlp.training.configuration import AugmentationRecipe, Recipe, read_recipe
from nlp.training.trainer import (
    make_augmented_dataset,
    make_collator,
    make_dataset,
    new_model,
    standardise,
    train,
    window_settings,
)


@pytest.fixture
def short(tiny: Tiny) -> Recipe:
    """The tiny recipe, two epochs of it."""
    recipe = read_recipe(tiny.recipe)
    return recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 2})})


def trained(tiny: Tiny, recipe: Recipe, output: Path, steps: list[tuple[int, int, float]]) -> LetterTagger:
    model, tokenizer, _ = new_model(recipe)
    letters = read_letters(tiny.letters)[:3]
    report = lambda *step: steps.append(step)  # noqa: E731
    return train(recipe, letters, output, start=(model, tokenizer), fresh=True, on_progress=report)


def test_training_is_the_same_with_the_same_seed_and_differs_with_another(
    tiny: Tiny, short: Recipe, tmp_path: Path
) -> None:
    steps: list[tuple[int, int, float]] = []
    first, second = (trained(tiny, short, tmp_path, steps).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = short.model_copy(update={"training": short.training.model_copy(update={"seed": 6})})
    third = trained(tiny, other, tmp_path, []).state_dict()
    assert any(not torch.equal(first[name], third[name]) for name in first)


def test_training_with_augmentation_repeats_and_differs_from_training_without(
    tiny: Tiny, short: Recipe, tmp_path: Path
) -> None:
    recipe = short.model_copy(update={"augmentation": AugmentationRecipe()})
    steps: list[list[tuple[int, int, float]]] = [[], []]
    first, second = (trained(tiny, recipe, tmp_path, told).state_dict() for told in steps)
    plain = trained(tiny, short, tmp_path, []).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert steps[0] == steps[1]
    assert any(not torch.equal(first[name], plain[name]) for name in plain)


def test_training_data_with_augmentation_holds_every_epoch(tiny: Tiny, short: Recipe, tokenizer: TextTokenizer) -> None:
    nothing = AugmentationRecipe(**dict.fromkeys(AugmentationRecipe.model_fields, 0.0))
    recipe = short.model_copy(update={"augmentation": nothing})
    letters, windows = read_letters(tiny.letters)[:3], WindowSettings(**recipe.window.model_dump())
    plain = make_dataset(letters, tokenizer, windows)
    epochs = make_augmented_dataset(recipe, letters, tokenizer, windows)
    rows = [sorted(map(str, epochs.select(range(i, i + len(plain))))) for i in range(0, len(epochs), len(plain))]
    assert rows == [sorted(map(str, plain))] * 2


def test_training_reports_steps_and_falling_loss(tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    recipe = short.model_copy(update={"training": short.training.model_copy(update={"epochs": 20})})
    steps: list[tuple[int, int, float]] = []
    trained(tiny, recipe, tmp_path, steps)
    numbers = [step for step, _, _ in steps]
    assert len(numbers) > 1
    assert numbers == sorted(set(numbers))
    assert {total for _, total, _ in steps} == {numbers[-1]}
    assert steps[-1][2] < steps[0][2]


def test_training_leaves_frozen_embeddings_alone_and_moves_the_rest(tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    before = new_model(short)[0].state_dict()
    model = trained(tiny, short, tmp_path, [])
    assert not model.training
    after = model.state_dict()
    frozen = "encoder.embeddings.word_embeddings.weight"
    assert torch.equal(before[frozen], after[frozen])
    for name in ("encoder.encoder.layer.0.attention.self.query.weight", "projection.weight", "classifier.bias"):
        assert not torch.equal(before[name], after[name]), name


def test_training_without_letters_is_refused(tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    model, tokenizer, _ = new_model(short)
    with pytest.raises(FanzhaError, match="no letter to train on"):
        train(short, [], tmp_path, start=(model, tokenizer))


def test_new_model_without_encoder_is_refused_with_the_mend(short: Recipe, tmp_path: Path) -> None:
    encoder = short.encoder.model_copy(update={"source": "embedded", "path": str(tmp_path)})
    with pytest.raises(FanzhaError, match="fanzha build-encoder"):
        new_model(short.model_copy(update={"encoder": encoder}))


def test_standardised_features_have_mean_zero_and_variance_one(tiny: Tiny, short: Recipe) -> None:
    model, tokenizer, _ = new_model(short)
    rows = list(make_dataset(read_letters(tiny.letters)[:3], tokenizer, window_settings(model.config)))
    collate = make_collator(tokenizer.pad_id)
    model.train()
    standardise(model, [collate(rows[:3]), collate(rows[3:])])
    assert model.training
    everything = collate(rows)
    inputs = [everything[name] for name in ("input_ids", "attention_mask", "token_type_ids")]
    with torch.inference_mode():
        features = (model.eval().features(*inputs) - model.feature_mean) * model.feature_scale
    real = features[everything["attention_mask"].bool()]
    torch.testing.assert_close(real.mean(0), torch.zeros(real.shape[1]), rtol=0, atol=1e-4)
    torch.testing.assert_close(real.var(0, correction=0), torch.ones(real.shape[1]), rtol=1e-3, atol=0)


def test_collator_pads_each_input_with_what_counts_for_nothing() -> None:
    long = {
        "input_ids": [2, 7, 3, 8, 9, 3], "token_type_ids": [1, 1, 1, 0, 0, 0], "clauses": [-1, -1, -1, 0, 1, -1],
        "category_labels": [4, 0], "quantity_labels": [], "metric_labels": [IGNORED, IGNORED, IGNORED, 1, 0, IGNORED],
    }  # fmt: skip
    short = {
        "input_ids": [2, 3, 8, 3], "token_type_ids": [1, 1, 0, 0], "clauses": [-1, -1, 0, -1],
        "category_labels": [5], "quantity_labels": [], "metric_labels": [IGNORED, IGNORED, 0, IGNORED],
    }  # fmt: skip
    batch = {name: values.tolist() for name, values in make_collator(99)([long, short]).items()}
    assert batch == {
        "input_ids": [[2, 7, 3, 8, 9, 3], [2, 3, 8, 3, 99, 99]],
        "attention_mask": [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]],
        "token_type_ids": [[1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]],
        "clauses": [[-1, -1, -1, 0, 1, -1], [-1, -1, 0, -1, -1, -1]],
        "category_labels": [[4, 0], [5, IGNORED]],
        "quantity_labels": [[IGNORED], [IGNORED]],
        "metric_labels": [[IGNORED, IGNORED, IGNORED, 1, 0, IGNORED], [IGNORED, IGNORED, 0, IGNORED, IGNORED, IGNORED]],
    }


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("heads", {"layers": [1, 4]}, r"heads\.layers: the recipe wants 4, the encoder has 3"),
        ("window", {"max_tokens": 512}, r"window\.max_tokens: the recipe wants 512, the encoder has 128"),
    ],
)
def test_recipe_that_asks_more_than_the_encoder_has_is_refused(
    tiny: Tiny, section: str, values: dict[str, object], message: str
) -> None:
    recipe = read_recipe(tiny.recipe)
    greater = recipe.model_copy(update={section: getattr(recipe, section).model_copy(update=values)})
    with pytest.raises(FanzhaError, match=message):
        new_model(greater)
