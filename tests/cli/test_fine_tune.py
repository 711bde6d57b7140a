"""`fanzha train --base … --gold …` by commands alone, and a run that is really killed."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny import Tiny
from tuning_letters import UNSEEN, write_own_letters

from nlp.annotation.corpus import read_letters
from nlp.cli import tuning
from nlp.cli.tuning import TuningProgress
from nlp.schema import Result

Run = Callable[..., tuple[int, str, str]]
EPOCHS = 5


@pytest.fixture(scope="module")
def place(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's letters, and two recipes: fast.yaml teaches the tiny model in a few epochs, still.yaml nothing."""
    folder = tmp_path_factory.mktemp("own place")
    write_own_letters(folder / "own", UNSEEN, 5)
    recipe = yaml.safe_load(tiny.recipe.read_text(encoding="utf-8"))
    for name, rates in (("fast", (1e-3, 1e-2)), ("still", (1e-12, 1e-12))):
        recipe["adaptation"].update(encoder_learning_rate=rates[0], head_learning_rate=rates[1])
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return folder


def arguments(place: Path, base: Path, output: Path) -> list[str]:
    return [
        "train", str(place / "fast.yaml"), "--base", str(base), "--gold", str(place / "own"), "--output", str(output),
        "--epochs", str(EPOCHS), "--patience", str(EPOCHS), "--seed", "5",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tuned(place: Path, tiny: Tiny, fanzha_here: Run) -> Path:
    """The folder, with the checkpoint `build` and the model folder `model` in it."""
    status, out, err = fanzha_here(*arguments(place, tiny.model, place / "build"))
    assert (status, out) == (0, ""), err
    lines = err.splitlines()
    assert lines[0].startswith("fine-tuning tiny on 8 letters with ")
    assert lines[1].startswith("held out: 2 letters with ")
    assert [line for line in lines if line.startswith("epoch 5/5: loss ")]
    assert re.search(r"measures, character micro F1: \d\.\d{3} → \d\.\d{3}\n", err)
    assert "Loading weights" not in err
    assert f"fanzha export '{place / 'build'}' models/tiny-tuned" in err
    status, listed, err = fanzha_here("export", place / "build", place / "model")
    assert status == 0, err
    assert "model.int8.onnx" in listed
    assert "int8" in listed.splitlines()[-1]
    return place


def test_fine_tuned_model_predicts(tuned: Path, fanzha: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("公安机关抓获嫌疑人86名。\n", encoding="utf-8")
    done = fanzha("predict", "--model", tuned / "model", "--device", "cpu", tmp_path / "letter.txt")
    assert (done.returncode, done.stderr) == (0, b"")
    assert Result.model_validate_json(done.stdout).model.name == "tiny-tuned"


def test_manifest_says_what_it_was_made_of(tuned: Path, tiny: Tiny) -> None:
    manifest = json.loads((tuned / "model" / "manifest.json").read_text(encoding="utf-8"))
    told = manifest["training"]["fine_tuning"]
    assert (told["base"], len(told["letters"]), len(told["held_out"])) == ("tiny", 8, 2)
    assert set(manifest["figures"]["fine_tuning"]) == {"held_out", "before", "after"}
    assert manifest["figures"]["int8_against_fp32"]["letters"] == told["held_out"]
    base = json.loads((tiny.model / "manifest.json").read_text(encoding="utf-8"))
    assert base["training"]["fine_tuning"] is None


def test_fine_tuned_model_is_scored_on_the_held_out_letters_and_on_no_others(tuned: Path, fanzha_here: Run) -> None:
    letters = ["--model", tuned / "model", "--letters", tuned / "own", "--device", "cpu"]
    status, out, err = fanzha_here("evaluate", *letters, "--splits", tuned / "build" / "splits.yaml", "--split", "dev")
    assert status == 0, err
    assert "2 letters outside training" in out
    status, _, err = fanzha_here("evaluate", *letters)
    assert status == 2
    assert "was trained on 8 of these letters" in err


def test_a_fine_tuned_model_serves_as_a_base_again(tuned: Path, fanzha_here: Run) -> None:
    """Its held-out letters are held out once more: it has seen the others."""
    held_out = yaml.safe_load((tuned / "build" / "splits.yaml").read_text(encoding="utf-8"))["dev"]
    status, _, err = fanzha_here(
        "train", "--base", tuned / "build", "--gold", tuned / "own", "--output", tuned / "again", "--epochs", "1"
    )
    assert status == 0, err
    assert "the base was trained on 8 of these letters, by their ids" in err
    assert err.splitlines()[1].endswith(f": {', '.join(held_out)}")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_run_that_is_killed_goes_on_to_the_same_weights(
    place: Path, tiny: Tiny, command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    alone = {**environment, "OMP_NUM_THREADS": "1"}

    def run(output: Path, kill_after: str | None = None) -> tuple[int, str]:
        said = ""
        with subprocess.Popen(
            [*command, *arguments(place, tiny.checkpoint, output)], stderr=subprocess.PIPE, env=alone, encoding="utf-8"
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                said += line
                if kill_after is not None and line.startswith(kill_after):
                    process.send_signal(signal.SIGKILL)
        return process.returncode, said

    status, said = run(tmp_path / "undisturbed")
    assert status == 0, said
    assert run(tmp_path / "killed", "epoch 2/5")[0] == -signal.SIGKILL
    assert not (tmp_path / "killed" / "training.json").exists()
    status, said = run(tmp_path / "killed")
    assert status == 0, said
    assert "of a run that was stopped" in said
    assert "epoch 1/5" not in said
    names = {path.name for path in (tmp_path / "undisturbed").iterdir()}
    assert {path.name for path in (tmp_path / "killed").iterdir()} == names
    for name in ("model.safetensors", "config.json", "splits.yaml"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes(), name


def test_nothing_better_ends_well_and_says_so(place: Path, tiny: Tiny, fanzha_here: Run, tmp_path: Path) -> None:
    status, out, err = fanzha_here(
        "train", place / "still.yaml", "--base", tiny.model, "--gold", place / "own", "--output", tmp_path / "out"
    )
    assert (status, out) == (0, "")
    assert "nothing got better on the held-out letters in 2 epochs: the base is kept" in err
    assert f"no checkpoint is written; go on with {tiny.model}" in err
    status, _, err = fanzha_here("export", tmp_path / "out", tmp_path / "model")
    assert status == 2
    assert "is no checkpoint" in err


def test_letters_of_the_base_are_mixed_in(place: Path, tiny: Tiny, fanzha_here: Run, tmp_path: Path) -> None:
    status, _, err = fanzha_here(
        *arguments(place, tiny.checkpoint, tmp_path / "out")[:-2], "--with-letters", tiny.letters
    )
    assert status == 0, err
    assert "mixed in: 3 of 3 letters of the base's training" in err
    facts = json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))
    assert facts["training"]["fine_tuning"]["mixed"] == 3


def test_faulty_gold_is_refused_with_each_fault_on_a_line(tiny: Tiny, fanzha_here: Run, tmp_path: Path) -> None:
    own = write_own_letters(tmp_path / "own", UNSEEN, 5)
    path = own / "u-t4-0.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("|count", "|money"), encoding="utf-8", newline="")
    status, out, err = fanzha_here("train", "--base", tiny.checkpoint, "--gold", own, "--output", tmp_path / "out")
    assert (status, out) == (2, "")
    *faults, last = err.splitlines()
    text = read_letters(own)[0].text
    places = [text.index(quantity) for quantity in ("42场", "近3000人次", "31名")]
    lines = [text.count("\n", 0, at) + 4 for at in places]  # three lines of facts stand before the text
    assert [fault.split(": ")[0] for fault in faults] == [
        f"{path}:{line}, character {at}" for line, at in zip(lines, places, strict=True)
    ]
    assert last == (f"fanzha: {own}: has 3 faults in 1 of its letters (mend them, or take these letters out of it)")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "there is nothing to train by"),
        (["--gold", "own"], "--gold needs a model to go on from"),
        (["nowhere.yaml", "--epochs", "2"], "--epochs is for fine-tuning"),
        (["nowhere.yaml", "--with-letters", "own"], "--with-letters is for fine-tuning"),
        (["nowhere.yaml", "--fresh"], "--fresh is for fine-tuning"),
        (["nowhere.yaml", "--base", "nowhere", "--gold", "own"], "nowhere.yaml: is missing"),
        (["--base", "nowhere", "--gold", "own"], "nowhere: is neither a checkpoint nor a model folder"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_tuned_is_said_in_one_line(
    fanzha_here: Run, tmp_path: Path, options: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = fanzha_here("train", *options)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("fanzha: ")
    assert said in line


def test_a_model_folder_serves_as_a_base_of_a_recipe_too(
    tiny: Tiny, fanzha_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REPLIES_DIR", raising=False)
    status, _, err = fanzha_here("train", tiny.recipe, "--base", tiny.model, "-o", tmp_path / "out")
    assert status == 0, err
    assert "no second stage in the recipe" in err or "no second stage: REPLIES_DIR is not set" in err
    assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))["dtype"] == "float32"


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar_and_lines_that_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    long = "fanzha evaluate --model models/a [b] --letters " + "x" * 100
    with TuningProgress() as progress:
        progress.step(2, 8, 3, 7)
        progress.say(long)
    progress.say("after the bar")
    shown = terminal.getvalue()
    assert "epoch 2/8" in shown
    assert "3/7" in shown
    assert long in shown
    assert shown.endswith("after the bar\n")


def test_elsewhere_steps_are_lines_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(tuning.time, "monotonic", lambda: clock[0])
    with TuningProgress() as progress:
        for step in range(1, 13):
            clock[0] += 1.0
            progress.step(1, 8, step, 12)
    assert capsys.readouterr().err.splitlines() == ["epoch 1/8, step 6/12", "epoch 1/8, step 12/12"]
