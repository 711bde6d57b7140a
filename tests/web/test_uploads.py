"""Forms with files: every byte arrives, names are data, and nothing is larger than it may be."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from nlp.documents.limits import Limits
from nlp.web import uploads
from nlp.web.faults import Refusal
from nlp.web.settings import ServerLimits
from nlp.web.uploads import Upload, clean_name

_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), min_size=1, max_size=30)


def write(
    folder: Path, files: list[tuple[str, bytes]], *, step: int = 100_000, most: int = 10, **limits: Any
) -> list[Upload]:
    """What the writer makes of a form as a client of the field `files` sends it, `step` bytes at a time."""
    sent = httpx.Request("POST", "http://x/", files=[("files", (name, data)) for name, data in files])
    headers = [(key.lower(), value) for key, value in sent.headers.raw]
    body = sent.read()
    server = ServerLimits(total_bytes=limits.pop("total_bytes", 1_000_000))
    request = Request({"type": "http", "method": "POST", "headers": headers})
    writer = uploads._Writer(request, folder, "files", most, Limits(**limits), server)
    try:
        for at in range(0, len(body), step):
            writer.feed(body[at : at + step])
        writer.finish()
    finally:
        writer.close()
    return writer.uploads


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_NAMES, st.binary(max_size=300)), min_size=1, max_size=5), st.integers(1, 400))
def test_uploads_arrive_whole_under_numbers(files: list[tuple[str, bytes]], step: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = write(folder, files, step=step)
        assert [upload.file.read_bytes() for upload in found if upload.file] == [data for _, data in files]
        assert sorted(path.name.partition(".")[0] for path in folder.iterdir()) == [str(i) for i in range(len(files))]


@settings(deadline=None)
@given(
    st.text(max_size=80) | st.sampled_from(["..", "../../etc/x", "C:\\a\\b.txt", "/", "\\\\host\\share\\x", "a/../b"])
)
def test_uploads_names_never_climb(name: str) -> None:
    found = clean_name(name)
    assert found
    assert not {"", ".", ".."} & set(found.split("/"))
    assert "\\" not in found
    assert not PurePosixPath(found).is_absolute()
    found.encode("utf-8")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("复函.txt", "复函.txt"), ('a"b.txt', 'a"b.txt'), ("2023/a.txt", "2023/a.txt"), ("../../a.txt", "a.txt"),
        ("C:\\letters\\a.txt", "letters/a.txt"), ("..", "letter"), ("a;b=c.txt", "a;b=c.txt"),
    ],
)  # fmt: skip
def test_uploads_name_is_what_the_client_calls_it(sent: str, name: str, tmp_path: Path) -> None:
    (upload,) = write(tmp_path, [(sent, b"x")])
    assert upload.name == name


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("filename*=UTF-8''%E5%A4%8D%E5%87%BD.txt", "复函.txt"),
        ("filename=\"x.txt\"; filename*=utf-8'zh'%E5%A4%8D.txt", "复.txt"),
        ("filename*=UTF-8''..%2F..%2Fetc%2Fx; filename=\"x.txt\"", "etc/x"),
        ("filename*=iso-8859-1''%E9.txt", "é.txt"),
        ('filename*=what; filename="x.txt"', "x.txt"),
        ("filename*=koi8-r''%C1; filename=\"x.txt\"", "x.txt"),
    ],
)
def test_uploads_extended_names(disposition: str, name: str, tmp_path: Path) -> None:
    (upload,) = write_form(tmp_path, [disposition])
    assert upload.name == name


def test_uploads_a_field_where_no_file_was_chosen_is_no_letter(tmp_path: Path) -> None:
    (upload,) = write_form(tmp_path, ['filename=""', 'filename="a.txt"'])
    assert upload.name == "a.txt"
    with pytest.raises(Refusal, match="there is no file"):
        write_form(tmp_path, ['filename=""'])


def write_form(folder: Path, dispositions: list[str]) -> list[Upload]:
    parts = [f'--b\r\nContent-Disposition: form-data; name="files"; {one}\r\n\r\nx\r\n' for one in dispositions]
    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request({"type": "http", "method": "POST", "headers": headers})
    writer = uploads._Writer(request, folder, "files", 10, Limits(), ServerLimits())
    writer.feed("".join([*parts, "--b--\r\n"]).encode())
    writer.finish()
    return writer.uploads


def test_uploads_containers_keep_their_suffix_on_disk(tmp_path: Path) -> None:
    found = write(tmp_path, [("a.ZIP", b"1"), ("b.jsonl", b"2"), ("c.zip.txt", b"3"), ("d.sh", b"4")])
    assert [upload.file.name for upload in found if upload.file] == ["0.zip", "1.jsonl", "2", "3"]


def test_uploads_one_too_large_is_refused_by_itself(tmp_path: Path) -> None:
    found = write(tmp_path, [("a.txt", b"x" * 101), ("b.zip", b"x" * 101), ("c.txt", b"x" * 100)], file_bytes=100)
    assert [(upload.name, upload.fault and upload.fault.message) for upload in found] == [
        ("a.txt", "is larger than 0.0001 MB"), ("b.zip", None), ("c.txt", None),
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.zip", "2"]


def test_uploads_too_much_in_all(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="is larger than 0.1 MB") as caught:
        write(tmp_path, [("a.zip", b"x" * 1_200_000)], total_bytes=100_000)
    assert caught.value.status == 413


def test_uploads_too_many(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="holds more than 2 files") as caught:
        write(tmp_path, [("a", b"1"), ("b", b"2"), ("c", b"3")], most=2)
    assert caught.value.status == 413
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("kind", "body", "status", "message"),
    [
        ("multipart/form-data; boundary=b", b"--b--\r\n", 400, "there is no file in the form field 'files'"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Dis", 400, "the form was cut off"),
        ("multipart/form-data; boundary=b", b"what", 400, "the form cannot be read"),
        ("multipart/form-data; boundary=" + "b" * 300, b"", 400, "its boundary is too long"),
        ("multipart/form-data", b"", 415, "is no form with files"),
        ("text/plain", b"", 415, "is no form with files"),
        ("", b"", 415, "is no form with files"),
    ],
)
def test_uploads_malformed(kind: str, body: bytes, status: int, message: str, tmp_path: Path) -> None:
    request = Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]})

    def receive() -> None:
        writer = uploads._Writer(request, tmp_path, "files", 3, Limits(), ServerLimits())
        writer.feed(body)
        writer.finish()

    with pytest.raises(Refusal, match=message) as caught:
        receive()
    assert caught.value.status == status
