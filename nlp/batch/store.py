"""The record of a run, in the output folder: what was annotated, from which bytes, by which model.

A SQLite file, so that a letter is in it wholly or not at all, whenever the process is killed. Outputs are written from
it; texts and results are kept compressed.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
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
create table files (path text primary key, run integer not null) without rowid;
create table runs (run integer primary key, whole integer not null default 0);
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
        self.run = 0
        self.next_run()

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
            self._begin()
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
            self._begin()
            self._base.execute("insert or replace into notes values (?, ?, ?)", (key, self.run, note))

    def keep_all_under(self, key: str) -> None:
        """As `keep`, for a letter or for all that an archive of that key held."""
        with self._faults():
            self._begin()
            # What begins with KEY/ lies before KEY0, the next character: a range of the index, not a look at every row.
            self._base.execute(
                "update letters set run = ? where key = ? or (key >= ? and key < ?)",
                (self.run, key, f"{key}/", f"{key}0"),
            )

    def keep_rest(self) -> None:
        """Takes the letters of the last run that came to its end, and of those since, into this run.

        For a run that is cut short: what it has not come to is as it was.
        """
        with self._faults():
            (last,) = self._base.execute("select coalesce(max(run), 0) from runs where whole").fetchone()
            self._base.execute("update letters set run = ? where run >= ?", (self.run, last))

    def ended(self) -> None:
        """Records that this run has come to all letters."""
        with self._faults():
            self._base.execute("update runs set whole = 1 where run = ?", (self.run,))

    def add_files(self, paths: Iterable[str]) -> None:
        """Records files that this run has written, by their paths in the output folder."""
        with self._faults():
            self._begin()
            self._base.executemany("insert or replace into files values (?, ?)", ((path, self.run) for path in paths))
        self.commit()

    def files(self) -> Iterator[str]:
        """The files that earlier runs wrote and this one did not."""
        with self._faults():
            found = self._base.execute("select path from files where run <> ? order by path", (self.run,)).fetchall()
        yield from (path for (path,) in found)

    def forget_file(self, path: str) -> None:
        """Takes a file out that is no longer there."""
        with self._faults():
            self._base.execute("delete from files where path = ?", (path,))

    def commit(self) -> None:
        """Makes sure that all of it is on disk."""
        with self._faults():
            if self._base.in_transaction:
                self._base.execute("commit")

    def next_run(self) -> None:
        """Begins another run: what it does not come across will not be in the outputs."""
        with self._faults():
            self.run = self._base.execute("insert into runs default values").lastrowid or 0

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

    def _begin(self) -> None:
        """Begins a transaction where none is open: what can be done again need not be on disk at once."""
        if not self._base.in_transaction:
            self._base.execute("begin")

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

    def _rows(self, columns: str, condition: str, *, first: int = 0, count: int = -1) -> Iterator[Any]:
        order = "order by sort, key limit ? offset ?"
        with self._faults():
            rows = self._base.execute(
                f"select {columns} from letters where run = ? and {condition} {order}", (self.run, count, first)
            )
        while True:
            with self._faults():
                row = rows.fetchone()
            if row is None:
                return
            yield row

    def _mend(self, reason: str) -> str:
        if "malformed" in reason or "not a database" in reason:
            return f"remove {self._path} and run again: the letters will be annotated anew"
        if "full" in reason or "disk I/O" in reason:
            return "make room and run the same command again: what is finished is kept"
        return "check that the folder is there and can be written, and run the same command again"

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise FanzhaError(
                f"cannot be used: {error}", path=self._path, mend=self._mend(str(error)), retryable=True
            ) from None
        except (zlib.error, ValueError) as error:  # what was recorded is no text, no JSON, no result
            reason = f"is damaged: {type(error).__name__}"
            raise FanzhaError(reason, path=self._path, mend=self._mend("malformed")) from None
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
            with self._store._faults():
                result = Result.model_validate_json(line)
            yield AnnotatedLetter(result, text)

    def __len__(self) -> int:
        return self._store.counts()[0]

    def lines(self, first: int = 0, count: int = -1) -> Iterator[tuple[str, str]]:
        """Each result as the line of JSON that was recorded, and the letter's text.

        Args:
            first: how many to pass over.
            count: how many to give; -1 for all.
        """
        for result, text in self._store._rows("result, text", "result is not null", first=first, count=count):
            with self._store._faults():
                pair = zlib.decompress(result).decode("utf-8"), zlib.decompress(text).decode("utf-8")
            yield pair
