"""The engine: every job gets one outcome, whatever happens to the processes."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stand_in
from tiny import PLAIN, Tiny

from nlp.batch import local
from nlp.batch.jobs import Annotated, Expanded, Failed, Job, Outcome, Unchanged, WorkerSettings
from nlp.batch.local import LocalEngine
from nlp.documents.limits import Limits
from nlp.documents.sources import Source
from nlp.errors import FanzhaError
from nlp.schema import Result


def jobs(*keys: str, known: str | None = None) -> Iterator[Job]:
    return iter([Job(Source(key, key), known) for key in keys])


def run(*keys: str, workers: int = 2, chunk: int = 1, seconds: float = 60.0) -> dict[str, Outcome]:
    settings = WorkerSettings(limits=Limits(seconds=seconds))
    with LocalEngine(settings, workers=workers, chunk=chunk, target=stand_in.serve) as engine:
        assert engine.start() == stand_in.MODEL
        found = list(engine.run(jobs(*keys)))
    assert sorted(outcome.key for outcome in found) == sorted(keys)
    return {outcome.key: outcome for outcome in found}


@pytest.mark.parametrize(("workers", "chunk"), [(1, 1), (2, 1), (2, 3), (1, 100)])
def test_local_each_job_gets_its_outcome(workers: int, chunk: int) -> None:
    found = run(*(f"{i}" for i in range(20)), workers=workers, chunk=chunk)
    assert all(isinstance(outcome, Annotated) for outcome in found.values())
    assert len({outcome.result for outcome in found.values() if isinstance(outcome, Annotated)}) <= workers


@pytest.mark.parametrize("chunk", [1, 4])
def test_local_a_crash_costs_one_letter(chunk: int) -> None:
    found = run("a", "b", "crash", "c", "exit", "d", "e", chunk=chunk)
    failed = {key: outcome for key, outcome in found.items() if isinstance(outcome, Failed)}
    assert set(failed) == {"crash", "exit"}
    assert failed["crash"].reason == "the process that worked on it ended (signal 11)"
    assert failed["exit"].reason == "the process that worked on it ended (exit status 7)"
    assert all(outcome.retryable and outcome.stage == "predict" for outcome in failed.values())


@pytest.mark.parametrize("chunk", [1, 3])
def test_local_a_letter_that_takes_too_long_costs_itself(chunk: int) -> None:
    found = run("a", "hang", "b", "hang-read", "c", chunk=chunk, seconds=0.5)
    failed = {key: outcome for key, outcome in found.items() if isinstance(outcome, Failed)}
    assert {key: (f.stage, f.reason, f.mend) for key, f in failed.items()} == {
        "hang": ("predict", "took longer than 0.5 seconds", "raise --max-seconds"),
        "hang-read": ("read", "took longer than 0.5 seconds", "raise --max-seconds"),
    }


def test_local_a_process_that_ends_while_it_is_idle_costs_nothing() -> None:
    with LocalEngine(WorkerSettings(), workers=1, target=stand_in.serve) as engine:
        engine.start()
        first = next(iter(engine.run(jobs("a"))))
        assert isinstance(first, Annotated)
        os.kill(int(first.result.strip('"')), 9)
        time.sleep(0.2)
        (second,) = engine.run(jobs("b"))
        assert isinstance(second, Annotated)
        assert second.result != first.result
        assert engine.replaced == 1


def test_local_a_process_that_cannot_start_again_is_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = []
    start = local._Worker.__init__

    def failing(self: Any, settings: WorkerSettings, target: Any) -> None:
        starts.append(settings)
        start(self, WorkerSettings(text_field="dies") if len(starts) in (2, 3) else settings, target)

    monkeypatch.setattr(local._Worker, "__init__", failing)
    found = run("a", "crash", "b", "c", workers=1)
    assert sorted(key for key, outcome in found.items() if isinstance(outcome, Annotated)) == ["a", "b", "c"]
    assert len(starts) == 4


def test_local_asks_for_more_jobs_after_an_outcome() -> None:
    """An archive's letters are known only when it has been listed."""
    waiting = ["first"]

    class Growing:
        def __iter__(self) -> Iterator[Job]:
            return self

        def __next__(self) -> Job:
            if not waiting:
                raise StopIteration
            return Job(Source(waiting.pop(), "x"))

    seen = []
    with LocalEngine(WorkerSettings(), workers=2, target=stand_in.serve) as engine:
        engine.start()
        for outcome in engine.run(Growing()):
            seen.append(outcome.key)
            if outcome.key == "first":
                waiting.extend(["second", "third"])
    assert sorted(seen) == ["first", "second", "third"]


