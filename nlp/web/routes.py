"""The calls of the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nlp import __version__
from nlp.documents.forms import LETTER_SUFFIXES
from nlp.documents.reading import check_length
from nlp.errors import FanzhaError
from nlp.schema import ModelInfo
from nlp.web.batch import BatchStatus
from nlp.web.batches import Batches
from nlp.web.downloads import DOWNLOADS, Download
from nlp.web.engine import Engine
from nlp.web.faults import FaultBody, Refusal, what_is_wrong
from nlp.web.gold import GoldFolder, GoldFound, GoldQuery, GoldRequest, GoldSaved
from nlp.web.letters import Letter, letter_json
from nlp.web.metrics import Metrics
from nlp.web.settings import WebSettings
from nlp.web.singles import Singles
from nlp.web.uploads import receive_body, receive_files

_Body = TypeVar("_Body", bound=BaseModel)
_Letter = TypeVar("_Letter", GoldRequest, GoldQuery)
_CHUNK = 1 << 16
_BYTES_A_CHARACTER = 12
"""Of JSON that escapes all it can."""
_GOLD_TEXTS = 4
"""How often a corrected letter holds its text, at most: by itself, in its measures, claims, metrics and periods."""


@dataclass(frozen=True)
class Services:
    """What the calls work with."""

    settings: WebSettings
    engine: Engine
    singles: Singles
    batches: Batches
    gold: GoldFolder | None
    metrics: Metrics


class PredictRequest(BaseModel):
    """A letter as text."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="the letter; offsets are code points in it as it is")
    name: str = Field(default="letter.txt", min_length=1, max_length=500, description="what to call it in the result")


class InfoLimits(BaseModel):
    """What may be uploaded."""

    file_bytes: int
    characters: int
    files: int
    total_bytes: int
    seconds: float


class Info(BaseModel):
    """What the server is."""

    version: str
    model: ModelInfo
    limits: InfoLimits
    gold: bool = Field(description="whether corrected letters can be saved")
    formats: list[str]
    suffixes: list[str] = Field(description="of files that letters come in; others may hold one all the same")


class BatchCreated(BaseModel):
    """A batch that was taken."""

    id: str


class LetterPage(BaseModel):
    """Letters of a batch, in the order of their paths, and how many are annotated so far.

    There may be fewer than were asked for where letters are long: go on from the last one.
    """

    letters: list[Letter]
    total: int


class Health(BaseModel):
    """That letters are annotated."""

    status: Literal["ok"] = "ok"


def services(request: Request) -> Services:
    """What `create_app` has put together."""
    found: Services = request.app.state.services
    return found


_Services = Annotated[Services, Depends(services)]
_Form = Literal["jsonl", "xlsx", "csv", "html", "report", "label-studio"]


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says of answers from 400 on; 401 and 403 come before any call."""
    meanings = {
        400: "The request is malformed.", 401: "The token is missing.", 403: "The host or the origin is another.",
        404: "There is no such batch or correction.", 408: "It was sent too slowly.",
        409: "It cannot be done as things are.", 413: "It is too large, or there are too many.",
        415: "It is of the wrong type.", 422: "The letter cannot be read.", 500: "An internal fault.",
        503: "Too much to do, or the engine is down: try again after Retry-After.",
    }  # fmt: skip
    return {status: {"model": FaultBody, "description": meanings[status]} for status in (401, 403, *statuses)}


def _files(name: str, *, many: bool) -> dict[str, Any]:
    """The body of an upload in the OpenAPI document."""
    file: dict[str, Any] = {"type": "string", "format": "binary"}
    field = {"type": "array", "items": file, "minItems": 1} if many else file
    return {"multipart/form-data": {"schema": {"type": "object", "required": [name], "properties": {name: field}}}}


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


router = APIRouter()
open_router = APIRouter()
"""What is answered without a token, too."""


@router.get("/api/info", responses=_refusals())
async def info(to: _Services) -> Info:
    """What the server is and takes."""
    limits, server = to.settings.limits, to.settings.server
    return Info(
        version=__version__, model=to.engine.model, gold=to.gold is not None, formats=list(DOWNLOADS),
        suffixes=sorted(LETTER_SUFFIXES),
        limits=InfoLimits(
            file_bytes=limits.file_bytes, characters=limits.characters, seconds=limits.seconds, files=server.files,
            total_bytes=server.total_bytes,
        ),
    )  # fmt: skip


@router.post(
    "/api/predict",
    response_model=Letter,
    responses=_refusals(400, 408, 413, 415, 422, 500, 503),
    openapi_extra={
        "requestBody": {"required": True, "content": {**_json(PredictRequest), **_files("file", many=False)}}
    },
)
async def predict(request: Request, to: _Services) -> Response:
    """Annotates one letter: JSON with its text, or a file."""
    limits = to.settings.limits
    async with to.singles.arriving(request) as folder:
        if _media_type(request) == "application/json":
            letter = await _body(request, PredictRequest, _BYTES_A_CHARACTER * limits.characters, malformed=400)
            found = await to.singles.annotate_text(request, letter.text, letter.name, folder)
        elif _media_type(request) != "multipart/form-data":
            mend = "send application/json or multipart/form-data"
            raise Refusal(415, "is neither JSON nor a form with a file", mend=mend)
        else:
            (upload,) = await receive_files(
                request, folder, field="file", most=1, limits=limits, server=to.settings.server
            )
            found = await to.singles.annotate_upload(request, upload)
    answer = await asyncio.to_thread(letter_json, found.result, found.text, found.warnings)
    return Response(answer, media_type="application/json")


@router.post(
    "/api/batch",
    status_code=202,
    responses=_refusals(400, 408, 413, 415, 422, 500, 503),
    openapi_extra={"requestBody": {"required": True, "content": _files("files", many=True)}},
)
async def create_batch(request: Request, to: _Services) -> BatchCreated:
    """Takes letters to annotate, archives (.zip) and JSON Lines files of letters among them.

    A letter that is too large or cannot be read is a failure of the batch; it does not keep the others out.
    """
    server = to.settings.server
    async with to.batches.arriving(request) as batch:
        uploads = await receive_files(
            request, batch.folder, field="files", most=server.files, limits=to.settings.limits, server=server
        )
        await batch.start(uploads)
    return BatchCreated(id=batch.name)


@router.get("/api/batch/{batch_id}", responses=_refusals(404, 500))
async def batch_status(batch_id: str, to: _Services) -> BatchStatus:
    """How far a batch is, and what failed."""
    return await to.batches.get(batch_id).status()


@router.get("/api/batch/{batch_id}/letters", response_model=LetterPage, responses=_refusals(400, 404, 500))
async def batch_letters(
    batch_id: str,
    to: _Services,
    first: Annotated[int, Query(alias="from", ge=0, le=1_000_000)] = 0,
    count: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Letters of a batch that are annotated so far."""
    return Response(await to.batches.get(batch_id).letters(first, count), media_type="application/json")


@router.get(
    "/api/batch/{batch_id}/download/{form}",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The results as a file.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for _, kind in DOWNLOADS.values()},
        },
        **_refusals(400, 404, 409, 500),
    },
)
async def batch_download(batch_id: str, form: _Form, to: _Services) -> Response:
    """The results of a finished batch as a file; those of several files in a .zip."""
    found = await to.batches.get(batch_id).download(form)
    headers = {"Content-Length": str(found.size), "Content-Disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(_chunks(found), headers=headers, media_type=found.media_type)


@router.delete("/api/batch/{batch_id}", status_code=204, responses=_refusals(404))
async def delete_batch(batch_id: str, to: _Services) -> None:
    """Removes a batch with all of its files, finished or not."""
    await to.batches.remove(batch_id)


@router.post(
    "/api/gold",
    status_code=201,
    responses=_refusals(400, 408, 409, 413, 415, 422, 500),
    openapi_extra={"requestBody": {"required": True, "content": _json(GoldRequest)}},
)
async def save_gold(request: Request, to: _Services, replace: bool = False) -> GoldSaved:
    """Saves a corrected letter as gold of the scheme, in the folder that the server was given.

    The file is named by the letter's path; where another text has that name, by the path and a hash. An earlier
    correction that differs stays, with 409, unless it is to be replaced.
    """
    folder = _gold_of(to)
    letter = await _letter_body(request, GoldRequest, to, texts=_GOLD_TEXTS)
    return await asyncio.to_thread(folder.save, letter, replace=replace)


@router.post(
    "/api/gold/saved",
    responses=_refusals(400, 404, 408, 409, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": _json(GoldQuery)}},
)
async def saved_gold(request: Request, to: _Services) -> GoldFound:
    """The correction of a letter that was saved before."""
    folder = _gold_of(to)
    query = await _letter_body(request, GoldQuery, to, texts=1)
    return await asyncio.to_thread(folder.saved, query)


@open_router.get("/healthz", responses={503: {"model": FaultBody, "description": "The engine is down."}})
async def health(to: _Services) -> Health:
    """Whether letters are annotated."""
    if not to.engine.is_up:
        raise Refusal(503, "the engine is down", mend="see the messages of fanzha serve", retry_after=5)
    return Health()


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **_refusals()})
async def metrics(to: _Services) -> Response:
    """Figures for Prometheus."""
    return Response(to.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _gold_of(to: Services) -> GoldFolder:
    if to.gold is None:
        raise Refusal(409, "there is no folder for corrected letters", mend="start fanzha serve with --gold DIR")
    return to.gold


async def _letter_body(request: Request, model: type[_Letter], to: Services, *, texts: int) -> _Letter:
    """The body of a request about a letter, which holds its text `texts` times at most.

    Raises:
        Refusal: 415; 413 where the text is longer than a letter may be; see also `_body`.
    """
    limits = to.settings.limits
    if _media_type(request) != "application/json":
        raise Refusal(415, "is no JSON", mend="send application/json")
    letter = await _body(request, model, texts * _BYTES_A_CHARACTER * limits.characters, malformed=422)
    try:
        check_length(letter.text, where=letter.path, limits=limits)
    except FanzhaError as error:
        raise Refusal.of(error, 413, path=letter.path) from None
    return letter


async def _body(request: Request, model: type[_Body], most: int, *, malformed: int) -> _Body:
    """The body of a request.

    Args:
        most: bytes, beside what is not text.
        malformed: the status where JSON is not what it should be; what is no JSON gets 400.

    Raises:
        Refusal: 400, 408, 413 or `malformed`.
    """
    data = await receive_body(request, most=most + 100_000)
    try:
        return await asyncio.to_thread(model.model_validate_json, data)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        status = 400 if first["type"] == "json_invalid" else malformed
        raise Refusal(status, what_is_wrong(first["loc"], first["msg"])) from None


async def _chunks(found: Download) -> AsyncIterator[bytes]:
    with found.file as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
