"""Connections that ask for nothing: they go after a while, and keep nobody out before."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from nlp.web.connection import Connection

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/refused":
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"fine"})
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(1.0)
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"fine"})


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """A server in a thread; gives its port."""
    config = uvicorn.Config(
        app, http=Connection, ws="none", lifespan="off", log_config=None, access_log=False, timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as taken:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            yield taken.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr("nlp.web.connection.HEAD_SECONDS", 0.4)
    monkeypatch.setattr("nlp.web.connection.MOST_CONNECTIONS", 8)
    with listening() as found:
        yield found


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def is_ended(one: socket.socket) -> bool:
    try:
        return one.recv(1000) == b""
    except ConnectionError:
        return True


def ask(one: socket.socket, path: bytes = b"/") -> bytes:
    one.sendall(HEAD.replace(b" / ", b" " + path + b" ") + b"\r\n")
    return body_of(one)


def body_of(one: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"fine"):
        answer += one.recv(1000) or b"\r\n\r\nended: fine"
    return answer.partition(b"\r\n\r\n")[2]


def trickle(one: socket.socket, data: bytes, seconds: float) -> None:
    for byte in data:
        one.sendall(bytes([byte]))
        time.sleep(seconds)


@pytest.mark.parametrize("sent", [b"", HEAD])
def test_connection_without_a_whole_head_goes(sent: bytes, port: int) -> None:
    with connect(port) as one:
        one.sendall(sent)
        start = time.monotonic()
        assert is_ended(one)
        assert 0.2 < time.monotonic() - start < 4


def test_connection_that_trickles_goes(port: int) -> None:
    with connect(port) as one:
        assert ask(one) == b"fine"  # after an answer, too
        start = time.monotonic()
        with pytest.raises(ConnectionError):
            trickle(one, HEAD * 100, 0.02)
        assert time.monotonic() - start < 4


def test_connection_with_a_request_has_its_time(port: int) -> None:
    with connect(port) as one:
        for _ in range(2):
            assert ask(one, b"/slow") == b"fine"
        one.sendall(HEAD + b"Content-Length: 8\r\n\r\n")
        trickle(one, b"12345678", 0.1)
        assert body_of(one) == b"fine"


def test_connection_may_send_on_for_a_while_what_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.web.connection.DRAIN_SECONDS", 1.5)
    head = HEAD.replace(b"/ ", b"/refused ", 1) + b"Content-Length: 9999\r\n\r\n"
    with connect(port) as one:
        one.sendall(head)
        trickle(one, b"12345678", 0.1)
        assert body_of(one) == b"fine"
        start = time.monotonic()
        assert is_ended(one)
        assert time.monotonic() - start < 4


def test_connection_many_that_wait_keep_nobody_out(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.web.connection.HEAD_SECONDS", 60.0)
    with contextlib.ExitStack() as stack:
        asking = stack.enter_context(connect(port))
        asking.sendall(HEAD.replace(b"/ ", b"/slow ", 1) + b"\r\n")
        time.sleep(0.3)  # until it has been read
        silent = [stack.enter_context(connect(port)) for _ in range(30)]
        assert ask(stack.enter_context(connect(port))) == b"fine"
        assert sum(map(is_ended, silent[:20])) == 20
        assert body_of(asking) == b"fine"
