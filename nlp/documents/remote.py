"""Files at URIs (s3://bucket/letters, gs://, hdfs://, abfs:// …): listed and read without being copied to disk.

pyarrow has the file systems of S3, Google Cloud, Azure and Hadoop; what it does not know is asked of fsspec, which
takes packages such as ossfs. Credentials are found where those libraries look for them: environment, files, machine.
"""

from __future__ import annotations

import errno
import importlib.util
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from nlp.errors import FanzhaError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_FACTS_SECONDS = 10.0
_MEND = "check the address, the credentials and the network"


class Entry(NamedTuple):
    """What stands in a folder: its name, where it is, and whether it is a folder itself."""

    name: str
    path: str
    folder: bool


def is_remote(file: str) -> bool:
    """Whether a file or a folder is named by a URI, not by a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", file) is not None


def local_path(uri: str) -> str | None:
    """The path that a `file://` URI stands for; None for other URIs."""
    from urllib.request import url2pathname

    parts = urlsplit(uri)
    return url2pathname(parts.path) if parts.scheme.lower() == "file" else None


def root_of(uri: str) -> tuple[str, bool]:
    """What a URI leads to: how its file or folder is named here, and whether it is a folder.

    Here a file is `URI#PATH`: the URI that a person gave tells the file system, the path is the file's in it.

    Raises:
        FanzhaError: where there is nothing, it cannot be reached, or its scheme is unknown.
    """
    from pyarrow.fs import FileType

    if "#" in uri:
        raise FanzhaError("is no address of a folder: it holds a #", path=uri, mend="name the folder above it")
    filesystem, path = _opened(uri)
    try:
        kind = filesystem.get_file_info(path).type
    except Exception as error:  # whatever the library of that file system raises
        raise FanzhaError(f"cannot be reached: {_reason(error)}", path=uri, mend=_MEND, retryable=True) from None
    if kind == FileType.NotFound:
        raise FanzhaError("there is no such file or folder", path=uri, mend="check the address")
    return f"{uri}#{path}", kind == FileType.Directory


def name_of(uri: str) -> str:
    """The last part of a URI's path, or the bucket."""
    parts = urlsplit(uri)
    return parts.path.rstrip("/").rpartition("/")[2] or parts.netloc


def scan(folder: str) -> list[Entry]:
    """The files and folders in a folder.

    Raises:
        OSError: where it cannot be listed.
    """
    from pyarrow.fs import FileSelector, FileType

    with _os_errors():
        uri, _, path = folder.partition("#")
        found = _opened(uri)[0].get_file_info(FileSelector(path))
    return [
        Entry(one.base_name, f"{uri}#{one.path}", one.type == FileType.Directory)
        for one in found
        if one.type in (FileType.File, FileType.Directory)
    ]


def open_remote(file: str) -> IO[bytes]:
    """A file, to be read at any place.

    Raises:
        OSError: where it cannot be opened. What is read later may raise what the file system's library raises.
    """
    with _os_errors():
        uri, _, path = file.partition("#")
        opened: IO[bytes] = io.BufferedReader(_opened(uri)[0].open_input_file(path), 1 << 16)
    return opened


def facts_of_remote(file: str) -> tuple[int, int]:
    """When a file was changed, in nanoseconds (0 where nobody says), and its size in bytes, some seconds ago at most.

    Raises:
        OSError: where it is not there or cannot be asked.
    """
    return _facts(file, int(time.monotonic() / _FACTS_SECONDS))


def read_remote(file: str, *, where: str, most: int) -> bytes:
    """The bytes of a file, and at most `most` of them.

    Args:
        file: as `root_of` names it.
        where: what a fault names.
        most: how many to read.

    Raises:
        FanzhaError: where it cannot be read.
    """
    try:
        with _os_errors():
            uri, _, path = file.partition("#")
            with _opened(uri)[0].open_input_stream(path) as stream:
                data: bytes = stream.read(most)
    except FileNotFoundError:
        raise FanzhaError("there is no such file", path=where, mend="check the name") from None
    except OSError as error:
        raise FanzhaError(f"cannot be read: {error.strerror}", path=where, mend=_MEND, retryable=True) from None
    return data


@lru_cache(maxsize=64)
def _facts(file: str, moment: int) -> tuple[int, int]:
    """As `facts_of_remote`; the rows of a table come one after another, and a question may take as long as a letter."""
    with _os_errors():
        uri, _, path = file.partition("#")
        info = _opened(uri)[0].get_file_info(path)
    if info.size is None:
        raise FileNotFoundError(errno.ENOENT, "there is no such file")
    return info.mtime_ns or 0, info.size


@lru_cache(maxsize=8)
def _opened(uri: str) -> tuple[FileSystem, str]:
    """The file system of a URI, and the path in it."""
    if importlib.util.find_spec("pyarrow") is None:
        raise FanzhaError(
            "files at addresses need pyarrow, which is not installed",
            path=uri,
            mend="pip install 'fanzha-nlp[parquet]'",
        )
    import pyarrow
    from pyarrow import fs

    try:
        return fs.FileSystem.from_uri(uri)
    except pyarrow.ArrowInvalid as error:
        if "nrecognized filesystem type" not in str(error):
            raise FanzhaError(f"cannot be reached: {_reason(error)}", path=uri, mend="check the address") from None
    except (OSError, pyarrow.ArrowException) as error:
        raise FanzhaError(f"cannot be reached: {_reason(error)}", path=uri, mend=_MEND, retryable=True) from None
    return _by_fsspec(uri)


def _by_fsspec(uri: str) -> tuple[FileSystem, str]:
    scheme = urlsplit(uri).scheme
    if importlib.util.find_spec("fsspec") is None:
        raise FanzhaError(f"nothing installed knows {scheme}://", path=uri, mend="pip install fsspec and its package")
    from fsspec.core import url_to_fs
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    try:
        filesystem, path = url_to_fs(uri)
    except ImportError as error:  # it names the package
        raise FanzhaError(f"{scheme}:// needs a package: {_reason(error)}", path=uri, mend="pip install it") from None
    except ValueError:
        raise FanzhaError(f"nothing installed knows {scheme}://", path=uri, mend="check the address") from None
    except Exception as error:
        raise FanzhaError(f"cannot be reached: {_reason(error)}", path=uri, mend=_MEND, retryable=True) from None
    return PyFileSystem(FSSpecHandler(filesystem)), path


@contextmanager
def _os_errors() -> Iterator[None]:
    """What the libraries of file systems raise, as OSError with a `strerror`."""
    try:
        yield
    except (FanzhaError, FileNotFoundError):
        raise
    except Exception as error:
        raise OSError(errno.EIO, _reason(error)) from None


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
