"""`fanzha annotate` as people run it: a process that is killed, stopped, run twice, fed while it runs."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import LETTERS, Tiny

from nlp.annotation.corpus import read_letters
from nlp.cli.annotate import To
from nlp.output.formats import FORMAT_NAMES
from nlp.schema import Result

Run = Callable[..., subprocess.CompletedProcess[bytes]]
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def folder(tiny: Tiny, tmp_path: Path) -> Path:
    """Thirty letters."""
    folder = tmp_path / "in"
    folder.mkdir()
    for letter in read_letters(tiny.letters):
        for i in range(6):
            text = f"第{i}件\n{letter.text}" * (i + 1)
            (folder / f"{letter.id}-{i}.txt").write_text(text, encoding="utf-8", newline="")
    assert len(list(folder.iterdir())) == 6 * len(LETTERS)
    return folder


@pytest.fixture
def arguments(tiny: Tiny, folder: Path) -> Callable[..., list[str]]:
    def build(output: Path, *more: Any) -> list[str]:
        start = [
            "annotate",
            folder,
            "-o",
            output,
            "--model",
            tiny.model,
            "--device",
            "cpu",
            "--workers",
            2,
            "--to",
            "csv",
        ]
        return list(map(str, [*start, *more]))

    return build


@pytest.fixture
def start(command: list[str], environment: dict[str, str]) -> Callable[..., subprocess.Popen[bytes]]:
    def run(arguments: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
            start_new_session=os.name == "posix",
        )  # fmt: skip

    return run


def lines(output: Path, name: str = "results.jsonl") -> list[bytes]:
    return (output / name).read_bytes().splitlines()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_annotate_gives_a_valid_result_for_each_letter(
    fanzha: Run, arguments: Callable[..., list[str]], folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    done = fanzha(*arguments(output))
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert "30 letters annotated (30 now), 0 failed, 0 other files skipped" in done.stdout.decode()
    results = [Result.model_validate_json(line) for line in lines(output)]
    assert [result.document.path for result in results] == sorted(path.name for path in folder.iterdir())
    for result in results:
        text = (output / "texts" / f"{result.document.path}.txt").read_bytes().decode()
        assert text == (folder / str(result.document.path)).read_bytes().decode()
        result.check_against(text)
    assert sum(len(result.claims) for result in results) > 100
    assert len((output / "claims.csv").read_bytes().splitlines()) > 100


def test_annotate_does_not_depend_on_workers_or_on_what_was_there(
    fanzha: Run, arguments: Callable[..., list[str]], folder: Path, tmp_path: Path
) -> None:
    fanzha(*arguments(tmp_path / "two"))
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for path in sorted(folder.iterdir())[::2]:
        shutil.move(path, hidden / path.name)
    fanzha(*arguments(tmp_path / "one", "--workers", 1))
    for path in hidden.iterdir():
        shutil.move(path, folder / path.name)
    done = fanzha(*arguments(tmp_path / "one", "--workers", 1))
    assert "30 letters annotated (15 now)" in done.stdout.decode()
    assert lines(tmp_path / "one") == lines(tmp_path / "two")


@posix
def test_annotate_killed_again_and_again_loses_and_repeats_nothing(
    fanzha: Run, start: Callable[..., subprocess.Popen[bytes]], arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    fanzha(*arguments(tmp_path / "undisturbed"))
    output = tmp_path / "out"
    chance = random.Random(7)
    for _ in range(6):
        process = start(arguments(output))
        time.sleep(chance.uniform(0.3, 2.0))
        process.kill()
        process.communicate()
    done = fanzha(*arguments(output))
    assert done.returncode == 0
    assert lines(output) == lines(tmp_path / "undisturbed")
    for name in ("claims.csv", "measures.csv", "letters.csv"):
        assert (output / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
    assert not list(output.glob("**/*.tmp"))


@posix
def test_annotate_stops_cleanly_at_ctrl_c_and_goes_on(
    fanzha: Run, start: Callable[..., subprocess.Popen[bytes]], arguments: Callable[..., list[str]], folder: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    for i in range(600):
        shutil.copy(folder / "t1-5.txt", folder / f"z{i}.txt")
    output = tmp_path / "out"
    process = start(arguments(output))
    texts = output / ".fanzha" / "letters.sqlite"
    wait_for(lambda: texts.exists() and texts.stat().st_size > 60_000)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.decode().startswith("stopped; run the same command again to go on. So far: ")
    assert b"Traceback" not in err
    some = lines(output)
    assert 0 < len(some) < 630
    done = fanzha(*arguments(output))
    assert done.returncode == 0
    assert len(lines(output)) == 630
    assert set(some) <= set(lines(output))


@posix
def test_annotate_refuses_a_second_run_on_the_same_output(
    fanzha: Run, start: Callable[..., subprocess.Popen[bytes]], arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    process = start(arguments(output, "--watch"))
    wait_for(lambda: (output / "results.jsonl").exists())
    done = fanzha(*arguments(output))
    assert done.returncode == 2
    refusal = f"fanzha: {output}: another run is writing to it (wait for it to end, or name another folder with -o)\n"
    assert done.stderr.decode() == refusal
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.count(b"Traceback")) == (0, 0)


@posix
def test_annotate_watches_for_what_arrives(
    start: Callable[..., subprocess.Popen[bytes]], arguments: Callable[..., list[str]], folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    process = start(arguments(output, "--watch"))
    wait_for(lambda: (output / "results.jsonl").exists())
    (folder / "new.txt").write_text("今年破获案件12起。", encoding="utf-8")
    (folder / "bad.txt").touch()
    assert process.stdout is not None
    said = [process.stdout.readline().decode() for _ in range(4)]  # two lines a run
    assert said[0].startswith("30 letters annotated (30 now), 0 failed")
    assert said[2].startswith("31 letters annotated (1 now), 1 failed")
    assert len(lines(output)) == 31
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 2  # a letter has failed


def test_annotate_a_worker_that_is_killed_costs_one_letter_at_most(
    start: Callable[..., subprocess.Popen[bytes]], arguments: Callable[..., list[str]], fanzha: Run, folder: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    import psutil

    for i in range(200):
        shutil.copy(folder / "t1-5.txt", folder / f"z{i}.txt")
    output = tmp_path / "out"
    process = start(arguments(output))
    base = output / ".fanzha" / "letters.sqlite"
    wait_for(lambda: base.exists() and base.stat().st_size > 60_000)
    children = psutil.Process(process.pid).children()
    workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    workers[0].kill()
    process.communicate(timeout=120)
    assert process.returncode in (0, 2)
    failed = [json.loads(line) for line in lines(output, "failed.jsonl")] if process.returncode else []
    assert [f["reason"] for f in failed] == ["the process that worked on it ended (signal 9)"] * len(failed)
    assert len(failed) <= 1
    assert len(lines(output)) + len(failed) == 230
    assert fanzha(*arguments(output)).returncode == 0
    assert len(lines(output)) == 230


def test_annotate_knows_all_formats() -> None:
    assert tuple(to.value for to in To) == FORMAT_NAMES


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--model", "nowhere"], "fanzha: nowhere: is no model folder"),
        (["--device", "tpu"], "fanzha: there is no device 'tpu'"),
        (["missing"], "fanzha: missing: there is no such file or folder"),
    ],
)
def test_annotate_that_cannot_begin_says_why(
    fanzha: Run, arguments: Callable[..., list[str]], tmp_path: Path, more: list[str], message: str
) -> None:
    done = fanzha(*arguments(tmp_path / "out"), *more)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(message)
    assert len(done.stderr.decode().splitlines()) == 1


def test_annotate_says_how_far_it_is_on_a_pipe(
    fanzha: Run, arguments: Callable[..., list[str]], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line is due every five seconds; a fast run may need none."""
    done = fanzha(*arguments(tmp_path / "out"))
    for line in done.stderr.decode().splitlines():
        assert " of 30 letters, 0 failed, " in line
