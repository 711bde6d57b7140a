"""Listing: every letter under a folder is found once, in a steady order, and what is no letter is said to be none."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.documents.sources import (
    Skipped,
    Source,
    decode_source,
    expand,
    list_sources,
    natural_order,
    read_source,
)
from nlp.errors import FanzhaError

LETTER = "某县公安局关于第7号建议的答复\n李代表:\n今年以来,全县破获案件12起。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name in ("10.txt", "2.txt", "b/A.DOCX", "b/letter", "b/c/d.html", "b/c/d_files/e.txt", "photo.jpg", ".x.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LETTER, encoding="utf-8")
    return folder


def keys(*roots: Path, output: Path | None = None) -> list[str]:
    return [one.key for one in list_sources(roots, output=output) if isinstance(one, Source)]


def test_sources_of_a_folder_are_in_natural_order(folder: Path) -> None:
    assert keys(folder) == ["2.txt", "10.txt", "b/A.DOCX", "b/letter", "b/c/d.html"]


def test_sources_skip_what_is_no_letter_and_say_so(folder: Path) -> None:
    skipped = [(one.key, one.reason) for one in list_sources([folder]) if isinstance(one, Skipped)]
    assert skipped == [
        ("photo.jpg", "a .jpg file is no letter"),
        ("b/c/d_files", "the pictures and scripts of a saved page"),
    ]


def test_sources_take_a_folder_like_a_saved_pages_where_there_is_no_page(folder: Path) -> None:
    (folder / "b/c/d.html").unlink()
    assert "b/c/d_files/e.txt" in keys(folder)


def test_sources_take_letters_in_a_folder_that_only_looks_like_a_pages(folder: Path) -> None:
    (folder / "2_files").mkdir()
    (folder / "2_files" / "a.txt").write_text(LETTER, encoding="utf-8")
    (folder / "2.docx").touch()
    assert "2_files/a.txt" in keys(folder)


def test_sources_leave_the_results_of_other_runs_out(folder: Path) -> None:
    (folder / "b" / ".fanzha").mkdir()
    assert keys(folder) == ["2.txt", "10.txt"]
    assert Skipped("b", "the results of a run") in list(list_sources([folder]))


def test_sources_with_names_that_become_the_same_stay_apart(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.txt")).write_text("1", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / "a\\udcff.txt").write_text("2", encoding="utf-8")
    found = [one for one in list_sources([tmp_path]) if isinstance(one, Source)]
    assert sorted(one.key for one in found) == ["a\\udcff (2).txt", "a\\udcff.txt"]
    assert sorted(read_source(one, limits=DEFAULT_LIMITS) for one in found) == [b"1", b"2"]


def test_sources_that_are_inputs_themselves_are_looked_at_too(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes in folders here")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "blob").write_text(LETTER, encoding="utf-8")
    (tmp_path / "link.txt").symlink_to("blob")
    pipe, link = list_sources([tmp_path / "pipe.txt", tmp_path / "link.txt"])
    assert isinstance(pipe, FanzhaError)
    assert pipe.message == "is a pipe or a device, not a file"
    assert isinstance(link, Source)
    assert link.key == "link.txt"


def test_sources_leave_the_output_folder_out(folder: Path) -> None:
    assert keys(folder, output=folder / "b") == ["2.txt", "10.txt"]


def test_sources_of_several_inputs_carry_their_names(folder: Path) -> None:
    assert keys(folder / "b" / "c", folder / "2.txt") == ["c/d.html", "2.txt"]
    with pytest.raises(FanzhaError, match="two of the inputs have the same name"):
        keys(folder / "2.txt", folder / "2.txt")
    with pytest.raises(FanzhaError, match="there is no such file or folder"):
        keys(folder / "none")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_sources_never_open_links_to_folders_loops_or_pipes(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    (folder / "up").symlink_to(folder, target_is_directory=True)
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "gone.txt").symlink_to("nothing.txt")
    (folder / "good.txt").symlink_to("b/letter")
    os.mkfifo(folder / "pipe.txt")
    listed = list(list_sources([folder]))
    assert [one.key for one in listed if isinstance(one, Source)][:1] == ["good.txt"]
    faults = {one.path: one.message for one in listed if isinstance(one, FanzhaError)}
    assert set(faults) == {"up", "self.txt", "gone.txt", "pipe.txt"}
    assert faults["up"] == "is a link to a folder, which is not followed"
    assert faults["pipe.txt"] == "is a pipe or a device, not a file"
    assert all(one.retryable for one in listed if isinstance(one, FanzhaError))


def test_sources_name_a_file_that_is_no_utf8(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xb4\xf0.txt")).write_text(LETTER, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (source,) = list_sources([tmp_path])
    assert isinstance(source, Source)
    assert source.key == "\\udcb4\\udcf0.txt"
    assert read_source(source, limits=DEFAULT_LIMITS).decode() == LETTER


def test_sources_in_natural_order() -> None:
    names = ["第10号.txt", "第9号.txt", "a/2", "a/10", "a"]
    assert sorted(names, key=natural_order) == ["a", "a/2", "a/10", "第9号.txt", "第10号.txt"]


def make_zip(path: Path, members: dict[str, bytes]) -> Source:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return Source(path.name, str(path))


def test_archive_members_are_letters_with_keys_inside_the_archive(tmp_path: Path) -> None:
    text = LETTER.encode()
    source = make_zip(
        tmp_path / "包.zip",
        {"../../up.txt": b"1" + text, "/abs/a.txt": b"2" + text, "x\\y.txt": b"3" + text, "p.png": b"", "d/": b"",
         "__MACOSX/a.txt": b"", "d/.h.txt": b""},
    )  # fmt: skip
    found = expand(source, limits=DEFAULT_LIMITS)
    assert [one.key for one in found] == ["包.zip/up.txt", "包.zip/abs/a.txt", "包.zip/x/y.txt", "包.zip/p.png"]
    assert isinstance(found[3], Skipped)
    letters = [one for one in found if isinstance(one, Source)]
    assert [read_source(one, limits=DEFAULT_LIMITS)[:1] for one in letters] == [b"1", b"2", b"3"]
    document = decode_source(letters[0], text, limits=DEFAULT_LIMITS, text_field="text")
    assert (document.id, document.path, document.text) == ("up", "包.zip/up.txt", LETTER)


def test_archive_names_of_chinese_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    make_zip(path, {"X" * len("答复.txt".encode("gb18030")): LETTER.encode()})
    raw = path.read_bytes().replace(b"X" * 8, "答复.txt".encode("gb18030"))
    path.write_bytes(raw)
    (found,) = expand(Source("a.zip", str(path)), limits=DEFAULT_LIMITS)
    assert found.key == "a.zip/答复.txt"


def test_archive_names_that_come_twice_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "一")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.txt", "二")
        archive.writestr("a (2).txt", "三")
    found = expand(Source("a.zip", str(path)), limits=DEFAULT_LIMITS)
    assert [one.key for one in found] == ["a.zip/a.txt", "a.zip/a (2).txt", "a.zip/a (2) (2).txt"]
    datas = [read_source(one, limits=DEFAULT_LIMITS).decode() for one in found if isinstance(one, Source)]
    assert datas == ["一", "二", "三"]


def test_archive_that_is_none_or_is_over_a_limit_is_refused(tmp_path: Path) -> None:
    bomb = make_zip(tmp_path / "bomb.zip", {"a.txt": bytes(5_000_000), "b.txt": LETTER.encode()})
    first, second = (one for one in expand(bomb, limits=DEFAULT_LIMITS) if isinstance(one, Source))
    with pytest.raises(FanzhaError, match="--max-ratio"):
        read_source(first, limits=DEFAULT_LIMITS)
    assert read_source(second, limits=DEFAULT_LIMITS).decode() == LETTER
    with pytest.raises(FanzhaError, match="--max-unpacked-megabytes"):
        expand(bomb, limits=Limits(unpacked_bytes=1000, ratio=10**6))
    with pytest.raises(FanzhaError, match=r"holds more than 8 files .*--max-members"):
        expand(make_zip(tmp_path / "many.zip", {f"{i}.txt": b"" for i in range(9)}), limits=Limits(members=8))
    (tmp_path / "no.zip").write_text(LETTER, encoding="utf-8")
    with pytest.raises(FanzhaError, match="is no ZIP archive") as caught:
        expand(Source("no.zip", str(tmp_path / "no.zip")), limits=DEFAULT_LIMITS)
    assert str(caught.value).startswith("no.zip: ")


def test_archive_member_over_the_file_limit_is_refused_alone(tmp_path: Path) -> None:
    source = make_zip(tmp_path / "a.zip", {"big.txt": os.urandom(3000), "small.txt": LETTER.encode()})
    big, small = (one for one in expand(source, limits=Limits(file_bytes=2000)) if isinstance(one, Source))
    with pytest.raises(FanzhaError, match="--max-megabytes"):
        read_source(big, limits=Limits(file_bytes=2000))
    assert read_source(small, limits=Limits(file_bytes=2000)).decode() == LETTER


def test_archive_or_lines_that_change_after_they_were_listed_give_no_other_letter(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a.txt": b"1" * 9, "b.txt": b"2" * 9})
    lines = write_lines(tmp_path / "l.jsonl", b'{"text": "a"}', b'{"text": "b"}')
    found = [one for source in (archive, lines) for one in expand(source, limits=DEFAULT_LIMITS)]
    make_zip(tmp_path / "a.zip", {"b.txt": b"2" * 9})
    write_lines(tmp_path / "l.jsonl", b'{"text": "bbb"}', b'{"text": "b"}')
    for one in found:
        assert isinstance(one, Source)
        with pytest.raises(FanzhaError, match="has changed since it was listed") as caught:
            read_source(one, limits=DEFAULT_LIMITS)
        assert caught.value.retryable


def test_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"a.txt": LETTER.encode()})
    outer = make_zip(tmp_path / "outer.zip", {"inner.zip": Path(inner.file).read_bytes()})
    (member,) = (one for one in expand(outer, limits=DEFAULT_LIMITS) if isinstance(one, Source))
    with pytest.raises(FanzhaError, match="is an archive, not a letter"):
        decode_source(
            member, read_source(member, limits=DEFAULT_LIMITS), limits=DEFAULT_LIMITS, text_field="text"
        )  # fmt: skip


def write_lines(path: Path, *lines: bytes) -> Source:
    path.write_bytes(b"\n".join(lines))
    return Source(path.name, str(path))


def read_lines(source: Source, *, limits: Limits = DEFAULT_LIMITS, text_field: str = "text") -> list[tuple[str, str]]:
    found = []
    for one in expand(source, limits=limits):
        assert isinstance(one, Source)
        try:
            data = read_source(one, limits=limits)
            document = decode_source(one, data, limits=limits, text_field=text_field)
            found.append((document.id, document.text))
        except FanzhaError as error:
            found.append((one.key, error.message))
    return found


def test_lines_are_letters_each(tmp_path: Path) -> None:
    odd = LETTER.replace("\n", "\r\n") + "\u2028𠮷"
    source = write_lines(
        tmp_path / "l.jsonl",
        b"\xef\xbb\xbf" + json.dumps({"id": "q7", "text": LETTER}).encode(),
        b"  \r",
        json.dumps({"text": odd}, ensure_ascii=False).encode() + b"\r",
    )
    assert read_lines(source) == [("q7", LETTER), ("line-3", odd)]


def test_lines_that_are_no_letters_are_refused_alone(tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "l.jsonl",
        b'{"text": "\\ud800"}', b'{"text": ""}', b"{", b"[1]", b'{"text": 5}', b"\xff", b'{"text": "a\\u0000"}',
        b"[" * 100_000, b'{"body": "ok"}', json.dumps({"text": "长" * 50}).encode(),
    )  # fmt: skip
    messages = [message for _, message in read_lines(source, limits=Limits(characters=40))]
    assert messages == [
        "holds half a surrogate pair",
        "is empty",
        "is no JSON: Expecting property name enclosed in double quotes (line 1, column 2)",
        "has no text in a field 'text'",
        "has no text in a field 'text'",
        "is no UTF-8",
        "holds the control character U+0000 in line 1",
        "is no JSON of this format: nested too deep",
        "has no text in a field 'text'",
        "has 50 characters, over 40",
    ]
    assert read_lines(source, text_field="body")[8] == ("line-9", "ok")


def test_lines_too_long_or_too_many_are_refused(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "l.jsonl", json.dumps({"text": "a" * 3_000_000}).encode(), b'{"text": "b"}')
    assert [message for _, message in read_lines(source, limits=Limits(file_bytes=1_000_000))] == [
        "is larger than 1 MB",
        "b",
    ]
    with pytest.raises(FanzhaError, match="--max-members"):
        expand(source, limits=Limits(members=1))
    with pytest.raises(FanzhaError, match="is empty"):
        expand(write_lines(tmp_path / "e.jsonl", b"", b" "), limits=DEFAULT_LIMITS)
