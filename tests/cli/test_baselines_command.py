"""`fanzha baselines` from letters to the table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Tiny

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folders(tiny: Tiny, tmp_path: Path) -> list[Any]:
    """The arguments that name the tiny letters and their splits."""
    (tmp_path / "splits.yaml").write_text("dev: [t4]\ntest: [t5]\n", encoding="utf-8")
    return ["--letters", tiny.letters, "--splits", tmp_path / "splits.yaml"]


def test_table_has_baselines_an_encoder_and_the_model(
    tiny: Tiny, fanzha_here: Run, folders: list[Any], tmp_path: Path
) -> None:
    figures = tmp_path / "figures.json"
    status, out, err = fanzha_here(
        "baselines", "--only", "rules", "--encoder", tiny.encoder, "--recipe", tiny.recipe, "--model", tiny.model,
        "--json", figures, *folders,
    )  # fmt: skip
    assert status == 0, err
    assert "1 letters outside training" in out
    names = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("| ")]
    assert names == ["", "rules", "encoder", "tiny (onnxruntime-int8)", "gold labels"]
    assert "\nrules, states: keywords of weight" in out
    written = json.loads(figures.read_text(encoding="utf-8"))
    assert list(written) == names[1:]
    assert written["gold labels"]["figures"]["quantity F1"] == 1.0
    assert written["encoder"]["training_seconds"] > 0
    assert written["tiny (onnxruntime-int8)"]["training_seconds"] is None
    for row in written.values():
        assert set(row["by_document"]) == {"t5"}
        assert set(row["intervals"]) == set(row["figures"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "bayes"], "there is no baseline 'bayes' (use --only rules, crf, linear, spacy)"),
        (["--letters", "nowhere"], "nowhere: holds no letters"),
        (["--encoder", "nowhere", "--only", "rules"], "nowhere: holds no encoder"),
        (["--encoder", "nowhere", "--recipe", "none.yaml"], "none.yaml: is missing"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tiny: Tiny, fanzha_here: Run, folders: list[Any], arguments: list[str], said: str
) -> None:
    status, out, err = fanzha_here("baselines", "--model", tiny.model, *folders, *arguments)
    assert (status, out) == (2, "")
    assert said in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("fanzha: ")


def test_a_split_without_letters_is_refused(tiny: Tiny, fanzha_here: Run, folders: list[Any], tmp_path: Path) -> None:
    (tmp_path / "splits.yaml").write_text("dev: []\ntest: [t5]\n", encoding="utf-8")
    status, out, err = fanzha_here("baselines", "--model", tiny.model, *folders)
    assert (status, out) == (2, "")
    assert "leaves no letter for dev" in err


def test_a_model_that_saw_the_test_letters_is_refused(
    tiny: Tiny, fanzha_here: Run, folders: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "splits.yaml").write_text("dev: [t4]\ntest: [t1]\n", encoding="utf-8")
    status, out, err = fanzha_here("baselines", "--model", tiny.model, *folders)
    assert (status, out) == (2, "")
    assert "was trained on 1 of these letters (t1" in err


def test_letters_with_nothing_to_learn_from_are_refused(tiny: Tiny, fanzha_here: Run, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    shutil.copytree(tiny.letters, folder)
    for name in ("t1", "t2", "t3"):
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\n---\n感谢您的建议。\n", encoding="utf-8")
    (tmp_path / "splits.yaml").write_text("dev: [t4]\ntest: [t5]\n", encoding="utf-8")
    for name in ("rules", "crf", "linear", "spacy"):
        status, out, err = fanzha_here(
            "baselines",
            "--only",
            name,
            "--model",
            tiny.model,
            "--letters",
            folder,
            "--splits",
            tmp_path / "splits.yaml",
        )
        assert (status, out) == (2, "")
        assert "the 3 training letters have no states to learn from" in err.splitlines()[-1]
