"""What a client is told when a request is refused: the line of the command line, as JSON, with a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi.responses import JSONResponse
from pydantic import BaseModel

from nlp.batch.jobs import Failed
from nlp.errors import FanzhaError, printable


class Fault(BaseModel):
    """What is wrong, what mends it, and with which file; `stage` is `read` or `predict` for a letter."""

    message: str
    mend: str | None = None
    path: str | None = None
    stage: str | None = None


class FaultBody(BaseModel):
    """The body of every answer from 400 on."""

    error: Fault


def what_is_wrong(place: Sequence[str | int], message: str) -> str:
    """A fault of validation on one line, where in the request and what; never what was sent, which may be a letter."""
    where = ".".join(map(str, place))[:100]
    return f"{where}: {message}" if where else message


class Refusal(Exception):
    """Ends a request.

    Args:
        status: of HTTP.
        message: what is wrong, one line, no trailing full stop.
        mend: what to do about it.
        path: the name that the client gave the file.
        stage: where a letter failed.
        retry_after: seconds until it is worth another try.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        mend: str | None = None,
        path: str | None = None,
        stage: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.retry_after = status, retry_after
        self.fault = Fault(message=printable(message), mend=mend and printable(mend), path=path, stage=stage)

    @classmethod
    def of(cls, error: FanzhaError, status: int, *, path: str | None = None) -> Refusal:
        """From the error that a person would see on the command line; paths of this machine are not told."""
        return cls(status, error.message, mend=error.mend, path=path)

    @classmethod
    def of_letter(cls, failed: Failed) -> Refusal:
        """From a letter that has no result: 503 where another try may do, 500 for a fault of ours, else 422."""
        status = 503 if failed.retryable else 500 if failed.stage == "predict" else 422
        retry_after = 5 if failed.retryable else None
        return cls(
            status, failed.reason, mend=failed.mend, path=failed.key, stage=failed.stage, retry_after=retry_after
        )

    def response(self) -> JSONResponse:
        """The answer."""
        headers: Mapping[str, str] = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 401:
            headers = {"WWW-Authenticate": "Bearer"}
        return JSONResponse(FaultBody(error=self.fault).model_dump(), self.status, headers)
