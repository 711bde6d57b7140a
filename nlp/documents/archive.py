"""Archives of letters (.zip): which members are letters, and one member's bytes. Nothing is unpacked to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import PurePosixPath

from nlp.documents.limits import Limits
from nlp.documents.packed import check_count, check_ratio, check_whole, read_member
from nlp.documents.remote import is_remote, open_remote
from nlp.documents.sources import Skipped, Source, facts_of, open_file, skip_reason, unique
from nlp.errors import FanzhaError

_UTF8_NAME = 0x800


def list_members(source: Source, *, limits: Limits) -> list[Source | Skipped]:
    """The members of an archive, in its order; their keys are below the archive's own.

    Raises:
        FanzhaError: where it is no archive or is over a limit.
    """
    found: list[Source | Skipped] = []
    keys: set[str] = set()
    archive = _open(source, limits)
    check_whole(archive, where=source.key, limits=limits)
    for number, info in enumerate(archive.infolist()):
        parts = [part for part in PurePosixPath(_name(info).replace("\\", "/")).parts if part not in ("/", "..", ".")]
        reasons = [skip_reason(part) for part in parts]
        if info.is_dir() or not parts or "" in reasons:
            continue
        key = unique("/".join([source.key, *parts]), keys)  # an archive may hold a name twice
        if reasons[-1] is None:
            found.append(Source(key, source.file, number, mark=_mark(info)))
        else:
            found.append(Skipped(key, reasons[-1] or ""))
    return found


def read_archived(source: Source, *, limits: Limits) -> bytes:
    """The bytes of a member.

    Raises:
        FanzhaError: where it cannot be read, or is over a limit whatever the archive says of its size.
    """
    assert source.member is not None
    archive = _open(source, limits)
    members = archive.infolist()
    if source.member >= len(members) or _mark(members[source.member]) != source.mark:
        raise FanzhaError(
            "the archive has changed since it was listed", path=source.key, mend="run again", retryable=True
        )
    info = members[source.member]
    check_ratio(info, where=source.key, limits=limits)
    return read_member(archive, info, where=source.key, limits=limits, max_bytes=limits.file_bytes)


def _open(source: Source, limits: Limits) -> zipfile.ZipFile:
    with _faults(source):
        return _opened(*_identity(source.file), limits.members, source.key)


def _mark(info: zipfile.ZipInfo) -> str:
    return f"{info.CRC} {info.file_size} {info.filename}"


def _identity(file: str) -> tuple[str, int, int]:
    return file, *facts_of(file)


@lru_cache(maxsize=1)
def _opened(file: str, changed: int, size: int, members: int, key: str) -> zipfile.ZipFile:
    """The archive, read once for all its members: they come one after another."""
    with open_file(file) as opened:
        check_count(opened, where=key, members=members)
    return zipfile.ZipFile(open_remote(file) if is_remote(file) else file)


@contextmanager
def _faults(source: Source) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise FanzhaError(f"is no ZIP archive: {error}", path=source.key, mend="pack it anew") from None
    except OSError as error:
        raise FanzhaError(
            f"cannot be read: {error.strerror}", path=source.key, mend="check its permissions", retryable=True
        ) from None


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name. Archives made by Chinese Windows have it in GBK, without saying so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
