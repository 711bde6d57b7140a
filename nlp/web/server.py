"""Runs a server: the socket, the private folder, the engine, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import logging
import shutil
import signal
import socket
import sys
import tempfile
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import uvicorn

from nlp.errors import FanzhaError
from nlp.web.app import create_app
from nlp.web.connection import Connection
from nlp.web.engine import Engine
from nlp.web.settings import WebSettings, is_loopback

_GRACE_SECONDS = 2
"""What requests under way are given when the server ends."""
_WILDCARDS = ("0.0.0.0", "::", "")


def run_server(settings: WebSettings, engine: Engine, *, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serves until Ctrl-C or SIGTERM; then, or where it cannot start, all of its files and processes go.

    Args:
        settings: how it answers; what follows from `host` is added here.
        engine: not yet started.
        host: where to listen.
        port: 0 for any that is free.
        started: is called with the link to the page when it can be opened.

    Raises:
        FanzhaError: where the port cannot be had or the model cannot be loaded.
    """
    for name in ("uvicorn", "python_multipart"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # their messages may hold what clients sent
    with _ended_by_signals(), listening(host, port) as listener, _private_folder() as folder, engine:
        scratch = folder / "scratch"
        scratch.mkdir(mode=0o700)
        engine.start(scratch=scratch)
        own = {host.lower(), socket.gethostname().lower()} - set(_WILDCARDS)
        settings = replace(settings, hosts=settings.hosts | own, loopback=is_loopback(host))
        config = uvicorn.Config(
            create_app(settings, engine, folder), http=Connection, ws="none", lifespan="on", access_log=False,
            log_config=None, server_header=False, proxy_headers=False, timeout_graceful_shutdown=_GRACE_SECONDS,
        )  # fmt: skip
        started(link(host, listener.getsockname()[1], settings.token))
        uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that takes connections.

    Raises:
        FanzhaError: where the address or the port cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise FanzhaError(f"there is no host {host!r}", mend="give an address of this machine with --host") from None
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        if sys.platform != "win32":  # where it would let two servers have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(2048)
        except OSError as error:
            mend = "give another --port, or --port 0 for one that is free"
            raise FanzhaError(f"cannot listen on {host}, port {port}: {error.strerror}", mend=mend) from None
        yield listener


def link(host: str, port: int, token: str | None) -> str:
    """The address of the page, as this machine can open it."""
    name = "127.0.0.1" if host in _WILDCARDS else host
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + ("" if token is None else f"?token={urllib.parse.quote(token, safe='')}")


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder that only this user can look into, gone at the end."""
    folder = tempfile.mkdtemp(prefix="fanzha-serve-")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Makes Ctrl-C and SIGTERM end the block; while its own blocks clean up, they are not heard.

    Until uvicorn takes over and when it is through, they come here, so that one pressed early ends it all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise _End

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _End:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _End(BaseException):
    """Somebody wants the server to end."""
