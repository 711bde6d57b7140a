"""The Ray engine on a real cluster of two nodes: what the local engine gives, whatever dies on the way."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stand_in
from ray_cluster import ENVIRONMENT, ROOT, Cluster, two_nodes
from tiny import Tiny

from nlp.annotation.corpus import read_letters
from nlp.batch.cluster import RayEngine
from nlp.batch.jobs import Annotated, Failed, Job, Outcome, WorkerSettings
from nlp.batch.local import LocalEngine
from nlp.documents.limits import Limits
from nlp.documents.sources import Source

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed: pip install '.[ray]'"),
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
]

OUTPUTS = ("results.jsonl", "failed.jsonl", "notes.jsonl", "letters.csv", "measures.csv", "claims.csv")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with two_nodes() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def folder(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty letters, some more in a table, an archive and lines, and files that are none."""
    import pyarrow
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("letters") / "in"
    folder.mkdir()
    texts = [letter.text for letter in read_letters(tiny.letters)]
    for i in range(20):
        path = folder / "sub" / f"{i}.txt" if i % 3 else folder / f"{i}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"第{i}件\r\n{texts[i % 5]}" * (20 + i), encoding="gb18030" if i == 7 else "utf-8", newline="")
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("内/一.txt", texts[0])
        archive.writestr("bad.txt", b"")
    (folder / "lines.jsonl").write_text(json.dumps({"id": "the first", "text": texts[1]}) + "\n", encoding="utf-8")
    table = {"path": ["a/1.txt", "a/1.txt", None], "text": [texts[2], None, texts[3]]}
    parquet.write_table(pyarrow.table(table), folder / "table.parquet")
    (folder / "empty.txt").touch()
    (folder / "photo.jpg").touch()
    return folder


Annotate = Callable[..., list[str]]


@pytest.fixture(scope="module")
def annotate(tiny: Tiny) -> Annotate:
    """The command line."""

    def build(source: Any, output: Path, *more: Any) -> list[str]:
        words = ["annotate", source, "-o", output, "--model", tiny.model, "--device", "cpu", "--to", "csv", *more]
        return [sys.executable, "-m", "nlp", *map(str, words)]

    return build


def run(command: list[str], status: int = 2) -> str:
    """Runs it to its end; the letters have some that fail."""
    done = subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert all(" letters, " in line for line in done.stderr.splitlines()), done.stderr  # not a word of Ray's
    return done.stdout


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, env=ENVIRONMENT, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


def recorded(output: Path) -> int:
    path = output / ".fanzha" / "letters.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(
        sqlite3.connect(path)
    ) as base:  # not read-only: after a kill it has a journal to go back by
        try:
            return int(base.execute("select count(result) from letters").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def wait_until_recorded(output: Path, process: subprocess.Popen[str], letters: int) -> None:
    deadline = time.monotonic() + 120
    while recorded(output) < letters:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def outputs(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


@pytest.fixture(scope="module")
def expected(annotate: Annotate, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the local engine gives."""
    output = tmp_path_factory.mktemp("expected") / "out"
    said = run(annotate(folder, output, "--workers", 2))
    assert said.startswith("24 letters annotated (24 now), 3 failed, 1 other files skipped")
    return outputs(output)


def test_cluster_that_loses_a_node_gives_what_the_local_engine_gives(
    cluster: Cluster, annotate: Annotate, folder: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    process = start(annotate(folder, output, "--engine", "ray", "--address", cluster.address))
    wait_until_recorded(output, process, 3)
    cluster.kill_second()
    before = recorded(output)
    out, err = process.communicate(timeout=240)
    assert before < 24, "there was nothing left to lose"
    assert process.returncode == 2, err
    assert out.startswith("24 letters annotated (24 now), 3 failed, 1 other files skipped")
    assert outputs(output) == expected
    cluster.start_second()


def test_cluster_run_that_is_killed_and_stopped_goes_on(
    cluster: Cluster, annotate: Annotate, folder: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    command = annotate(os.path.relpath(folder, ROOT), output, "--engine", "ray", "--address", cluster.address)
    killed = start(command)
    wait_until_recorded(output, killed, 2)
    killed.kill()
    killed.communicate()
    first = recorded(output)
    assert first < 24
    stopped = start(command)
    wait_until_recorded(output, stopped, first + 1)
    os.killpg(stopped.pid, signal.SIGINT)
    out, err = stopped.communicate(timeout=60)
    assert (stopped.returncode, "Traceback" in err) == (130, False), err
    assert out.startswith("stopped; run the same command again to go on. So far: ")
    second = recorded(output)
    assert first < second < 24
    said = run([*command, "--shared"])
    assert said.startswith(f"24 letters annotated ({24 - second} now), 3 failed, 1 other files skipped")
    assert outputs(output) == expected


def test_cluster_reads_what_is_at_an_address_on_its_nodes(
    cluster: Cluster, annotate: Annotate, folder: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    """`local://` is the disk by way of fsspec, as object stores are."""
    run(annotate(f"local://{folder}", tmp_path / "out", "--engine", "ray", "--address", cluster.address))
    assert outputs(tmp_path / "out") == expected


def test_cluster_a_letter_that_kills_or_hangs_costs_itself(
    cluster: Cluster, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.setenv(name, ENVIRONMENT[name])
    names = ["a", "crash", "b", "exit", "hang", "c", "parent", *map(str, range(12))]
    jobs = [Job(Source(name, str(tmp_path / name))) for name in names]
    for name in names:
        (tmp_path / name).write_text(name)
    settings = WorkerSettings(model=tiny.model, device="cpu", limits=Limits(seconds=3.0))
    with RayEngine(settings, address=cluster.address, target=stand_in.serve) as engine:
        engine.start()
        found = outcomes(engine.run(iter(jobs)), len(names))
    with LocalEngine(settings, workers=2, target=stand_in.serve) as local:
        local.start()
        same = outcomes(local.run(job for job in jobs if job.source.key != "parent"), len(names) - 1)
    failed = {key for key, outcome in found.items() if isinstance(outcome, Failed)}
    assert failed == {"crash", "exit", "hang", "parent"}
    for key in ("crash", "exit", "hang"):
        assert found[key] == same[key]
    mend = "is there enough memory on the nodes? use fewer --workers"
    assert found["parent"] == Failed(
        "parent", "predict", "the Ray process that worked on it ended, each time", mend, True
    )
    assert all(isinstance(found[name], Annotated) for name in names if name not in failed)


def outcomes(found: Iterator[Outcome], count: int) -> dict[str, Outcome]:
    listed = list(found)
    assert len(listed) == count
    return {outcome.key: outcome for outcome in listed}
