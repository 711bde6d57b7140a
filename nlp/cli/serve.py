"""`fanzha serve`: a page to look at letters in, and an HTTP API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nlp.cli.limits import (
    MaxCharacters,
    MaxMegabytes,
    MaxMembers,
    MaxPages,
    MaxRatio,
    MaxSeconds,
    MaxUnpacked,
    limits_of,
)
from nlp.documents.limits import DEFAULT_LIMITS


def serve_command(
    host: Annotated[str, typer.Option(help="The address to listen on; another than this machine's needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes one that is free.")] = 8642,
    gold: Annotated[Path | None, typer.Option(help="The folder that corrected letters are saved in.")] = None,
    token: Annotated[str | None, typer.Option(help="What clients must show; one is made where it is needed.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name that the server is called by, e.g. behind a proxy; repeatable.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A model folder; without it, the model that is shipped.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one a core, or one on a GPU.", show_default=False)
    ] = None,
    text_field: Annotated[str, typer.Option(help="The field of a .jsonl object that holds the text.")] = "text",
    open_page: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the page; by default from a terminal only.")
    ] = None,
    max_files: Annotated[int, typer.Option(min=1, help="Of one batch.")] = 1000,
    max_total: Annotated[
        float, typer.Option("--max-total-megabytes", min=0.001, help="Of all files of one batch.")
    ] = 500.0,
    max_letters: Annotated[int, typer.Option(min=1, help="Of one batch, those in archives included.")] = 20_000,
    max_jobs: Annotated[int, typer.Option(min=1, help="Batches at a time.")] = 8,
    max_waiting: Annotated[int, typer.Option(min=1, help="Requests for one letter at a time.")] = 256,
    max_megabytes: MaxMegabytes = DEFAULT_LIMITS.file_bytes / 1e6,
    max_characters: MaxCharacters = DEFAULT_LIMITS.characters,
    max_unpacked: MaxUnpacked = DEFAULT_LIMITS.unpacked_bytes / 1e6,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
    max_members: MaxMembers = DEFAULT_LIMITS.members,
    max_pages: MaxPages = DEFAULT_LIMITS.pages,
    max_seconds: MaxSeconds = DEFAULT_LIMITS.seconds,
) -> None:
    """Opens a web page for letters, and an HTTP API, on this machine alone unless --host says otherwise.

    Uploads are in a private temporary folder and go with their batch, after an hour, and when the server ends.
    Nothing about letters is logged. Ends with Ctrl-C.
    """
    import logging
    import secrets

    import fastapi  # noqa: F401 - what is missing is told before the model is loaded
    import prometheus_client  # noqa: F401
    import python_multipart  # noqa: F401
    import uvicorn  # noqa: F401

    from nlp.batch.jobs import WorkerSettings
    from nlp.batch.local import crew_of
    from nlp.errors import FanzhaError
    from nlp.web.engine import Engine
    from nlp.web.server import run_server
    from nlp.web.settings import ServerLimits, WebSettings, is_loopback

    limits = limits_of(
        max_megabytes=max_megabytes, max_characters=max_characters, max_unpacked=max_unpacked, max_ratio=max_ratio,
        max_members=max_members, max_pages=max_pages, max_seconds=max_seconds,
    )  # fmt: skip
    if gold is not None and gold.exists() and not gold.is_dir():
        raise FanzhaError("is a file, not a folder", path=gold, mend="name a folder with --gold")
    if text_field == "id":
        raise FanzhaError("the field id holds the name of a letter", mend="name another with --text-field")
    if token is None and not is_loopback(host):
        token = secrets.token_urlsafe(24)
    settings = WebSettings(
        limits=limits,
        server=ServerLimits(
            files=max_files, total_bytes=int(max_total * 1e6), letters=max_letters, jobs=max_jobs, waiting=max_waiting
        ),
        gold=gold,
        token=token,
        hosts=frozenset(name.lower() for name in allow_host or ()),
    )
    worker = WorkerSettings(limits=limits, text_field=text_field, model=model, device=device)
    count, chunk = crew_of(worker, workers)
    engine = Engine(worker, workers=count, chunk=chunk)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("fanzha.web").setLevel(logging.INFO)

    def started(link: str) -> None:
        typer.echo(f"{link}\nCtrl-C ends it.")
        sys.stdout.flush()
        if open_page or (open_page is None and sys.stdout.isatty() and _has_screen()):
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()  # some browsers do not return

    typer.echo("loading the model …", err=True)
    run_server(settings, engine, host=host, port=port, started=started)


def _has_screen() -> bool:
    """Whether a browser would have a window of its own; without one it would take the terminal."""
    import os

    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
