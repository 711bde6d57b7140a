"""The manifest of a model folder: what the model is, how its scores are to be read, and the files it must have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nlp.errors import FanzhaError, first_fault
from nlp.labels import CLAUSE_STATES
from nlp.pair_scores import EDGES, PLACES, RELATIONS
from nlp.schema import Sha256

_STATES = len(CLAUSE_STATES)
_Row = Annotated[list[float], Field(min_length=_STATES, max_length=_STATES)]
_Matrix = Annotated[list[_Row], Field(min_length=_STATES, max_length=_STATES)]
_Places = Annotated[list[float], Field(min_length=PLACES, max_length=PLACES)]
_Edges = Annotated[list[_Places], Field(min_length=len(EDGES), max_length=len(EDGES))]
_Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class WindowLengths(_Strict):
    """The windows that the model was trained with, see `nlp.text.windows.WindowSettings`."""

    max_tokens: int = Field(gt=0)
    overlap: int = Field(ge=0)
    context: int = Field(ge=0)

    @model_validator(mode="after")
    def _room_for_text(self) -> WindowLengths:
        if self.context + self.overlap + 3 >= self.max_tokens:
            raise ValueError("context and overlap leave no room for text in max_tokens")
        return self


class Temperatures(_Strict):
    """What scores are divided by before they become probabilities, see `nlp.decoding.decode`."""

    clause: float = Field(gt=0)
    quantity: float = Field(gt=0)
    pair: float = Field(1.0, gt=0)


class FineTuningFacts(_Strict):
    """What a model is that went on from another one (`fanzha train --base … --gold …`).

    `base` and `base_version` are that one's name and version, `letters` and `held_out` the ids of the user's letters
    that it was trained on and that chose the epoch, `mixed` how many letters of the base's training were mixed in an
    epoch, `best_epoch` the one of `epochs` whose weights these are.
    """

    base: _Name
    base_version: _Name
    letters: list[str]
    held_out: list[str]
    mixed: int = Field(ge=0)
    epochs: int = Field(gt=0)
    best_epoch: int = Field(gt=0)
    seed: int


class TrainingFacts(_Strict):
    """What the model was trained and calibrated on (ids of letters), by which recipe, with which packages."""

    recipe: dict[str, Any]
    seed: int
    letters: list[str]
    characters: int = Field(ge=0)
    calibrated_on: list[str]
    tools: dict[str, str]
    fine_tuning: FineTuningFacts | None = None


class FileFacts(_Strict):
    """A file of the folder."""

    sha256: Sha256
    bytes: int = Field(ge=0)


class Manifest(_Strict):
    """The content of manifest.json.

    `package` is the version of fanzha-nlp that exported the model, `transitions` the matrices of `nlp.clause_chain`,
    `places` the table of `nlp.pair_scores` (None for a model without a pair scorer), `figures` those of evaluations by
    name, `tools` the versions that exported it.
    """

    name: _Name
    version: _Name
    package: _Name
    heads: dict[str, list[str]]
    window: WindowLengths
    transitions: list[_Matrix] = Field(min_length=2, max_length=2)
    places: list[_Edges] | None = Field(None, min_length=len(RELATIONS), max_length=len(RELATIONS))
    temperatures: Temperatures
    training: TrainingFacts
    figures: dict[str, Any]
    tools: dict[str, str]
    files: dict[str, FileFacts]


def check_manifest(content: Any, path: Path, *, mend: str) -> Manifest:
    """What a manifest.json holds, checked.

    Raises:
        FanzhaError: naming the first key that is wrong.
    """
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise FanzhaError(first_fault(error), path=path, mend=mend) from None
