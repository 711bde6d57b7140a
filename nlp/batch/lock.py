"""One run at a time in an output folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from nlp.errors import FanzhaError


@contextlib.contextmanager
def locked(path: Path, *, folder: Path) -> Iterator[None]:
    """Holds a lock that the system takes back when the process ends, however it ends.

    Args:
        path: of the lock file.
        folder: what is locked, for the fault.

    Raises:
        FanzhaError: where another process holds it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout:
        raise FanzhaError(
            "another run is writing to it", path=folder, mend="wait for it to end, or name another folder with -o"
        ) from None
    except OSError as error:
        raise FanzhaError(
            f"cannot be written: {error.strerror}", path=folder, mend="name another folder with -o"
        ) from None
    try:
        yield
    finally:
        lock.release()
