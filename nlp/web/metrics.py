"""What Prometheus may know of a server: numbers by route, status and outcome; nothing of letters or clients."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from nlp.batch.jobs import Annotated, Failed, Outcome
from nlp.web.batches import Batches
from nlp.web.engine import Engine

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The figures of one server; an observer of its engine."""

    def __init__(self, engine: Engine, batches: Batches) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fanzha_http_requests", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self._letters = Counter("fanzha_letters", "Letters done.", ("outcome",), registry=self._registry)
        self._seconds = Histogram(
            "fanzha_letter_seconds", "From when a process took a letter until it was done.", buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        for outcome in ("annotated", "failed"):
            self._letters.labels(outcome)
        self._registry.register(_State(engine, batches))

    def request(self, route: str, method: str, status: int) -> None:
        """Counts an answer; `route` is the pattern of the path, never the path."""
        self._requests.labels(route, method, str(status)).inc()

    def __call__(self, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, Annotated | Failed):
            self._letters.labels("annotated" if isinstance(outcome, Annotated) else "failed").inc()
            self._seconds.observe(seconds)

    def text(self) -> bytes:
        """All of them in the text format of Prometheus."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is read off the server when it is asked for."""

    def __init__(self, engine: Engine, batches: Batches) -> None:
        self._engine, self._batches = engine, batches

    def collect(self) -> list[Metric]:
        lanes = self._engine.lanes
        waiting = GaugeMetricFamily("fanzha_letters_waiting", "Letters that wait for a process.", labels=("kind",))
        waiting.add_metric(["single"], lanes.waiting(single=True))
        waiting.add_metric(["batch"], lanes.waiting(single=False) + self._batches.waiting())
        return [
            waiting,
            GaugeMetricFamily("fanzha_batches_unfinished", "Batches under way.", value=self._batches.unfinished()),
            GaugeMetricFamily("fanzha_engine_up", "Whether letters are annotated.", value=int(self._engine.is_up)),
            CounterMetricFamily("fanzha_workers_replaced", "Processes that were replaced.", self._engine.replaced),
        ]
