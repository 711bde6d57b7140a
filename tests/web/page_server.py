"""What the tests of the page share: a server with the shipped model and a folder for gold, and the page opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chromium import OpenPage, Watched
from serving import Server, serving


@dataclass
class PageServer:
    """A running server, its first link, and the folder in which it saves corrected letters."""

    server: Server
    gold: Path

    @property
    def link(self) -> str:
        return self.server.link


@pytest.fixture(scope="module")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    folder = tmp_path_factory.mktemp("page")
    gold = folder / "gold"
    with serving(folder / "tmp", "--device", "cpu", "--workers", 1, "--gold", gold) as server:
        yield PageServer(server, gold)


@pytest.fixture
def page_at(page_server: PageServer, open_page: OpenPage) -> Callable[..., Watched]:
    """Opens the page and waits until it is there."""

    def build(**more: object) -> Watched:
        watched = open_page(page_server.link, **more)
        watched.page.wait_for_selector(".drop-zone")
        return watched

    return build
