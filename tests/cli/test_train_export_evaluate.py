"""The whole way from letters to predictions, by commands alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Tiny, write_recipe

from nlp.schema import Result

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def way(tiny: Tiny, fanzha_here: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a model of one letter was trained and exported."""
    folder = tmp_path_factory.mktemp("way")
    (folder / "letters").mkdir()
    for name in ("t1", "t4", "t5"):
        shutil.copy(tiny.letters / f"{name}.txt", folder / "letters")
    (folder / "splits.yaml").write_text("dev: [t4]\ntest: [t5]\n", encoding="utf-8")
    write_recipe(
        folder / "tiny.yaml", encoder=tiny.encoder, letters=folder / "letters", splits=folder / "splits.yaml", epochs=4
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REPLIES_DIR", raising=False)
        status, _, said = fanzha_here("train", folder / "tiny.yaml", "--output", folder / "build")
    assert status == 0, said
    assert "first stage: 1 letters" in said
    assert "no second stage: REPLIES_DIR is not set" in said
    assert "fanzha export" in said
    status, listed, said = fanzha_here("export", folder / "build", folder / "model")
    assert status == 0, said
    assert "model.int8.onnx" in listed
    return folder


def test_checkpoint_and_model_name_what_they_were_trained_on(way: Path) -> None:
    for name in ("build/training.json", "build/base/training.json", "model/manifest.json"):
        assert json.loads((way / name).read_text(encoding="utf-8"))["training"]["letters"] == ["t1"]


def test_model_is_scored_on_letters_it_has_not_seen(way: Path, fanzha_here: Run) -> None:
    status, out, err = fanzha_here(
        "evaluate", "--model", way / "model", "--letters", way / "letters", "--splits", way / "splits.yaml",
        "--device", "cpu", "--fp32", "--json", way / "figures.json",
    )  # fmt: skip
    assert status == 0, err
    assert "1 letters outside training" in out
    assert "| figure | score | torch fp32 |" in out
    assert "| quantity F1 |" in out
    figures = json.loads((way / "figures.json").read_text(encoding="utf-8"))
    assert figures["documents"] == 1
    assert set(figures["by_document"]) == {"t5"}
    assert set(figures["intervals"]) == set(figures["figures"])


def test_scores_on_letters_of_the_training_are_refused(way: Path, fanzha_here: Run) -> None:
    status, out, err = fanzha_here(
        "evaluate", "--model", way / "model", "--letters", way / "letters", "--splits", way / "splits.yaml",
        "--split", "all",
    )  # fmt: skip
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "was trained on 1 of these letters (t1" in line
    assert "--split test" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--split", "train"], "there is no split 'train'"),
        (["evaluate", "--letters", "nowhere"], "nowhere: holds no letters"),
        (["train", "nowhere.yaml"], "nowhere.yaml: is missing"),
        (["export", "nowhere", "model"], "nowhere: is no checkpoint"),
        (["leave-one-out", "nowhere.yaml"], "nowhere.yaml: is missing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_line(
    fanzha_here: Run, tmp_path: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = fanzha_here(*arguments)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("fanzha: ")
    assert said in line


def test_leave_one_out_without_replies_is_refused(way: Path, fanzha_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPLIES_DIR", raising=False)
    status, out, err = fanzha_here("leave-one-out", way / "tiny.yaml", "--base", way / "build" / "base")
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "set REPLIES_DIR" in line


def test_exported_model_predicts(way: Path, fanzha: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("公安机关抓获嫌疑人86名。\n", encoding="utf-8")
    done = fanzha("predict", "--model", way / "model", "--device", "cpu", tmp_path / "letter.txt")
    assert (done.returncode, done.stderr) == (0, b"")
    result = Result.model_validate_json(done.stdout)
    assert (result.model.name, result.document.id) == ("tiny", "letter")
