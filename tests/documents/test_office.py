"""Old Word, WPS and RTF files: LibreOffice reads them shut off from network and files, in time, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from make_files import as_docx, as_rtf, as_word

from nlp.annotation.corpus import read_marked
from nlp.documents import office
from nlp.documents.forms import Extracted
from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.errors import FanzhaError

LETTERS = Path(__file__).resolve().parents[2] / "annotations" / "letters"
needs_libreoffice = pytest.mark.skipif(office.find_libreoffice() is None, reason="LibreOffice is not installed")
posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for LibreOffice")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, in which nothing may be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


def extract(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Extracted:
    return office.extract(data, where="letter.doc", limits=limits)


@pytest.fixture(scope="module")
def as_doc(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Makes an old Word file of a .docx."""
    folder = tmp_path_factory.mktemp("doc")

    def make(data: bytes) -> bytes:
        (folder / "letter.docx").write_bytes(data)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        program = str(office.find_libreoffice())
        command = [program, "--headless", profile, "--convert-to", "doc:MS Word 97", "letter.docx"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        return (folder / "letter.doc").read_bytes()

    return make


@needs_libreoffice
def test_office_rtf_reads_as_the_text_file() -> None:
    text = read_marked(LETTERS / "a01.txt").text
    assert extract(as_rtf(text)) == Extracted(text.strip("\n"), "office")


@needs_libreoffice
def test_office_doc_reads_as_the_text_file_and_two_at_once(as_doc: Any) -> None:
    texts = [read_marked(LETTERS / f"{name}.txt").text for name in ("a01", "c05")]
    files = [as_doc(as_docx(text)) for text in texts]
    with ThreadPoolExecutor(2) as pool:
        assert [found.text for found in pool.map(extract, files)] == [text.strip("\n") for text in texts]


@needs_libreoffice
def test_office_automatic_numbers_of_old_files_are_read(as_doc: Any) -> None:
    def numbered(text: str, level: int) -> str:
        properties = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>'
        return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for i, text in enumerate(("%1、", "（%2）"))
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        '<Override PartName="/word/numbering.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/></Types>'
    )
    body = numbered("主要做法", 0) + numbered("打击", 1) + numbered("防范", 1) + numbered("下一步", 0)
    data = as_word(body, numbering=numbering, extra={"[Content_Types].xml": types.encode()})
    assert extract(as_doc(data)).text.split("\n") == ["一、主要做法", "（一）打击", "（二）防范", "二、下一步"]


@pytest.fixture
def requests() -> Iterator[tuple[int, list[str]]]:
    """A web server on this machine: its port, and the paths it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, paths
        server.shutdown()
        thread.join()


@needs_libreoffice
def test_office_nothing_is_fetched(tmp_path: Path, requests: tuple[int, list[str]]) -> None:
    port, paths = requests
    address = f"http://127.0.0.1:{port}"
    (tmp_path / "secret.txt").write_text("geheim")
    hostile = as_rtf(
        "共抓获83名。\n"
        rf'{{\field{{\*\fldinst INCLUDEPICTURE "{address}/p.png" \\d}}{{\fldrslt one}}}}'
        rf'{{\field\flddirty{{\*\fldinst INCLUDETEXT "{address}/t.rtf"}}{{\fldrslt two}}}}'
        rf'{{\field\flddirty{{\*\fldinst INCLUDETEXT "{tmp_path}/secret.txt"}}{{\fldrslt three}}}}'
        rf"{{\*\template {address}/t.dot}}"
    )
    assert extract(hostile).text == "共抓获83名。\nonetwothree"
    assert paths == []


@needs_libreoffice
@pytest.mark.parametrize("shut_off", [True, False])
def test_office_the_profile_is_what_shuts_libreoffice_off(
    tmp_path: Path, requests: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch, shut_off: bool
) -> None:
    # A web page is no form that this module lets through; LibreOffice loads its pictures eagerly.
    port, paths = requests
    if not shut_off:
        monkeypatch.setattr(office, "_SETTINGS", ())
    page = f'<p>text<img src="http://127.0.0.1:{port}/p.png"><img src="http://localhost:{port}/q.png">'
    folder = tmp_path / "work"
    folder.mkdir()
    office._convert(
        page.encode(), ".html", "HTML (StarWriter)", str(office.find_libreoffice()), folder, "x", DEFAULT_LIMITS
    )
    assert set(paths) == (set() if shut_off else {"/p.png", "/q.png"})


@needs_libreoffice
def test_office_a_letter_that_takes_too_long_is_left() -> None:
    with pytest.raises(FanzhaError, match=r"took LibreOffice longer than 0\.04 seconds .*--max-seconds") as found:
        extract(as_rtf("text"), Limits(seconds=0.05))
    assert found.value.retryable


@posix
def test_office_all_processes_are_killed_when_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "soffice"
    script.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/child\nwait\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(office, "find_libreoffice", lambda: str(script))
    with pytest.raises(FanzhaError, match="longer than 0.4 seconds"):
        extract(as_rtf("text"), Limits(seconds=0.5))
    child = int((tmp_path / "child").read_text())
    for _ in range(200):
        if not running(child):
            break
        threading.Event().wait(0.02)
    assert not running(child)


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_office_without_libreoffice_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(office, "_PLACES", (str(tmp_path / "none"),))
    with pytest.raises(FanzhaError, match="needs LibreOffice to be read, which is not installed .install") as found:
        extract(as_rtf("text"))
    assert found.value.retryable
    (tmp_path / "none").write_text("")
    assert office.find_libreoffice() == str(tmp_path / "none")


def ole(*streams: str, flags: int = 0) -> bytes:
    """The head of an OLE file with directory entries of these names; the first stream begins in sector 2."""
    data = bytearray(512 * 6)
    data[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    data[30:32] = (9).to_bytes(2, "little")
    for i, name in enumerate(streams):
        coded = (name + "\0").encode("utf-16-le")
        at = 1024 + 128 * i
        data[at : at + len(coded)] = coded
        data[at + 64 : at + 66] = len(coded).to_bytes(2, "little")
        data[at + 116 : at + 120] = (2).to_bytes(4, "little")
    data[1536 + 10 : 1536 + 12] = flags.to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ole("EncryptedPackage", "EncryptionInfo"), "is locked with a password .save it without one"),
        (ole("WordDocument", flags=0x0100), "is locked with a password"),
        (ole("Workbook"), "is an old Excel file"),
        (ole("PowerPoint Document"), "is an old PowerPoint file"),
        (ole("__properties_version1.0"), "is an Outlook message"),
        (b"\xd0\xcf\x11\xe0", "is damaged or cut off"),
    ],
)
def test_office_other_and_locked_files_are_told_without_libreoffice(
    data: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "find_libreoffice", lambda: pytest.fail("was looked for"))
    with pytest.raises(FanzhaError, match=message) as found:
        extract(data)
    assert found.value.mend
    assert not found.value.retryable


@needs_libreoffice
@pytest.mark.parametrize("data", [ole("WordDocument"), ole("CONTENTS"), b"{\\rtf"], ids=["doc", "wps", "rtf"])
def test_office_damaged_files_are_refused(data: bytes) -> None:
    with pytest.raises(FanzhaError, match="cannot be read by LibreOffice: it is damaged or locked|is empty"):
        extract(data)
