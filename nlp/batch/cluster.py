"""The engine of many machines: Ray Data reads letters beside the driver and streams them to actors that annotate.

    jobs ─ tasks on the driver's node: read bytes ─ blocks ─ a pool of actors on all nodes: annotate ─ outcomes ─ driver

Blocks wait in Ray's object store, which holds reading back when actors do not keep up; the driver holds jobs and the
outcomes of a block. What Ray loses with a process or a node has no outcome, and is given out again: the driver counts.
A letter that is lost again when it is given out by itself is a failure.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from nlp.batch.cluster_head import check_address, watched
from nlp.batch.cluster_work import SENT_MODEL, Annotator, examine, open_containers, pack, read_letters, unpack
from nlp.batch.jobs import Failed, Job, Outcome, WorkerSettings
from nlp.batch.local import Target
from nlp.batch.run import fingerprint_of
from nlp.batch.worker import serve
from nlp.documents.remote import is_remote
from nlp.errors import FanzhaError, printable
from nlp.inference.loading import on_gpu
from nlp.schema import ModelInfo

if TYPE_CHECKING:
    from ray.data import Dataset

_MOST_JOBS = 100_000
"""That one pipeline is given: the driver holds no more at a time."""
_BLOCK_BYTES = 16_000_000
_LETTERS_A_BLOCK, _LETTERS_A_BLOCK_ON_GPU = 8, 64
_BLOCKS_AN_ACTOR = 2
_GPU_CHUNK = 32
_TIMES_ALONE = 2
_FRUITLESS_PIPELINES = 3
_EXAMINE_SECONDS = 300.0
_INSTALL = "pip install 'fanzha-nlp[ray]'"


class RayEngine:
    """Annotates letters on a Ray cluster; see `nlp.batch.run.Engine`.

    Args:
        settings: how. `auto` as device is the CPU: the same on all nodes. A model folder is sent to the nodes.
        address: `HOST:PORT` of the head node; None for $RAY_ADDRESS, a cluster that was started on this machine, or a
            new one of this machine alone.
        workers: actors at most; None for as many as there are cores, or GPUs, also on nodes that join later.
        shared: all nodes see the letters at the same paths and read them themselves.
        target: what the process of an actor does, as `LocalEngine` takes it.

    To be used in a `with` block, which leaves the cluster.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        address: str | None = None,
        workers: int | None = None,
        shared: bool = False,
        target: Target = serve,
    ) -> None:
        self._here = settings if settings.device != "auto" else replace(settings, device="cpu")
        self._there = replace(self._here, scratch=None, model=None if settings.model is None else SENT_MODEL)
        self._address, self._workers, self._shared, self._target = address, workers, shared, target
        self._connected = False

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connected:
            import ray

            ray.shutdown()

    def start(self) -> ModelInfo:
        """Joins the cluster and has every node load the model.

        Raises:
            FanzhaError: where Ray is not installed, the cluster cannot be reached, or a node has no such model, another
                version of this package, or none.
        """
        if importlib.util.find_spec("ray") is None:
            raise FanzhaError("--engine ray needs ray, which is not installed", mend=_INSTALL)
        if self._here.device.startswith("cuda:"):
            raise FanzhaError(f"Ray gives out the GPUs, so there is no {self._here.device}", mend="use --device cuda")
        self._gpu = on_gpu(self._here.model, self._here.device)
        self._connect()
        return self._examine_nodes()

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome]:
        """The outcome of each job, as they come; archives and tables first, so that `jobs` gives what they hold."""
        import ray

        with watched(ray.get_runtime_context().gcs_address):
            yield from self._run(jobs)

    def _run(self, jobs: Iterator[Job]) -> Iterator[Outcome]:
        letters: list[Job] = []
        while True:
            containers: list[Job] = []
            while len(letters) + len(containers) < _MOST_JOBS and (job := next(jobs, None)) is not None:
                if not is_remote(job.source.file):  # processes of Ray have a working directory of their own
                    job = replace(job, source=replace(job.source, file=os.path.abspath(job.source.file)))
                is_container = job.source.member is None and job.source.container is not None
                (containers if is_container else letters).append(job)
            if containers:
                yield from self._all(containers, self._opening)
            elif letters:
                yield from self._all(letters, self._annotating)
                letters = []
            else:
                return

    def _connect(self) -> None:
        address = self._address or os.environ.get("RAY_ADDRESS") or None
        check_address(address)
        _hush()
        import ray
        import ray.data

        model = self._here.model
        try:
            with _stderr_closed():
                ray.init(
                    address=address,
                    runtime_env=None if model is None else {"working_dir": str(model)},
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                )
        except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            cause = error.__cause__ or error.__context__
            if "AuthenticationError" in f"{error!r} {cause!r}":
                mend = "set RAY_AUTH_MODE=token, with the token of the cluster in ~/.ray/auth_token"
                raise FanzhaError("the Ray cluster asks for its token", path=address, mend=mend) from None
            raise FanzhaError(
                f"the Ray cluster cannot be joined: {_first_line(error)}",
                path=address,
                mend="is it running, with the same versions of Ray and Python, and a node of it on this machine? "
                "see docs/cluster.md",
            ) from None
        self._connected = True
        for handler in logging.getLogger("ray.data").handlers:
            if type(handler).__name__ != "SessionFileHandler":  # files have it all, the terminal has our own lines
                handler.setLevel(logging.CRITICAL + 1)

    def _examine_nodes(self) -> ModelInfo:
        import ray

        kind = "GPU" if self._gpu else "CPU"
        nodes = {
            node["NodeID"]: node["NodeManagerAddress"]
            for node in ray.nodes()
            if node["Alive"] and node["Resources"].get(kind, 0) >= 1
        }
        if not nodes:
            raise FanzhaError(f"the cluster has no {kind}", mend="start a node with one: ray start --address=HOST:PORT")
        task = ray.remote(examine)
        asked = {
            node: task.options(
                num_cpus=0, num_gpus=0.01 if self._gpu else 0, label_selector={"ray.io/node-id": node}, max_retries=0
            ).remote(self._there)
            for node in nodes
        }
        found: ModelInfo | None = None
        for node, answer in asked.items():
            model = self._examined(answer, nodes[node])
            found = found or model
        if found is None:
            raise FanzhaError("no node of the cluster answers", mend="ray status")
        return found

    def _examined(self, answer: Any, node: str) -> ModelInfo | None:
        """What a node has found, None where it is lost: others will do its work."""
        import ray
        from ray.exceptions import GetTimeoutError, NodeDiedError, RayError, WorkerCrashedError

        same = "install the same version of fanzha-nlp, with the extra ray, on all nodes"
        try:
            got = ray.get(answer, timeout=_EXAMINE_SECONDS)
        except (GetTimeoutError, NodeDiedError, WorkerCrashedError):
            return None
        except RayError as error:
            raise FanzhaError(f"the node {node} cannot annotate: {_first_line(error)}", mend=same) from None
        if isinstance(got, FanzhaError):
            raise FanzhaError(f"on the node {node}: {got.message}", path=got.path, mend=got.mend)
        model: ModelInfo = got[0]
        made_by = got[1]
        if made_by != fingerprint_of(self._here, model).made_by:
            raise FanzhaError(f"the node {node} has another version of fanzha-nlp or of its model", mend=same)
        return model

    def _all(self, jobs: Sequence[Job], pipeline: Callable[[Sequence[Job], bool], Dataset]) -> Iterator[Outcome]:
        """The outcome of each job, whatever is lost on the way.

        A pipeline that ends well may lack the outcomes of blocks whose actor has died: each of those letters is given
        out by itself then. One that breaks down (blocks were lost with a node) is built again for what is left.
        """
        from ray.exceptions import RayError

        left = {job.source.key: job for job in jobs}
        times_alone = fruitless = 0
        while left:
            before, fault = len(left), None
            try:
                for outcome in _outcomes(pipeline(list(left.values()), times_alone > 0)):
                    if left.pop(outcome.key, None) is not None:
                        yield outcome
            except RayError as error:
                fault = error
            if fault is None:
                times_alone += 1
            fruitless = fruitless + 1 if fault is not None and len(left) == before else 0
            if fault is not None and fruitless == _FRUITLESS_PIPELINES:
                mend = "see ray status and the logs of Ray, then run the same command again: what is finished is kept"
                raise FanzhaError(f"the cluster does not work: {_first_line(fault)}", mend=mend)
            if times_alone > _TIMES_ALONE:
                break
        for key in left:
            reason = "the Ray process that worked on it ended, each time"
            yield Failed(key, "predict", reason, "is there enough memory on the nodes? use fewer --workers", True)

    def _opening(self, jobs: Sequence[Job], alone: bool) -> Dataset:
        return self._on_this_node(self._blocks(jobs, 1), partial(open_containers, settings=self._here))

    def _annotating(self, jobs: Sequence[Job], alone: bool) -> Dataset:
        import ray
        from ray.data import ActorPoolStrategy

        most = _LETTERS_A_BLOCK_ON_GPU if self._gpu else _LETTERS_A_BLOCK
        slots = int(ray.cluster_resources().get("GPU" if self._gpu else "CPU", 1))
        actors = max(1, min(self._workers or slots, slots, len(jobs)))
        size = 1 if alone else max(1, min(most, len(jobs) // (4 * actors)))
        read = partial(read_letters, settings=self._here, shared=self._shared)
        letters = self._on_this_node(self._blocks(jobs, size), read)
        pool = ActorPoolStrategy(
            min_size=1,
            max_size=self._workers,
            initial_size=actors,
            max_tasks_in_flight_per_actor=1 if alone else _BLOCKS_AN_ACTOR,
        )
        with warnings.catch_warnings():
            # Ray would retry without end, and with it a letter that kills its actor each time; we count instead.
            warnings.simplefilter("ignore")
            return letters.map_batches(
                Annotator,
                fn_constructor_args=(self._there, _GPU_CHUNK if self._gpu and not alone else 1, self._target),
                batch_size=None,
                batch_format="pyarrow",
                compute=pool,
                num_cpus=1,
                num_gpus=1 if self._gpu else None,
                max_restarts=-1,
                max_task_retries=0,
            )

    def _blocks(self, jobs: Sequence[Job], size: int) -> Dataset:
        from ray.data import DataContext, from_arrow

        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1
        context.target_max_block_size = _BLOCK_BYTES
        return from_arrow([pack(jobs[i : i + size]) for i in range(0, len(jobs), size)])

    def _on_this_node(self, jobs: Dataset, work: Callable[..., Any]) -> Dataset:
        import ray

        here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
        return jobs.map_batches(work, batch_size=None, batch_format="pyarrow", num_cpus=0, label_selector=here)


def _outcomes(dataset: Dataset) -> Iterator[Outcome]:
    for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        for item in unpack(table):
            if isinstance(item, FanzhaError):
                raise item
            assert not isinstance(item, Job)
            yield item


def _hush() -> None:
    """Before Ray is imported: it is not to report home, nor to write on the terminal (its log files have it all).

    And a model is sent whole, though it may lie in a folder that git ignores.
    """
    for name, value in {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
        "RAY_DEDUP_LOGS_SKIP_REGEX": "(?s).*",
        "RAY_BACKEND_LOG_LEVEL": "fatal",
        "RAY_RUNTIME_ENV_IGNORE_GITIGNORE": "1",
    }.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def _stderr_closed() -> Iterator[None]:
    """Keeps what Ray's native part writes there, whatever it is told, off the terminal."""
    before = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(null)


def _first_line(error: Exception) -> str:
    """What an error says, in a line: Ray's hold whole tracebacks, with the cause in their last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines and "Error" in lines[-1] else lines[0] if lines else type(error).__name__
    return printable(last)[:300]
