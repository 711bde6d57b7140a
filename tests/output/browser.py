"""Debian's chromium, headless: a page of a folder is opened, and a script beside it looks at what became of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")

_OPTIONS = [
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=2000", "--dump-dom",
]  # fmt: skip
_LOOKER = "/looker"
# The page stands in a frame: its own policy allows no script, but a page of the same server may look into it.
_LOOKER_PAGE = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">
<iframe style="width: %(width)dpx; height: 900px; border: 0" src="%(page)s"></iframe><pre></pre>
<script>
const frame = document.querySelector("iframe");
frame.onload = () => setTimeout(() => {
  const window = frame.contentWindow, document = frame.contentDocument;
  top.document.querySelector("pre").textContent = encodeURIComponent(JSON.stringify(%(script)s));
}, 500);
</script>"""


def look(folder: Path, page: str, script: str, *, width: int = 1280, profile: Path) -> tuple[Any, list[str]]:
    """Opens a page and looks at it half a second after it has loaded.

    Args:
        folder: what a server of this machine serves.
        page: the page's link from there.
        script: a JavaScript expression; `document` and `window` are the page's.
        width: of the window, in pixels.
        profile: an empty folder for the browser.

    Returns:
        The expression's value, and what the page requested beside itself.
    """
    requests: list[str] = []
    looker = _LOOKER_PAGE % {"width": width, "page": page, "script": script}
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Handler, directory=str(folder), looker=looker, requests=requests)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}{_LOOKER}"
        options = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={profile}"]
        done = subprocess.run(
            [str(CHROMIUM), *options, f"--window-size={width + 100},1000", url],
            capture_output=True,
            timeout=60,
            check=True,
        )
    finally:
        server.shutdown()
        server.server_close()
    found = re.search(r"<pre>(.+?)</pre>", done.stdout.decode("utf-8"))
    assert found is not None, "the script beside the page failed"
    requests.remove("/" + page.partition("#")[0])
    return json.loads(unquote(found[1])), requests


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, looker: str, requests: list[str], **kwargs: Any) -> None:
        self.looker, self.requests = looker, requests
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        if self.path == _LOOKER:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.looker.encode("utf-8"))
            return
        self.requests.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass
