"""A connection of a client: as uvicorn's, but one that does not ask for anything keeps nobody out."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""From when a connection is there, or its last answer was given, until the head of a request must have come."""
DRAIN_SECONDS = 60.0
"""The same where the body is still coming of a request that is answered: browsers read no answer before its end."""
MOST_CONNECTIONS = 600
"""Of a server. One more takes the place of the one that has waited longest for a request; where all have one, of none:
see `nlp.web.guard` for what is said to those. With the files of uploads it is less than the 1024 that systems allow."""


class Connection(H11Protocol):
    """See the module. uvicorn's own times out only where nothing at all comes after an answer."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= MOST_CONNECTIONS and not self._make_room():
            transport.abort()
            return
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(exc)
        self._stop_watching()

    def handle_events(self) -> None:
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Starts the time where no request is under way, and ends it where one is; bytes that trickle do not."""
        if self.transport.is_closing() or not (self.cycle is None or self.cycle.response_complete):
            self._stop_watching()
        elif self._deadline is None:
            seconds = DRAIN_SECONDS if self.conn.their_state is h11.SEND_BODY else HEAD_SECONDS
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> bool:
        """Ends the connection that has waited longest for a request; False where none does."""
        waiting = [
            (one._deadline.when(), number, one.transport)
            for number, one in enumerate(self.connections)
            if isinstance(one, Connection) and one._deadline is not None and not one.transport.is_closing()
        ]
        if not waiting:
            return False
        min(waiting)[2].abort()
        return True
