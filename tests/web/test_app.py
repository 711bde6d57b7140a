"""The API in this process, with a stand-in for the model: see contract and limits in `nlp.web`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import io
import json
import logging
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import client_of, eventually, files_in, finished
from web_stand_in import MODEL

from nlp.batch.jobs import Failed
from nlp.documents.limits import Limits
from nlp.errors import FanzhaError
from nlp.output.report import read_results
from nlp.web.letters import Letter
from nlp.web.settings import ServerLimits, WebSettings

TEXT = "县公安局\r\n抓获𠮷姓嫌疑人86名。"


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def upload(client: TestClient, *files: tuple[str, bytes]) -> Any:
    return client.post("/api/batch", files=[("files", file) for file in files])


def batch(client: TestClient, *files: tuple[str, bytes]) -> str:
    answer = upload(client, *files)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_app_info(client: TestClient) -> None:
    info = client.get("/api/info").json()
    assert info["model"] == MODEL.model_dump()
    assert info["gold"] is True
    assert info["formats"] == ["jsonl", "xlsx", "csv", "html", "report", "label-studio"]
    assert {".txt", ".docx", ".zip"} <= set(info["suffixes"])
    assert info["limits"] == {
        "file_bytes": 20_000, "characters": 5000, "files": 30, "total_bytes": 400_000, "seconds": 20.0,
    }  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(lambda tail: f"复\r\n函{tail}"))
def test_app_predict_text_stays_as_it_is(client: TestClient, text: str) -> None:
    answer = client.post("/api/predict", json={"text": text, "name": "../x/复函.html"})
    assert answer.status_code == 200
    letter = Letter.model_validate_json(answer.content)
    assert letter.text == text
    letter.result.check_against(text)
    assert (letter.result.document.path, letter.result.document.id) == ("x/复函.html", "复函")


def test_app_predict_file_is_read_as_annotate_does(client: TestClient) -> None:
    page = f"<html><body><p>{TEXT}</p></body></html>".encode("gb18030")
    letter = Letter.model_validate_json(client.post("/api/predict", files={"file": ("a.html", page)}).content)
    assert "抓获𠮷姓嫌疑人86名" in letter.text
    assert "<p>" not in letter.text
    assert letter.result.document.path == "a.html"


@pytest.mark.parametrize(
    ("name", "data", "status", "message"),
    [
        ("a.txt", b"", 422, "is empty"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, 422, ""),
        ("a.txt", "复".encode() * 5001, 422, "has 5001 characters, over 5000"),
        ("a.txt", b"x" * 20_001, 413, "is larger than 0.02 MB"),
        ("a.zip", zipped({"b.txt": b"x"}), 415, "holds several letters"),
        ("a.jsonl", b'{"text": "x"}', 415, "holds several letters"),
        ("crash.txt", b"x", 503, "the process that worked on it ended (signal 11)"),
        ("internal.txt", "机密".encode(), 500, "internal fault (ValueError: cannot do 机密)"),
    ],
)
def test_app_predict_says_what_is_wrong(
    name: str, data: bytes, status: int, message: str, client: TestClient, private: Path
) -> None:
    answer = client.post("/api/predict", files={"file": (name, data)})
    error = answer.json()["error"]
    assert (answer.status_code, error["path"]) == (status, name), error
    assert message in error["message"]
    assert error["mend"]
    assert (status == 503) == ("Retry-After" in answer.headers)
    assert files_in(private) == []
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400), (b"[]", "application/json", 400), (b'{"text": 5}', "application/json", 400),
        (b'{"text": "\\ud800"}', "application/json", 400), (b'{"text": ""}', "application/json", 422),
        (b'{"text": "a", "more": 1}', "application/json", 400), (b"[" * 100_000, "application/json", 400),
        (b'{"text": "' + b"a" * 200_000 + b'"}', "application/json", 413), (b"text", "text/plain", 415),
        (b"", "multipart/form-data; boundary=x", 400), (b'{"text": "x"}', "", 415),
    ],
)  # fmt: skip
def test_app_predict_malformed(body: bytes, kind: str, status: int, client: TestClient, private: Path) -> None:
    answer = client.post("/api/predict", content=body, headers={"Content-Type": kind} if kind else {})
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error["message"]
    assert not {"[[[", "{'", "ud800"} & {error["message"][i : i + n] for n in (2, 3, 5) for i in range(200)}
    assert "not b'" not in error["message"]
    assert status != 415 or error["mend"] == "send application/json or multipart/form-data"
    assert files_in(private) == []


def test_app_unknown_paths_and_methods(client: TestClient) -> None:
    for method, path, status in (
        ("GET", "/api/none", 404), ("PUT", "/api/predict", 405), ("GET", "/api/batch/none", 404),
        ("DELETE", "/api/batch/none", 404), ("GET", "/api/batch/none/download/xlsx", 404),
        ("GET", "/api/batch/none/download/exe", 400), ("GET", "/api/batch/none/letters?from=-1", 400),
        ("GET", "/static/../app.py", 404), ("GET", "/static/%2e%2e/app.py", 404), ("GET", "/docs", 404),
    ):  # fmt: skip
        answer = client.request(method, path)
        assert (answer.status_code, set(answer.json())) == (status, {"error"}), path


def test_app_batch_from_upload_to_removal(client: TestClient, private: Path) -> None:
    lines = "\n".join(json.dumps({"text": f"第{i}号复函", "id": f"n{i}"}) for i in range(3))
    name = batch(
        client, ("10.txt", TEXT.encode()), ("2.txt", b"second"), ("2.txt", b"again"), ("e.txt", b""),
        ("big.txt", b"x" * 20_001), ("a.png", b"x"), (".hidden", b"x"), ("../../etc/passwd", b"passwd"),
        ("l.jsonl", lines.encode()), ("z.zip", zipped({"in/a.txt": b"a", "in/b.png": b"b", "../c.txt": b"c"})),
    )  # fmt: skip
    status = finished(client, name)
    assert (status["id"], status["total"], status["annotated"], status["failed"]) == (name, 11, 9, 2)
    assert {failure["path"]: failure["reason"] for failure in status["failures"]} == {
        "big.txt": "is larger than 0.02 MB", "e.txt": "is empty",
    }  # fmt: skip
    assert [(note["path"], note["kind"]) for note in status["notes"]] == [
        ("a.png", "skipped"), ("z.zip/in/b.png", "skipped"),
    ]  # fmt: skip
    page = client.get(f"/api/batch/{name}/letters").json()
    assert page["total"] == 9
    letters = [Letter.model_validate(letter) for letter in page["letters"]]
    paths = [letter.result.document.path for letter in letters]
    assert paths == [
        "2 (2).txt", "2.txt", "10.txt", "etc/passwd", "l.jsonl/line-1", "l.jsonl/line-2", "l.jsonl/line-3",
        "z.zip/c.txt", "z.zip/in/a.txt",
    ]  # fmt: skip
    for letter in letters:
        letter.result.check_against(letter.text)
    assert sum(len(letter.text) for letter in letters) == status["characters"]
    part = client.get(f"/api/batch/{name}/letters?from=2&count=3").json()["letters"]
    assert part == page["letters"][2:5]
    assert [path.rpartition("/")[2] for path in files_in(private)] == ["letters.sqlite"]
    check_downloads(client, name, letters)
    assert client.delete(f"/api/batch/{name}").status_code == 204
    assert files_in(private) == []
    assert client.get(f"/api/batch/{name}").status_code == 404


def check_downloads(client: TestClient, name: str, letters: list[Letter]) -> None:
    def get(form: str) -> bytes:
        answer = client.get(f"/api/batch/{name}/download/{form}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert client.get(f"/api/batch/{name}/download/{form}").content == answer.content
        return answer.content

    with tempfile.TemporaryDirectory() as folder:  # what `fanzha report` takes
        zipfile.ZipFile(io.BytesIO(get("jsonl"))).extractall(folder)
        found = list(read_results(Path(folder) / "results.jsonl"))
    assert [(one.result, one.text) for one in found] == [(letter.result, letter.text) for letter in letters]
    book = openpyxl.load_workbook(io.BytesIO(get("xlsx")), read_only=True)
    assert any(TEXT[0] in [str(cell) for cell in row] for sheet in book for row in sheet.iter_rows(values_only=True))
    assert zipfile.ZipFile(io.BytesIO(get("csv"))).namelist() == [
        "letters.csv", "measures.csv", "claims.csv", "comparison.csv",
    ]  # fmt: skip
    pages = zipfile.ZipFile(io.BytesIO(get("html"))).namelist()
    assert "index.html" in pages
    assert sum(page.startswith("pages/") for page in pages) == len(letters)
    studio = zipfile.ZipFile(io.BytesIO(get("label-studio")))
    assert len(json.loads(studio.read("label-studio.json"))) == len(letters)
    assert b"<View>" in studio.read("label-studio.config.xml")
    report = get("report").decode("utf-8")
    assert report.startswith("<!DOCTYPE html>")
    assert "passwd" in report


@pytest.mark.parametrize("chunk", [1, 8])
def test_app_batch_files_named_alike_all_come_through(chunk: int, tmp_path: Path) -> None:
    """As members of an archive and uploads may be, predicted together or not; so may what is skipped or fails."""
    archive = zipped({"x.txt": b"in", "y.png": b"", "e.txt": b""})
    alike = [("a.zip/x.txt", b"out"), ("a.zip/y.png", b""), ("a.zip/e.txt", b""), ("a.zip/x.txt", b"again")]
    with client_of(tmp_path / "p", chunk=chunk) as client:
        for files in ([("a.zip", archive), *alike], [*alike, ("a.zip", archive), ("a.zip", archive)]):
            status = finished(client, batch(client, *files))
            letters = client.get(f"/api/batch/{status['id']}/letters").json()["letters"]
            archives = len(files) - len(alike)
            assert sorted(letter["text"] for letter in letters) == sorted(["out", "again", *["in"] * archives])
            assert len({letter["result"]["document"]["path"] for letter in letters}) == 2 + archives
            assert (status["total"], status["failed"], len(status["notes"])) == (3 + 2 * archives, *[1 + archives] * 2)
            client.delete(f"/api/batch/{status['id']}")


def test_app_batch_without_letters_has_no_report(client: TestClient) -> None:
    name = finished(client, batch(client, ("e.txt", b"")))["id"]
    answer = client.get(f"/api/batch/{name}/download/report")
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, "there are no letters for a report")
    assert client.get(f"/api/batch/{name}/download/jsonl").status_code == 200
    client.delete(f"/api/batch/{name}")


def test_app_batch_whose_record_fails_is_no_retry(client: TestClient) -> None:
    name = finished(client, batch(client, ("a.txt", b"x")))["id"]
    found = client.app.state.services.batches.get(name)  # type: ignore[attr-defined]
    found._fault = FanzhaError("cannot be used: disk I/O error", path="/private", mend="remove /private")
    answer = client.get(f"/api/batch/{name}")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers
    assert "private" not in answer.text
    client.delete(f"/api/batch/{name}")


def test_app_batch_lines_without_text_name_an_option_that_serve_has(client: TestClient) -> None:
    status = finished(client, batch(client, ("l.jsonl", b'{"body": "x"}')))
    assert status["failures"][0]["mend"] == "name the field with --text-field"
    client.delete(f"/api/batch/{status['id']}")


def test_app_text_field(tmp_path: Path) -> None:
    with client_of(tmp_path / "p", text_field="body") as client:
        status = finished(client, batch(client, ("l.jsonl", b'{"body": "x"}')))
        assert (status["annotated"], status["failed"]) == (1, 0)
        assert client.post("/api/predict", json={"text": "复函"}).json()["text"] == "复函"


def test_app_batch_warnings_are_those_of_their_letters(client: TestClient) -> None:
    text = "县公安局抓获嫌疑人".encode() * 100
    page = b'<html><head><meta charset="utf-8"></head><body><p>' + text + b"\xe5</p></body></html>"  # cut in a letter
    name = batch(client, ("a.html", page), ("b.txt", b"x"), ("c.png", b""))
    status = finished(client, name)
    letters = client.get(f"/api/batch/{name}/letters").json()["letters"]
    warnings = [(letter["result"]["document"]["path"], one) for letter in letters for one in letter["warnings"]]
    assert warnings
    assert warnings == [(note["path"], note["note"]) for note in status["notes"] if note["kind"] == "warning"]
    assert [note["path"] for note in status["notes"] if note["kind"] == "skipped"] == ["c.png"]
    client.delete(f"/api/batch/{name}")


def test_app_batch_says_what_is_not_finished(client: TestClient, private: Path) -> None:
    name = batch(client, *[(f"slow-{i}.txt", b"x") for i in range(8)])
    assert client.get(f"/api/batch/{name}").json()["state"] in ("waiting", "running")
    assert client.get(f"/api/batch/{name}/download/xlsx").status_code == 409
    assert client.delete(f"/api/batch/{name}").status_code == 204
    assert files_in(private) == []


def test_app_batch_a_crash_costs_one_letter(client: TestClient) -> None:
    status = finished(client, batch(client, *[(f"{i}.txt", b"x") for i in range(6)], ("crash.txt", b"x")))
    assert (status["annotated"], status["failed"]) == (6, 1)
    assert status["failures"][0]["reason"] == "the process that worked on it ended (signal 11)"
    client.delete(f"/api/batch/{status['id']}")


def test_app_batch_bombs_and_crowds(client: TestClient, private: Path) -> None:
    bomb = zipped({"a.txt": b"\x00" * 30_000_000})
    crowd = zipped({f"{i}.txt": b"x" for i in range(41)})
    status = finished(
        client, batch(client, ("bomb.zip", bomb), ("crowd.zip", crowd), ("no.zip", b"x"), ("a.txt", b"x"))
    )
    assert {failure["path"]: failure["reason"] for failure in status["failures"]} == {
        "bomb.zip/a.txt": "unpacks to more than 200 times its size, as a zip bomb does",
        "crowd.zip": "makes more than 40 letters of the batch",
        "no.zip": "is no ZIP archive: File is not a zip file",
    }
    assert (status["total"], status["annotated"]) == (4, 1)
    client.delete(f"/api/batch/{status['id']}")
    assert files_in(private) == []


def test_app_batch_too_many_and_too_much(client: TestClient, private: Path) -> None:
    answer = upload(client, *[(f"{i}.txt", b"x") for i in range(31)])
    assert (answer.status_code, answer.json()["error"]["message"]) == (413, "holds more than 30 files")
    answer = upload(client, ("a.zip", b"x" * 1_500_000))
    assert (answer.status_code, answer.json()["error"]["message"]) == (413, "the upload is larger than 0.4 MB")
    assert list((private / "batches").iterdir()) == []


def test_app_batches_refuse_politely_when_full(client: TestClient) -> None:
    names = [batch(client, *[(f"slow-{i}.txt", b"x") for i in range(20)]) for _ in range(2)]
    answer = upload(client, ("a.txt", b"x"))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    for name in names:
        client.delete(f"/api/batch/{name}")
    client.delete(f"/api/batch/{batch(client, ('a.txt', b'x'))}")


@pytest.fixture
def pool() -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    with concurrent.futures.ThreadPoolExecutor(20) as found:
        yield found


def test_app_predict_refuses_politely_when_full(
    client: TestClient, pool: concurrent.futures.ThreadPoolExecutor, private: Path
) -> None:
    def ask(i: int) -> Any:
        return client.post("/api/predict", json={"text": "复函", "name": f"slow-{i}.txt"})

    answers = list(pool.map(ask, range(20)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 4
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.json()["error"]["message"] == "too many letters are waiting"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert files_in(private) == []


def test_app_a_batch_lets_single_letters_pass(client: TestClient) -> None:
    name = batch(client, *[(f"slow-{i}.txt", b"x") for i in range(30)])
    assert client.post("/api/predict", json={"text": "复函"}).status_code == 200
    status = client.get(f"/api/batch/{name}").json()
    assert status["state"] != "done"
    assert status["annotated"] < 15
    client.delete(f"/api/batch/{name}")


def test_app_clients_of_one_name_get_their_own(tmp_path: Path, pool: concurrent.futures.ThreadPoolExecutor) -> None:
    """Predicted together, as on a GPU, under the same file name."""
    with client_of(tmp_path / "p", workers=1, chunk=8) as client:

        def ask(i: int) -> str:
            answer = client.post("/api/predict", files={"file": ("a.txt", f"第{i}号".encode())})
            return str(answer.json()["text"])

        assert list(pool.map(ask, range(40))) == [f"第{i}号" for i in range(40)]


def ask(app: Any, *messages: Any, seconds: float = 0.0) -> list[Any]:
    """What the application sends to a client that sends some messages, then waits, and is gone."""
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/api/predict", "raw_path": b"/api/predict", "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("x", 1),
    }  # fmt: skip
    left, sent = list(messages), []

    async def receive() -> Any:
        if not left:
            await asyncio.sleep(seconds)
            return {"type": "http.disconnect"}
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def test_app_a_client_that_goes_drops_its_letter(client: TestClient, private: Path) -> None:
    name = batch(client, *[(f"slow-{i}.txt", b"x") for i in range(6)])
    body = json.dumps({"text": "复函", "name": "hang.txt"}).encode()
    ask(client.app, {"type": "http.request", "body": body, "more_body": False})
    lanes = client.app.state.services.engine.lanes  # type: ignore[attr-defined]
    assert lanes.waiting(single=True) == 0
    client.delete(f"/api/batch/{name}")
    assert files_in(private) == []


def test_app_a_client_that_stalls_is_let_go(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    half = {"type": "http.request", "body": b'{"text": ', "more_body": True}
    assert ask(client.app, half)[0]["status"] == 400
    monkeypatch.setattr("nlp.web.uploads._STALL_SECONDS", 0.05)
    assert ask(client.app, half, seconds=30)[0]["status"] == 408
    monkeypatch.setattr("nlp.web.uploads._SLOW_SECONDS", -1.0)
    monkeypatch.setattr("nlp.web.uploads._LEAST_BYTES_A_SECOND", 1e12)
    assert ask(client.app, half, half)[0]["status"] == 408


def test_app_engine_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that died and cannot be started again takes the engine down, until one can."""
    broken = tmp_path / "broken"
    with client_of(tmp_path / "p", model=broken) as client:
        broken.touch()
        assert client.post("/api/predict", json={"text": "复函", "name": "crash.txt"}).status_code == 503
        name = batch(client, ("a.txt", b"x"), ("b.txt", b"x"))
        assert client.post("/api/predict", json={"text": "复函"}).status_code == 503
        eventually(lambda: client.get("/healthz").status_code == 503)
        broken.unlink()
        eventually(lambda: client.get("/healthz").status_code == 200)
        assert client.post("/api/predict", json={"text": "复函"}).status_code == 200
        status = finished(client, name)
        assert status["annotated"] + status["failed"] == 2
        assert {failure["reason"] for failure in status["failures"]} <= {"the engine went down"}


