"""A training recipe: the typed content of a file in `configs/`; unknown keys and impossible values are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nlp.errors import FanzhaError, first_fault

FACTS = "training.json"
"""The file of a checkpoint that says what it was trained on and with what."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EncoderRecipe(_Section):
    """Where the encoder comes from.

    `embedded` is the checkpoint that `fanzha build-encoder` makes; `local` any BERT-like checkpoint folder with a fast
    tokenizer; `hub` a name on the model hub.
    """

    source: Literal["embedded", "local", "hub"]
    path: str = Field(min_length=1)
    freeze_embeddings: bool = True
    keep_layers: list[Annotated[int, Field(ge=1)]] | None = Field(None, min_length=1, description="1-based; None: all")
    dropout: float = Field(0.0, ge=0, lt=1, description="inside the encoder; drawing it takes 40 % of a step on a CPU")


class HeadRecipe(_Section):
    """The heads: the encoder layers they read (1-based, of those that are kept), their shared width, dropout.

    `pair_size` is the width of the pair scorer's queries and keys, `standardise` gives each feature the mean 0 and the
    deviation 1 on the training set, `clauses` says what decides about clauses: a `chain` over all of them, or each one
    alone (`softmax`).
    """

    layers: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    projection_size: int = Field(384, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    pair_size: int = Field(0, ge=0, description="0: metrics and periods are linked by rules alone")
    pair_weight: float = Field(0.1, gt=0, description="of the pair scorer's loss; at 1 it drowns the others")
    clauses: Literal["chain", "softmax"] = "chain"
    standardise: bool = True


class WindowRecipe(_Section):
    """Lengths in tokens, see `nlp.text.windows.WindowSettings`."""

    max_tokens: int = Field(256, ge=48, le=512)
    overlap: int = Field(64, ge=0)
    context: int = Field(40, ge=0)

    @model_validator(mode="after")
    def _room_for_text(self) -> WindowRecipe:
        if self.context + self.overlap + 16 > self.max_tokens:
            raise ValueError("context and overlap leave no room for text in max_tokens")
        return self


class DataRecipe(_Section):
    """The gold: composed letters, stand-off gold of real replies (used where REPLIES_DIR is set), the splits."""

    letters: Path = Path("annotations/letters")
    replies: Path | None = Path("annotations/replies")
    splits: Path = Path("annotations/splits.yaml")


class OptimisationRecipe(_Section):
    """How it is trained."""

    epochs: int = Field(gt=0)
    batch_size: int = Field(4, gt=0)
    encoder_learning_rate: float = Field(1e-4, gt=0)
    head_learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    max_grad_norm: float = Field(1.0, gt=0)
    bf16: bool = False
    adversarial: float = Field(0.0, ge=0, description="length of the step of FGM; 0: none")
    averaging: float = Field(0.0, ge=0, lt=1, description="decay of the weights' moving average, a step; 0: none")
    r_drop: float = Field(0.0, ge=0, description="weight of R-Drop's divergence; 0: none")
    seed: int = 42


class AdaptationRecipe(_Section):
    """A short second stage on the composed letters and the real replies together, at lower rates.

    The first stage never sees a real reply, so leave-one-out over the replies repeats this stage only.
    """

    epochs: int = Field(1, gt=0)
    reply_weight: int = Field(4, ge=1, description="how many times a real reply counts in an epoch")
    one_letter_of: int = Field(1, ge=1, description="takes every n-th composed letter, in the order of their ids")
    encoder_learning_rate: float = Field(5e-5, gt=0)
    head_learning_rate: float = Field(3e-4, gt=0)


class DistillationRecipe(_Section):
    """A checkpoint whose distributions are learned along with the gold."""

    teacher: Path
    weight: float = Field(1.0, gt=0)
    temperature: float = Field(2.0, gt=0)


class AugmentationRecipe(_Section):
    """How likely each kind of change is in the copy of a letter that an epoch trains on.

    The first three are drawn for each figure, the others for each letter; see `nlp.training.augmentation`.
    """

    figures: float = Field(0.5, ge=0, le=1, description="another number of the same shape")
    written_forms: float = Field(0.1, ge=0, le=1, description="12000 as 1.2万, 7 as 七, and back")
    units: float = Field(0.1, ge=0, le=1, description="another unit of count: 名 for 人, 件 for 起")
    periods: float = Field(0.5, ge=0, le=1, description="all years moved alike, other parts of a year")
    places: float = Field(0.5, ge=0, le=1, description="invented names for the places of the letter")
    punctuation: float = Field(0.2, ge=0, le=1, description="narrow marks for wide ones, or wide for narrow")
    line_breaks: float = Field(0.15, ge=0, le=1, description="lines broken at the width of a page")
    furniture: float = Field(0.1, ge=0, le=1, description="the lines of a web page before and after the letter")


class Recipe(_Section):
    """One training recipe."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    encoder: EncoderRecipe
    heads: HeadRecipe
    window: WindowRecipe = WindowRecipe()
    data: DataRecipe = DataRecipe()
    training: OptimisationRecipe
    adaptation: AdaptationRecipe | None = None
    augmentation: AugmentationRecipe | None = None
    distillation: DistillationRecipe | None = None

    def adapted(self) -> Recipe:
        """The recipe of the second stage: the same but for epochs and rates."""
        assert self.adaptation is not None
        values = self.adaptation.model_dump(exclude={"reply_weight", "one_letter_of"})
        return self.model_copy(update={"training": self.training.model_copy(update=values)})


def read_recipe(path: Path) -> Recipe:
    """Reads and checks a recipe.

    Raises:
        FanzhaError: naming the key that is wrong and the value it has.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FanzhaError("is missing", path=path, mend="name a recipe of configs/") from None
    except OSError as error:
        raise FanzhaError(f"cannot be read: {error.strerror}", path=path, mend="name a recipe of configs/") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, or a date that no calendar has
        raise FanzhaError(f"is no YAML: {str(error).splitlines()[0]}", path=path, mend="mend the file") from None
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise FanzhaError(first_fault(error), path=path, mend="compare with configs/") from None
