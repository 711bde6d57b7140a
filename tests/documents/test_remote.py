"""Folders at URIs: listed and read as folders of the disk are."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.documents.remote import is_remote, local_path
from nlp.documents.sources import Listed, Skipped, Source, decode_source, expand, list_sources, read_source
from nlp.errors import FanzhaError

TEXT = "今年破获案件12起。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    files = {
        "a.txt": TEXT, "10.txt": TEXT, "2.txt": TEXT, "子 %41#?/b.txt": TEXT, ".hidden/c.txt": TEXT, "d.jpg": "",
        "page.html": "<p>x</p>", "page_files/e.txt": "", "done/.fanzha/x": "", "done/texts/a.txt": TEXT, "~$f.docx": "",
        "l.jsonl": "\n".join(json.dumps({"text": f"{i}{TEXT}"}) for i in range(3)),
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("内/一.txt", TEXT)
    return folder


@pytest.fixture
def memory(folder: Path) -> Iterator[str]:
    """The same in fsspec's memory: no paths of the disk."""
    fsspec = pytest.importorskip("fsspec")
    filesystem = fsspec.filesystem("memory")
    filesystem.put(str(folder), "/bucket/", recursive=True)
    yield "memory://bucket/in"
    filesystem.rm("/bucket", recursive=True)


def seen(listed: Iterator[Listed]) -> list[Any]:
    return [(one.key, one.reason) if isinstance(one, Skipped) else getattr(one, "key", one) for one in listed]


@pytest.mark.parametrize("scheme", ["memory", "local"])
def test_remote_folder_has_the_letters_of_the_same_folder_on_disk(folder: Path, memory: str, scheme: str) -> None:
    uri = memory if scheme == "memory" else f"local://{folder}"
    assert seen(list_sources([uri])) == seen(list_sources([folder]))
    here, there = list(list_sources([folder])), list(list_sources([uri]))
    for one, other in zip(here, there, strict=True):
        if not isinstance(one, Source):
            continue
        assert isinstance(other, Source)
        assert one.container == other.container
        if one.container is None:
            assert read_source(one, limits=DEFAULT_LIMITS) == read_source(other, limits=DEFAULT_LIMITS)
            continue
        inside = [expand(source, limits=DEFAULT_LIMITS) for source in (one, other)]
        assert [member.key for member in inside[0]] == [member.key for member in inside[1]]
        for members in zip(*inside, strict=True):
            texts = set()
            for member in members:
                assert isinstance(member, Source)
                data = read_source(member, limits=DEFAULT_LIMITS)
                texts.add(decode_source(member, data, limits=DEFAULT_LIMITS, text_field="text").text)
            assert len(texts) == 1


def test_remote_file_is_a_letter_by_itself_and_beside_folders(folder: Path, memory: str) -> None:
    assert seen(list_sources([f"{memory}/a.txt"])) == ["a.txt"]
    keys = seen(list_sources([folder / "a.txt", memory]))
    assert keys[:2] == ["a.txt", "in/2.txt"]


def test_remote_file_over_the_limit_is_refused(memory: str) -> None:
    (source,) = list_sources([f"{memory}/a.txt"])
    assert isinstance(source, Source)
    limits = Limits(file_bytes=5)
    with pytest.raises(FanzhaError, match="a.txt: is larger than"):
        decode_source(source, read_source(source, limits=limits), limits=limits, text_field="text")


def test_remote_file_that_is_gone_says_so(memory: str) -> None:
    with pytest.raises(FanzhaError, match="a.txt: there is no such file"):
        read_source(Source("a.txt", f"{memory}#/bucket/in/no.txt"), limits=DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("memory://bucket/nowhere", "memory://bucket/nowhere: there is no such file or folder"),
        ("nonsense://bucket/x", "nonsense://bucket/x: nothing installed knows nonsense:// "),
        ("s3://bucket/a#b", "s3://bucket/a#b: is no address of a folder: it holds a #"),
    ],
)
def test_remote_place_that_cannot_be_used_says_why(uri: str, message: str) -> None:
    with pytest.raises(FanzhaError) as caught:
        list(list_sources([uri]))
    assert str(caught.value).startswith(message)


def test_remote_names_are_told_from_paths() -> None:
    assert [is_remote(name) for name in ("s3://b/x", "C:\\x", "c:/x", "a//b", "x:y", "hdfs+v2://h:1/x")] == [
        True, False, False, False, False, True,
    ]  # fmt: skip
    assert local_path("file:///a%20b/c") == "/a b/c"
    assert local_path("s3://b/c") is None
