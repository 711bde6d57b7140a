"""A stand-in for the process that annotates: letters are really read; what is done with one is said by its name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from nlp.batch.jobs import WorkerSettings
from nlp.batch.worker import annotate
from nlp.documents.reading import Document
from nlp.errors import FanzhaError
from nlp.schema import DocumentInfo, Measure, ModelInfo, Result

MODEL = ModelInfo(name="stand-in", version="1", backend="none", device="cpu")
_SLOW_SECONDS = 0.15


class StandIn:
    """A predictor that takes the first character for a measure."""

    def predict(self, documents: Sequence[Document]) -> Iterator[Result]:
        for document in documents:
            if "internal" in str(document.path):
                raise ValueError(f"cannot do {document.text}")
            info = DocumentInfo(
                id=document.id, path=document.path, sha256=document.sha256, characters=len(document.text)
            )
            first = Measure(start=0, end=1, text=document.text[0], category="打击", status="done", score=0.5)
            yield Result(document=info, model=MODEL, measures=[first], claims=[])


def serve(connection: Connection, settings: WorkerSettings) -> None:
    """As `nlp.batch.worker.serve`; it cannot start where `settings.model` is there."""
    if settings.model is not None and settings.model.exists():
        connection.send(FanzhaError("is broken", path=settings.model, mend="mend it"))
        return
    connection.send(MODEL)
    predictor: Any = StandIn()
    try:
        while True:
            jobs = connection.recv()
            for job in jobs:
                name = job.source.key
                if "crash" in name:
                    os.kill(os.getpid(), 11)
                if "hang" in name:
                    time.sleep(1000)
                if "slow" in name:
                    time.sleep(_SLOW_SECONDS)
            for outcome in annotate(jobs, predictor, settings):
                connection.send(outcome)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
