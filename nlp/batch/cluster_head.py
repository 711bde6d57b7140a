"""The head node of a Ray cluster: is anybody there, before the work begins and while it goes on?"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator

from nlp.errors import FanzhaError

_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 5.0
_MOST_SILENT_LOOKS = 5
"""Ray itself ends a process whose head node is gone for a minute, without a word."""


def check_address(address: str | None) -> None:
    """Refuses what Ray would try for minutes.

    Raises:
        FanzhaError: where nobody listens at an address.
    """
    if address in (None, "auto", "local"):
        return
    start = "on this machine: ray start --address=HOST:PORT; then name HOST:PORT"
    if "://" in address:
        raise FanzhaError("is the address of a Ray client, not of a cluster", path=address, mend=start)
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise FanzhaError("is no address", path=address, mend="name HOST:PORT of the head node, often port 6379")
    try:
        _connect(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FanzhaError(
            f"no Ray cluster can be reached there: {reason}",
            path=address,
            mend=f"start one: ray start --head --port={port}; is the port open?",
        ) from None


@contextlib.contextmanager
def watched(address: str) -> Iterator[None]:
    """While the block runs: where the head node stays away, says so on stderr and ends the process with status 2.

    What was annotated is recorded by then. There is no other way out: calls to a cluster without a head do not return.
    """
    done = threading.Event()

    def watch() -> None:
        silent = 0
        while not done.wait(_LOOK_SECONDS):
            try:
                _connect(address)
                silent = 0
            except OSError:
                silent += 1
            if silent == _MOST_SILENT_LOOKS and not done.is_set():
                mend = "start the cluster again and run the same command: what is finished is kept"
                fault = FanzhaError(
                    "the head node of the Ray cluster does not answer any more", path=address, mend=mend
                )
                print(f"fanzha: {fault}", file=sys.stderr, flush=True)
                os._exit(2)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _connect(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
