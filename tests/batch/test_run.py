"""A run over a folder: every letter once, only what is missing, and outputs that fit what is recorded."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny import Tiny

from nlp.batch import run as module
from nlp.batch.jobs import Job, Outcome, WorkerSettings
from nlp.batch.run import RunSettings, Summary, annotate_folders, fingerprint_of
from nlp.batch.watching import Changes
from nlp.batch.worker import annotate
from nlp.documents.limits import Limits
from nlp.documents.reading import Document
from nlp.documents.sources import Source, list_sources
from nlp.errors import FanzhaError
from nlp.schema import DocumentInfo, ModelInfo, Result

MODEL = ModelInfo(name="m", version="1", backend="b", device="cpu")


class EmptyPredictor:
    """Finds nothing in any letter."""

    def predict(self, documents: Sequence[Document]) -> Iterator[Result]:
        for d in documents:
            if "内部" in d.text:
                raise TypeError("no\nluck")
            info = DocumentInfo(id=d.id, path=d.path, sha256=d.sha256, characters=len(d.text))
            yield Result(document=info, model=MODEL, measures=[], claims=[])


class Engine:
    """Annotates in this process; counts the letters it predicted, and may be interrupted before one."""

    def __init__(self, worker: WorkerSettings, model: ModelInfo = MODEL, interrupt_at: str | None = None) -> None:
        self.worker, self.model, self.interrupt_at = worker, model, interrupt_at
        self.predicted: list[str] = []

    def start(self) -> ModelInfo:
        return self.model

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome]:
        predictor: Any = EmptyPredictor()
        for job in jobs:
            if job.source.key == self.interrupt_at:
                raise KeyboardInterrupt
            for outcome in annotate([job], predictor, self.worker):
                if outcome == "predict":
                    self.predicted.append(job.source.key)
                else:
                    yield outcome  # type: ignore[misc]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "10.txt", "2.txt"):
        (folder / name).write_text(f"{name} 建议的答复\r\n", encoding="utf-8", newline="")
    return folder


def go(folder: Path, *, model: ModelInfo = MODEL, at: str | None = None, **settings: Any) -> tuple[Summary, list[str]]:
    worker = WorkerSettings(limits=settings.pop("limits", Limits()))
    engine = Engine(worker, model, at)
    (summary,) = annotate_folders(RunSettings([folder], folder.parent / "out", worker=worker, **settings), engine)
    return summary, engine.predicted


def results(folder: Path) -> list[str]:
    path = folder.parent / "out" / "results.jsonl"
    return [json.loads(line)["document"]["path"] for line in path.read_text(encoding="utf-8").splitlines()]


def failed(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder.parent / "out" / "failed.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {record["path"]: record for record in map(json.loads, lines)}


def test_run_annotates_each_letter_once_and_again_only_what_changed(folder: Path) -> None:
    summary, predicted = go(folder)
    assert (summary.annotated, summary.new, summary.failed, summary.skipped) == (4, 4, 0, 0)
    assert results(folder) == ["2.txt", "10.txt", "a.txt", "b.txt"] == predicted
    first = (folder.parent / "out" / "results.jsonl").read_bytes()
    assert go(folder) == (Summary(4, 0, 0, 0, False, ["results.jsonl"], []), [])
    assert (folder.parent / "out" / "results.jsonl").read_bytes() == first
    (folder / "b.txt").write_text("新的答复", encoding="utf-8")
    (folder / "c.txt").write_text("还有一件", encoding="utf-8")
    (folder / "a.txt").unlink()
    summary, predicted = go(folder)
    assert predicted == ["b.txt", "c.txt"]
    assert results(folder) == ["2.txt", "10.txt", "b.txt", "c.txt"]


def test_run_keeps_the_texts_that_offsets_refer_to(folder: Path) -> None:
    go(folder)
    texts = folder.parent / "out" / "texts"
    assert (texts / "a.txt.txt").read_bytes() == "a.txt 建议的答复\r\n".encode()
    (folder / "a.txt").unlink()
    go(folder)
    assert sorted(path.name for path in texts.iterdir()) == ["10.txt.txt", "2.txt.txt", "b.txt.txt"]


def test_run_of_another_model_does_all_again(folder: Path) -> None:
    go(folder)
    _, predicted = go(folder, model=MODEL.model_copy(update={"backend": "other"}))
    assert len(predicted) == 4
    _, predicted = go(folder, model=MODEL.model_copy(update={"backend": "other", "device": "cuda:1"}))
    assert predicted == []


def test_run_lists_failures_and_tries_again_what_may_do(folder: Path) -> None:
    (folder / "empty.txt").touch()
    (folder / "fault.txt").write_text("内部", encoding="utf-8")
    (folder / "long.txt").write_text("长" * 100, encoding="utf-8")
    (folder / "loop.txt").symlink_to("loop.txt")
    summary, _ = go(folder, limits=Limits(characters=50))
    assert (summary.annotated, summary.failed) == (4, 4)
    assert summary.written == ["results.jsonl", "failed.jsonl"]
    found = failed(folder)
    assert {key: (f["stage"], f["retryable"]) for key, f in found.items()} == {
        "empty.txt": ("read", False), "fault.txt": ("predict", False), "long.txt": ("read", False),
        "loop.txt": ("read", True),
    }  # fmt: skip
    assert found["fault.txt"]["reason"] == "internal fault (TypeError: no luck)"
    (folder / "loop.txt").unlink()
    (folder / "loop.txt").write_text("好了", encoding="utf-8")
    summary, predicted = go(folder, limits=Limits(characters=50))
    assert (summary.failed, predicted) == (3, ["loop.txt"])
    summary, predicted = go(folder)  # what failed for a limit is tried under another
    assert (set(failed(folder)), predicted) == ({"empty.txt", "fault.txt"}, ["fault.txt", "long.txt"])
    _, predicted = go(folder, retry_failed=True)
    assert predicted == ["fault.txt"]
    (folder / "empty.txt").unlink()
    (folder / "fault.txt").unlink()
    summary, _ = go(folder)
    assert summary.written == ["results.jsonl"]
    assert not (folder.parent / "out" / "failed.jsonl").exists()


def test_run_reads_letters_of_archives_and_lines(folder: Path) -> None:
    (folder / "l.jsonl").write_text('{"text": "一"}\n{"text": ""}\n{"text": "二"}\n', encoding="utf-8")
    summary, _ = go(folder)
    assert results(folder)[-2:] == ["l.jsonl/line-1", "l.jsonl/line-3"]
    assert set(failed(folder)) == {"l.jsonl/line-2"}
    assert go(folder) == (Summary(6, 0, 1, 0, False, ["results.jsonl", "failed.jsonl"], []), [])
    assert summary.new == 6


def test_run_that_is_interrupted_keeps_and_writes_what_it_has(folder: Path) -> None:
    summary, predicted = go(folder, at="a.txt")
    assert summary.interrupted
    assert results(folder) == ["2.txt", "10.txt"] == predicted
    summary, predicted = go(folder)
    assert (summary.interrupted, predicted) == (False, ["a.txt", "b.txt"])
    assert results(folder) == ["2.txt", "10.txt", "a.txt", "b.txt"]


def test_run_that_is_interrupted_leaves_what_it_has_not_come_to_as_it_was(folder: Path) -> None:
    go(folder)
    (folder / "2.txt").write_text("新的", encoding="utf-8")
    (folder / "10.txt").unlink()
    summary, predicted = go(folder, at="a.txt")
    assert (summary.annotated, predicted) == (4, ["2.txt"])
    assert results(folder) == ["2.txt", "10.txt", "a.txt", "b.txt"]
    summary, _ = go(folder, at="a.txt")
    assert results(folder) == ["2.txt", "10.txt", "a.txt", "b.txt"]
    go(folder)
    assert results(folder) == ["2.txt", "a.txt", "b.txt"]


def test_run_refuses_folders_that_it_would_spoil(folder: Path) -> None:
    out = folder.parent / "out"
    for output, message in ((folder, "is both input and output"), (folder / "a.txt", "is a file, not a folder")):
        with pytest.raises(FanzhaError, match=message):
            list(annotate_folders(RunSettings([folder], output), Engine(WorkerSettings())))
    out.mkdir()
    (out / "results.jsonl").write_text("mine", encoding="utf-8")
    with pytest.raises(FanzhaError, match="holds files of something else"):
        go(folder)
    assert (out / "results.jsonl").read_text(encoding="utf-8") == "mine"


def test_run_never_removes_what_it_did_not_write(folder: Path) -> None:
    go(folder)
    out = folder.parent / "out"
    mine = [out / "texts" / "mine.txt", out / "pages" / "mine.html", out / "index-7.html", out / "notes.txt"]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", encoding="utf-8")
    for inputs in ([out / "texts"], [out / "texts" / "mine.txt"], [folder, out / "pages"]):
        with pytest.raises(FanzhaError, match="is inside the output folder"):
            list(annotate_folders(RunSettings(inputs, out), Engine(WorkerSettings())))
    (folder / "a.txt").unlink()
    go(folder)
    assert [path.read_text(encoding="utf-8") for path in mine] == ["mine"] * 4
    assert not (out / "texts" / "a.txt.txt").exists()


def test_run_of_a_folder_without_letters_leaves_the_results_alone(folder: Path) -> None:
    go(folder)
    before = (folder.parent / "out" / "results.jsonl").read_bytes()
    for path in folder.iterdir():
        path.unlink()
    (folder / "photo.jpg").touch()
    with pytest.raises(FanzhaError, match="holds no letters"):
        go(folder)
    assert (folder.parent / "out" / "results.jsonl").read_bytes() == before


def test_run_removes_the_formats_that_are_not_asked_for_any_more(folder: Path) -> None:
    out = folder.parent / "out"
    summary, _ = go(folder, formats=["csv", "html"])
    assert summary.written == [
        "results.jsonl", "letters.csv", "measures.csv", "claims.csv", "comparison.csv", "index.html",
    ]  # fmt: skip
    assert (out / "pages" / "a.txt.html").exists()
    summary, predicted = go(folder, formats=["csv"])
    assert predicted == []
    assert (out / "claims.csv").exists()
    assert not (out / "index.html").exists()
    assert not (out / "pages").exists()


def test_run_goes_on_where_a_file_is_open_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Excel on Windows has it."""
    replace = os.replace

    def refuse(source: Any, target: Any) -> None:
        if str(target).endswith("letters.csv"):
            raise PermissionError(13, "Access is denied")
        replace(source, target)

    go(folder, formats=["csv"])
    (folder / "a.txt").unlink()
    monkeypatch.setattr(os, "replace", refuse)
    summary, _ = go(folder, formats=["csv", "label-studio"])
    (fault,) = summary.faults
    assert "letters.csv: cannot be written: Access is denied (close it where it is open" in fault
    assert "label-studio.json" in summary.written
    assert results(folder) == ["2.txt", "10.txt", "b.txt"]


