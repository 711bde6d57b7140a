"""A Ray cluster of two nodes on this machine, each with one core and a raylet of its own, as `ray start` makes them.

`benchmarks/ray_overhead.py` uses it too.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in ("RAY_ADDRESS", "REPLIES_DIR", "FORCE_COLOR")},
    "PYTHONPATH": os.pathsep.join(map(str, (ROOT, Path(__file__).parent))),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": uuid.uuid4().hex,
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
    "COLUMNS": "120",
}


class Cluster:
    """The cluster; its second node can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.0.0.1:{_free_port()}"
        self._folder = folder
        self._nodes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Starts both nodes."""
        self._start("--head", f"--port={self.address.rpartition(':')[2]}", "--include-dashboard=false")
        self.start_second()

    def start_second(self) -> None:
        """Starts the second node where it is not up."""
        if len(self._nodes) < 2:
            self._start(f"--address={self.address}")

    def kill_second(self) -> None:
        """Ends the second node's raylet by SIGKILL, as a power cut does; its processes go with it."""
        node = self._nodes.pop()
        (raylet,) = (child for child in psutil.Process(node.pid).children() if child.name() == "raylet")
        raylet.kill()
        node.wait(60)

    def stop(self) -> None:
        """Ends what was started here, in no good order: it is fast, and nothing is kept."""
        for node in self._nodes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in [*psutil.Process(node.pid).children(recursive=True), node]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            node.wait(60)

    def _start(self, *arguments: str) -> None:
        number = len(self._nodes)
        log = self._folder / f"node-{number}.log"
        with open(log, "wb") as file:
            node = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("ray")), "start", *arguments, "--block", "--num-cpus=1",
                    "--object-store-memory=100000000", "--disable-usage-stats",
                    f"--temp-dir={self._folder / str(number)}",
                ],
                env=ENVIRONMENT, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._nodes.append(node)
        while b"Ray runtime started" not in log.read_bytes():
            try:
                node.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(log.read_text(errors="replace"))


def _free_port() -> int:
    """A port that the system gives to nobody who does not ask for it."""
    while True:
        port = random.SystemRandom().randint(20_000, 29_999)
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


@contextmanager
def two_nodes() -> Iterator[Cluster]:
    """The cluster, as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="fz-"))  # Ray's sockets need short paths
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
