"""The letters that wait for a process: a lane for each request or batch, served in turn."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

from nlp.batch.jobs import Job, Outcome
from nlp.documents.sources import Source


class Lane:
    """The letters of one request or batch.

    Args:
        name: tells it from all others; its letters' keys begin with it while they are in the engine.
        single: whether it is a request for one letter.
        answer: is called with each outcome, its key as it was submitted, in the engine's thread: it must be quick.
        broken: is called with the keys of those that will get none, when the engine went down with them in it.
    """

    def __init__(
        self,
        name: str,
        *,
        single: bool,
        answer: Callable[[Outcome], None],
        broken: Callable[[Sequence[str]], None],
    ) -> None:
        self.name, self.single, self.answer, self.broken = name, single, answer, broken
        self.waiting: deque[Source] = deque()


class Lanes:
    """All lanes, as the iterator of jobs that `nlp.batch.local.LocalEngine.run` asks.

    One letter is taken of each lane in turn: a batch of thousands lets a single letter pass after one of its own.

    Args:
        wake: the writing end of the pipe that the engine listens to; a byte in it says that there are letters.
    """

    def __init__(self, wake: Connection) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._turns: OrderedDict[str, Lane] = OrderedDict()
        self._taken: dict[str, tuple[Lane, str, float]] = {}
        self._woken = False
        self._ended: type[BaseException] | None = None

    def __iter__(self) -> Iterator[Job]:
        return self

    def __next__(self) -> Job:
        """The next job; more may come after the last."""
        with self._lock:
            self._woken = False
            if self._ended is not None:
                raise self._ended
            if not self._turns:
                raise StopIteration
            name, lane = self._turns.popitem(last=False)
            source = lane.waiting.popleft()
            if lane.waiting:
                self._turns[name] = lane
            key = f"{name}/{source.key}"
            self._taken[key] = (lane, source.key, time.monotonic())
            return Job(replace(source, key=key))

    def add(self, lane: Lane, sources: Iterable[Source]) -> None:
        """Puts letters at the end of a lane."""
        with self._lock:
            lane.waiting.extend(sources)
            if lane.waiting:
                self._turns.setdefault(lane.name, lane)
                self._send()

    def cancel(self, lane: Lane) -> None:
        """Takes out what still waits; what is under way will not be answered."""
        with self._lock:
            self._turns.pop(lane.name, None)
            lane.waiting.clear()
            for key in [key for key, (owner, _, _) in self._taken.items() if owner is lane]:
                del self._taken[key]

    def owner(self, key: str) -> tuple[Lane, str, float] | None:
        """The lane of an outcome, the key that it was submitted by, and when it was taken; None if it was cancelled."""
        with self._lock:
            return self._taken.pop(key, None)

    def waiting(self, *, single: bool) -> int:
        """How many letters wait, of single requests or of batches."""
        with self._lock:
            return sum(len(lane.waiting) for lane in self._turns.values() if lane.single == single)

    def fail(self) -> None:
        """Tells every lane that has letters here that they will not be answered, and forgets them."""
        with self._lock:
            lost: dict[str, tuple[Lane, list[str]]] = {}
            for lane, key, _ in self._taken.values():
                lost.setdefault(lane.name, (lane, []))[1].append(key)
            for lane in self._turns.values():
                lost.setdefault(lane.name, (lane, []))[1].extend(source.key for source in lane.waiting)
                lane.waiting.clear()
            self._turns.clear()
            self._taken.clear()
        for lane, keys in lost.values():
            lane.broken(keys)

    def end(self, error: type[BaseException]) -> None:
        """From now on the engine gets `error` when it asks for a job."""
        with self._lock:
            self._ended = error
            self._send()

    def _send(self) -> None:
        """No more than one byte is in the pipe: it would fill up while the engine is busy."""
        if not self._woken:
            self._woken = True
            self._wake.send_bytes(b".")
