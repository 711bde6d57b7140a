"""Who may ask, and what every answer carries."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from nlp.web.guard import POLICY, Guard
from nlp.web.settings import WebSettings

TOKEN = "a-token"
COUNTED: list[tuple[str, str, int]] = []


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    if request.url.path == "/fault":
        raise ValueError("the letter says 机密")
    scope["route"] = type("Route", (), {"path": "/pattern"})
    await PlainTextResponse("fine")(scope, receive, send)


def client_of(settings: WebSettings) -> TestClient:
    guard = Guard(app, settings=settings, count=lambda *figures: COUNTED.append(figures))
    return TestClient(guard, base_url="http://127.0.0.1:8642", raise_server_exceptions=True)


@pytest.fixture
def local() -> TestClient:
    return client_of(WebSettings(hosts=frozenset({"office"})))


@pytest.fixture
def remote() -> TestClient:
    return client_of(WebSettings(token=TOKEN, loopback=False, hosts=frozenset({"office"})))


BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("host", "local_status", "remote_status"),
    [
        ("127.0.0.1:8642", 200, 200), ("localhost", 200, 200), ("LOCALHOST:9", 200, 200), ("[::1]:8642", 200, 200),
        ("office:8642", 200, 200), ("office.", 200, 200), ("evil.example:8642", 403, 403), ("", 403, 403),
        ("127.0.0.1.evil.example", 403, 403), ("localhost.evil.example", 403, 403), ("192.0.2.7:8642", 403, 200),
        ("[2001:db8::1]", 403, 200), ("@", 403, 403), ("[::1", 200, 200),
    ],
)  # fmt: skip
def test_guard_hosts(host: str, local_status: int, remote_status: int, local: TestClient, remote: TestClient) -> None:
    assert local.get("/", headers={"Host": host}).status_code == local_status
    assert remote.get("/", headers={"Host": host}).status_code == remote_status


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1", "file://", "http://127.0.0.1:8642.evil"],
)
def test_guard_refuses_foreign_origins(method: str, origin: str, local: TestClient) -> None:
    answer = local.request(method, "/", headers={"Origin": origin, "X-Requested-With": "fanzha"})
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "pages of other sites may not ask this server"
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:8642"}, 403),
        ({"Origin": "http://127.0.0.1:8642", "X-Requested-With": "fanzha"}, 200),
        ({"Origin": "https://127.0.0.1:8642", "X-Requested-With": "fanzha"}, 200),
        ({"Origin": "http://127.0.0.1:8642", "X-Requested-With": "XMLHttpRequest"}, 403),
    ],
)
def test_guard_pages_that_change_things_say_so(headers: dict[str, str], status: int, local: TestClient) -> None:
    assert local.post("/", headers=headers).status_code == status
    assert local.get("/", headers={k: v for k, v in headers.items() if k == "Origin"}).status_code == 200


@pytest.mark.parametrize("path", ["/api/info", "/metrics", "/api/openapi.json", "/nothing", "/staticx", "/api/../x"])
@pytest.mark.parametrize(
    "given", [None, "Bearer", "Bearer ", "Bearer x", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer 秘"]
)
def test_guard_wants_the_token(path: str, given: str | None, remote: TestClient) -> None:
    headers: Any = {} if given is None else {"Authorization": given.encode()}
    answer = remote.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.json()["error"]["mend"]


def test_guard_lets_in_with_the_token(remote: TestClient) -> None:
    assert remote.get("/api/info", headers=BEARER).status_code == 200
    origin = {"Origin": "http://127.0.0.1:8642"}
    assert remote.post("/api/batch", headers={**BEARER, **origin}).status_code == 200
    assert [remote.get(path).status_code for path in ("/", "/static/a.js", "/healthz")] == [200, 200, 200]
    assert remote.get("/api/info", params={"token": TOKEN}).status_code == 401


@pytest.mark.parametrize("path", ["/", "/static/a.js", "/fault"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_guard_headers_are_on_every_answer(path: str, host: str, local: TestClient) -> None:
    headers = local.get(path, headers={"Host": host}).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "Set-Cookie" not in headers


def test_guard_a_fault_of_ours_says_nothing_of_letters(local: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        answer = local.get("/fault?name=机密")
    assert answer.status_code == 500
    assert answer.json()["error"]["message"] == "internal fault (ValueError)"
    assert "internal fault: ValueError at" in caplog.text
    assert "机密" not in caplog.text + answer.text


def test_guard_counts_and_logs_patterns(local: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    COUNTED.clear()
    with caplog.at_level(logging.INFO):
        local.post("/api/机密?q=机密")
        local.request("机密".encode().decode("latin-1"), "/x")
    assert COUNTED == [("/pattern", "POST", 200), ("/pattern", "other", 200)]
    assert "POST /pattern 200" in caplog.text
    assert "机密" not in "".join(record.getMessage() for record in caplog.records if record.name == "fanzha.web")


def test_guard_refuses_politely_when_full() -> None:
    """All that is said is ours, also that nothing can be had now; whether the server lives is told all the same."""
    statuses: list[int] = []
    answers: list[Any] = []

    async def main() -> None:
        done = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await done.wait()
            await PlainTextResponse("fine")(scope, receive, send)

        guard = Guard(slow, settings=WebSettings(), count=lambda *figures: statuses.append(figures[2]), most=2)

        async def ask(path: str) -> None:
            async def receive() -> Any:
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message: Any) -> None:
                answers.append(message)

            headers = [(b"host", b"127.0.0.1")]
            await guard({"type": "http", "method": "GET", "path": path, "headers": headers}, receive, send)

        tasks = [asyncio.create_task(ask(path)) for path in ("/", "/", "/", "/healthz")]
        await asyncio.sleep(0.01)
        assert statuses == [503]
        done.set()
        await asyncio.gather(*tasks)
        await ask("/")

    asyncio.run(main())
    assert statuses == [503, 200, 200, 200, 200]
    headers = Headers(raw=answers[0]["headers"])
    assert (headers["retry-after"], headers["content-type"]) == ("5", "application/json")
    assert headers["content-security-policy"] == POLICY
    assert b"too many requests at a time" in answers[1]["body"]
