"""The process that reads and predicts letters. What kills it, or makes it hang, costs one letter: see `local`."""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from nlp.batch.jobs import Annotated, Expanded, Failed, Job, Outcome, Stage, Unchanged, WorkerSettings
from nlp.documents.reading import Document
from nlp.documents.sources import decode_source, expand, read_source
from nlp.errors import FanzhaError, printable

if TYPE_CHECKING:
    from nlp.inference.predictor import Predictor

_Read = tuple[Job, Document, str]
"""A letter that was read, and the SHA-256 of the bytes it came from."""


def serve(connection: Connection, settings: WorkerSettings) -> None:
    """Answers lists of jobs with an outcome for each job, until the other end is gone.

    It first sends the `ModelInfo` of the model it has loaded, or the FanzhaError that it could not. Then, for a list of
    jobs, their outcomes in any order, and the word `predict` where it goes from reading to predicting.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the first process decides
    signal.signal(signal.SIGTERM, _end)
    if settings.scratch is not None:
        tempfile.tempdir = os.path.abspath(settings.scratch)
    try:
        from nlp.inference.loading import load_predictor

        try:
            predictor = load_predictor(settings.model, device=settings.device, threads=settings.threads)
        except FanzhaError as error:
            connection.send(error)
            return
        connection.send(predictor.model)
        while True:
            for outcome in annotate(connection.recv(), predictor, settings):
                connection.send(outcome)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end(*_: object) -> None:
    """Ends the process in good order: LibreOffice, if it runs, is ended with it."""
    raise SystemExit


def annotate(jobs: Sequence[Job], predictor: Predictor, settings: WorkerSettings) -> Iterator[Outcome | Stage]:
    """The outcome of each job, in any order."""
    read: list[_Read] = []
    for job in jobs:
        answer = _read(job, settings)
        if isinstance(answer, tuple):
            read.append((job, *answer))
        else:
            yield answer
    if not read:
        return
    yield "predict"
    yield from _predict(read, predictor, settings.min_score)


def fetch(job: Job, settings: WorkerSettings) -> Outcome | Job:
    """The job with the bytes of its letter, or the outcome that it has without them being looked into."""
    source = job.source
    try:
        if source.member is None and source.container is not None:
            return Expanded(source.key, tuple(expand(source, limits=settings.limits, text_field=settings.text_field)))
        data = read_source(source, limits=settings.limits)
    except FanzhaError as error:
        return Failed.of(error, source.key)
    except Exception as error:
        return _internal(source.key, "read", error, None)
    return Unchanged(source.key) if hashlib.sha256(data).hexdigest() == job.known else replace(job, data=data)


def _read(job: Job, settings: WorkerSettings) -> Outcome | tuple[Document, str]:
    """A letter and the SHA-256 of the bytes it came from, or the outcome that the job has already."""
    fetched = job if job.data is not None else fetch(job, settings)
    if not isinstance(fetched, Job):
        return fetched
    assert fetched.data is not None
    source, data = fetched.source, fetched.data
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return decode_source(source, data, limits=settings.limits, text_field=settings.text_field), sha256
    except FanzhaError as error:
        return Failed.of(error, source.key, sha256=sha256)
    except Exception as error:
        return _internal(source.key, "read", error, sha256)


def _predict(read: Sequence[_Read], predictor: Predictor, min_score: float) -> Iterator[Outcome]:
    """The outcomes of letters, predicted together; where that fails, one by one."""
    from nlp.output.jsonl import to_json_line

    try:
        results = [result.at_least(min_score) for result in predictor.predict([document for _, document, _ in read])]
    except Exception as error:
        if len(read) > 1:
            for one in read:
                yield from _predict([one], predictor, min_score)
            return
        job, _, sha256 = read[0]
        yield _internal(job.source.key, "predict", error, sha256)
        return
    for (job, document, sha256), result in zip(read, results, strict=True):
        yield Annotated(job.source.key, sha256, document.text, to_json_line(result), document.warnings)


def _internal(key: str, stage: Stage, error: Exception, sha256: str | None) -> Failed:
    """What nobody foresaw: a fault of ours, of a library, or no memory."""
    if isinstance(error, MemoryError):
        return Failed(key, stage, "there is not enough memory for it", "run with fewer --workers", True, sha256)
    reason = f"internal fault ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
    return Failed(key, stage, printable(reason), "please report it", False, sha256)
