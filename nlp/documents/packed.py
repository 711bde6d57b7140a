"""Zip containers (.zip, .docx) from strangers: what they declare is checked, and no more than that is unpacked."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from nlp.documents.limits import Limits
from nlp.errors import FanzhaError

# Tiny files pack well: a ratio says something only from here on.
_RATIO_FROM_BYTES = 1_000_000
_LONGEST_END_RECORD = 22 + 65_535
_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, struct.error, ValueError)


def open_packed(data: bytes, *, where: str | Path, limits: Limits) -> zipfile.ZipFile:
    """The container in some bytes, checked by `check_packed`; the caller closes it.

    Raises:
        FanzhaError: where it is damaged or over a limit.
    """
    if _entries(data) > limits.members:  # before zipfile makes an object for each
        raise _too_many(where, limits.members)
    try:
        zip_file = zipfile.ZipFile(io.BytesIO(data))
    except (*_DAMAGED, NotImplementedError):
        raise _damaged(where) from None
    try:
        check_packed(zip_file, where=where, limits=limits)
    except FanzhaError:
        zip_file.close()
        raise
    return zip_file


def check_packed(zip_file: zipfile.ZipFile, *, where: str | Path, limits: Limits) -> None:
    """Checks what a container declares: as `check_whole`, and each member as `check_ratio`.

    Raises:
        FanzhaError: naming the limit that it is over.
    """
    check_whole(zip_file, where=where, limits=limits)
    for info in zip_file.infolist():
        check_ratio(info, where=where, limits=limits)


def check_whole(zip_file: zipfile.ZipFile, *, where: str | Path, limits: Limits) -> None:
    """Checks what a container declares of all its members: their number and their unpacked size.

    Raises:
        FanzhaError: naming the limit that it is over.
    """
    members = zip_file.infolist()
    if len(members) > limits.members:
        raise _too_many(where, limits.members)
    unpacked = sum(info.file_size for info in members)
    if unpacked > limits.unpacked_bytes:
        raise FanzhaError(
            f"is {unpacked / 1e6:.0f} MB unpacked, over {limits.unpacked_bytes / 1e6:g} MB",
            path=where,
            mend="do you trust it? then raise --max-unpacked-megabytes",
        )


def check_ratio(info: zipfile.ZipInfo, *, where: str | Path, limits: Limits) -> None:
    """Checks how much a member is packed.

    Raises:
        FanzhaError: where it is over `limits.ratio`.
    """
    if info.file_size > _RATIO_FROM_BYTES and info.file_size > limits.ratio * info.compress_size:
        raise FanzhaError(
            f"unpacks to more than {limits.ratio} times its size, as a zip bomb does",
            path=where,
            mend="do you trust it? then raise --max-ratio",
        )


def check_count(opened: IO[bytes], *, where: str | Path, members: int) -> None:
    """Checks how many members the container in an open file has, before zipfile makes an object for each.

    Raises:
        FanzhaError: where there are more than `members`.
        OSError: where it cannot be read.
    """
    size = opened.seek(0, io.SEEK_END)
    opened.seek(max(0, size - _LONGEST_END_RECORD))
    tail = opened.read()
    end = tail.rfind(_END)
    if end < 0:
        return
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if directory > size:  # a mark of ZIP64, or damage: zipfile says which
        directory = size
    opened.seek(max(0, size - len(tail) + end - directory))
    count, left, before = 0, directory, b""
    while left > 0 and (block := opened.read(min(left, 1 << 20))):
        count += (before + block).count(_ENTRY)
        before, left = block[-3:], left - len(block)
        if count > members:
            raise _too_many(where, members)


def read_member(
    zip_file: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    *,
    where: str | Path,
    limits: Limits,
    max_bytes: int,
    option: str = "--max-megabytes",
) -> bytes:
    """The unpacked bytes of a member, whatever its header says of their number.

    Args:
        zip_file: the container, which `check_packed` has passed.
        info: the member.
        where: what faults name.
        limits: of unpacking.
        max_bytes: how large this member may be.
        option: what raises `max_bytes`.

    Raises:
        FanzhaError: where it is too large, locked or damaged.
    """
    if info.flag_bits & _ENCRYPTED:
        raise FanzhaError("is locked with a password", path=where, mend="save it without one")
    most = min(max_bytes, limits.unpacked_bytes)
    try:
        with zip_file.open(info) as file:
            data = file.read(most + 1)
    except NotImplementedError:
        raise FanzhaError("is packed in a way that cannot be read", path=where, mend="pack it as a plain zip") from None
    except (*_DAMAGED, RuntimeError):
        raise _damaged(where) from None
    if len(data) > most:
        option = option if most == max_bytes else "--max-unpacked-megabytes"
        raise FanzhaError(
            f"is larger than {most / 1e6:g} MB unpacked", path=where, mend=f"is it one letter? then raise {option}"
        )
    return data


def _entries(data: bytes) -> int:
    """How many entries the central directory holds; zipfile goes by its size, not by the number it states."""
    end = data.rfind(_END, max(0, len(data) - _LONGEST_END_RECORD))
    if end < 0:
        return 0
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    return data.count(_ENTRY, max(0, end - size), end)


def _too_many(where: str | Path, members: int) -> FanzhaError:
    return FanzhaError(
        f"holds more than {members} files",
        path=where,
        mend="split it into smaller archives, or raise --max-members",
    )


def _damaged(where: str | Path) -> FanzhaError:
    return FanzhaError("is damaged or cut off", path=where, mend="copy or download it anew")
