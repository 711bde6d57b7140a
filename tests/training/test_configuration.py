"""Recipes: what `configs/` holds is valid, and what is wrong in one is named by its key and its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.errors import FanzhaError
from nlp.training.configuration import read_recipe

CONFIGS = Path(__file__).parents[2] / "configs"
RECIPE = """\
name: tiny
encoder: {source: local, path: encoder}
heads: {layers: [1, 2]}
training: {epochs: 3}
"""


def write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "path", sorted({*CONFIGS.glob("*.yaml")} - {CONFIGS / "pretraining.yaml"}), ids=lambda p: p.stem
)
def test_configuration_every_shipped_recipe_is_valid(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name
    assert recipe.window.context + recipe.window.overlap < recipe.window.max_tokens


def test_configuration_defaults(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, RECIPE))
    assert (recipe.window.max_tokens, recipe.window.overlap, recipe.window.context) == (256, 64, 40)
    assert (recipe.training.batch_size, recipe.training.seed, recipe.training.bf16) == (4, 42, False)
    assert recipe.encoder.freeze_embeddings
    assert recipe.adaptation is None


def test_configuration_adapted_changes_epochs_and_rates_only(tmp_path: Path) -> None:
    content = RECIPE + "adaptation: {epochs: 7, encoder_learning_rate: 1.0e-6, head_learning_rate: 2.0e-6}\n"
    recipe = read_recipe(write(tmp_path, content))
    adapted = recipe.adapted()
    changed = {"epochs": 7, "encoder_learning_rate": 1e-6, "head_learning_rate": 2e-6}
    assert adapted.training.model_dump() == {**recipe.training.model_dump(), **changed}
    assert adapted.model_copy(update={"training": recipe.training}) == recipe


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 3", "epochs: 0", "training.epochs: Input should be greater than 0, not 0"),
        ("epochs: 3", "epochs: many", "training.epochs: Input should be a valid integer, unable to parse"),
        ("epochs: 3", "epochs: 3, epoch: 2", "training.epoch: Extra inputs are not permitted, not 2"),
        ("training: {epochs: 3}", "", "training: Field required, not {"),
        ("source: local", "source: cloud", "encoder.source: Input should be 'embedded', 'local' or 'hub', not 'cloud'"),
        ("path: encoder", "path: ''", "encoder.path: String should have at least 1 character, not ''"),
        ("name: tiny", "name: Tiny Model", "name: String should match pattern"),
        ("[1, 2]", "[]", "heads.layers: List should have at least 1 item"),
        ("[1, 2]", "[0]", "heads.layers.0: Input should be greater than or equal to 1, not 0"),
        ("[1, 2]", "[1], dropout: 1.0", "heads.dropout: Input should be less than 1, not 1.0"),
        (
            "name: tiny",
            "name: tiny\nwindow: {max_tokens: 100, overlap: 60, context: 30}",
            "window: Value error, context and overlap leave no room for text in max_tokens, not {",
        ),
        (
            "name: tiny",
            "name: tiny\nwindow: {max_tokens: 1024}",
            "window.max_tokens: Input should be less than or equal to 512",
        ),
        (RECIPE, "", "the file: Input should be a valid dictionary or instance of Recipe, not None"),
        (RECIPE, "- a", "the file: Input should be a valid dictionary or instance of Recipe, not ['a']"),
    ],
)
def test_configuration_names_the_key_and_the_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in RECIPE
    path = write(tmp_path, RECIPE.replace(old, new))
    with pytest.raises(FanzhaError) as caught:
        read_recipe(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert str(caught.value).endswith("(compare with configs/)")


@pytest.mark.parametrize("content", [b"name: [", b"\xff\xff", b"name: 2024-02-30"])
def test_configuration_refuses_what_is_no_yaml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(FanzhaError, match=r"recipe.yaml: is no YAML: .* \(mend the file\)"):
        read_recipe(path)


def test_configuration_a_missing_recipe_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError) as caught:
        read_recipe(tmp_path / "none.yaml")
    assert str(caught.value) == f"{tmp_path}/none.yaml: is missing (name a recipe of configs/)"
    with pytest.raises(FanzhaError) as caught:
        read_recipe(tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory (name a recipe of configs/)"
