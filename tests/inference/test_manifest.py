"""The manifest is checked key by key, and a bad one is refused by the name of the key."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tiny import Tiny

from nlp.errors import FanzhaError
from nlp.inference.loading import read_manifest
from nlp.labels import CLAUSE_STATES, HEADS
from nlp.pair_scores import EDGES, PLACES, RELATIONS


def good() -> dict[str, Any]:
    row = [0.0] * len(CLAUSE_STATES)
    return {
        "name": "m", "version": "1", "package": "1", "heads": {name: list(labels) for name, labels in HEADS.items()},
        "window": {"max_tokens": 256, "overlap": 64, "context": 40},
        "transitions": [[list(row) for _ in row] for _ in range(2)],
        "temperatures": {"clause": 1, "quantity": 1.5},
        "training": {
            "recipe": {}, "seed": 1, "letters": ["a"], "characters": 9, "calibrated_on": [], "tools": {"torch": "2"},
        },
        "figures": {"anything": [1, {"at": "all"}]}, "tools": {"torch": "2"},
        "files": {"config.json": {"sha256": "0" * 64, "bytes": 1}},
    }  # fmt: skip


def places() -> list[list[list[float]]]:
    return [[[0.0] * PLACES for _ in EDGES] for _ in RELATIONS]


def fine_tuning() -> dict[str, Any]:
    return {
        "base": "b", "base_version": "1", "letters": ["a"], "held_out": ["c"], "mixed": 0, "epochs": 8,
        "best_epoch": 3, "seed": 1,
    }  # fmt: skip


def test_manifest_of_a_model_without_a_pair_scorer_that_was_not_fine_tuned_is_read(tmp_path: Path) -> None:
    read = read_manifest(write(tmp_path, good()))
    assert read.places is None
    assert read.training.fine_tuning is None
    assert read.temperatures.pair == 1


def write(folder: Path, content: Any) -> Path:
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_manifest_that_is_good_is_read_as_it_is(tmp_path: Path, tiny: Tiny) -> None:
    expected = {**good(), "places": places(), "temperatures": {"clause": 1, "quantity": 1.5, "pair": 2}}
    expected["training"]["fine_tuning"] = fine_tuning()
    assert read_manifest(write(tmp_path, expected)).model_dump() == expected
    written = json.loads((tiny.model / "manifest.json").read_text(encoding="utf-8"))
    assert read_manifest(tiny.model).model_dump() == written


def test_manifest_has_two_matrices_of_eleven_states(tmp_path: Path) -> None:
    matrices = read_manifest(write(tmp_path, good())).transitions
    assert [(len(matrix), {len(row) for row in matrix}) for matrix in matrices] == [(11, {11})] * 2


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("name",), "", "name: String should have at least 1 character"),
        (("version",), 1, "version: Input should be a valid string"),
        (("package",), None, "package: Input should be a valid string"),
        (("heads",), [], "heads: Input should be a valid dictionary"),
        (("window", "max_tokens"), "256", "window.max_tokens: Input should be a valid integer"),
        (("window", "overlap"), 300, "window: Value error, context and overlap leave no room"),
        (
            ("training", "fine_tuning"),
            {**fine_tuning(), "best_epoch": 0},
            "training.fine_tuning.best_epoch: Input should",
        ),
        (("window", "stride"), 3, "window.stride: Extra inputs are not permitted"),
        (("transitions",), [], "transitions: List should have at least 2 items"),
        (("places",), [[[0.0] * 3] * 2] * 2, "places.0.0: List should have at least"),
        (("transitions", 1), [[0.0] * 11] * 10, "transitions.1: List should have at least 11 items"),
        (("transitions", 0, 4), [0.0] * 12, "transitions.0.4: List should have at most 11 items"),
        (("transitions", 0, 4, 2), "0", "transitions.0.4.2: Input should be a valid number"),
        (("transitions", 0, 0, 0), float("nan"), "transitions.0.0.0: Input should be a finite number"),
        (("temperatures", "clause"), 0, "temperatures.clause: Input should be greater than 0"),
        (("temperatures", "quantity"), -1.5, "temperatures.quantity: Input should be greater than 0"),
        (("temperatures", "metric"), 1.5, "temperatures.metric: Extra inputs are not permitted"),
        (("training", "letters"), "a01", "training.letters: Input should be a valid list"),
        (("figures",), [], "figures: Input should be a valid dictionary"),
        (("tools", "torch"), 2, "tools.torch: Input should be a valid string"),
        (("files", "config.json", "sha256"), "0", "files.config.json.sha256: String should match pattern"),
        (("files", "config.json", "bytes"), -1, "files.config.json.bytes: Input should be greater than or equal to 0"),
        (("licence",), "MIT", "licence: Extra inputs are not permitted"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_manifest_that_is_bad_is_refused_by_its_key(
    tmp_path: Path, keys: tuple[Any, ...], value: Any, said: str
) -> None:
    content = deepcopy(good())
    place: Any = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    with pytest.raises(FanzhaError) as caught:
        read_manifest(write(tmp_path, content))
    assert str(caught.value).startswith(f"{tmp_path / 'manifest.json'}: {said}")
    assert str(caught.value).endswith("(fetch the model again)")


@pytest.mark.parametrize("key", list(good()))
def test_manifest_that_lacks_a_key_is_refused_by_its_name(tmp_path: Path, key: str) -> None:
    content = good()
    del content[key]
    with pytest.raises(FanzhaError, match=rf"manifest\.json: {key}: Field required"):
        read_manifest(write(tmp_path, content))