def test_run_of_a_damaged_record_says_what_to_do(folder: Path) -> None:
    go(folder)
    path = folder.parent / "out" / ".fanzha" / "letters.sqlite"
    base = sqlite3.connect(path)
    base.execute("update letters set result = x'00112233'")
    base.commit()
    base.close()
    with pytest.raises(FanzhaError, match=r"is damaged: error .*remove .*letters\.sqlite and run again"):
        go(folder)


def test_run_refuses_a_folder_that_another_run_writes_to(folder: Path) -> None:
    worker = WorkerSettings()
    settings = RunSettings([folder], folder.parent / "out", worker=worker)
    first = annotate_folders(settings, Engine(worker))
    next(first)
    with pytest.raises(FanzhaError, match="another run is writing to it"):
        next(annotate_folders(settings, Engine(worker)))
    first.close()
    (again,) = annotate_folders(settings, Engine(worker))
    assert again.new == 0


def test_run_in_a_folder_inside_the_input_leaves_its_own_files_out(folder: Path) -> None:
    worker = WorkerSettings()
    for new in (4, 0):
        (summary,) = annotate_folders(RunSettings([folder], folder / "out", worker=worker), Engine(worker))
        assert (summary.annotated, summary.new) == (4, new)


def test_run_that_watches_does_not_wait_for_files_that_still_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = Changes(seconds=100.0)
    for path in folder.iterdir():
        os.utime(path, (1000, 1000))
    (folder / "fresh.txt").write_text("还在写", encoding="utf-8")
    changes.look(list_sources([folder]))
    assert changes.found
    assert [one.key for one in changes.to_do if isinstance(one, Source)] == ["2.txt", "10.txt", "a.txt", "b.txt"]
    assert changes.to_keep == ["fresh.txt"]
    changes.look(list_sources([folder]))
    assert (changes.found, changes.to_do) == (False, [])
    os.utime(folder / "fresh.txt", (2000, 2000))
    (folder / "a.txt").unlink()
    changes.look(list_sources([folder]))
    assert changes.found
    assert [one.key for one in changes.to_do if isinstance(one, Source)] == ["fresh.txt"]
    assert changes.to_keep == ["2.txt", "10.txt", "b.txt"]


