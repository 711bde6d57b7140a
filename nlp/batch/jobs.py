"""What goes to the processes that annotate, and what comes back. All of it can be pickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nlp.documents.limits import Limits
from nlp.documents.sources import Skipped, Source
from nlp.errors import FanzhaError, printable

Stage = Literal["read", "predict"]


@dataclass(frozen=True)
class Job:
    """A letter to annotate, or an archive to list.

    Args:
        source: where it is.
        known: the SHA-256 of the bytes for which it need not be done again.
        data: the letter's bytes, where they were read already.
    """

    source: Source
    known: str | None = None
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Annotated:
    """A letter that was read and predicted: its text, and its result as a line of JSON."""

    key: str
    sha256: str
    text: str
    result: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unchanged:
    """The bytes are those that are known."""

    key: str


@dataclass(frozen=True)
class Expanded:
    """What an archive or a JSON Lines file holds."""

    key: str
    found: tuple[Source | Skipped, ...]


@dataclass(frozen=True)
class Failed:
    """A letter that has no result.

    Args:
        key: of its source.
        stage: where it failed.
        reason: what is wrong, one line.
        mend: what to do about it.
        retryable: whether the same bytes may do another time.
        sha256: of the bytes, where they could be read.
    """

    key: str
    stage: Stage
    reason: str
    mend: str | None
    retryable: bool
    sha256: str | None = None

    @classmethod
    def of(cls, error: FanzhaError, key: str, *, stage: Stage = "read", sha256: str | None = None) -> Failed:
        """From the error that a person would see."""
        return cls(key, stage, printable(error.message), error.mend and printable(error.mend), error.retryable, sha256)


def too_long(seconds: float) -> tuple[str, str]:
    """Why a letter failed that was not done in that time, and the mend."""
    return f"took longer than {seconds:g} seconds", "raise --max-seconds"


Outcome = Annotated | Unchanged | Expanded | Failed


@dataclass(frozen=True)
class WorkerSettings:
    """How letters are read and predicted.

    Args:
        limits: what a letter may cost.
        text_field: of the objects in JSON Lines files.
        min_score: of the measures and claims in results, see `Result.at_least`.
        model, device, threads: see `nlp.inference.loading.load_predictor`.
        scratch: a folder for temporary files; None for the system's.
    """

    limits: Limits = field(default_factory=Limits)
    text_field: str = "text"
    min_score: float = 0.0
    model: Path | None = None
    device: str = "auto"
    threads: int = 1
    scratch: Path | None = None
