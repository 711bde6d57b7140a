"""Files are whole or not there, and what cannot be read or written is said in one line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nlp import files
from nlp.errors import FanzhaError
from nlp.files import parse_json, read_json, read_text, write_bytes, write_json, write_text


def test_files_text_is_written_as_it_is_into_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "甲.txt"
    write_text(path, "\ufeff甲\r\n乙\n")
    assert path.read_bytes() == "\ufeff甲\r\n乙\n".encode()
    assert read_text(path) == "甲\r\n乙\n"
    assert read_text(path, keep_bom=True) == "\ufeff甲\r\n乙\n"
    assert [p.name for p in path.parent.iterdir()] == ["甲.txt"]


def test_files_json_is_readable_and_comes_back(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"键": [1, None]})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "键": [\n    1,\n    null\n  ]\n}\n'
    assert read_json(tmp_path / "a.json") == {"键": [1, None]}
    write_json(tmp_path / "a.json", {"键": 1}, indent=1)
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n "键": 1\n}\n'


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_files_what_was_there_stays_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(FanzhaError, match=r"a\.txt: cannot be written: No space left on device"):
        write_text(tmp_path / "a.txt", "new")
    assert {p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir()} == {"a.txt": "old"}


def test_files_a_break_off_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "a.txt", "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes, links and pipes")
def test_files_mode_links_and_what_is_no_file_are_as_with_open(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "a", b"1")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    (tmp_path / "link").symlink_to("a")
    write_bytes(tmp_path / "link", b"2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_bytes() == b"2"
    write_bytes(Path(os.devnull), b"3")
    assert not Path(os.devnull).is_file()


def test_files_faults_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff")
    for path, said in (
        (tmp_path, "cannot be read"),
        (tmp_path / "b", "cannot be read"),
        (tmp_path / "a.txt", "byte 0"),
    ):
        with pytest.raises(FanzhaError, match=said) as caught:
            read_text(path)
        assert caught.value.path == str(path)
    for path in (tmp_path, tmp_path / "a.txt" / "b"):
        with pytest.raises(FanzhaError, match="cannot be written"):
            write_bytes(path, b"")
    with pytest.raises(FanzhaError, match="unpaired surrogate"):
        write_text(tmp_path / "c", "\udcff")


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "line 1, column 2"), ("[" * 100_000, "nested too deep"), ("9" * 5000, "a number too long")],
    ids=["broken", "deep", "long"],
)
def test_files_what_is_no_json_is_refused(text: str, said: str) -> None:
    with pytest.raises(FanzhaError, match=f"a.json: is no JSON.*{said}"):
        parse_json(text, "a.json")
