"""What stands before the application: who may ask, the headers of every answer, a short log, and the last catch."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import sys
import time
import traceback
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlp.web.faults import Refusal
from nlp.web.settings import WebSettings, is_loopback

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OPEN = ("/", "/healthz")
_STATIC = "/static/"
_MOST_REQUESTS = 400
"""More than the single letters and batches that may wait by default, less than the connections that there may be."""
_BUSY_SECONDS = 5
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("fanzha.web")


class Guard:
    """Wraps the application.

    Args:
        app: what answers.
        settings: who may ask.
        count: is told route, method and status of each answer.
        most: requests under way; one more is refused.
    """

    def __init__(
        self, app: ASGIApp, *, settings: WebSettings, count: Callable[[str, str, int], None], most: int = _MOST_REQUESTS
    ) -> None:
        self._app, self._settings, self._count, self._most = app, settings, count, most
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0
        self._open += 1

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith(_STATIC) else "no-store")
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, send_guarded)
        except Refusal as refusal:
            await refusal.response()(scope, receive, send_guarded)
        except Exception as error:
            log_fault(error)
            if not status:
                fault = Refusal(500, f"internal fault ({type(error).__name__})", mend="please report it")
                await fault.response()(scope, receive, send_guarded)
        finally:
            self._open -= 1
            self._record(scope, status, time.monotonic() - started)

    def _check(self, scope: Scope) -> None:
        """Refuses who may not ask.

        Raises:
            Refusal: 401 or 403, 503 where too much is under way.
        """
        if self._open > self._most and scope["path"] != "/healthz":
            message = "too many requests at a time"
            raise Refusal(503, message, mend="try again in a while", retry_after=_BUSY_SECONDS)
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            mend = "use the link that fanzha serve has printed, or name the host with --allow-host"
            raise Refusal(403, "the server is not called by this name", mend=mend)
        origins = headers.getlist("origin")
        if any(origin.lower() not in _origins(hosts[0]) for origin in origins):
            raise Refusal(403, "pages of other sites may not ask this server", mend="open the page of the server")
        path = scope["path"]
        bearer = self._has_token(headers)
        if self._settings.token is not None and not bearer and path not in _OPEN and not path.startswith(_STATIC):
            mend = "use the link that fanzha serve has printed, or send the header Authorization: Bearer TOKEN"
            raise Refusal(401, "the token is missing or wrong", mend=mend)
        changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if changes and origins and not bearer and headers.get("x-requested-with") != "fanzha":
            raise Refusal(403, "the header X-Requested-With is missing", mend="send it as: X-Requested-With: fanzha")

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header is one that a page of another site cannot bring about by its own DNS name."""
        name = _hostname(host)
        if name in self._settings.hosts or is_loopback(name):
            return True
        return not self._settings.loopback and _is_address(name)

    def _has_token(self, headers: Headers) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        wanted = self._settings.token
        if wanted is None or kind.lower() != "bearer":
            return False
        return secrets.compare_digest(token.strip().encode("latin-1"), wanted.encode("ascii"))

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts and logs by the route's pattern: a path, a query or a name may say something about a letter."""
        static = scope["path"].startswith(_STATIC)
        route = "/static" if static else getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._count(route, method, status or 499)
        if status >= 400 or status == 0 or method not in ("GET", "HEAD"):
            log.info("%s %s %s %.0f ms", method, route, status or "cut off", 1000 * seconds)


def log_fault(error: BaseException) -> None:
    """Logs a fault of ours by its kind and place: its message may quote a letter."""
    log.error("internal fault: %s at %s", type(error).__name__, _place(error))


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _origins(host: str) -> tuple[str, str]:
    """The origins of the server's own page; https where something before the server has the certificate."""
    return f"http://{host.lower()}", f"https://{host.lower()}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__) or traceback.extract_stack(sys._getframe())
    return f"{frames[-1].filename}:{frames[-1].lineno}"
