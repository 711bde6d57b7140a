"""Annotates folders: lists letters, has an engine annotate what is not yet done, records it, writes the outputs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from nlp import __version__
from nlp.batch.jobs import Annotated, Expanded, Failed, Job, Outcome, Unchanged, WorkerSettings
from nlp.batch.lock import locked
from nlp.batch.outputs import write_outputs
from nlp.batch.progress import RunProgress
from nlp.batch.store import Fingerprint, Store
from nlp.batch.watching import Changes
from nlp.documents.remote import is_remote
from nlp.documents.sources import STATE, Listed, Skipped, Source, list_sources
from nlp.errors import FanzhaError
from nlp.inference.loading import read_manifest, shipped_model
from nlp.output.formats import check_formats
from nlp.schema import ModelInfo, json_schema

_WATCH_SECONDS = 2.0


class Engine(Protocol):
    """What annotates letters, see `nlp.batch.local.LocalEngine`."""

    def start(self) -> ModelInfo: ...

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome]: ...


@dataclass(frozen=True)
class RunSettings:
    """What a run reads and writes.

    Args:
        inputs: folders and files, by their paths or URIs.
        output: the folder for the results.
        formats: beside JSON Lines, see `nlp.output.formats`.
        worker: how letters are read and predicted.
        retry_failed: try all failures again, not only those that may do another time.
    """

    inputs: Sequence[Path | str]
    output: Path
    formats: Sequence[str] = ()
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    retry_failed: bool = False


@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Args:
        annotated: letters that have a result.
        new: those of them that were annotated now.
        failed: letters that have none.
        skipped: files that are no letters.
        interrupted: whether Ctrl-C cut it short.
        written: the names of the files to open.
        faults: what could not be written, a line each.
    """

    annotated: int
    new: int
    failed: int
    skipped: int
    interrupted: bool
    written: Sequence[str]
    faults: Sequence[str] = ()


def annotate_folders(settings: RunSettings, engine: Engine, *, watch: bool = False) -> Iterator[Summary]:
    """Runs, and with `watch` runs again whenever something has changed, until Ctrl-C raises KeyboardInterrupt.

    Args:
        settings: what to read and write.
        engine: what annotates; it is started here.
        watch: go on.

    Yields:
        A summary of each run, when its outputs are written. One that Ctrl-C has cut short is the last.

    Raises:
        FanzhaError: where inputs, output folder or model cannot be used. What was finished is kept.
    """
    _check_output(settings)
    if watch and any(isinstance(path, str) and is_remote(path) for path in settings.inputs):
        raise FanzhaError("--watch looks at folders, not at addresses", mend="run the command again from time to time")
    check_formats(settings.formats)
    if not watch and not _has_letters(list_sources(settings.inputs, output=settings.output)):
        mend = "name a folder of letters; results of an earlier run are as they were"
        raise FanzhaError("holds no letters", path=settings.inputs[0], mend=mend)
    state = settings.output / STATE
    with locked(state / "lock", folder=settings.output):
        _empty(settings.worker.scratch)
        store = Store(state / "letters.sqlite")
        try:
            fingerprint = fingerprint_of(settings.worker, engine.start())
            if not watch:
                listed = list_sources(settings.inputs, output=settings.output)
                yield _Run(settings, store, fingerprint).go(engine, list(listed))
                return
            changes = Changes(seconds=_WATCH_SECONDS)
            while True:
                with contextlib.suppress(FanzhaError):  # a folder that is not there now may come back
                    changes.look(list_sources(settings.inputs, output=settings.output))
                if changes.found and (changes.to_keep or _has_letters(changes.to_do)):
                    summary = _Run(settings, store, fingerprint).go(engine, changes.to_do, keep=changes.to_keep)
                    yield summary
                    if summary.interrupted:
                        return
                    store.next_run()
                time.sleep(_WATCH_SECONDS)
        finally:
            store.close()


def _has_letters(listed: Iterable[Listed]) -> bool:
    return any(not isinstance(one, Skipped) for one in listed)


