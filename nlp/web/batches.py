"""Batches of letters: uploaded, annotated, looked at, downloaded, and removed."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from fastapi import Request

from nlp.web.batch import Batch
from nlp.web.engine import Engine
from nlp.web.faults import Refusal
from nlp.web.settings import ServerLimits
from nlp.web.uploads import drain

_IDLE_SECONDS = 3600.0
_KEPT = 64
"""Finished batches that are held; beyond that the one that was left alone longest goes."""
_RETRY_SECONDS = 15


class Batches:
    """All batches of a server, below a folder of its own. Used by the event loop alone.

    Args:
        folder: is there, and empty.
        engine: annotates.
        limits: of clients.
        clock: seconds, for tests.
    """

    def __init__(
        self, folder: Path, engine: Engine, limits: ServerLimits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._engine, self._limits, self._clock = folder, engine, limits, clock
        self._all: dict[str, Batch] = {}
        self._used: dict[str, float] = {}
        self._arriving = 0

    @contextlib.asynccontextmanager
    async def arriving(self, request: Request) -> AsyncIterator[Batch]:
        """A batch whose files are to be written to its folder and given to its `start` within the block.

        Raises:
            Refusal: 503 where as many as may be are under way.
        """
        if self._arriving + self.unfinished() >= self._limits.jobs:
            await drain(request)
            message = f"{self._limits.jobs} batches are being annotated, no more can be taken now"
            raise Refusal(503, message, mend="try again in a while", retry_after=_RETRY_SECONDS)
        name = secrets.token_urlsafe(16)
        folder = self._folder / name
        folder.mkdir(mode=0o700)
        batch = Batch(name, folder, self._engine, letters=self._limits.letters)
        self._arriving += 1
        try:
            yield batch
        except BaseException:
            await batch.close()
            raise
        else:
            self._all[name] = batch
            self._used[name] = self._clock()
        finally:
            self._arriving -= 1

    def get(self, name: str) -> Batch:
        """A batch, which is then used.

        Raises:
            Refusal: 404.
        """
        if name not in self._all:
            raise Refusal(404, "there is no such batch", mend="upload the letters again: batches go after an hour")
        self._used[name] = self._clock()
        return self._all[name]

    async def remove(self, name: str) -> None:
        """Removes a batch and all of its files.

        Raises:
            Refusal: 404.
        """
        batch = self.get(name)
        del self._all[name], self._used[name]
        await batch.close()

    def unfinished(self) -> int:
        """How many are being annotated."""
        return sum(not batch.is_done for batch in self._all.values())

    def waiting(self) -> int:
        """How many letters of batches were not yet given to the engine."""
        return sum(batch.waiting for batch in self._all.values())

    async def sweep(self) -> None:
        """Removes finished batches that nobody asked for in an hour, and those over the number that is kept."""
        now = self._clock()
        for name, batch in list(self._all.items()):
            if not batch.is_done:
                self._used[name] = now
        finished = sorted((used, name) for name, used in self._used.items() if self._all[name].is_done)
        for number, (used, name) in enumerate(reversed(finished)):
            over = now - used > _IDLE_SECONDS or number >= _KEPT
            if over and self._used.get(name) == used:  # while others went, a client may have used or removed it
                await self.remove(name)

    async def close(self) -> None:
        """Removes all."""
        batches = list(self._all.values())
        self._all.clear()
        self._used.clear()
        await asyncio.gather(*(batch.close() for batch in batches))
        shutil.rmtree(self._folder, ignore_errors=True)
