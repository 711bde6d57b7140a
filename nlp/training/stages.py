"""The way from a recipe to a checkpoint: first the composed letters, then, where there are any, the real replies too.

A checkpoint is a folder with config.json, model.safetensors, the tokenizer's files and training.json, which says what
it was trained on and with what.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import torch

from nlp import __version__
from nlp.annotation.corpus import GoldLetter, read_letters, read_replies
from nlp.annotation.splits import Splits, split_letters
from nlp.errors import FanzhaError
from nlp.files import read_json, write_json
from nlp.inference.predictor import Predictor
from nlp.inference.torch_backend import TorchBackend
from nlp.model.modeling import LetterTagger
from nlp.text.tokenization import TextTokenizer
from nlp.training.calibration import UNFITTED, fit_temperatures
from nlp.training.configuration import FACTS, Recipe
from nlp.training.trainer import copy_tokenizer, model_places, model_transitions, new_model, train, window_settings

Report = Callable[[str], None]


@dataclass(frozen=True)
class TrainingData:
    """The gold a recipe names. `replies` is empty where the real replies are not here."""

    splits: Splits
    replies: list[GoldLetter]


def read_training_data(recipe: Recipe, replies: Path | None) -> TrainingData:
    """Reads the gold of a recipe; `replies` is the folder of the real replies, None where they are not here."""
    splits = split_letters(read_letters(recipe.data.letters), recipe.data.splits)
    if recipe.data.replies is None or replies is None:
        return TrainingData(splits, [])
    return TrainingData(splits, read_replies(recipe.data.replies, replies))


def train_base(recipe: Recipe, data: TrainingData, output: Path, report: Report, *, calibrate: bool = True) -> None:
    """The first stage: trains on the composed letters of the training split and saves a checkpoint.

    `calibrate` fits its temperatures; without it they are 1, which changes scores and no label.
    """
    model, tokenizer, encoder = new_model(recipe)
    report(f"first stage: {_amount(data.splits.train)}, {recipe.training.epochs} epochs")
    with tempfile.TemporaryDirectory() as state:
        model = train(
            recipe, data.splits.train, Path(state), start=(model, tokenizer), fresh=True, on_progress=_progress(report)
        )
    save_checkpoint(model, tokenizer, encoder, recipe, data, data.splits.train, output, calibrate=calibrate)


def adapt(
    recipe: Recipe, base: Path, data: TrainingData, replies: Sequence[GoldLetter], report: Report
) -> tuple[LetterTagger, TextTokenizer]:
    """The second stage: goes on from the checkpoint `base` with the given real replies among the composed letters."""
    assert recipe.adaptation is not None
    start = load_checkpoint(base)
    composed = data.splits.train[:: recipe.adaptation.one_letter_of]
    letters = [*composed, *(reply for reply in replies for _ in range(recipe.adaptation.reply_weight))]
    report(f"second stage: {_amount(composed)} and {_amount(replies)} ×{recipe.adaptation.reply_weight}")
    with tempfile.TemporaryDirectory() as state:
        model = train(recipe.adapted(), letters, Path(state), start=start, on_progress=_progress(report))
    return model, start[1]


def load_checkpoint(folder: Path) -> tuple[LetterTagger, TextTokenizer]:
    """The model and the tokenizer of a checkpoint folder, or of a model folder with its weights; in fp32.

    Raises:
        FanzhaError: where weights are missing: transformers would fill them with noise.
    """
    model, loaded = LetterTagger.from_pretrained(folder, use_safetensors=True, output_loading_info=True)
    if loaded["missing_keys"]:
        raise FanzhaError(
            f"lacks the weights {', '.join(sorted(loaded['missing_keys']))}",
            path=folder,
            mend="train it again with this version",
        )
    return model.float(), TextTokenizer.from_folder(folder)  # a model folder has them in fp16


def trained_letters(folder: Path) -> set[str]:
    """The ids of the letters that a checkpoint was trained on.

    Raises:
        FanzhaError: where the folder does not say.
    """
    path = folder / FACTS
    try:
        return set(read_json(path)["training"]["letters"])
    except (FanzhaError, KeyError, TypeError):
        raise FanzhaError(
            "does not say what the checkpoint was trained on", path=path, mend="name a folder that fanzha train wrote"
        ) from None


def device_predictor(model: LetterTagger, tokenizer: TextTokenizer) -> Predictor:
    """A predictor of a model in memory, on a GPU in bf16 where there is one, else on the CPU in fp32."""
    return torch_predictor(model, tokenizer, device="cuda:0" if torch.cuda.is_available() else "cpu")


def torch_predictor(
    model: LetterTagger, tokenizer: TextTokenizer, name: str = "checkpoint", *, device: str = "cpu"
) -> Predictor:
    """A predictor of a model in memory, by default in fp32 on the CPU."""
    backend = TorchBackend(model, device=device, pad_id=tokenizer.pad_id)
    return Predictor(
        backend,
        tokenizer,
        window_settings(model.config),
        name=name,
        version=__version__,
        transitions=model_transitions(model),
        places=model_places(model),
    )


def save_checkpoint(
    model: LetterTagger,
    tokenizer: TextTokenizer,
    tokenizer_folder: Path,
    recipe: Recipe,
    data: TrainingData,
    trained_on: Sequence[GoldLetter],
    output: Path,
    *,
    calibrate: bool = True,
) -> None:
    """Writes a checkpoint; its temperatures are fitted on the dev letters."""
    output.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(output)
    copy_tokenizer(tokenizer_folder, output)
    temperatures = fit_temperatures(device_predictor(model, tokenizer), data.splits.dev) if calibrate else UNFITTED
    facts: dict[str, Any] = {
        "name": recipe.name,
        "version": __version__,
        "temperatures": temperatures,
        "training": {
            "recipe": recipe.model_dump(mode="json"),
            "seed": recipe.training.seed,
            "letters": sorted({letter.id for letter in trained_on}),
            "characters": sum(len(letter.text) for letter in {letter.id: letter for letter in trained_on}.values()),
            "calibrated_on": [letter.id for letter in data.splits.dev],
            "tools": tool_versions(),
        },
    }
    write_json(output / FACTS, facts)


def tool_versions() -> dict[str, str]:
    """The packages that a model was trained with."""
    return {tool: installed_version(tool) for tool in ("torch", "transformers", "datasets", "tokenizers")}


def _amount(letters: Sequence[GoldLetter]) -> str:
    return f"{len(letters)} letters ({sum(len(x.text) for x in letters)} characters)"


def _progress(report: Report) -> Callable[[int, int, float], None]:
    def on_progress(step: int, steps: int, loss: float) -> None:
        report(f"step {step}/{steps}, loss {loss:.3f}")

    return on_progress
