"""The model that fine-tuning goes on from: a checkpoint of `fanzha train`, or a model folder of `fanzha export`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from nlp.errors import FanzhaError, first_fault
from nlp.files import read_json
from nlp.inference.loading import CONFIG, MANIFEST, TOKENIZER, WEIGHTS, read_manifest, sha256_of, verify_file
from nlp.inference.manifest import Temperatures, TrainingFacts
from nlp.training.configuration import FACTS, Recipe


class _CheckpointFacts(BaseModel):
    """What of a checkpoint's training.json fine-tuning needs."""

    model_config = ConfigDict(extra="ignore")

    name: str
    version: str
    temperatures: Temperatures
    training: TrainingFacts


@dataclass(frozen=True)
class Base:
    """A model to go on from. `sha256` is of its weights."""

    folder: Path
    name: str
    version: str
    recipe: Recipe
    temperatures: dict[str, float]
    training: TrainingFacts
    sha256: str


def read_base(folder: Path) -> Base:
    """What a folder says of the model in it; its weights are not loaded yet.

    Raises:
        FanzhaError: where it is no such folder, lacks weights that can be trained, or says of itself what this version
            does not understand.
    """
    facts: _CheckpointFacts | Any
    if (folder / FACTS).is_file():
        path = folder / FACTS
        try:
            facts = _CheckpointFacts.model_validate(read_json(path))
        except ValidationError as error:
            raise FanzhaError(first_fault(error), path=path, mend="train it again with this version") from None
        if not (folder / WEIGHTS).is_file():
            raise FanzhaError("is missing", path=folder / WEIGHTS, mend="train the checkpoint again")
    elif (folder / MANIFEST).is_file():
        path = folder / MANIFEST
        facts = read_manifest(folder)
        if WEIGHTS not in facts.files:
            mend = "name a model folder with them, as models/ of the repository has, or a checkpoint of fanzha train"
            raise FanzhaError(f"has no weights that can be trained ({WEIGHTS})", path=folder, mend=mend)
        for name in (CONFIG, WEIGHTS, TOKENIZER):
            verify_file(folder, facts, name)
    else:
        raise FanzhaError(
            f"is neither a checkpoint nor a model folder: it has no {FACTS} and no {MANIFEST}",
            path=folder,
            mend="name a folder that fanzha train or fanzha export wrote",
        )
    try:
        recipe = Recipe.model_validate(facts.training.recipe)
    except ValidationError as error:
        raise FanzhaError(
            f"its recipe is none of this version: {first_fault(error)}", path=path, mend="name another base"
        ) from None
    sha256 = sha256_of(folder / WEIGHTS)
    return Base(folder, facts.name, facts.version, recipe, facts.temperatures.model_dump(), facts.training, sha256)
