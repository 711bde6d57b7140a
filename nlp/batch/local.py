"""The engine of one machine: processes that annotate, watched over by this one.

A process that ends by itself (a crash in a library, no memory) or takes too long is replaced. The letter it was at is a
failure; where it had several in hand, each is tried once more by itself.
"""

from __future__ import annotations

import math
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from nlp.batch.jobs import Failed, Job, Outcome, Stage, WorkerSettings, too_long
from nlp.batch.worker import serve
from nlp.errors import FanzhaError
from nlp.inference.backends import available_cores
from nlp.inference.loading import on_gpu
from nlp.schema import ModelInfo

Target = Callable[[Connection, WorkerSettings], None]

_START_SECONDS = 300.0
_GPU_CHUNK = 32
_STOP_SECONDS = 2.0
_MOST_FAILED_STARTS = 3
"""In a row, after the first process has started: memory may be short for a moment."""


def crew_of(settings: WorkerSettings, workers: int | None) -> tuple[int, int]:
    """How many processes, and how many letters each is given at a time.

    A GPU predicts many letters together in one process; cores take one each. `workers` has the last word on the first.

    Raises:
        FanzhaError: where there is no such device, or no such model.
    """
    gpu = on_gpu(settings.model, settings.device)
    return workers or (1 if gpu else available_cores()), _GPU_CHUNK if gpu else 1


class LocalEngine:
    """Annotates letters in processes of its own.

    Args:
        settings: how.
        workers: how many processes; each holds the model.
        chunk: how many letters a process is given at a time: one, or more where it predicts them together on a GPU.
        target: what a process does.

    To be used in a `with` block, which ends the processes.
    """

    def __init__(self, settings: WorkerSettings, *, workers: int, chunk: int = 1, target: Target = serve) -> None:
        self._settings, self._count, self._chunk, self._target = settings, workers, chunk, target
        self._workers: list[_Worker] = []
        self._failed_starts = 0
        self.replaced = 0
        """How many processes have been replaced."""

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    def start(self) -> ModelInfo:
        """Starts the processes and waits for the first to have the model loaded.

        Raises:
            FanzhaError: where it cannot be loaded.
        """
        self._workers = [_Worker(self._settings, self._target) for _ in range(self._count)]
        return self._workers[0].model()

    def run(self, jobs: Iterator[Job], *, more: Connection | None = None) -> Iterator[Outcome]:
        """The outcome of each job, as they come.

        Args:
            jobs: asked for the next one whenever a process is idle; after it has ended it is asked again for as long
                as others are under way, so that what an outcome brings to light can be added.
            more: the reading end of a pipe, where jobs come from other threads: a byte in it says that there are new
                ones to ask for. This then ends only when the pipe's other end is closed.
        """
        alone: deque[Job] = deque()
        ahead: list[Job] = []
        while True:
            for i in range(len(self._workers)):
                if not self._is_idle(i):
                    continue
                given = [alone.popleft()] if alone else ahead or _take(jobs, self._chunk)
                ahead = [] if given is ahead else ahead
                if given:
                    self._workers[i].give(given)
            if not any(worker.jobs for worker in self._workers) and more is None:
                ahead = ahead or _take(jobs, self._chunk)  # processes may still be starting
                if not alone and not ahead:
                    return
            lines = [worker.connection for worker in self._workers] + ([] if more is None else [more])
            first = min(worker.deadline for worker in self._workers) - time.monotonic()
            if more in wait(lines, timeout=None if first == math.inf else max(0.0, first)):
                more = more if more is not None and _is_open(more) else None
            for i, worker in enumerate(self._workers):
                yield from worker.outcomes()
                reason = worker.failure()
                if reason is None:
                    continue
                self._replace(i)
                if len(worker.jobs) == 1:
                    (job,) = worker.jobs.values()
                    yield Failed(job.source.key, worker.stage, *reason, retryable=True)
                else:
                    alone.extend(worker.jobs.values())

    def _is_idle(self, i: int) -> bool:
        """Whether a process can be given jobs; one that has ended with nothing in hand is replaced."""
        if self._workers[i].has_ended():
            self._replace(i)
        try:
            idle = self._workers[i].is_idle()
        except FanzhaError:
            self._failed_starts += 1
            if self._failed_starts > _MOST_FAILED_STARTS:
                raise
            self._replace(i)
            return False
        if idle:
            self._failed_starts = 0
        return idle

    def _replace(self, i: int) -> None:
        self._workers[i].stop()
        self._workers[i] = _Worker(self._settings, self._target)
        self.replaced += 1


def _is_open(more: Connection) -> bool:
    """Takes what is in the pipe; False when its other end is closed."""
    try:
        while more.poll():
            more.recv_bytes()
    except EOFError:
        return False
    return True


class _Worker:
    """A process, and the jobs it has in hand."""

    def __init__(self, settings: WorkerSettings, target: Target) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=target, args=(theirs, settings), daemon=True)
        with _interrupts_ignored():
            self.process.start()
        theirs.close()
        self.jobs: dict[str, Job] = {}
        self.stage: Stage = "read"
        self.deadline = time.monotonic() + _START_SECONDS
        self._seconds = settings.limits.seconds
        self._model: ModelInfo | None = None
        self._gone = False

    def model(self) -> ModelInfo:
        """Waits until it has the model loaded.

        Raises:
            FanzhaError: where it cannot be loaded.
        """
        if self._model is None:
            message = self._receive() if self.connection.poll(max(0.0, self.deadline - time.monotonic())) else None
            if isinstance(message, FanzhaError):
                raise message
            if not isinstance(message, ModelInfo):
                mend = "is there enough memory? use fewer --workers"
                raise FanzhaError(f"a worker process could not start ({self._end()})", mend=mend)
            self._model = message
            self.deadline = math.inf
        return self._model

    def is_idle(self) -> bool:
        """Whether it can be given jobs.

        Raises:
            FanzhaError: where it could not start.
        """
        if self._model is None and (self.connection.poll() or time.monotonic() > self.deadline):
            self.model()
        return self._model is not None and not self.jobs

    def has_ended(self) -> bool:
        """Whether it has ended by itself after it had started, with no jobs in hand."""
        if self._model is not None and not self.jobs and not self._gone and self.connection.poll():
            self._receive()
        return self._model is not None and not self.jobs and self._gone

    def give(self, jobs: list[Job]) -> None:
        """Hands jobs to an idle one."""
        self.jobs = {job.source.key: job for job in jobs}
        self._extend()
        try:
            self.connection.send(jobs)
        except OSError:
            self._gone = True

    def outcomes(self) -> Iterator[Outcome]:
        """What it has answered since it was last asked."""
        while self.jobs and not self._gone and self.connection.poll():
            message = self._receive()
            if message is None:
                return
            if message == "predict":
                self.stage = "predict"
                self._extend()
                continue
            del self.jobs[message.key]
            self._extend()
            self.stage = "read" if not self.jobs else self.stage
            yield message

    def failure(self) -> tuple[str, str] | None:
        """Why its jobs in hand will not be answered, and the mend; None where all is well."""
        if not self.jobs:
            return None
        if self._gone:
            return f"the process that worked on it ended ({self._end()})", "is there enough memory? use fewer --workers"
        if time.monotonic() > self.deadline:
            return too_long(self._seconds)
        return None

    def stop(self) -> None:
        """Ends the process: asks it by closing the line, or by a signal where it works on, and kills it if need be."""
        self.connection.close()
        if self.jobs or self._model is None:
            self.process.terminate()
        self.process.join(_STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _receive(self) -> Any:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self._gone = True
            return None

    def _extend(self) -> None:
        """A letter's time runs from when its turn may have come: several in hand have it together."""
        seconds = self._seconds * len(self.jobs)
        self.deadline = time.monotonic() + seconds if self.jobs else math.inf

    def _end(self) -> str:
        self.process.join(_STOP_SECONDS)
        code = self.process.exitcode
        return "it did not answer" if code is None else f"signal {-code}" if code < 0 else f"exit status {code}"


def _take(jobs: Iterator[Job], count: int) -> list[Job]:
    taken = []
    for _ in range(count):
        job = next(jobs, None)
        if job is None:
            break
        taken.append(job)
    return taken


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A new process takes over (not on Windows) that Ctrl-C is ignored: none hits it before it can say so itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
