"""Debian's chromium driven by Playwright: pages whose requests, dialogs and faults are written down."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = shutil.which("chromium")
_OPTIONS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@dataclass
class Watched:
    """A page, and what it did that can be seen from outside."""

    page: Page
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """The directives of the Content-Security-Policy that something in the page went against."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def evaluate(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)


OpenPage = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless chromium; it goes before other tests run, for Playwright's event loop must not stay in their way."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    options = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a link in a new window: `open_page(link, width=390, …)`; more as for a context of Playwright."""
    contexts = []

    def build(link: str, *, width: int = 1280, height: int = 860, **more: Any) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **more)
        contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(_WATCH)
        watched = Watched(context.new_page())
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        watched.page.on("dialog", watched.dismiss)
        watched.page.on("pageerror", lambda error: watched.faults.append(str(error)))
        watched.page.goto(link)
        return watched

    yield build
    for context in contexts:
        context.close()