def _empty(folder: Path | None) -> None:
    """Makes the folder for temporary files anew: a killed process may have left a letter in it."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # the record will say what is wrong with the output folder
            folder.mkdir(parents=True)


def fingerprint_of(settings: WorkerSettings, model: ModelInfo) -> Fingerprint:
    """What results depend on beside the letters: model files and what runs them, version, fields, settings."""
    folder = shipped_model() if settings.model is None else settings.model
    files = {name: facts.sha256 for name, facts in read_manifest(folder).files.items()}
    made_by: dict[str, object] = {
        "package": __version__,
        "fields": json_schema(),
        "model": [model.name, model.version, model.backend],
        "files": files,
        "text_field": settings.text_field,
    }
    if settings.min_score:  # results that hold everything are those of versions before there was a choice
        made_by["min_score"] = settings.min_score
    limits = {name: value for name, value in asdict(settings.limits).items() if name != "seconds"}
    return Fingerprint(_digest(made_by), _digest(limits))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()


def _check_output(settings: RunSettings) -> None:
    """Refuses folders in which something of somebody else's could be read as ours, or be written over."""
    output = settings.output
    real = os.path.realpath(output)
    for path in settings.inputs:
        if isinstance(path, str) and is_remote(path):
            continue
        if os.path.realpath(path) == real:
            raise FanzhaError("is both input and output", path=output, mend="name another folder with -o")
        if os.path.realpath(path).startswith(os.path.join(real, "")):
            raise FanzhaError("is inside the output folder", path=path, mend="name another folder with -o")
    if output.exists() and not output.is_dir():
        raise FanzhaError("is a file, not a folder", path=output, mend="name a folder with -o")
    try:
        names = os.listdir(output) if output.exists() else []
    except OSError as error:
        raise FanzhaError(f"cannot be listed: {error.strerror}", path=output, mend="check its permissions") from None
    if names and STATE not in names:
        raise FanzhaError("holds files of something else", path=output, mend="name a new or an empty folder with -o")


class _Run:
    """One pass over what was listed."""

    def __init__(self, settings: RunSettings, store: Store, fingerprint: Fingerprint) -> None:
        self._settings, self._store, self._fingerprint = settings, store, fingerprint
        self._pending: list[Iterator[Job]] = []
        self._new = 0

    def go(self, engine: Engine, listed: Sequence[Listed], *, keep: Sequence[str] = ()) -> Summary:
        """Annotates what is listed and not yet done; what is to be kept is as it was."""
        interrupted = False
        with RunProgress() as progress:
            self._progress = progress
            try:
                for key in keep:
                    self._store.keep_all_under(key)
                self._add(listed)
                for outcome in engine.run(self):
                    self._record(outcome)
            except KeyboardInterrupt:
                interrupted = True
        self._store.commit()
        if interrupted:
            self._store.keep_rest()
        else:
            self._store.ended()
        written = write_outputs(self._store, self._settings.output, self._settings.formats)
        annotated, failed, skipped = self._store.counts()
        return Summary(annotated, self._new, failed, skipped, interrupted, written.names, written.faults)

    def __iter__(self) -> Iterator[Job]:
        return self

    def __next__(self) -> Job:
        """The next job; more may come after the last, see `LocalEngine.run`."""
        while self._pending:
            job = next(self._pending[-1], None)
            if job is not None:
                return job
            self._pending.pop()
        raise StopIteration

    def _add(self, listed: Iterable[Listed]) -> None:
        sources = []
        for one in listed:
            if isinstance(one, Source):
                sources.append(one)
            elif isinstance(one, Skipped):
                self._store.add_note(one.key, one.reason)
            else:
                self._store.add_failure(Failed.of(one, one.path or ""), self._fingerprint)
                self._progress.expect(1)
                self._progress.advance(failed=True)
        self._progress.expect(len(sources))
        self._pending.append(Job(source, self._known(source)) for source in sources)

    def _known(self, source: Source) -> str | None:
        return self._store.known(source.key, self._fingerprint, retry=self._settings.retry_failed)

    def _record(self, outcome: Outcome) -> None:
        if isinstance(outcome, Annotated):
            self._progress.advance(characters=self._store.add(outcome, self._fingerprint))
            self._new += 1
        elif isinstance(outcome, Unchanged):
            self._store.keep(outcome.key)
            self._progress.advance()
        elif isinstance(outcome, Failed):
            self._store.add_failure(outcome, self._fingerprint)
            self._progress.advance(failed=True)
        elif isinstance(outcome, Expanded):
            self._progress.expect(-1)
            self._add(outcome.found)
