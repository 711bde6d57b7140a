"""A folder of files that people meet and attackers send; each must get one answer, and cost nothing but itself."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
from make_files import as_docx, as_pdf, packed
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LETTER = (
    "云溪县公安局关于县人大第12号建议的答复\n李明代表:\n一、已开展的工作\n"
    "2022年全县公安机关抓获诈骗嫌疑人86名,破获案件120起。\n下一步,组织民警进村入户讲解骗术。\n"
)
TEXT = LETTER.encode()
RESULT, FAILED = "result", "failed"
DOCUMENT_XML = "word/document.xml"
_MHT = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def write_hostile(folder: Path) -> dict[str, str]:
    """Fills a folder.

    Returns:
        For each letter in it (as its path is in results) whether it has a result or fails.
    """
    folder.mkdir()
    expected: dict[str, str] = {}
    for name, (data, answer) in _files().items():
        (folder / name).write_bytes(data)
        expected[name] = answer
    for name, (make, answers) in _places().items():
        try:
            make(folder)
        except OSError:  # a name or a kind that this file system does not take
            continue
        expected.update(answers if isinstance(answers, dict) else {name: answers})
    return expected


def _files() -> dict[str, tuple[bytes, str]]:
    text = "\ufeff" + LETTER
    zipped = packed({"a.txt": TEXT})
    return {
        "empty.txt": (b"", FAILED),
        "blank.txt": (b" \r\n\t\n\xe3\x80\x80", FAILED),
        "binary.txt": (bytes(range(256)) * 40, FAILED),
        "picture.txt": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(999), FAILED),
        "nul.txt": (TEXT.replace(b"2022", b"20\x0022"), FAILED),
        "one-line.txt": ("诈骗".encode() * 8_000_000, FAILED),
        "wrong-bom.txt": (b"\xff\xfe" + TEXT + b"x", FAILED),
        "half-surrogate.txt": (text.encode("utf-16-le") + b"\x00\xd8", FAILED),
        "cut.txt": (TEXT[:-2], FAILED),
        "numbers.txt": (TEXT + b"9" * 100_000 + "万元。".encode() + "１，".encode() * 9000 + b"1." * 9000, RESULT),
        "numerals.txt": (TEXT + "一亿".encode() * 30_000 + "起。".encode(), RESULT),
        "brackets.txt": (TEXT + "（".encode() * 10_000 + "〔".encode() * 10_000, RESULT),
        "sentence.txt": (TEXT + "今年以来破获案件3起、".encode() * 9000, RESULT),
        "commas.txt": (TEXT + b"," * 100_000, RESULT),
        "lines.txt": (TEXT + b"\n" * 100_000 + "破获案件3起".encode(), RESULT),
        "bidi.txt": (TEXT + "\u202e起21获破\u2066\u200b\ufeff𠮷\U000e0041".encode(), RESULT),
        "formula.txt": (b"=1+1\n@SUM(A1)\n" + TEXT, RESULT),
        "markup.txt": (TEXT + b"<script>alert(1)</script><img src=x onerror=alert(1)></pre>", RESULT),
        "letter.rar": (b"Rar!\x1a\x07\x01\x00" + bytes(99), FAILED),
        "old.doc": (OLE + bytes(4000), FAILED),
        "cut.docx": (as_docx(LETTER)[:-3000], FAILED),
        "bomb.docx": (packed({"[Content_Types].xml": "x", DOCUMENT_XML: bytes(300_000_000)}), FAILED),
        "entity.docx": (_with_document(_entity_xml()), FAILED),
        "deep.docx": (_with_document(_deep_xml()), FAILED),
        "sheet.docx": (packed({"[Content_Types].xml": "x", "xl/workbook.xml": "<workbook/>"}), FAILED),
        "encrypted.pdf": (_encrypted(as_pdf(LETTER)), FAILED),
        "scan.pdf": (_scan(), FAILED),
        "cut.pdf": (as_pdf(LETTER)[: len(as_pdf(LETTER)) // 2], FAILED),
        "loop.pdf": (_page_loop(), FAILED),
        "script.pdf": (_with_script(as_pdf(LETTER)), RESULT),
        "deep.html": (b"<html><body>" + b"<div><b>" * 10_000 + TEXT, FAILED),
        "script.html": (f"<html><body><script>alert(1)</script><p>{LETTER * 9}".encode(), RESULT),
        "frames.html": (b"<html><frameset><frame src='http://127.0.0.1:9/'></frameset></html>", FAILED),
        "parts.mht": (_MHT + b"--x\r\n" * 9999, FAILED),
        "no.zip": (TEXT, FAILED),
        "cut.zip": (zipped[:-30], FAILED),
    }  # fmt: skip


def _places() -> dict[str, tuple[Callable[[Path], Any], Any]]:
    """What is hostile by its name, its place or its kind."""
    slip = packed(
        {"../../../escaped.txt": TEXT, "/escaped.txt": TEXT, "C:\\escaped.txt": TEXT, "a.txt/b.txt": TEXT, "a": TEXT}
    )
    nested = packed({"in.zip": packed({"a.txt": TEXT})})
    locked = bytearray(packed({"a.txt": TEXT}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    records = [b"{", b'{"text": 1}', b'{"text": "\\ud83d"}', b"[" * 50_000, json.dumps({"text": LETTER}).encode()]
    names = ("escaped.txt", "escaped (2).txt", "C:/escaped.txt", "a.txt/b.txt", "a")
    return {
        "slip.zip": (_write("slip.zip", slip), {f"slip.zip/{name}": RESULT for name in names}),
        "bomb.zip": (_write("bomb.zip", packed({"a.txt": bytes(300_000_000)})), {"bomb.zip/a.txt": FAILED}),
        "locked.zip": (_write("locked.zip", bytes(locked)), {"locked.zip/a.txt": FAILED}),
        "nested.zip": (_write("nested.zip", nested), {"nested.zip/in.zip": FAILED}),
        "l.jsonl": (
            _write("l.jsonl", b"\n".join(records)),
            {f"l.jsonl/line-{i}": RESULT if i == 5 else FAILED for i in range(1, 6)},
        ),
        "too-large.txt": (lambda folder: os.truncate(_touch(folder / "too-large.txt"), 10**10), FAILED),
        "self.txt": (lambda folder: (folder / "self.txt").symlink_to("self.txt"), FAILED),
        "up": (lambda folder: (folder / "up").symlink_to("..", target_is_directory=True), FAILED),
        "pipe.txt": (lambda folder: os.mkfifo(folder / "pipe.txt"), FAILED),
        "locked.txt": (lambda folder: os.chmod(_touch(folder / "locked.txt"), 0), FAILED),
        "locked": (lambda folder: (folder / "locked").mkdir(mode=0), FAILED),
        "two\nlines.txt": (_write("two\nlines.txt", TEXT), RESULT),
        "\\udcff.txt": (_write("\udcff.txt", TEXT), RESULT),
        "=1+1.txt": (_write("=1+1.txt", TEXT), RESULT),
        "<b>.txt": (_write("<b>.txt", TEXT), RESULT),
        f"{'长' * 83}.txt": (_write(f"{'长' * 83}.txt", TEXT), RESULT),
        "deep": (_write("/".join(["d"] * 150) + "/a.txt", TEXT), {"/".join(["d"] * 150) + "/a.txt": RESULT}),
    }  # fmt: skip


def _write(name: str, data: bytes) -> Callable[[Path], Any]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return write


def _touch(path: Path) -> Path:
    path.write_bytes(TEXT)
    return path


def _with_document(xml: bytes) -> bytes:
    """A Word file whose text is this XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_docx(LETTER))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, xml if name == DOCUMENT_XML else source.read(name))
    return out.getvalue()


_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _entity_xml() -> bytes:
    return (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        f"<w:document {_WORD}><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body></w:document>"
    ).encode()


def _deep_xml() -> bytes:
    inner = "<w:sdt><w:sdtContent>" * 50_000 + "</w:sdtContent></w:sdt>" * 50_000
    return f"<w:document {_WORD}><w:body>{inner}</w:body></w:document>".encode()


def _encrypted(pdf: bytes) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(pdf))
    writer.encrypt("secret", algorithm="RC4-128")
    return _saved(writer)


def _with_script(pdf: bytes) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(pdf))
    script = TextStringObject("app.alert('x'); app.launchURL('http://127.0.0.1:9/');")
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): script})
    writer.root_object[NameObject("/OpenAction")] = action
    return _saved(writer)


def _saved(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _scan() -> bytes:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("L", (600, 800), 200).save(picture, "PNG")
    out = io.BytesIO()
    canvas = Canvas(out)
    for _ in range(2):
        canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _page_loop() -> bytes:
    """A page tree that holds itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9999999>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )
