"""Files of a multipart request, written to a private folder as they come: none is held in memory.

A file on disk is named by its number; the name that the client gave is data, never a path.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import urllib.parse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.requests import ClientDisconnect

from nlp.documents.limits import Limits
from nlp.documents.reading import check_size, surrogate_free
from nlp.errors import FanzhaError
from nlp.web.faults import Refusal
from nlp.web.settings import ServerLimits

_STALL_SECONDS = 30.0
_SLOW_SECONDS = 60.0
_LEAST_BYTES_A_SECOND = 10_000
"""A client that sends nothing for `_STALL_SECONDS`, or on average less than this after `_SLOW_SECONDS`, is let go."""
_DRAIN_SECONDS = 5.0
_LONGEST_NAME = 500
_CONTAINERS = (".zip", ".jsonl")


@dataclass(frozen=True)
class Upload:
    """A file that came.

    Args:
        name: a path as the client gave it, parts joined by `/`; others of the request may have the same.
        file: where it is on disk; None where it was refused.
        fault: then, why.
    """

    name: str
    file: Path | None
    fault: FanzhaError | None = None

    @property
    def is_container(self) -> bool:
        """Whether it holds several letters, by its suffix."""
        return self.name.lower().endswith(_CONTAINERS)


async def receive_files(
    request: Request, folder: Path, *, field: str, most: int, limits: Limits, server: ServerLimits
) -> list[Upload]:
    """Writes the files of a request into a folder.

    Args:
        request: of the type multipart/form-data.
        folder: is empty.
        field: the name of the form field that files are in; others are passed over.
        most: how many files there may be.
        limits: of one letter. One that is too large is refused by itself; an archive may be as large as all together.
        server: of all together.

    Raises:
        Refusal: 400, 408, 413 or 415; what was written is still there.
    """
    try:
        with contextlib.closing(_Writer(request, folder, field, most, limits, server)) as writer:
            async for chunk in _chunks(request):
                await asyncio.to_thread(writer.feed, chunk)
            await asyncio.to_thread(writer.finish)
            return writer.uploads
    except Refusal as refusal:
        if refusal.status == 413:
            await drain(request)
        raise


async def receive_body(request: Request, *, most: int) -> bytes:
    """The body of a request, no more than `most` bytes.

    Raises:
        Refusal: 408 or 413.
    """
    body = bytearray()
    async for chunk in _chunks(request):
        body += chunk
        if len(body) > most:
            raise Refusal(413, f"the request is larger than {most / 1e6:g} MB", mend="send it as a file")
    return bytes(body)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes, from clients that do send.

    Raises:
        Refusal: 408 for one that is too slow, 400 for one that has gone.
    """
    start, count = time.monotonic(), 0
    chunks = request.stream()
    while True:
        try:
            chunk = await asyncio.wait_for(anext(chunks, None), _STALL_SECONDS)
        except asyncio.TimeoutError:
            raise Refusal(408, "nothing was sent for too long", mend="send it again") from None
        except ClientDisconnect:
            raise Refusal(400, "the request was cut off") from None
        if chunk is None:
            return
        count += len(chunk)
        spent = time.monotonic() - start
        if spent > _SLOW_SECONDS and count < _LEAST_BYTES_A_SECOND * spent:
            raise Refusal(408, "was sent too slowly", mend="send fewer letters at a time")
        yield chunk


async def drain(request: Request) -> None:
    """Reads on for a while: a browser that is still sending would show a broken connection, not the answer."""

    async def read() -> None:
        async for _ in request.stream():
            pass

    with contextlib.suppress(asyncio.TimeoutError, ClientDisconnect, RuntimeError):  # the last: all was read already
        await asyncio.wait_for(read(), _DRAIN_SECONDS)


