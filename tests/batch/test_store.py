"""The record of a run: what is in it is there after a kill, and says what need not be done again."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from nlp.batch.jobs import Annotated, Failed
from nlp.batch.store import Fingerprint, Store
from nlp.errors import FanzhaError

MADE = Fingerprint("model 1", "limits 1")
SHA = "a" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "letters.sqlite"


def annotated(key: str, text: str = "文", *warnings: str) -> Annotated:
    return Annotated(key, SHA, text, json.dumps({"path": key}), warnings)


def lines(store: Store) -> list[tuple[str, str]]:
    return [(json.loads(line)["path"], text) for line, text in store.letters().lines()]


def test_store_gives_letters_in_natural_order(path: Path) -> None:
    store = Store(path)
    for key in ("10.txt", "b/1.txt", "2.txt"):
        assert store.add(annotated(key, key + "\r\n𠮷"), MADE) == len(key) + 3
    assert lines(store) == [(key, key + "\r\n𠮷") for key in ("2.txt", "10.txt", "b/1.txt")]
    assert len(store.letters()) == 3
    assert store.counts() == (3, 0, 0)


def test_store_has_what_was_added_without_being_closed(path: Path) -> None:
    first = Store(path)
    first.add(annotated("a"), MADE)
    second = Store(path)  # as after a kill
    assert second.known("a", MADE) == SHA
    assert lines(second) == []
    second.keep("a")
    assert lines(second) == [("a", "文")]


def test_store_knows_a_letter_for_its_model_only(path: Path) -> None:
    store = Store(path)
    store.add(annotated("a"), MADE)
    assert store.known("a", Fingerprint("model 1", "limits 2")) == SHA
    assert store.known("a", Fingerprint("model 2", "limits 1")) is None
    assert store.known("b", MADE) is None


def test_store_knows_a_failure_for_its_limits_if_it_is_for_good(path: Path) -> None:
    store = Store(path)
    store.add_failure(Failed("a", "read", "is empty", "fill it", False, SHA), MADE)
    store.add_failure(Failed("b", "read", "took long", None, True, SHA), MADE)
    store.add_failure(Failed("c", "read", "not there", None, False, None), MADE)
    assert store.known("a", MADE) == SHA
    assert store.known("a", Fingerprint("model 1", "limits 2")) is None
    assert store.known("a", MADE, retry=True) is None
    assert store.known("b", MADE) is None
    assert store.known("c", MADE) is None
    assert [json.loads(line) for line in store.failures()][0] == {
        "path": "a", "stage": "read", "reason": "is empty", "mend": "fill it", "retryable": False,
    }  # fmt: skip
    assert store.counts() == (0, 3, 0)


def test_store_a_letter_that_fails_after_it_did_well_is_a_failure_alone(path: Path) -> None:
    store = Store(path)
    store.add(annotated("a"), MADE)
    store.add_failure(Failed("a", "read", "is empty", None, False, SHA), MADE)
    assert (lines(store), store.counts()) == ([], (0, 1, 0))
    store.add(annotated("a"), MADE)
    assert (list(store.failures()), store.counts()) == ([], (1, 0, 0))


def test_store_notes_what_was_skipped_and_warnings(path: Path) -> None:
    store = Store(path)
    store.add_note("10.jpg", "no letter")
    store.add(annotated("2.pdf", "文", "page 2 is a picture", "page 3 too"), MADE)
    assert list(store.notes()) == [
        {"path": "2.pdf", "kind": "warning", "note": "page 2 is a picture"},
        {"path": "2.pdf", "kind": "warning", "note": "page 3 too"},
        {"path": "10.jpg", "kind": "skipped", "note": "no letter"},
    ]


def test_store_of_a_further_run_has_what_that_run_came_across(path: Path) -> None:
    store = Store(path)
    store.add(annotated("a"), MADE)
    store.add(annotated("b"), MADE)
    store.add_note("c", "skipped")
    store.next_run()
    store.keep("b")
    assert lines(store) == [("b", "文")]
    assert list(store.notes()) == []
    assert store.known("a", MADE) == SHA


def test_store_that_is_damaged_or_of_another_version_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(FanzhaError, match="file is not a database .*remove .*letters.sqlite and run again"):
        Store(path)
    path.unlink()
    base = sqlite3.connect(path)
    base.execute("pragma user_version = 99")
    base.close()
    with pytest.raises(FanzhaError, match="was written by another version"):
        Store(path)


def test_store_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FanzhaError, match="cannot be written"):
        Store(tmp_path / "state" / "letters.sqlite")


def test_store_keeps_a_letter_or_what_an_archive_held(path: Path) -> None:
    store = Store(path)
    for key in ("z.zip/a", "z.zip/b/c", "z.zip", "z.zip0", "z.zip2/a", "z", "y.txt"):
        store.add(annotated(key), MADE)
    store.next_run()
    store.keep_all_under("z.zip")
    assert [key for key, _ in lines(store)] == ["z.zip", "z.zip/a", "z.zip/b/c"]
    store.keep_all_under("y.txt")
    assert [key for key, _ in lines(store)] == ["y.txt", "z.zip", "z.zip/a", "z.zip/b/c"]
