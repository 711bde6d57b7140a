"""The tiny model (tests/tiny.py), an application in this process, and a server with the tiny model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from serving import Server, client_of, serving
from tiny import Tiny, tiny

from nlp.documents.limits import Limits
from nlp.web.settings import ServerLimits, WebSettings

__all__ = ["tiny"]


@pytest.fixture(scope="session")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The private folder of `client`."""
    return tmp_path_factory.mktemp("private")


@pytest.fixture(scope="session")
def client(private: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application with small limits and a folder for gold, shared by tests that leave it as it was."""
    settings = WebSettings(
        limits=Limits(file_bytes=20_000, characters=5000, seconds=20.0),
        server=ServerLimits(files=30, total_bytes=400_000, letters=40, jobs=2, waiting=4),
        gold=tmp_path_factory.mktemp("gold"),
    )
    with client_of(private, settings, workers=2) as found:
        yield found


@pytest.fixture(scope="session")
def server(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`fanzha serve` as a process with the tiny model and a folder for gold, shared by tests that leave it running."""
    folder = tmp_path_factory.mktemp("server")
    with serving(
        folder / "tmp", "--model", tiny.model, "--device", "cpu", "--workers", 2, "--gold", folder / "gold",
        "--max-megabytes", 1,
    ) as found:  # fmt: skip
        yield found
