"""Whether a cluster's head node is there."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from nlp.batch import cluster_head
from nlp.batch.cluster_head import check_address, watched


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address_of(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, list[int]]:
    """Takes the place of the end of the process."""
    event, statuses = threading.Event(), list[int]()

    def end(status: int) -> None:
        statuses.append(status)
        event.set()

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(cluster_head, "_LOOK_SECONDS", 0.01)
    return event, statuses


def test_head_that_stays_away_ends_the_process_with_a_line(
    listener: socket.socket, ended: tuple[threading.Event, list[int]], capfd: pytest.CaptureFixture[str]
) -> None:
    event, statuses = ended
    address = address_of(listener)
    with watched(address):
        assert not event.wait(0.2)
        listener.close()
        assert event.wait(10)
    assert statuses == [2]
    assert capfd.readouterr().err.startswith(f"fanzha: {address}: the head node of the Ray cluster does not answer ")


def test_head_is_not_missed_when_the_work_is_done(
    listener: socket.socket, ended: tuple[threading.Event, list[int]]
) -> None:
    with watched(address_of(listener)):
        pass
    listener.close()
    assert not ended[0].wait(0.3)


def test_head_that_listens_passes(listener: socket.socket) -> None:
    for address in (None, "auto", "local", address_of(listener)):
        check_address(address)
