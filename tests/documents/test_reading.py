"""Reading: the text is kept exactly, its encoding is found, and what is no text is refused by name and with a mend."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp.documents.encoding import decode_text
from nlp.documents.forms import form_of
from nlp.documents.limits import Limits
from nlp.documents.reading import decode_document, read_document
from nlp.errors import FanzhaError

LETTER = "　　李代表：\r\n您提出的建议收悉。2024年，共止付1.2亿元（同比上升30％），\n现答复如下。\r\n"
RARE = LETTER + "承办人：𠮷䶮，联系地址：㙍塘村。\n"
LATIN = "Le comité a déjà répondu à l'élève, et la réponse a été envoyée à Besançon par courrier.\n" * 3


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (LETTER.encode(), LETTER, "utf-8"),
        (codecs.BOM_UTF8 + LETTER.encode(), LETTER, "utf-8"),
        (codecs.BOM_UTF16_LE + LETTER.encode("utf-16-le"), LETTER, "utf-16-le"),
        (codecs.BOM_UTF16_BE + LETTER.encode("utf-16-be"), LETTER, "utf-16-be"),
        (codecs.BOM_UTF32_LE + LETTER.encode("utf-32-le"), LETTER, "utf-32-le"),
        (codecs.BOM_UTF32_BE + LETTER.encode("utf-32-be"), LETTER, "utf-32-be"),
        (LETTER.encode("gbk"), LETTER, "gb18030"),
        (RARE.encode("gb18030"), RARE, "gb18030"),
        (RARE.encode(), RARE, "utf-8"),
        (RARE.encode("utf-16"), RARE, "utf-16-le"),
        (b"plain ASCII\r\n", "plain ASCII\r\n", "utf-8"),
        ("案".encode(), "案", "utf-8"),
        ("反诈".encode("gb18030"), "反诈", "gb18030"),
        ("\ufeff\ufeff案".encode(), "\ufeff案", "utf-8"),
        (b"\r\r\n\n" + LETTER.encode() + b"\n\r\n  ", "\r\r\n\n" + LETTER + "\n\r\n  ", "utf-8"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_reading_keeps_the_text_exactly(tmp_path: Path, data: bytes, text: str, encoding: str) -> None:
    path = tmp_path / "答复.2024.txt"
    path.write_bytes(data)
    document = read_document(path)
    assert document.text == text
    assert document.encoding == encoding
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert (document.id, document.path) == ("答复.2024", str(path))


def test_reading_finds_other_encodings() -> None:
    text = "臺北市政府警察局辦理防制詐騙宣導，去年共攔阻被害人匯款三百件，金額達新臺幣一億元。" * 5
    assert decode_text(text.encode("big5"), where="x") == (text, "big5")


def test_reading_guesses_no_chinese_into_a_latin_text() -> None:
    data = LATIN.encode("latin-1")
    text, encoding = decode_text(data, where="x")
    assert text == data.decode(encoding)
    assert "".join(filter(str.isascii, text)) == "".join(filter(str.isascii, LATIN))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize(
    "damage",
    [lambda d: d[:-1], lambda d: d[:200] + b"\xff" + d[200:], lambda d: d + b"\x80"],
    ids=["cut", "byte", "end"],
)
def test_reading_refuses_a_damaged_letter(encoding: str, damage: Callable[[bytes], bytes]) -> None:
    letter = LETTER.replace("\r\n", "").replace("\n", "") * 5
    with pytest.raises(FanzhaError, match="is no text in an encoding that can be told"):
        decode_text(damage(letter.encode(encoding)), where="x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty (save the letter into it)"),
        (b" \r\n\t\n", "is empty (save the letter into it)"),
        ("\u3000\n\u3000".encode(), "is empty (save the letter into it)"),
        ("\u3000\n\u3000".encode("gb18030"), "is empty (save the letter into it)"),
        (codecs.BOM_UTF8, "is empty (save the letter into it)"),
        (codecs.BOM_UTF16_LE, "is empty (save the letter into it)"),
        (
            b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
            "is a JPEG picture, not text (save the letter as text, HTML, Word or PDF first)",
        ),
        (b"\x89PNG\r\n\x1a\n\x00", "is a PNG picture, not text (save the letter as text, HTML, Word or PDF first)"),
        (b"\x1f\x8b\x08\x00", "is a gzip file, not text (unpack it first)"),
        (codecs.BOM_UTF8 + b"\xff\xff", "begins as UTF-8 but is not (save it as UTF-8 text)"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "begins as UTF-16-LE but is not (save it as UTF-8 text)"),
        (codecs.BOM_UTF16_BE + b"\xd8\x00\x00a", "begins as UTF-16-BE but is not (save it as UTF-8 text)"),
        (
            "第一行\n第二\x08行".encode(),
            "holds the control character U+0008 in line 2 (take it out, or save the letter as UTF-8 text)",
        ),
        (
            b"nul\x00nul",
            "holds the control character U+0000 in line 1 (take it out, or save the letter as UTF-8 text)",
        ),
        (
            "全市公安机关开展宣传\uffff".encode(),
            "holds the control character U+FFFF in line 1 (take it out, or save the letter as UTF-8 text)",
        ),
        (LETTER.encode("utf-16-le"), "is no text in an encoding that can be told (save it as UTF-8 text)"),
        (LETTER.encode("gb18030") + b"\x00", "is no text in an encoding that can be told (save it as UTF-8 text)"),
        (b"\x80\x81\x00\xff" * 40, "is no text in an encoding that can be told (save it as UTF-8 text)"),
    ],
)
def test_reading_refuses_what_is_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(data)
    with pytest.raises(FanzhaError) as caught:
        read_document(path)
    assert str(caught.value) == f"{path}: {message}"


def test_reading_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError) as caught:
        read_document(tmp_path / "none.txt")
    assert str(caught.value) == f"{tmp_path}/none.txt: there is no such file (check the name)"


def test_reading_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError) as caught:
        read_document(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: is a folder, not a letter (name its files, or: fanzha annotate {tmp_path} -o OUT)"
    )


@pytest.mark.parametrize("name", ["letter.txt/under", "a" * 300, "a\0b"])
def test_reading_a_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    with pytest.raises(FanzhaError, match="cannot be read: .* \\(check "):
        read_document(tmp_path / name)


def test_reading_too_large_a_file(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"a" * 1_500_001)
    assert len(read_document(path, limits=Limits(file_bytes=1_500_001, characters=2_000_000)).text) == 1_500_001
    with pytest.raises(FanzhaError) as caught:
        read_document(path, limits=Limits(file_bytes=1_500_000))
    assert str(caught.value) == f"{path}: is larger than 1.5 MB (is it one letter? then raise --max-megabytes)"


def test_reading_a_name_with_a_newline(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines.txt"
    path.write_bytes(LETTER.encode())
    assert read_document(path).id == "two\nlines"
    path.write_bytes(b"")
    with pytest.raises(FanzhaError) as caught:
        read_document(path)
    assert str(caught.value) == f"{tmp_path}/two\\nlines.txt: is empty (save the letter into it)"
    path.unlink()
    path.mkdir()
    with pytest.raises(FanzhaError, match="two.nlines.txt: is a folder") as caught:
        read_document(path)
    assert str(caught.value).isprintable()


def test_reading_a_name_that_is_no_utf8() -> None:
    document = decode_document(LETTER.encode(), path="\udcb4\udcf0.txt")
    assert document.id == "\\udcb4\\udcf0"
    assert document.path == "\\udcb4\\udcf0.txt"


def test_reading_standard_input() -> None:
    document = decode_document(LETTER.encode(), path=None)
    assert (document.id, document.path, document.text) == ("stdin", None, LETTER)
    with pytest.raises(FanzhaError) as caught:
        decode_document(b"", path=None)
    assert str(caught.value) == "standard input: is empty (save the letter into it)"


CHARACTERS = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.sampled_from("，。：；、（）“”％１\r\n\u30003276aA"),
)
CHINESE = st.text(CHARACTERS)


@given(st.text() | CHINESE, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
@example("\ufeff", "utf-8")
@example("GIF8", "utf-8")
@example("a\x7f", "utf-8")
def test_reading_any_unicode_text_is_kept_or_refused(text: str, encoding: str) -> None:
    try:
        document = decode_document(text.encode(encoding), path="x")
    except FanzhaError:
        return
    # A byte order mark is no part of the text.
    assert document.text == text or (encoding == "utf-8" and "\ufeff" + document.text == text)


@given(st.text() | CHINESE)
def test_reading_any_gb18030_text_is_kept_or_refused(text: str) -> None:
    data = text.encode("gb18030")
    try:
        document = decode_document(data, path="x")
    except FanzhaError:
        return
    # Short bytes may be UTF-8 as well, or another encoding; never are they changed without a word of it.
    assert document.text == data.decode(document.encoding)
    assert document.encoding != "gb18030" or document.text == text


@given(st.lists(CHARACTERS, min_size=13, unique=True).map("".join))
def test_reading_a_chinese_letter_in_gb18030_is_kept(text: str) -> None:
    letter = "关于建议的答复" + text
    assert decode_text(letter.encode("gb18030"), where="x") == (letter, "gb18030")


@given(st.binary(max_size=400) | st.binary(max_size=80).map(lambda data: "反诈中心".encode() + data))
@example(b"\x80")
@example(b"\xbf" * 30)
@example("反诈".encode() + b"\x8d")
@example(b"+2AA-+2AA-")
def test_reading_any_bytes_give_clean_text_or_are_refused(data: bytes) -> None:
    try:
        document = decode_document(data, path="x")
    except FanzhaError as refusal:
        message = str(refusal)
    else:
        message = ""
        assert document.text.strip()
        assert document.text.encode("utf-8")
        assert not set(document.text) & set(map(chr, [*range(9), *range(14, 32), 127, 0xFFFE, 0xFFFF]))
    assert message.isprintable()


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (b"%PDF-1.7\n", "a.txt", "pdf"),
        (b"\r\n\r\n%PDF-1.4\n", "a.pdf", "pdf"),
        (b"PK\x03\x04\x14\x00", "a.docx", "docx"),
        (b"PK\x03\x04\x14\x00", "a.doc", "docx"),
        (b"PK\x03\x04\x14\x00", "a.ZIP", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a.wps", "office"),
        (b"{\\rtf1\\ansi", "a.doc", "office"),
        (b"<!DOCTYPE html><p>", "a.txt", "html"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- saved -->\n<!-- x --> <HTML lang=zh>", "a", "html"),
        ("<html>".encode("utf-16"), "a.txt", "html"),
        ("<p>没有开头".encode(), "a.HTM", "html"),
        ("<p>没有开头".encode(), "a.txt", "text"),
        (b"<!-- " * 800, "a.txt", "text"),
        (b"<!----> " * 500 + b"<html>", "a.txt", "html"),
        (b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n", "a.txt", "mht"),
        (b"From: x\r\n\r\nMIME-Version: 1.0\r\n", "a.txt", "text"),
        (b"x", "a.mhtml", "mht"),
        (LETTER.encode(), "a.pdf", "text"),
        (LETTER.encode(), "a.docx", "text"),
        (b"", "a.txt", "text"),
    ],
)
def test_reading_knows_a_form_by_the_bytes(data: bytes, name: str, form: str) -> None:
    assert form_of(data, name) == form
