"""An encoder of the hub, from a local folder, fine-tuned by the project's own training code."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.splits import Splits
from nlp.baselines.choosing import Report
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import Scored
from nlp.training.configuration import EncoderRecipe, Recipe, read_recipe
from nlp.training.stages import TrainingData, load_checkpoint, torch_predictor, train_base


def encoder_recipe(recipe: Path, encoder: Path) -> Recipe:
    """A recipe of `configs/` with the encoder of a local folder.

    Raises:
        FanzhaError: where the recipe is faulty.
    """
    read = read_recipe(recipe)
    local = EncoderRecipe.model_validate({**read.encoder.model_dump(), "source": "local", "path": str(encoder)})
    return read.model_copy(update={"encoder": local})


def fine_tuned(recipe: Recipe, splits: Splits, letters: Sequence[GoldLetter], report: Report) -> list[Scored]:
    """Trains the recipe's first stage on the training split and predicts `letters`; the recipe has all settings.

    Raises:
        FanzhaError: where the folder holds no encoder, or the recipe asks of it what it has not.
    """
    with tempfile.TemporaryDirectory() as folder:
        train_base(recipe, TrainingData(splits, []), Path(folder), report)
        return predict_gold(torch_predictor(*load_checkpoint(Path(folder))), letters)
