"""What has changed in a folder since it was last looked at."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from nlp.documents.sources import Listed, Source


class Changes:
    """Tells files that are new or changed from those that are as they were.

    Args:
        seconds: a file that was changed less than that ago may still be written, and is left for the next look.

    After a look `to_do` is what to annotate (and what cannot be), `to_keep` the keys of what is as it was or is left
    for now, and `found` whether anything has changed.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[str, tuple[int, int]] = {}
        self._others: list[str] | None = None
        self._keys: set[str] = set()
        self.to_do: list[Listed] = []
        self.to_keep: list[str] = []
        self.found = False

    def look(self, listed: Iterable[Listed]) -> None:
        """Looks at a listing."""
        self.to_do, self.to_keep, self.found = [], [], False
        keys: set[str] = set()
        others: list[str] = []
        for one in listed:
            if not isinstance(one, Source):
                self.to_do.append(one)
                others.append(str(one))
                continue
            keys.add(one.key)
            facts = _facts(one.file)
            if facts is not None and (self._seen.get(one.key) == facts or self._is_recent(facts[0])):
                self.to_keep.append(one.key)
                continue
            self.to_do.append(one)
            self.found = True
            if facts is not None:
                self._seen[one.key] = facts
        if self._others is None:
            self.found = self.found or bool(others)
        elif others != self._others or self._keys - keys:
            self.found = True
        self._others, self._keys = others, keys
        for key in self._seen.keys() - keys:
            del self._seen[key]

    def _is_recent(self, changed: int) -> bool:
        return 0 <= time.time() - changed / 1e9 < self._seconds


def _facts(file: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(file)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
