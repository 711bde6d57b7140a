"""Single letters: each request waits for its own, and many are predicted together where the engine does so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from fastapi import Request

from nlp.batch.jobs import Annotated, Failed, Outcome
from nlp.documents.sources import Source
from nlp.web.engine import Engine
from nlp.web.faults import Refusal
from nlp.web.lanes import Lane
from nlp.web.uploads import Upload, clean_name, drain

_DOWN_SECONDS = 5


class Singles:
    """Requests for one letter. Used by the event loop alone.

    Args:
        folder: is there, and empty; a letter is in it while its request lasts.
        engine: annotates.
        most: requests at a time; one more is refused.
    """

    def __init__(self, folder: Path, engine: Engine, *, most: int) -> None:
        self._folder, self._engine, self._most = folder, engine, most
        self._open = 0

    @contextlib.asynccontextmanager
    async def arriving(self, request: Request) -> AsyncIterator[Path]:
        """An empty folder for the letter of a request, which goes with the block.

        Raises:
            Refusal: 503 where too many letters wait, or the engine is down.
        """
        if not self._engine.is_up:
            await drain(request)
            raise Refusal(503, "the engine is down", mend="try again in a while", retry_after=_DOWN_SECONDS)
        if self._open >= self._most:
            await drain(request)
            retry_after = self._engine.wait_seconds(self._open)
            raise Refusal(503, "too many letters are waiting", mend="try again in a while", retry_after=retry_after)
        folder = self._folder / secrets.token_hex(16)
        self._open += 1
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            self._open -= 1
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def annotate_upload(self, request: Request, upload: Upload) -> Annotated:
        """The result of a file.

        Raises:
            Refusal: 413 where it is too large, 415 where it holds several letters; see also `annotate_text`.
        """
        if upload.fault is not None:
            raise Refusal.of(upload.fault, 413, path=upload.name)
        if upload.is_container:
            raise Refusal(415, "holds several letters", mend="send it to /api/batch", path=upload.name)
        return await self._annotate(request, Source(upload.name, str(upload.file)))

    async def annotate_text(self, request: Request, text: str, name: str, folder: Path) -> Annotated:
        """The result of a text, whose offsets are in it as it is: it is read as a line of a JSON Lines file.

        Raises:
            Refusal: 422 where it is no letter, 500 or 503 where it could not be predicted.
        """
        name = clean_name(name)
        record = {"id": PurePosixPath(name).stem or name, self._engine.settings.text_field: text}
        line = json.dumps(record, ensure_ascii=False).encode("utf-8")
        path = folder / "text.jsonl"
        await asyncio.to_thread(path.write_bytes, line)
        return await self._annotate(request, Source(name, str(path), member=0, size=len(line)))

    async def _annotate(self, request: Request, source: Source) -> Annotated:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome | None] = loop.create_future()

        def settle(outcome: Outcome | None) -> None:
            if not answer.done():
                answer.set_result(outcome)

        def from_engine(outcome: Outcome | None) -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(settle, outcome)

        lane = Lane(secrets.token_hex(8), single=True, answer=from_engine, broken=lambda _: from_engine(None))
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            self._engine.submit(lane, [source])
            await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            self._engine.cancel(lane)
        if not answer.done():
            raise Refusal(400, "the client has gone")
        outcome = answer.result()
        if isinstance(outcome, Annotated):
            return outcome
        if isinstance(outcome, Failed):
            raise Refusal.of_letter(outcome)
        raise Refusal(503, "the engine went down", mend="try again in a while", retry_after=_DOWN_SECONDS)


async def _disconnected(request: Request) -> None:
    """Waits until the client has gone; its body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