def test_local_waits_for_jobs_of_other_threads() -> None:
    """As a server runs it: jobs come one by one, long after the last one ended."""
    waiting: deque[Job] = deque()

    class Queue:
        def __iter__(self) -> Iterator[Job]:
            return self

        def __next__(self) -> Job:
            if not waiting:
                raise StopIteration
            return waiting.popleft()

    receive, send = multiprocessing.Pipe(duplex=False)
    with LocalEngine(WorkerSettings(), workers=2, target=stand_in.serve) as engine:
        engine.start()
        outcomes = engine.run(Queue(), more=receive)
        for keys in (["a"], ["b", "crash", "c"], ["d"]):
            waiting.extend(jobs(*keys))
            send.send_bytes(b".")
            assert sorted(next(outcomes).key for _ in keys) == sorted(keys)
        send.close()
        assert list(outcomes) == []


@pytest.mark.parametrize(
    ("kind", "message"),
    [("no model", "m: is missing from the model (fetch it)"), ("dies", "a worker process could not start (exit st")],
)
def test_local_without_a_model_says_why(kind: str, message: str) -> None:
    with (
        LocalEngine(WorkerSettings(text_field=kind), workers=1, target=stand_in.serve) as engine,
        pytest.raises(FanzhaError) as caught,
    ):
        engine.start()
    assert str(caught.value).startswith(message)


def test_local_leaves_no_process_behind() -> None:
    with LocalEngine(WorkerSettings(), workers=2, target=stand_in.serve) as engine:
        engine.start()
        first = next(iter(engine.run(jobs("hang", "a", "b"))))
        assert isinstance(first, Annotated)
        pid = int(first.result.strip('"'))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a process is still there")


def test_local_with_the_real_process(tiny: Tiny, tmp_path: Path) -> None:
    letter, empty, lines = tmp_path / "a.txt", tmp_path / "e.txt", tmp_path / "l.jsonl"
    letter.write_text(PLAIN, encoding="utf-8")
    empty.touch()
    lines.write_text('{"text": "今年破获案件12起。"}\n', encoding="utf-8")
    sources = [Source(path.name, str(path)) for path in (letter, empty, lines)]
    with LocalEngine(WorkerSettings(model=tiny.model, device="cpu"), workers=1, chunk=3) as engine:
        assert engine.start().name == "tiny"
        found = {outcome.key: outcome for outcome in engine.run(Job(source) for source in sources)}
        annotated = found["a.txt"]
        assert isinstance(annotated, Annotated)
        (again,) = engine.run(iter([Job(sources[0], known=annotated.sha256)]))
    assert again == Unchanged("a.txt")
    result = Result.model_validate_json(annotated.result)
    result.check_against(annotated.text)
    assert (annotated.text, result.document.path, result.document.sha256) == (PLAIN, "a.txt", annotated.sha256)
    assert found["e.txt"] == Failed(
        "e.txt", "read", "is empty", "save the letter into it", False,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )  # fmt: skip
    expanded = found["l.jsonl"]
    assert isinstance(expanded, Expanded)
    assert [one.key for one in expanded.found] == ["l.jsonl/line-1"]