def test_app_letters_given_after_the_engine_went_down_are_not_lost(tmp_path: Path) -> None:
    """An outcome that was queued before the loss has the batch go on; what it gives then is answered for itself."""
    with client_of(tmp_path / "p") as client:
        services = client.app.state.services  # type: ignore[attr-defined]
        name = batch(client, *[(f"slow-{i}.txt", b"x") for i in range(70)])
        found = services.batches.get(name)
        lost = ["slow-60.txt", "slow-61.txt"]
        eventually(lambda: found.waiting < 6)  # letters were given since the first 64
        services.engine.lanes.cancel(found._lane)
        found._lost(lost)
        found._lost(lost)  # no more than once, and never one that is not under way
        client.get(f"/api/batch/{name}")  # has waited for both
        found._lost(sorted(found._under_way))
        status = finished(client, name)
        assert (status["annotated"] + status["failed"], status["total"]) == (70, 70)
        late = services.batches.get(name)._answered
        late(Failed("slow-60.txt", "predict", "late", None, True))
        assert finished(client, name)["failed"] == status["failed"]


def test_app_idle_batches_go(tmp_path: Path) -> None:
    with client_of(tmp_path / "p") as client:
        batches = client.app.state.services.batches  # type: ignore[attr-defined]
        now = [0.0]
        batches._clock = lambda: now[0]
        name = batch(client, ("a.txt", b"x"))
        finished(client, name)

        def at(seconds: float) -> None:
            now[0] = seconds
            assert client.portal is not None
            client.portal.call(batches.sweep)

        at(3599)
        assert client.get(f"/api/batch/{name}").status_code == 200
        at(2 * 3599)
        assert len(files_in(tmp_path)) == 1
        at(3 * 3600)
        assert files_in(tmp_path) == []
        assert client.get(f"/api/batch/{name}").status_code == 404


