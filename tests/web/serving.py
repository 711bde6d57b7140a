"""Servers for tests: in this process with a stand-in for the model, and as a process of its own."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import web_stand_in
from fastapi.testclient import TestClient

from nlp.batch.jobs import WorkerSettings
from nlp.web.app import create_app
from nlp.web.engine import Engine
from nlp.web.settings import WebSettings

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "nlp", "serve"]
_LINK = re.compile(r"http://\S+")


@contextlib.contextmanager
def client_of(
    folder: Path,
    settings: WebSettings | None = None,
    *,
    workers: int = 1,
    chunk: int = 1,
    model: Path | None = None,
    text_field: str = "text",
) -> Iterator[TestClient]:
    """A client of an application in this process; `folder` is its private one, `model` see `web_stand_in`."""
    settings = settings or WebSettings()
    folder.mkdir(exist_ok=True)
    worker = WorkerSettings(limits=settings.limits, model=model, text_field=text_field)
    with Engine(worker, workers=workers, chunk=chunk, target=web_stand_in.serve) as engine:
        engine.start()
        with TestClient(create_app(settings, engine, folder), base_url="http://127.0.0.1:8642") as client:
            yield client


def finished(client: TestClient | httpx.Client, name: str, *, seconds: float = 30) -> dict[str, Any]:
    """The status of a batch when it is done."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = client.get(f"/api/batch/{name}")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        if status["state"] == "done":
            return status
        time.sleep(0.03)
    raise AssertionError(f"the batch is not done: {status}")


def eventually(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def files_in(folder: Path) -> list[str]:
    """The files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@dataclass
class Server:
    """`fanzha serve` as a process: its link, its private folder, what it has written to stderr so far."""

    process: subprocess.Popen[str]
    link: str
    temporary: Path
    messages: list[str]

    @property
    def url(self) -> str:
        return self.link.partition("/?")[0].rstrip("/")

    def files(self) -> list[str]:
        """What is in its private folder."""
        return [name for name in files_in(self.temporary) if name.startswith("fanzha-serve-")]

    def client(self, **more: Any) -> httpx.Client:
        """A client that asks no proxy."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60, **more)


@contextlib.contextmanager
def serving(temporary: Path, *arguments: Any) -> Iterator[Server]:
    """Runs `fanzha serve --port 0 ARGUMENTS…` until the block ends; its temporary folder is `temporary`."""
    temporary.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--no-open", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    lines: queue.Queue[str] = queue.Queue()
    messages: list[str] = []
    for stream, take in ((process.stdout, lines.put), (process.stderr, messages.append)):
        threading.Thread(target=_read, args=(stream, take), daemon=True).start()
    try:
        try:
            found = _LINK.match(lines.get(timeout=90))
        except queue.Empty:
            found = None
        assert found is not None, "".join(messages)
        yield Server(process, found[0], temporary, messages)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _read(stream: Any, take: Callable[[str], object]) -> None:
    for line in stream:
        take(line)
