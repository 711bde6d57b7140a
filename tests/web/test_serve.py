"""`fanzha serve` as people run it: a process on loopback, what it survives, and what it leaves behind."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import psutil
import pytest
import web_stand_in
from serving import COMMAND, ROOT, Server, eventually, finished, serving
from tiny import PLAIN, Tiny

from nlp.batch.jobs import WorkerSettings
from nlp.schema import Result
from nlp.web.engine import Engine
from nlp.web.server import run_server
from nlp.web.settings import WebSettings

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


def workers(process: int) -> list[psutil.Process]:
    """The processes that annotate."""
    return [one for one in psutil.Process(process).children(recursive=True) if "spawn_main" in " ".join(one.cmdline())]


def test_serve_the_main_ways(server: Server) -> None:
    with server.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/api/info").json()["model"]["name"] == "tiny"
        letter = client.post("/api/predict", json={"text": PLAIN}).json()
        result = Result.model_validate(letter["result"])
        assert letter["text"] == PLAIN
        result.check_against(PLAIN)
        assert result.claims
        files = [("files", (f"{i}.txt", PLAIN.encode("gb18030"))) for i in range(5)]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("in/x.html", f"<html><body><p>{PLAIN}</p></body></html>")
        name = client.post("/api/batch", files=[*files, ("files", ("z.zip", archive.getvalue()))]).json()["id"]
        status = finished(client, name)
        assert (status["annotated"], status["failed"]) == (6, 0)
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"/api/batch/{name}/download/xlsx").content))
        assert book.sheetnames
        gold = {
            "text": PLAIN, "path": "复函.txt", "measures": [
                {k: v for k, v in m.items() if k != "score"} for m in letter["result"]["measures"]
            ], "claims": [{k: v for k, v in c.items() if k != "score"} for c in letter["result"]["claims"]],
        }  # fmt: skip
        assert client.post("/api/gold", json=gold).json()["path"] == "复函.txt"
        assert client.delete(f"/api/batch/{name}").status_code == 204
    assert server.files() == []
    assert "复函" not in "".join(server.messages)


def test_serve_says_nothing_of_itself(server: Server) -> None:
    with server.client() as client:
        assert "server" not in client.get("/healthz").headers
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 403


def test_serve_a_client_that_hangs_in_an_upload_blocks_nobody(server: Server) -> None:
    host, _, port = server.url.rpartition("//")[2].partition(":")
    head = (
        f"POST /api/batch HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        'Content-Length: 9999\r\n\r\n--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf'
    )
    hanging = [socket.create_connection((host, int(port))) for _ in range(3)]
    try:
        for one in hanging:
            one.sendall(head.encode())
        eventually(lambda: len(server.files()) == 3)
        with server.client() as client:
            start = time.monotonic()
            assert client.post("/api/predict", json={"text": PLAIN}).status_code == 200
            name = client.post("/api/batch", files={"files": ("a.txt", PLAIN.encode())}).json()["id"]
            assert finished(client, name)["annotated"] == 1
            client.delete(f"/api/batch/{name}")
            assert time.monotonic() - start < 10
    finally:
        for one in hanging:
            one.close()
    eventually(lambda: server.files() == [])


def test_serve_a_worker_killed_costs_one_letter(server: Server) -> None:
    with server.client() as client:
        letters = [("files", (f"{i}.txt", (PLAIN * 20).encode())) for i in range(200)]
        name = client.post("/api/batch", files=letters).json()["id"]
        eventually(lambda: client.get(f"/api/batch/{name}").json()["annotated"] > 5)
        workers(server.process.pid)[0].kill()
        status = finished(client, name, seconds=60)
        assert status["annotated"] + status["failed"] == 200
        assert status["failed"] <= 1
        assert client.post("/api/predict", json={"text": PLAIN}).status_code == 200
        client.delete(f"/api/batch/{name}")


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_clean(number: int, tiny: Tiny, tmp_path: Path) -> None:
    with serving(tmp_path / "tmp", "--model", tiny.model, "--device", "cpu", "--workers", 1, "--token", "t") as server:
        assert server.link.endswith("/?token=t")
        with server.client(headers={"Authorization": "Bearer t"}) as client:
            letters = [("files", (f"{i}.txt", (PLAIN * 50).encode())) for i in range(300)]
            assert client.post("/api/batch", files=letters).status_code == 202
            assert httpx.get(f"{server.url}/api/info", trust_env=False).status_code == 401
            (folder,) = (tmp_path / "tmp").glob("fanzha-serve-*")
            assert folder.stat().st_mode & 0o777 == 0o700
            assert (folder / "scratch").stat().st_mode & 0o777 == 0o700
            children = workers(server.process.pid)
            start = time.monotonic()
            server.process.send_signal(number)
            assert server.process.wait(20) == 0
        assert time.monotonic() - start < 15
        assert not list((tmp_path / "tmp").glob("fanzha-serve-*"))
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []
        assert not any("Traceback" in line for line in server.messages)


def test_serve_temporary_files_of_letters_are_in_its_private_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that LibreOffice reads and writes, see `nlp.batch.worker`."""
    engine = Engine(WorkerSettings(), workers=1, target=web_stand_in.serve)
    seen: list[Path] = []

    def serve(*_: object, **__: object) -> None:
        assert engine.settings.scratch is not None
        assert engine.settings.scratch.is_dir()
        seen.append(engine.settings.scratch)

    monkeypatch.setattr("uvicorn.Server.run", serve)
    run_server(WebSettings(), engine, host="127.0.0.1", port=0, started=lambda link: None)
    (scratch,) = seen
    assert scratch.parent.name.startswith("fanzha-serve-")
    assert not scratch.parent.exists()


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--no-open", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=60,
    )


def test_serve_a_busy_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", port)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"fanzha: cannot listen on 127.0.0.1, port {port}: ")
    assert last.endswith("(give another --port, or --port 0 for one that is free)")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "nowhere", "--port", "0"], "is no model folder"),
        (["--host", "no.such.host.invalid"], "there is no host 'no.such.host.invalid'"),
        (["--token", "geheim wort"], "the token is empty or has other characters than ASCII"),
        (["--gold", __file__], "is a file, not a folder"),
        (["--text-field", "id"], "the field id holds the name of a letter"),
    ],
)
def test_serve_says_what_is_wrong(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr.strip().splitlines()[-1]


def test_serve_elsewhere_makes_a_token(tiny: Tiny, tmp_path: Path) -> None:
    with serving(
        tmp_path / "tmp", "--host", "0.0.0.0", "--model", tiny.model, "--device", "cpu", "--workers", 1
    ) as server:
        address, _, token = server.link.partition("/?token=")
        assert len(token) >= 32
        with server.client() as client:
            assert client.get("/api/info").status_code == 401
            assert client.get("/api/info", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert token not in "".join(server.messages)


def test_serve_predict_needs_no_web(tmp_path: Path) -> None:
    """`fanzha predict` starts fast, and without the extra."""
    code = (
        "import sys, json; import nlp.cli.main, nlp.cli.serve; "
        "print(json.dumps([n for n in ('fastapi', 'uvicorn', 'starlette', 'prometheus_client') if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == []
