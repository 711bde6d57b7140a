"""The record of a run, in the output folder: what was annotated, from which bytes, by which model.

A SQLite file, so that a letter is in it wholly or not at all, whenever the process is killed. Outputs are written from
it; texts and results are kept compressed.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.batch.jobs import Annotated, Failed
from nlp.documents.sources import natural_order
from nlp.errors import FanzhaError
from nlp.output.letters import AnnotatedLetter
from nlp.schema import Result

_VERSION = 1
_TABLES = """
create table letters (
  key text primary key,
  sort text not null,
  run integer not null,
  made_by text not null,
  limits text not null,
  sha256 text,
  result blob,
  text blob,
  characters integer not null default 0,
  warnings text not null default '[]',
  failure text,
  retryable integer not null default 0
);
create index letters_in_order on letters (run, sort, key);
create table notes (key text primary key, run integer not null, note text not null) without rowid;
"""


@dataclass(frozen=True)
class Fingerprint:
    """What a result depends on beside the letter's bytes: `made_by` (model, program), and `limits` for a refusal."""

    made_by: str
    limits: str


class Store:
    """The letters of an output folder, in `path`; made where it is not there.

    Raises:
        FanzhaError: from every method, where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, isolation_level=None)
            self._base.execute("pragma synchronous = full")
            (version,) = self._base.execute("pragma user_version").fetchone()
            if version == 0:
                self._base.executescript(f"begin; {_TABLES} pragma user_version = {_VERSION}; commit;")
            elif version != _VERSION:
                raise FanzhaError(
                    "was written by another version", path=path, mend="name another output folder with -o"
                )
            (last,) = self._base.execute("select max(run) from letters").fetchone()
        self.run = (last or 0) + 1

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def known(self, key: str, fingerprint: Fingerprint, *, retry: bool = False) -> str | None:
        """The SHA-256 of the bytes for which a letter need not be done again, or None.

        Args:
            key: of the letter.
            fingerprint: of this run. A failure is known only for the same limits, and if it cannot be retried.
            retry: take no failure as known.
        """
        with self._faults():
            row = self._base.execute(
                "select sha256, failure, retryable, limits from letters where key = ? and made_by = ?",
                (key, fingerprint.made_by),
            ).fetchone()
        if row is None:
            return None
        sha256, failure, retryable, limits = row
        if failure is not None and (retry or retryable or limits != fingerprint.limits):
            return None
        return str(sha256) if sha256 is not None else None

    def keep(self, key: str) -> None:
        """Takes what is known of a letter into this run. It is on disk with the next letter, or `commit`."""
        with self._faults():
            if not self._base.in_transaction:
                self._base.execute("begin")
            self._base.execute("update letters set run = ? where key = ?", (self.run, key))

    def add(self, letter: Annotated, fingerprint: Fingerprint) -> int:
        """Records a letter; when this returns, it is on disk.

        Returns:
            Its length in characters.
        """
        self._insert(
            letter.key, fingerprint, sha256=letter.sha256, characters=len(letter.text),
            result=zlib.compress(letter.result.encode("utf-8")), text=zlib.compress(letter.text.encode("utf-8")),
            warnings=json.dumps(letter.warnings, ensure_ascii=False),
        )  # fmt: skip
        return len(letter.text)

    def add_failure(self, failed: Failed, fingerprint: Fingerprint) -> None:
        """Records why a letter has no result."""
        record = {"path": failed.key, "stage": failed.stage, "reason": failed.reason, "mend": failed.mend}
        self._insert(
            failed.key, fingerprint, sha256=failed.sha256, retryable=failed.retryable,
            failure=json.dumps({**record, "retryable": failed.retryable}, ensure_ascii=False),
        )  # fmt: skip

    def add_note(self, key: str, note: str) -> None:
        """Records what a person should know of a file that is no letter."""
        with self._faults():
            if not self._base.in_transaction:
                self._base.execute("begin")
            self._base.execute("insert or replace into notes values (?, ?, ?)", (key, self.run, note))

    def commit(self) -> None:
        """Makes sure that all of it is on disk."""
        with self._faults():
            if self._base.in_transaction:
                self._base.execute("commit")

    def next_run(self) -> None:
        """Begins another run: what it does not come across will not be in the outputs."""
        self.run += 1

    def letters(self) -> StoredLetters:
        """The annotated letters of this run."""
        return StoredLetters(self)

    def failures(self) -> Iterator[str]:
        """The failures of this run, each as a line of JSON, in the order of their paths."""
        yield from (row[0] for row in self._rows("failure", "failure is not null"))

    def notes(self) -> Iterator[dict[str, str]]:
        """What was skipped, and the warnings of letters, in the order of their paths."""
        with self._faults():
            skipped = self._base.execute("select key, note from notes where run = ?", (self.run,)).fetchall()
        found = [{"path": key, "kind": "skipped", "note": note} for key, note in skipped]
        for key, warnings in self._rows("key, warnings", "warnings <> '[]'"):
            found += [{"path": key, "kind": "warning", "note": note} for note in json.loads(warnings)]
        yield from sorted(found, key=lambda one: (natural_order(one["path"]), one["note"]))

    def counts(self) -> tuple[int, int, int]:
        """Of this run: how many letters have a result, how many failed, and how many files were skipped."""
        with self._faults():
            done, failed = self._base.execute(
                "select count(result), count(failure) from letters where run = ?", (self.run,)
            ).fetchone()
            (skipped,) = self._base.execute("select count(*) from notes where run = ?", (self.run,)).fetchone()
        return done, failed, skipped

    def _insert(self, key: str, fingerprint: Fingerprint, **values: Any) -> None:
        row = {
            "key": key, "sort": natural_order(key), "run": self.run, "made_by": fingerprint.made_by,
            "limits": fingerprint.limits, **values,
        }  # fmt: skip
        with self._faults():
            self._base.execute(
                f"insert or replace into letters ({', '.join(row)}) values ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
        self.commit()

    def _rows(self, columns: str, condition: str) -> Iterator[Any]:
        with self._faults():
            yield from self._base.execute(
                f"select {columns} from letters where run = ? and {condition} order by sort, key", (self.run,)
            )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            damaged = "malformed" in str(error) or "not a database" in str(error)
            mend = (
                f"remove {self._path} and run again: the letters will be annotated anew"
                if damaged
                else "make room and run the same command again: what is finished is kept"
            )
            raise FanzhaError(f"cannot be used: {error}", path=self._path, mend=mend, retryable=True) from None
        except OSError as error:
            raise FanzhaError(
                f"cannot be written: {error.strerror}", path=self._path, mend="name another folder with -o"
            ) from None


class StoredLetters:
    """See `nlp.output.letters.Letters`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __iter__(self) -> Iterator[AnnotatedLetter]:
        for line, text in self.lines():
            yield AnnotatedLetter(Result.model_validate_json(line), text)

    def __len__(self) -> int:
        return self._store.counts()[0]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Each result as the line of JSON that was recorded, and the letter's text."""
        for result, text in self._store._rows("result, text", "result is not null"):
            yield zlib.decompress(result).decode("utf-8"), zlib.decompress(text).decode("utf-8")