def test_run_that_watches_goes_on_with_what_arrives(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WATCH_SECONDS", 0.01)
    worker = WorkerSettings()
    engine = Engine(worker)
    runs = annotate_folders(RunSettings([folder], folder.parent / "out", worker=worker), engine, watch=True)
    assert next(runs).new == 4
    shutil.move(folder, folder.with_name("away"))
    threading.Timer(0.1, lambda: shutil.move(folder.with_name("away"), folder)).start()
    (folder.with_name("away") / "new.txt").write_text("新", encoding="utf-8")
    assert next(runs).new == 1
    (folder / "a.txt").unlink()
    assert (next(runs).annotated, results(folder)) == (4, ["2.txt", "10.txt", "b.txt", "new.txt"])
    assert engine.predicted[-1] == "new.txt"
    for path in folder.iterdir():  # as an unmounted folder is
        path.unlink()
    threading.Timer(0.2, lambda: (folder / "late.txt").write_text("晚", encoding="utf-8")).start()
    assert next(runs).new == 1
    assert results(folder) == ["late.txt"]


def test_run_results_with_other_fields_are_made_again(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = WorkerSettings(model=tiny.model)
    before = fingerprint_of(settings, MODEL)
    assert fingerprint_of(settings, MODEL) == before
    monkeypatch.setattr("nlp.batch.run.json_schema", lambda: {"fields": "others"})
    assert fingerprint_of(settings, MODEL) != before