def test_app_sweep_lets_clients_remove_and_use_batches_meanwhile(tmp_path: Path) -> None:
    with client_of(tmp_path / "p") as client:
        batches = client.app.state.services.batches  # type: ignore[attr-defined]
        now = [0.0]
        batches._clock = lambda: now[0]
        names = []
        for _ in range(4):
            names.append(batch(client, ("a.txt", b"x")))
            finished(client, names[-1])
            now[0] += 1.0
        first = batches._all[names[-1]]  # swept first: the one that was left alone for the shortest time
        close = first.close

        async def meanwhile() -> None:
            await close()
            await batches.remove(names[0])
            batches.get(names[1])

        first.close = meanwhile
        now[0] = 5000.0
        assert client.portal is not None
        client.portal.call(batches.sweep)
        assert list(batches._all) == [names[1]]


def test_app_sweep_goes_on_after_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("nlp.web.app._SWEEP_SECONDS", 0.01)
    with caplog.at_level(logging.ERROR), client_of(tmp_path / "p") as client:
        batches = client.app.state.services.batches  # type: ignore[attr-defined]
        calls: list[int] = []

        async def sweep() -> None:
            calls.append(1)
            raise ValueError("机密")

        batches.sweep = sweep
        eventually(lambda: len(calls) > 2)
    assert "internal fault: ValueError at" in caplog.text
    assert "机密" not in "".join(record.getMessage() for record in caplog.records)


