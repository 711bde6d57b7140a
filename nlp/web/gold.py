"""Corrected letters, saved as the gold that `fanzha train` and `fanzha corpus` read."""

from __future__ import annotations

import threading
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from nlp.annotation.check import check_letter
from nlp.annotation.corpus import GoldLetter, read_marked, text_sha256
from nlp.annotation.exchange.parts import write_letters
from nlp.annotation.markup import measure_index
from nlp.documents.forms import LETTER_SUFFIXES
from nlp.errors import FanzhaError
from nlp.output.label_studio import letter_id
from nlp.schema import Gold, GoldClaim, GoldDocumentInfo, GoldMeasure
from nlp.web.faults import Refusal


class GoldRequest(BaseModel):
    """A letter as a person has corrected it: its text as it was given, and all of its spans."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    path: str = Field(min_length=1, max_length=1000, description="of the letter; the file in the folder is named by it")
    measures: list[GoldMeasure]
    claims: list[GoldClaim]
    meta: dict[str, Any] = Field(default_factory=dict, description="facts of the letter; null values are left out")


class GoldSaved(BaseModel):
    """Where it is."""

    path: str = Field(description="the file in the folder for gold")
    warnings: list[str] = Field(description="what the check of the corpus would say of it, a line each")


class GoldFolder:
    """The folder for corrected letters.

    Args:
        folder: is made with the first letter.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def save(self, request: GoldRequest, *, replace: bool = False) -> GoldSaved:
        """Writes a letter as marked-up source; one of the same text is written over.

        Args:
            request: the letter.
            replace: write over another text, too.

        Raises:
            Refusal: 409 where the name is taken by another text, 422 where the spans are not gold of the scheme, 503
                where the folder cannot be written.
        """
        letter = self._letter(request)
        faults = check_letter(letter.text, letter.measures, letter.claims, path=letter.path.name)
        with self._lock:
            if letter.path.exists() and not replace and not _holds(letter.path, letter.text):
                mend = "rename the letter, or replace the one that is there"
                raise Refusal(409, "there is another letter of this name", mend=mend, path=letter.path.name)
            try:
                write_letters([letter], self._folder, replace=True)
            except FanzhaError as error:
                raise Refusal.of(error, 503 if error.retryable else 422, path=request.path) from None
        return GoldSaved(path=letter.path.name, warnings=[f"{fault.message} ({fault.mend})" for fault in faults])

    def _letter(self, request: GoldRequest) -> GoldLetter:
        """The letter, spans in text order; which measure a claim belongs to is what the borders say."""
        name = gold_id(request.path)
        info = GoldDocumentInfo(id=name, sha256=text_sha256(request.text), characters=len(request.text))
        try:
            gold = Gold(document=info, measures=request.measures, claims=request.claims)
            gold.check_against(request.text)
        except ValueError as error:  # pydantic's ValidationError, too
            raise Refusal(422, _reason(error), mend=_MEND, path=request.path) from None
        measures = sorted(gold.measures, key=lambda m: (m.start, m.end))
        for what, spans in (("measure", measures), ("quantity", sorted(gold.claims, key=lambda c: c.start))):
            for one, other in zip(spans, spans[1:], strict=False):
                if other.start < one.end:
                    message = f"the {what} {other.start}-{other.end} overlaps {one.start}-{one.end}"
                    raise Refusal(422, message, mend="let them follow one another", path=request.path)
        claims = [
            claim.model_copy(update={"measure": measure_index(measures, claim.start, claim.end)})
            for claim in sorted(gold.claims, key=lambda c: c.start)
        ]
        meta = {key: value for key, value in request.meta.items() if value is not None and key != "id"}
        path = self._folder / f"{name}.txt"
        return GoldLetter(name, path, request.text, measures, claims, {"id": name, **meta})


_MEND = "offsets count characters (code points) of the text, which must be as it was given"


def gold_id(path: str) -> str:
    """The id of a letter by its path: what Label Studio's tasks call it, without the suffix of a letter's form."""
    suffix = PurePosixPath(path).suffix
    return letter_id(path[: -len(suffix)] if suffix.lower() in LETTER_SUFFIXES else path)


def _holds(path: Path, text: str) -> bool:
    try:
        return read_marked(path).text == text
    except (FanzhaError, OSError):
        return False


def _reason(error: ValueError) -> str:
    """The message of a check of the schema, without what pydantic puts round it."""
    errors = getattr(error, "errors", None)
    message = errors()[0]["msg"] if callable(errors) else str(error)
    return str(message).removeprefix("Value error, ")
