"""The application: the page and the API, put together."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from nlp import __version__
from nlp.web import routes
from nlp.web.batches import Batches
from nlp.web.engine import Engine
from nlp.web.faults import Refusal, what_is_wrong
from nlp.web.gold import GoldFolder, GoldQuery, GoldRequest
from nlp.web.guard import Guard, log_fault
from nlp.web.metrics import Metrics
from nlp.web.routes import PredictRequest, Services
from nlp.web.settings import WebSettings
from nlp.web.singles import Singles

STATIC = Path(__file__).parent / "static"
_SWEEP_SECONDS = 60.0
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
"""What Windows may know otherwise, and browsers then refuse."""


def create_app(settings: WebSettings, engine: Engine, folder: Path) -> FastAPI:
    """The application of a server.

    Args:
        settings: how it answers.
        engine: is started already, and ended by who started it.
        folder: private and empty; uploads and results are in it while they last.
    """
    for name in ("singles", "batches"):
        (folder / name).mkdir(mode=0o700)
    batches = Batches(folder / "batches", engine, settings.server)
    metrics = Metrics(engine, batches)
    engine.observer = metrics
    services = Services(
        settings=settings,
        engine=engine,
        singles=Singles(folder / "singles", engine, most=settings.server.waiting),
        batches=batches,
        gold=None if settings.gold is None else GoldFolder(settings.gold),
        metrics=metrics,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(batches))
        try:
            yield
        finally:
            sweeper.cancel()
            await batches.close()

    app = FastAPI(
        title="fanzha", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json",
        description="Measures and numeric claims in Chinese reply letters on telecom fraud. Offsets are code points.",
    )  # fmt: skip
    app.state.services = services
    bearer = [] if settings.token is None else [Depends(HTTPBearer(auto_error=False))]  # for the description: see Guard
    app.include_router(routes.router, dependencies=bearer)
    app.include_router(routes.open_router)
    app.get("/", include_in_schema=False)(_page)
    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)
    app.get("/static/example.txt", include_in_schema=False)(_example)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_middleware(Guard, settings=settings, count=metrics.request)
    _complete_schemas(app)
    return app


async def _sweep(batches: Batches) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await batches.sweep()
        except Exception as error:  # the next sweep may do
            log_fault(error)


async def _page() -> Response:
    page = STATIC / "index.html"
    if not page.is_file():
        raise Refusal(404, "the page is not installed", mend="install the package again")
    return FileResponse(page, media_type="text/html; charset=utf-8")


async def _example() -> Response:
    """The letter to try: in the wheel beside this file, in the repository in `examples/`."""
    here = Path(__file__).parent
    for path in (here / "example.txt", here.parents[1] / "examples" / "letter.txt"):
        if path.is_file():
            return FileResponse(path, media_type="text/plain; charset=utf-8")
    raise Refusal(404, "the example letter is not installed", mend="install the package again")


async def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        error = Refusal(400, what_is_wrong(first["loc"][1:], first["msg"]))
    elif isinstance(error, HTTPException):
        headers = error.headers or {}
        response = Refusal(error.status_code, str(error.detail).lower()).response()
        response.headers.update(headers)
        return response
    assert isinstance(error, Refusal)
    return error.response()


def _complete_schemas(app: FastAPI) -> None:
    """Adds the bodies that the routes read by themselves to the OpenAPI document."""
    document: dict[str, Any] = app.openapi()
    _, bodies = models_json_schema(
        [(PredictRequest, "validation"), (GoldRequest, "validation"), (GoldQuery, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas = document["components"]["schemas"]
    for name, schema in bodies["$defs"].items():
        schemas.setdefault(name, schema)
