"""Processes that prepare letters and finish their results while a GPU runs the model.

Around the model a letter takes some milliseconds of Python, many times what a GPU takes for it. Helpers do that part
side by side; the process that holds the model only hands arrays to and fro.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp.documents.reading import Document
from nlp.errors import FanzhaError
from nlp.inference.backends import Scores
from nlp.inference.steps import Prepared, Steps, joined, own_rows
from nlp.inference.torch_backend import TorchBackend
from nlp.schema import Result
from nlp.text.tokenization import IntArray

_CHUNK_CHARACTERS = 16_000
_AHEAD = 4
"""Chunks for each helper that are prepared or finished ahead of what is asked for."""


@dataclass(frozen=True)
class Chunk:
    """Some letters, prepared.

    `letters` are the pickled `Prepared`, which only helpers open; `inputs` the windows of them all as a backend takes
    them, `own` the rows of each window's logits to keep.
    """

    letters: bytes
    inputs: list[tuple[IntArray, int]]
    own: list[slice]


class Helpers:
    """A pool of processes for the steps around a backend.

    They are started with the first letters and are there until `close`, or the end of this process. As with all
    processes of `multiprocessing`, a script that uses them does so behind `if __name__ == "__main__":`.
    """

    def __init__(self, steps: Steps, count: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would take over CUDA's state and its threads' locks
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(steps,))
        self._ahead = _AHEAD * count

    def predict(self, documents: Iterable[Document], backend: TorchBackend) -> Iterator[Result]:
        """The result of each document, in order; a bounded number is under way at a time.

        Raises:
            FanzhaError: where a helper has ended by itself.
        """
        preparing: deque[Future[Chunk]] = deque()
        waiting: deque[Chunk] = deque()
        finishing: deque[Future[list[Result]]] = deque()
        taken: list[Scores] = []

        def windows() -> Iterator[tuple[IntArray, int]]:
            chunks = _chunks(documents)
            while True:
                while len(preparing) < self._ahead and (chunk := next(chunks, None)):
                    preparing.append(self._pool.submit(_prepare, chunk))
                if not preparing:
                    return
                waiting.append(preparing.popleft().result())
                yield from waiting[-1].inputs

        def finish() -> None:
            while waiting and len(taken) == len(waiting[0].inputs):
                chunk = waiting.popleft()
                # As the backend has them: what is in fp16 is handed over in fp16.
                scores = np.concatenate(taken) if taken else joined([])
                finishing.append(self._pool.submit(_finish, chunk.letters, scores))
                taken.clear()

        try:
            for scores in backend.logits(windows()):
                finish()  # letters without windows stand before this one
                taken.append(scores[waiting[0].own[len(taken)]])
                finish()
                while finishing and (finishing[0].done() or len(finishing) > self._ahead):
                    yield from finishing.popleft().result()
            finish()
            while finishing:
                yield from finishing.popleft().result()
        except BrokenProcessPool:
            raise FanzhaError(
                "a process that prepares letters ended by itself", mend="is there enough memory?", retryable=True
            ) from None
        finally:
            pending: list[Future[Any]] = [*preparing, *finishing]
            for future in pending:
                future.cancel()

    def close(self) -> None:
        """Ends the processes."""
        self._pool.shutdown(cancel_futures=True)


def _chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """A few letters at a time: one alone would be less work than handing it over."""
    chunk: list[Document] = []
    characters = 0
    for document in documents:
        chunk.append(document)
        characters += len(document.text)
        if characters >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


_steps: Steps
"""In a helper: what it does."""


def _begin(steps: Steps) -> None:
    global _steps
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the first process decides
    _steps = steps


def _prepare(documents: list[Document]) -> Chunk:
    prepared = [_steps.prepare(document) for document in documents]
    return Chunk(
        pickle.dumps(prepared, pickle.HIGHEST_PROTOCOL),
        [window for one in prepared for window in _steps.inputs(one)],
        [own_rows(window) for one in prepared for window in one.windows],
    )


def _finish(letters: bytes, scores: Scores) -> list[Result]:
    prepared: list[Prepared] = pickle.loads(letters)
    results, first = [], 0
    for one in prepared:
        last = first + len(one.tokens)
        results.append(_steps.finish(one.document, one.structure, one.tokens, joined([scores[first:last]])))
        first = last
    return results
