"""Corrected letters, saved as the gold that `fanzha train` and `fanzha corpus` read."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
import threading
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

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

    @field_validator("claims", mode="before")
    @classmethod
    def _without_what_is_derived(cls, claims: Any) -> Any:
        """The claims of a result may be sent as they are, but for `score`: indicator and days are derived, no gold."""
        if not isinstance(claims, list):
            return claims
        return [_plain(claim) if isinstance(claim, dict) else claim for claim in claims]


def _plain(claim: dict[str, Any]) -> dict[str, Any]:
    kept = dict(claim)
    for name, derived in (("metric", ("canonical",)), ("period", ("from", "to"))):
        if isinstance(part := claim.get(name), dict):
            kept[name] = {key: value for key, value in part.items() if key not in derived}
    return kept


class GoldSaved(BaseModel):
    """Where it is."""

    path: str = Field(description="the file in the folder for gold")
    warnings: list[str] = Field(description="what the check of the corpus would say of it, a line each")


class GoldQuery(BaseModel):
    """A letter whose correction may be saved."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    path: str = Field(min_length=1, max_length=1000, description="of the letter")


class GoldFound(BaseModel):
    """The correction that is saved, spans in text order."""

    path: str = Field(description="the file in the folder for gold")
    measures: list[GoldMeasure]
    claims: list[GoldClaim]


class GoldFolder:
    """The folder for corrected letters.

    Args:
        folder: is made with the first letter.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def save(self, request: GoldRequest, *, replace: bool = False) -> GoldSaved:
        """Writes a letter as marked-up source, under a name that no other text has.

        Args:
            request: the letter.
            replace: write over an earlier correction of it; its facts that the new one does not have stay.

        Raises:
            Refusal: 409 where another correction of it is saved or there is no free name, 422 where the spans are not
                gold of the scheme, 500 where the folder cannot be written.
        """
        letter = self._letter(request)
        with self._lock:
            name, saved = self._place(request.path, request.text)
            if saved is not None:
                if not replace and (saved.measures, saved.claims) != (letter.measures, letter.claims):
                    message, mend = "an earlier correction of this letter is saved", "load it first, or replace it"
                    raise Refusal(409, message, mend=mend, path=f"{name}.txt")
                letter = dataclasses.replace(letter, meta={**saved.meta, **letter.meta})
            letter = dataclasses.replace(letter, id=name, path=self._folder / f"{name}.txt")
            try:
                self._write(letter)
            except FanzhaError as error:
                raise Refusal.of(error, 500 if error.retryable else 422, path=request.path) from None
            except OSError as error:
                message, mend = f"cannot be saved: {error.strerror}", "check the folder that --gold names"
                raise Refusal(500, message, mend=mend, path=request.path) from None
        faults = check_letter(letter.text, letter.measures, letter.claims, path=letter.path.name)
        return GoldSaved(path=letter.path.name, warnings=[f"{fault.message} ({fault.mend})" for fault in faults])

    def saved(self, query: GoldQuery) -> GoldFound:
        """The correction of a letter.

        Raises:
            Refusal: 404 where none is saved.
        """
        with self._lock:
            for name in _names(query.path, query.text):
                letter = _letter_in(self._folder / f"{name}.txt", query.text)
                if letter is not None:
                    return GoldFound(path=f"{name}.txt", measures=letter.measures, claims=letter.claims)
        raise Refusal(404, "no correction of this letter is saved", path=query.path)

    def _place(self, path: str, text: str) -> tuple[str, GoldLetter | None]:
        """The name for a text, and what is saved of it: where there is nothing yet, the first name that is free."""
        free = None
        for name in _names(path, text):
            file = self._folder / f"{name}.txt"
            letter = _letter_in(file, text)
            if letter is not None:
                return name, letter
            if free is None and not os.path.lexists(file):
                free = name
        if free is None:
            mend = "rename the letter, or move the other one"
            raise Refusal(409, "there is another letter of this name", mend=mend, path=path)
        return free, None

    def _write(self, letter: GoldLetter) -> None:
        """Puts the file in place by a rename, which takes the place of a link and never goes where it leads."""
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".fanzha-", dir=self._folder))
        try:
            (written,) = write_letters([letter], folder)
            os.replace(written, letter.path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

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


def _names(path: str, text: str) -> tuple[str, str]:
    """What the file of a letter may be called: its id, or where another text has that, the id and a hash."""
    name = gold_id(path)
    return name, f"{name}-{text_sha256(text)[:8]}"


def _letter_in(path: Path, text: str) -> GoldLetter | None:
    """The letter in a file of the folder if it has this text; what is a link is not looked into."""
    if path.is_symlink() or not path.is_file():
        return None
    try:
        letter = read_marked(path)
    except (FanzhaError, OSError):
        return None
    return letter if letter.text == text else None


def _reason(error: ValueError) -> str:
    """The message of a check of the schema, without what pydantic puts round it."""
    errors = getattr(error, "errors", None)
    message = errors()[0]["msg"] if callable(errors) else str(error)
    return str(message).removeprefix("Value error, ")
