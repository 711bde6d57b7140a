"""What runs on the machines of a Ray cluster: reading of letters, and the actor that annotates them. See `cluster`."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nlp.batch.jobs import Failed, Job, Outcome, WorkerSettings, too_long
from nlp.batch.local import LocalEngine, Target
from nlp.batch.worker import fetch
from nlp.documents.remote import is_remote
from nlp.errors import FanzhaError
from nlp.schema import ModelInfo

if TYPE_CHECKING:
    from pyarrow import Table

_COLUMN = "pickled"

SENT_MODEL = Path(".")
"""Where a node finds a model that came from the driver: Ray makes its folder the working directory of each process."""


Item = Job | Outcome | FanzhaError
"""What is handed from one to the next; an error is about the node, and ends the run."""


def pack(items: Iterable[Item]) -> Table:
    """Jobs and outcomes as a table that Ray Data hands on."""
    import pyarrow

    return pyarrow.table({_COLUMN: pyarrow.array([pickle.dumps(item) for item in items], pyarrow.large_binary())})


def unpack(table: Table) -> list[Item]:
    """What `pack` has packed."""
    return [pickle.loads(item.as_buffer()) for item in table.column(_COLUMN)]


def examine(settings: WorkerSettings) -> tuple[ModelInfo, str] | FanzhaError:
    """Loads the model on a node: what it is and the digest that its results are recorded under, or why it cannot."""
    from nlp.batch.run import fingerprint_of
    from nlp.inference.loading import load_predictor

    try:
        model = load_predictor(settings.model, device=settings.device, threads=1).model
        return model, fingerprint_of(settings, model).made_by
    except FanzhaError as error:
        return error


def is_read_by_workers(job: Job, *, shared: bool) -> bool:
    """Whether who annotates a letter reads it too; else its bytes are read beside the driver and travel.

    Files at URIs can be read from everywhere, paths only where they are `shared`. Members of archives and rows of
    tables at URIs travel: an archive is opened once, not by each worker.
    """
    source = job.source
    return shared or (is_remote(source.file) and source.container is None)


def read_letters(table: Table, *, settings: WorkerSettings, shared: bool) -> Iterator[Table]:
    """Some jobs with the bytes of their letters, or what became of them."""
    for job in unpack(table):
        assert isinstance(job, Job)
        yield pack([job if is_read_by_workers(job, shared=shared) else _fetch_in_time(job, settings)])


def open_containers(table: Table, *, settings: WorkerSettings) -> Iterator[Table]:
    """What the archives and tables of some jobs hold."""
    for job in unpack(table):
        assert isinstance(job, Job)
        yield pack([_fetch_in_time(job, settings)])


class Annotator:
    """The actor: a local engine with one process that holds the model.

    So a letter that crashes a library or takes too long costs itself alone, with the same words as on one machine,
    and the actor lives on.
    """

    def __init__(self, settings: WorkerSettings, chunk: int, target: Target) -> None:
        # A new process would run the script of this one, to find what was pickled out of it: nothing is.
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._engine = LocalEngine(settings, workers=1, chunk=chunk, target=target)
        self._started = False

    def __call__(self, table: Table) -> Iterator[Table]:
        items = unpack(table)
        yield pack(item for item in items if not isinstance(item, Job))
        try:
            if not self._started:
                self._engine.start()
                self._started = True
            for outcome in self._engine.run(item for item in items if isinstance(item, Job)):
                yield pack([outcome])
        except FanzhaError as error:
            yield pack([error])


def _fetch_in_time(job: Job, settings: WorkerSettings) -> Job | Outcome:
    """As `fetch`, but a disk that does not answer is not waited for longer than a letter may take."""
    fetched: list[Job | Outcome] = []
    thread = threading.Thread(target=lambda: fetched.append(fetch(job, settings)), daemon=True)
    thread.start()
    thread.join(settings.limits.seconds)
    if fetched:
        return fetched[0]
    return Failed(job.source.key, "read", *too_long(settings.limits.seconds), retryable=True)
