"""`fanzha evaluate` and `fanzha targets` with the tiny model: what is scored, what is refused, what is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Tiny

from nlp.annotation.corpus import read_letters, write_standoff
from nlp.annotation.standoff import gold_of, write_built

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def unseen(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the letters that the tiny model has not seen."""
    folder = tmp_path_factory.mktemp("unseen")
    for name in ("t4", "t5"):
        shutil.copy(tiny.letters / f"{name}.txt", folder)
    return folder


def test_any_folder_is_scored_whole_with_a_report(tiny: Tiny, unseen: Path, fanzha_here: Run, tmp_path: Path) -> None:
    status, out, err = fanzha_here(
        "evaluate", "--model", tiny.model, "--letters", unseen, "--device", "cpu",
        "--json", tmp_path / "e.json", "--html", tmp_path / "e.html",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert out.startswith("2 letters outside training")
    assert "Note: the scores were calibrated on 1 of these letters" in out
    found = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
    assert set(found["by_document"]) == {"t4", "t5"}
    errors = sum(cells["count"]["value"] for cells in found["detail"]["errors"].values())
    assert errors == len(found["errors"]) > 0
    for kind, cells in found["detail"]["errors"].items():
        assert f"| {kind} | {cells['count']['value']:.0f}" in out
    page = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert page.count('<article class="mistake">') == len(found["errors"])


def test_stand_off_gold_gives_the_same_figures(tiny: Tiny, unseen: Path, fanzha_here: Run, tmp_path: Path) -> None:
    write_built(read_letters(unseen), tmp_path / "built")
    figures = []
    for folder in (unseen, tmp_path / "built"):
        status, _, err = fanzha_here(
            "evaluate", "--model", tiny.model, "--letters", folder, "--device", "cpu", "--json", tmp_path / "e.json"
        )
        assert (status, err) == (0, "")
        figures.append(json.loads((tmp_path / "e.json").read_text(encoding="utf-8")))
    assert figures[0] == figures[1]


def test_real_replies_that_the_model_saw_are_refused(
    tiny: Tiny, fanzha_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gold").mkdir()
    letter = read_letters(tiny.letters)[0]
    (tmp_path / "t1.txt").write_bytes(letter.text.encode("utf-8"))
    write_standoff(gold_of(letter), tmp_path / "gold" / "t1.gold.json")
    monkeypatch.setenv("REPLIES_DIR", str(tmp_path))
    status, out, err = fanzha_here("evaluate", "--model", tiny.model, "--letters", tmp_path / "gold")
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "was trained on 1 of these letters (t1)" in line
    assert "fanzha leave-one-out" in line


def test_two_models_are_compared(tiny: Tiny, unseen: Path, fanzha_here: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny.model, other)
    (other / "model.int8.onnx").unlink()  # the same model in fp32
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"]["model.int8.onnx"]
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    status, out, err = fanzha_here(
        "evaluate", "--compare", tiny.model, other, "--letters", unseen, "--device", "cpu",
        "--json", tmp_path / "c.json", "--html", tmp_path / "c.html",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "A: tiny " in out
    assert "(onnxruntime-fp32 on cpu)" in out
    found = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    for table in found["figures"].values():
        for row in table.values():
            for value in row.values():
                assert value["difference"] == pytest.approx(value["second"] - value["first"])
    assert "Two models on the same letters" in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_both_models_of_a_comparison_are_guarded(tiny: Tiny, fanzha_here: Run) -> None:
    status, out, err = fanzha_here("evaluate", "--compare", tiny.model, tiny.model, "--letters", tiny.letters)
    assert (status, out) == (2, "")
    assert "was trained on 3 of these letters (t1, t2, t3)" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--compare", "a", "b", "--model", "c"], "--compare takes the place of --model"),
        (["--letters", "nowhere", "--from", "doccano"], "nowhere"),
        (["--letters", "nowhere", "--split", "all"], "nowhere: holds no letters"),
    ],
)
def test_what_cannot_be_scored_is_said_in_one_line(
    fanzha_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = fanzha_here("evaluate", *arguments)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line


def test_split_of_other_letters_needs_its_lists(unseen: Path, fanzha_here: Run) -> None:
    status, out, err = fanzha_here("evaluate", "--letters", unseen, "--split", "test")
    assert (status, out) == (2, "")
    assert "nothing says which of these letters are for test" in err
    assert "--splits" in err


def test_targets_stand_beside_the_figures(
    tiny: Tiny, fanzha_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """t4 and t5 stand in for real replies; t5 is the composed test letter, too."""
    (tmp_path / "gold").mkdir()
    for letter in read_letters(tiny.letters)[3:]:
        (tmp_path / f"{letter.id}.txt").write_bytes(letter.text.encode("utf-8"))
        write_standoff(gold_of(letter), tmp_path / "gold" / f"{letter.id}.gold.json")
    monkeypatch.setenv("REPLIES_DIR", str(tmp_path))
    recipe = tmp_path / "tiny.yaml"
    written = tiny.recipe.read_text(encoding="utf-8").replace("replies: null", f"replies: {tmp_path / 'gold'}")
    recipe.write_text(written, encoding="utf-8")
    status, out, err = fanzha_here(
        "targets", recipe, "--base", tiny.checkpoint, "--model", tiny.model, "--device", "cpu",
        "--json", tmp_path / "targets.json",
    )  # fmt: skip
    assert status == 0, err
    assert "without t4" in err
    assert "2 real replies, " in out
    assert "1 composed test letters, " in out
    found = json.loads((tmp_path / "targets.json").read_text(encoding="utf-8"))
    assert set(found["replies_left_out"]["by_document"]) == {"t4", "t5"}
    assert set(found["composed_test"]["by_document"]) == {"t5"}
    reached = 0
    for one in found["targets"]:
        (line,) = [line for line in out.splitlines() if line.startswith(f"| {one['figure']} |")]
        for side in ("replies_left_out", "composed_test"):
            assert one[side]["value"] == found[side]["figures"][one["figure"]]
            reached += one[side]["reached"]
        assert line.count("✓") == one["replies_left_out"]["reached"] + one["composed_test"]["reached"]
    assert f"{reached} of {2 * len(found['targets'])} reached" in out
    assert "公安" not in json.dumps(found, ensure_ascii=False)


def test_targets_of_a_model_that_saw_the_test_letters_are_refused(
    tiny: Tiny, fanzha_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REPLIES_DIR", raising=False)
    (tmp_path / "splits.yaml").write_text("dev: [t4]\ntest: [t1]\n", encoding="utf-8")
    recipe = tmp_path / "tiny.yaml"
    written = tiny.recipe.read_text(encoding="utf-8").replace(str(tiny.splits), str(tmp_path / "splits.yaml"))
    recipe.write_text(written, encoding="utf-8")
    status, out, err = fanzha_here("targets", recipe, "--base", tiny.checkpoint, "--model", tiny.model)
    assert (status, out) == (2, "")
    assert "was trained on 1 of these letters (t1)" in err
