"""The engine of `fanzha annotate` in a thread of its own, for letters that come from many clients."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from nlp.batch.jobs import Annotated, Expanded, Outcome, WorkerSettings
from nlp.batch.local import LocalEngine, Target
from nlp.batch.worker import serve
from nlp.documents.sources import Source
from nlp.errors import FanzhaError
from nlp.output.jsonl import to_json_line
from nlp.schema import ModelInfo, Result
from nlp.web.lanes import Lane, Lanes

_STOP_SECONDS = 1.0
"""What letters under way are given to end when the server does."""
_LONGEST_PAUSE = 60.0


class Observer(Protocol):
    """Is told of each outcome and the seconds since a process took it, in the engine's thread."""

    def __call__(self, outcome: Outcome, seconds: float) -> None: ...


class _Stopped(Exception):
    """The engine is to end now, whatever waits."""


class Engine:
    """Annotates the letters of lanes; to be used in a `with` block, which ends it and its processes.

    Its processes come back by themselves (see `LocalEngine`). Where one cannot be started, the engine is down, all
    letters in it are told so, and it is tried again after a pause.

    Args:
        settings: how letters are read and predicted.
        workers: how many processes.
        chunk: how many letters a process takes at a time.
        target: what a process does.
    """

    def __init__(self, settings: WorkerSettings, *, workers: int, chunk: int = 1, target: Target = serve) -> None:
        self.settings, self.workers = settings, workers
        self._chunk, self._target = chunk, target
        self._listen, self._wake = multiprocessing.Pipe(duplex=False)
        self.lanes = Lanes(self._wake)
        self.observer: Observer | None = None
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._model: ModelInfo | None = None
        self._error: FanzhaError | None = None
        self._local: LocalEngine | None = None
        self._seconds = 0.5

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def model(self) -> ModelInfo:
        """What predicts."""
        assert self._model is not None, "the engine was not started"
        return self._model

    @property
    def is_up(self) -> bool:
        """Whether letters are annotated."""
        return self._local is not None and self._thread.is_alive()

    @property
    def replaced(self) -> int:
        """How many processes were replaced since the engine came up."""
        return 0 if self._local is None else self._local.replaced

    def start(self, *, scratch: Path | None = None) -> ModelInfo:
        """Starts the processes and waits for the model.

        Args:
            scratch: a folder for their temporary files, which may be copies of letters; None: as the settings say.

        Raises:
            FanzhaError: where it cannot be loaded.
        """
        if scratch is not None:
            self.settings = replace(self.settings, scratch=scratch)
        self._thread.start()
        while not self._settled.wait(0.2):  # a wait without end would keep Ctrl-C out on Windows
            pass
        if self._error is not None:
            raise self._error
        return self.model

    def stop(self) -> None:
        """Ends it: waiting letters are dropped, those under way are given a second, then their processes are killed."""
        self._stopping.set()
        if not self._thread.is_alive():
            return
        with contextlib.suppress(OSError):
            self.lanes.end(_Stopped)
        self._thread.join(_STOP_SECONDS)
        while self._thread.is_alive():
            for process in multiprocessing.active_children():  # a server has no others
                process.kill()
            self._thread.join(0.2)

    def submit(self, lane: Lane, sources: Iterable[Source]) -> None:
        """Puts letters into a lane; its `answer` gets an outcome for each. From any thread."""
        self.lanes.add(lane, sources)

    def cancel(self, lane: Lane) -> None:
        """Drops the letters of a lane; it gets no more outcomes."""
        self.lanes.cancel(lane)

    def wait_seconds(self, letters: int) -> int:
        """When that many letters may have been done, from 1 to 60 seconds."""
        return max(1, min(60, round(letters * self._seconds / self.workers)))

    def _work(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            try:
                with LocalEngine(self.settings, workers=self.workers, chunk=self._chunk, target=self._target) as local:
                    self._model = local.start()
                    self._local, pause = local, 1.0
                    self._settled.set()
                    for outcome in local.run(self.lanes, more=self._listen):
                        self._answer(outcome)
            except _Stopped:
                return
            except Exception as error:  # no process to be had: memory, the model's files
                if not self._settled.is_set():
                    self._error = error if isinstance(error, FanzhaError) else FanzhaError(f"cannot start: {error}")
                    self._settled.set()
                    return
            finally:
                self._local = None
                self.lanes.fail()
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _answer(self, outcome: Outcome) -> None:
        if self._stopping.is_set():
            raise _Stopped
        found = self.lanes.owner(outcome.key)
        if found is None:
            return
        lane, key, since = found
        seconds = time.monotonic() - since
        self._seconds += 0.05 * (seconds - self._seconds)
        if self.observer is not None:
            self.observer(outcome, seconds)
        lane.answer(_renamed(outcome, lane.name, key))


def _renamed(outcome: Outcome, lane: str, key: str) -> Outcome:
    """An outcome with the keys that were submitted, without the lane before them."""
    if isinstance(outcome, Annotated):
        result = Result.model_validate_json(outcome.result)
        document = result.document.model_copy(update={"path": key})
        return replace(outcome, key=key, result=to_json_line(result.model_copy(update={"document": document})))
    if isinstance(outcome, Expanded):
        start = len(lane) + 1
        return Expanded(key, tuple(replace(one, key=one.key[start:]) for one in outcome.found))
    return replace(outcome, key=key)
