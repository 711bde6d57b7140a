"""Pages saved as one file: the page in it is found, decoded by its header or its own word, and read as a page."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.documents.forms import Extracted
from nlp.documents.limits import DEFAULT_LIMITS
from nlp.documents.mht import extract
from nlp.errors import FanzhaError

LETTER = "<p>李某某代表：</p><p>　　来文收悉。全年共破获案件12起，返还群众86万元，㙍塘等乡镇已全部覆盖。</p>"
TEXT = "李某某代表：\n　　来文收悉。全年共破获案件12起，返还群众86万元，㙍塘等乡镇已全部覆盖。\n"
FRAME = "<html><body><iframe src='cid:frame@x'></iframe></body></html>"


def read(data: bytes) -> Extracted:
    return extract(data, where="page.mht", limits=DEFAULT_LIMITS)


def page(body: str, charset: str = "") -> str:
    meta = f"<meta charset={charset}>" if charset else ""
    return f"<html><head>{meta}<title>答复</title></head><body>{body}</body></html>"


def part(
    content: str, encoding: str, *, header: str = "", transfer: str = "quoted-printable", identifier: str = ""
) -> bytes:
    """A part as browsers write it; `header` is the charset that its Content-Type says."""
    raw = content.encode(encoding)
    encode = {"quoted-printable": quopri.encodestring, "base64": base64.encodebytes, "8bit": bytes}[transfer]
    lines = [f"Content-Type: text/html{header and f'; charset={header}'}", f"Content-Transfer-Encoding: {transfer}"]
    lines += [f"Content-ID: {identifier}"] if identifier else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + encode(raw)


def saved(*parts: bytes, start: str = "") -> bytes:
    """A file of several parts, a picture first."""
    picture = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
    root = f'; start="{start}"' if start else ""
    head = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: http://www.example.invalid/\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/related; type="text/html"; boundary="--b"{root}\r\n\r\n'
    )
    return head.encode() + b"".join(b"----b\r\n" + content + b"\r\n" for content in (picture, *parts)) + b"----b--\r\n"


@pytest.mark.parametrize("transfer", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize(
    ("encoding", "header", "meta", "expected"),
    [
        ("utf-8", "", "", "utf-8"),
        ("utf-8", "utf-8", "gb2312", "utf-8"),
        ("gb18030", "", "gb2312", "gb18030"),
        ("gb18030", "GBK", "utf-8", "gb18030"),
        ("gb18030", "utf-8", "", "gb18030"),
        ("gb18030", "no-such-charset", "", "gb18030"),
    ],
)
def test_mht_decodes_its_page(transfer: str, encoding: str, header: str, meta: str, expected: str) -> None:
    got = read(saved(part(page(LETTER, meta), encoding, header=header, transfer=transfer)))
    assert (got.text, got.encoding, got.warnings) == (TEXT, expected, ())


def test_mht_of_one_part_with_a_mark_and_blanks_before_it() -> None:
    data = b"MIME-Version: 1.0\r\n" + part(page(LETTER), "utf-8")
    assert read(data).text == read(b"\xef\xbb\xbf\r\n" + data).text == TEXT


def test_mht_begins_with_the_part_it_names() -> None:
    other = part(page(LETTER.replace("12起", "99起")), "utf-8", identifier="<other@x>")
    root = part(page(LETTER), "utf-8", identifier="<root@x>")
    assert "12起" in read(saved(other, root, start="<root@x>")).text
    assert "99起" in read(saved(other, root)).text


def test_mht_reads_the_frame_where_the_page_itself_holds_no_letter() -> None:
    small = part(page("<p>公告：本站将于本周日停机维护。</p>"), "utf-8")
    frame = part(page(LETTER), "utf-8", identifier="<frame@x>")
    assert read(saved(part(FRAME, "utf-8"), small, frame)).text == TEXT
    with pytest.raises(FanzhaError, match="shows another file, 'cid:frame@x'"):
        read(saved(part(FRAME, "utf-8")))


def test_mht_that_is_a_plain_page_is_read_as_one() -> None:
    assert read(page(LETTER).encode()).text == TEXT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no page in it"),
        (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nabc", "no page in it"),
        (saved(), "no page in it"),
        (b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n", "is empty"),
    ],
)
def test_mht_without_a_page_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FanzhaError) as caught:
        read(data)
    assert reason in caught.value.message
    assert caught.value.mend


def test_mht_of_parts_nested_deep_is_refused_or_read() -> None:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n" for i in range(3000))
    with pytest.raises(FanzhaError):
        read(b"MIME-Version: 1.0\r\n" + head.encode())


PIECES = st.sampled_from(
    [
        b"Content-Type: text/html; charset=gbk\r\n",
        b"Content-Type: multipart/related; boundary=x; start=a\r\n",
        b"Content-Type: text/html; charset*0*=x''%ff\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Content-ID: =?x?q?=ff?=\r\n",
        b"--x\r\n",
        b"\r\n",
        b"\n",
        page(LETTER).encode("gb18030"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=14).map(b"".join))
def test_mht_reads_any_bytes_or_faults(data: bytes) -> None:
    try:
        got = read(b"MIME-Version: 1.0\r\n" + data)
    except FanzhaError:
        return
    assert got.text.strip()