def test_app_without_gold_or_engine(tmp_path: Path) -> None:
    with client_of(tmp_path / "p") as client:
        gold = {"text": "复函", "path": "a.txt", "measures": [], "claims": []}
        assert client.post("/api/gold", json=gold).status_code == 409
        assert client.get("/api/info").json()["gold"] is False
        client.app.state.services.engine.stop()  # type: ignore[attr-defined]
        assert client.get("/healthz").status_code == 503
        answer = client.post("/api/predict", json={"text": "复函"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_app_a_letter_that_takes_too_long(tmp_path: Path) -> None:
    with client_of(tmp_path / "p", WebSettings(limits=Limits(seconds=0.5)), workers=1) as client:
        answer = client.post("/api/predict", json={"text": "复函", "name": "hang.txt"})
        assert (answer.status_code, answer.json()["error"]["message"]) == (503, "took longer than 0.5 seconds")
        assert client.post("/api/predict", json={"text": "复函"}).status_code == 200


def test_app_ends_at_once_with_letters_under_way(tmp_path: Path, pool: concurrent.futures.ThreadPoolExecutor) -> None:
    folder = tmp_path / "p"
    with client_of(folder, WebSettings(server=ServerLimits(jobs=1)), workers=2) as client:
        batch(client, ("hang.txt", b"x"), ("hang-2.txt", b"x"), ("a.txt", b"x"))
        lanes = client.app.state.services.engine.lanes  # type: ignore[attr-defined]
        eventually(lambda: len(lanes._taken) == 2)
        start = time.monotonic()
    assert time.monotonic() - start < 8
    assert files_in(folder) == []


def test_app_metrics_know_no_letters(client: TestClient) -> None:
    client.post("/api/predict", json={"text": "机密", "name": "机密.txt"})
    client.get("/机密?机密=1")
    text = client.get("/metrics").text
    assert 'fanzha_http_requests_total{method="POST",route="/api/predict",status="200"}' in text
    assert 'fanzha_http_requests_total{method="GET",route="none",status="404"}' in text
    assert 'fanzha_letters_total{outcome="annotated"}' in text
    assert 'fanzha_letters_waiting{kind="single"} 0.0' in text
    assert "fanzha_letter_seconds_bucket" in text
    assert "机密" not in text
