"""One batch: its letters are given to the engine, recorded in its folder, and written out as they are asked for.

All of it but the upload happens in a thread of its own, which alone touches the record: see `nlp.batch.store`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field

from nlp.batch.jobs import Annotated, Expanded, Failed, Outcome, Stage
from nlp.batch.store import Fingerprint, Store
from nlp.documents.sources import Skipped, Source, skip_reason, unique
from nlp.errors import FanzhaError
from nlp.output.letters import AnnotatedLetter
from nlp.web.downloads import Download, open_download
from nlp.web.engine import Engine
from nlp.web.faults import Refusal
from nlp.web.lanes import Lane
from nlp.web.letters import letter_json
from nlp.web.uploads import Upload

State = Literal["waiting", "running", "done"]
_T = TypeVar("_T")

MOST_FAILURES = 1000
"""How many failures and notes a status lists."""
_UNDER_WAY = 64
"""How many letters of a batch the engine has at a time: enough for two chunks, and no more results than that are held
before they are recorded."""
_MOST_CHARACTERS = 5_000_000
"""Of the letters in one answer; a single letter is given whatever its length."""
_FINGERPRINT = Fingerprint("", "")
"""A batch is annotated once: nothing is asked of an earlier run."""


class Failure(BaseModel):
    """A letter that has no result."""

    path: str
    stage: Stage
    reason: str
    mend: str | None
    retryable: bool


class Note(BaseModel):
    """A file that was skipped, or a warning about a letter."""

    path: str
    kind: str
    note: str


class BatchStatus(BaseModel):
    """How far a batch is; `total` grows while archives are opened."""

    id: str
    state: State
    total: int
    annotated: int
    failed: int
    characters: int
    failures: list[Failure] = Field(description=f"the first {MOST_FAILURES}")
    notes: list[Note] = Field(description=f"the first {MOST_FAILURES}")


class Batch:
    """See the module.

    Args:
        name: its id.
        folder: its own; goes with it.
        engine: annotates.
        letters: how many it may hold.
    """

    def __init__(self, name: str, folder: Path, engine: Engine, *, letters: int) -> None:
        self.name, self.folder = name, folder
        self._engine, self._most = engine, letters
        self._lane = Lane(name, single=False, answer=self._answered, broken=self._lost)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch")
        self._closed = False
        self._fault: FanzhaError | None = None
        self._store: Store | None = None
        self._pending: deque[Source] = deque()
        self._under_way: set[str] = set()
        self._sources: dict[str, Source] = {}
        self._left: dict[str, int] = {}
        self._keys: set[str] = set()
        self._warnings: dict[str, tuple[str, ...]] = {}
        self._notes: list[Note] | None = None
        self._total = self._annotated = self._failed = self._characters = 0
        self._state: State = "waiting"

    @property
    def is_done(self) -> bool:
        """Whether each of its letters has a result or has failed."""
        return self._state == "done"

    @property
    def waiting(self) -> int:
        """How many letters the engine was not yet given."""
        return len(self._pending)

    async def start(self, uploads: Sequence[Upload]) -> None:
        """Begins to annotate."""
        await self._in_thread(self._start, uploads)

    async def status(self) -> BatchStatus:
        """How far it is."""
        return await self._in_thread(self._status)

    async def letters(self, first: int, count: int) -> str:
        """Some of the letters that are annotated, by their place in the order of paths, as JSON."""
        return await self._in_thread(self._page, first, count)

    async def download(self, form: str) -> Download:
        """A file of all results.

        Raises:
            Refusal: 409 before all is done.
        """
        if not self.is_done:
            raise Refusal(409, "the batch is not finished", mend="wait until its state is done", path=None)
        return await self._in_thread(self._download, form)

    async def close(self) -> None:
        """Drops what is not yet annotated and removes all files."""
        self._closed = True
        self._engine.cancel(self._lane)
        removal = self._thread.submit(self._remove)
        self._thread.shutdown(wait=False)
        await asyncio.wrap_future(removal)

    async def _in_thread(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """What a function gives in the thread of the batch.

        Raises:
            Refusal: 404 where it was removed meanwhile, 500 where its record cannot be read or written.
        """
        if self._closed:
            raise Refusal(404, "the batch was removed")
        try:
            return await asyncio.wrap_future(self._thread.submit(self._guarded, function, *arguments))
        except (FanzhaError, Refusal) as error:
            if self._closed:
                raise Refusal(404, "the batch was removed") from None
            if isinstance(error, Refusal):
                raise
            raise Refusal(500, error.message, mend="see that the server has room, and send the letters again") from None

    def _guarded(self, function: Callable[..., _T], *arguments: Any) -> _T:
        if self._closed:
            raise FanzhaError("was removed")
        if self._fault is not None:
            raise self._fault
        return function(*arguments)

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        """Has a function run in the thread; a fault of the record ends the batch, whose answers then name it."""

        def run() -> None:
            try:
                self._guarded(function, *arguments)
            except Exception as error:
                ours = FanzhaError(f"internal fault ({type(error).__name__})", mend="please report it")
                self._fault = error if isinstance(error, FanzhaError) else ours
                self._state = "done"
                self._engine.cancel(self._lane)

        with contextlib.suppress(RuntimeError):  # it was closed this moment
            self._thread.submit(run)

    def _answered(self, outcome: Outcome) -> None:
        self._later(self._record, outcome)

    def _lost(self, keys: Sequence[str]) -> None:
        self._later(self._fail, keys)

    # From here on in the thread of the batch.

    def _start(self, uploads: Sequence[Upload]) -> None:
        self._store = Store(self.folder / "letters.sqlite")
        sources: list[Source] = []
        for upload in uploads:
            reasons = [skip_reason(part) for part in upload.name.split("/")]
            if upload.fault is not None:
                self._total += 1
                self._add_failure(Failed.of(upload.fault, self._own_key(upload.name)))
            elif "" in reasons:
                pass
            elif reasons[-1] is not None:
                self._add_skipped(self._own_key(upload.name), reasons[-1])
            elif upload.file is not None:
                sources.append(Source(self._own_key(upload.name), str(upload.file)))
                self._left[str(upload.file)] = 1
                continue
            if upload.file is not None:
                _unlink(upload.file)
        self._expect(sources)

    def _own_key(self, name: str) -> str:
        """A key that no other file or letter of the batch has: uploads and members of archives may be named alike."""
        return unique(name, self._keys)

    def _expect(self, sources: Iterable[Source]) -> None:
        sources = list(sources)
        self._total += len(sources)
        self._pending.extend(sources)
        self._feed()

    def _feed(self) -> None:
        """Gives the engine what it may have; is asked after each outcome."""
        given = []
        while self._pending and len(self._under_way) < _UNDER_WAY:
            source = self._pending.popleft()
            self._under_way.add(source.key)
            self._sources[source.key] = source
            given.append(source)
        if given:
            self._engine.submit(self._lane, given)
        if not self._under_way:
            self._store_of().commit()
            self._state = "done"

    def _record(self, outcome: Outcome) -> None:
        if outcome.key not in self._under_way:  # it was lost, and told so
            return
        self._state = "running"
        self._under_way.remove(outcome.key)
        source = self._sources.pop(outcome.key)
        if isinstance(outcome, Annotated):
            self._characters += self._store_of().add(outcome, _FINGERPRINT)
            self._annotated += 1
            if outcome.warnings:
                self._warnings[outcome.key], self._notes = outcome.warnings, None
        elif isinstance(outcome, Failed):
            self._add_failure(outcome)
        elif isinstance(outcome, Expanded):
            self._total -= 1
            self._open_container(outcome, source)
        self._left[source.file] -= 1
        if not self._left[source.file]:
            del self._left[source.file]
            _unlink(Path(source.file))
        self._feed()

    def _open_container(self, expanded: Expanded, source: Source) -> None:
        found = [one for one in expanded.found if isinstance(one, Source)]
        if self._total + len(found) > self._most:
            mend = "send fewer letters at a time, or raise --max-letters"
            fault = FanzhaError(f"makes more than {self._most} letters of the batch", mend=mend)
            self._total += 1
            self._add_failure(Failed.of(fault, source.key))
            return
        for one in expanded.found:
            key = self._own_key(one.key)
            if isinstance(one, Skipped):
                self._add_skipped(key, one.reason)
            else:
                self._pending.append(replace(one, key=key))
        self._left[source.file] += len(found)
        self._total += len(found)

    def _fail(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._record(Failed(key, "predict", "the engine went down", "send it again in a while", True))

    def _add_skipped(self, key: str, reason: str) -> None:
        self._store_of().add_note(key, reason)
        self._notes = None

    def _add_failure(self, failed: Failed) -> None:
        self._store_of().add_failure(failed, _FINGERPRINT)
        self._failed += 1

    def _status(self) -> BatchStatus:
        store = self._store_of()
        if self._notes is None:  # sorted by the record, so asked anew only where there are more
            self._notes = [Note.model_validate(note) for note in islice(store.notes(), MOST_FAILURES)]
        return BatchStatus(
            id=self.name, state=self._state, total=self._total, annotated=self._annotated, failed=self._failed,
            characters=self._characters,
            failures=[Failure.model_validate_json(line) for line in islice(store.failures(), MOST_FAILURES)],
            notes=self._notes,
        )  # fmt: skip

    def _page(self, first: int, count: int) -> str:
        store = self._store_of()
        found: list[str] = []
        characters = 0
        for result, text in store.letters().lines(first, count):
            characters += len(text)
            if found and characters > _MOST_CHARACTERS:
                break
            path = json.loads(result)["document"]["path"] if self._warnings else ""
            found.append(letter_json(result, text, self._warnings.get(path, ())))
        return f'{{"letters": [{", ".join(found)}], "total": {self._annotated}}}'

    def _download(self, form: str) -> Download:
        return open_download(form, _Letters(self), self.folder / "downloads")

    def _remove(self) -> None:
        if self._store is not None:
            self._store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _store_of(self) -> Store:
        assert self._store is not None, "the batch was not started"
        return self._store


class _Letters:
    """The letters of a batch, see `nlp.output.letters.Letters`; a removed batch has none any more."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __iter__(self) -> Iterator[AnnotatedLetter]:
        for letter in self._batch._store_of().letters():
            self._check()
            yield letter

    def __len__(self) -> int:
        return len(self._batch._store_of().letters())

    def lines(self) -> Iterator[str]:
        for line, _ in self._batch._store_of().letters().lines():
            self._check()
            yield line

    def _check(self) -> None:
        if self._batch._closed:
            raise FanzhaError("was removed")


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # Windows, where a process still reads it: it goes with the folder
        return