class _Writer:
    """Takes the parts of a form out of its bytes. Used by one thread at a time."""

    def __init__(
        self, request: Request, folder: Path, field: str, most: int, limits: Limits, server: ServerLimits
    ) -> None:
        self.uploads: list[Upload] = []
        self._folder, self._field, self._most, self._limits, self._server = folder, field, most, limits, server
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > server.total_bytes + 1_000_000:  # the parts' heads are no letters
            raise self._too_large()
        self._parser = MultipartParser(
            _boundary(request),
            {
                "on_header_begin": self._header_begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._part_begin,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )
        self._name, self._value = bytearray(), bytearray()
        self._disposition = ""
        self._open: IO[bytes] | None = None
        self._upload: Upload | None = None
        self._size = self._total = 0
        self._ended = False

    def feed(self, chunk: bytes) -> None:
        self._total += len(chunk)
        if self._total > self._server.total_bytes + 1_000_000:
            raise self._too_large()
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise Refusal(400, "the form cannot be read", mend="send multipart/form-data") from None
        except OSError as error:
            mend = "make room for temporary files on the server"
            raise Refusal(503, f"cannot be stored: {error.strerror}", mend=mend, retry_after=60) from None

    def finish(self) -> None:
        if not self._ended:
            raise Refusal(400, "the form was cut off", mend="send it again")
        if not self.uploads:
            raise Refusal(400, f"there is no file in the form field {self._field!r}", mend="choose a letter")

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def _too_large(self) -> Refusal:
        mend = "send fewer letters at a time, or raise --max-total-megabytes"
        return Refusal(413, f"the upload is larger than {self._server.total_bytes / 1e6:g} MB", mend=mend)

    def _header_begin(self) -> None:
        self._name.clear()
        self._value.clear()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value.decode("utf-8", "replace")

    def _part_begin(self) -> None:
        field, name = _disposition(self._disposition)
        self._disposition = ""
        if field != self._field or not name:  # a form whose file was not chosen sends one without a name
            return
        if len(self.uploads) >= self._most:
            mend = "send fewer at a time, or raise --max-files" if self._most > 1 else "send several to /api/batch"
            raise Refusal(413, f"holds more than {self._most} file{'s' if self._most > 1 else ''}", mend=mend)
        name = clean_name(name)
        suffix = os.path.splitext(name)[1].lower()
        # The suffix of a container is what it is known by, see `nlp.documents.sources.Source`.
        path = self._folder / f"{len(self.uploads)}{suffix if suffix in _CONTAINERS else ''}"
        self._open = open(path, "xb")  # noqa: SIM115
        self._upload, self._size = Upload(name, path), 0

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._open is None or self._upload is None or self._upload.file is None:
            return
        self._size += end - start
        try:
            if not self._upload.is_container:
                check_size(self._size, where=self._upload.name, limits=self._limits)
        except FanzhaError as fault:
            self._open.close()
            self._upload.file.unlink()
            self._upload = Upload(self._upload.name, None, fault)
            return
        self._open.write(data[start:end])

    def _part_end(self) -> None:
        if self._open is None or self._upload is None:
            return
        self._open.close()
        self.uploads.append(self._upload)
        self._open = self._upload = None

    def _end(self) -> None:
        self._ended = True


def _boundary(request: Request) -> bytes:
    message = Message()
    message["Content-Type"] = request.headers.get("content-type", "")
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise Refusal(415, "is no form with files", mend="send multipart/form-data")
    try:
        encoded = boundary.encode("latin-1")
        MultipartParser(encoded)
    except (UnicodeEncodeError, FormParserError):
        raise Refusal(400, "the form cannot be read: its boundary is too long or no ASCII") from None
    return encoded


def _disposition(header: str) -> tuple[str | None, str | None]:
    """The name of the field, and of the file if it is one.

    Browsers write names in UTF-8 between quotes, with %22 for a quote; others may escape one by a backslash, or give
    the name as `filename*`, which is then the better one.
    """
    fields: dict[str, str] = {}
    rest = header.partition(";")[2].strip()
    while rest:
        key, _, rest = rest.partition("=")
        if rest.startswith('"'):
            end = 1
            while end < len(rest) and rest[end] != '"':
                end += 2 if rest[end : end + 2] in ('\\"', "\\\\") else 1
            value, rest = rest[1:end].replace('\\"', '"').replace("\\\\", "\\"), rest[end + 1 :]
        else:
            value = rest.partition(";")[0].strip()
        rest = rest.partition(";")[2].strip()
        fields.setdefault(key.strip().lower(), value)
    return fields.get("name"), _extended(fields.get("filename*", "")) or fields.get("filename")


def _extended(value: str) -> str | None:
    """What a value of RFC 5987 says, as in UTF-8''%E5%A4%8D.txt; None where it is none."""
    charset, quote, rest = value.partition("'")
    language, second, escaped = rest.partition("'")
    if not quote or not second or charset.lower() not in ("utf-8", "iso-8859-1"):
        return None
    return urllib.parse.unquote(escaped, encoding=charset, errors="replace")


def clean_name(name: str) -> str:
    """A relative path out of a name: nothing that climbs, no drive, not too long."""
    plain = surrogate_free(name.replace("%22", '"').replace("\x00", "")).replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".", "..")]
    if len(parts) > 1 and parts[0].endswith(":"):
        parts = parts[1:]
    return "/".join(parts)[-_LONGEST_NAME:].lstrip("/") or "letter"
