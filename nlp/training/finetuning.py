"""Fine-tuning on a user's own letters: a short stage more, on few letters, at a fifth of the second stage's rates.

The base is scored on the held-out letters first and after each epoch; the best epoch is kept, and where none is better
than the base, nothing is. To keep the base from forgetting, an epoch may mix in as many letters of the base's own
training as the user has (rehearsal: Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", 1995).

All that is random in an epoch is seeded by its number, so a run that was killed ends with the same weights. Averaging,
FGM, R-Drop and a teacher, which a recipe may have, are for the long stages and left out here.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import yaml
from transformers import set_seed
from transformers.utils import logging

from nlp import __version__
from nlp.annotation.corpus import GoldLetter
from nlp.annotation.standoff import gold_of
from nlp.batch.lock import locked
from nlp.errors import FanzhaError
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import score
from nlp.files import write_json, write_text
from nlp.inference.predictor import Predictor
from nlp.training.augmentation import augmented_epoch
from nlp.training.calibration import fit_temperatures
from nlp.training.configuration import FACTS, AdaptationRecipe, DataRecipe, Recipe, WindowRecipe
from nlp.training.features import training_windows
from nlp.training.stages import device_predictor, load_checkpoint, tool_versions
from nlp.training.trainer import choose_trained, copy_tokenizer, make_collator, make_optimiser, window_settings
from nlp.training.tuning_base import Base
from nlp.training.tuning_gold import TuningGold
from nlp.training.tuning_state import Epoch, History, TuningState

EPOCHS, PATIENCE = 8, 2
MIN_CLAIMS = 50
"""Temperatures are fitted on the held-out letters where these have as many claims; else the base's are kept."""
WORTH = ("measures, character micro F1", "measures, strict span F1", "quantity F1", "metric F1")
"""The figures whose sum says which epoch is the best, with status accuracy beside them; see `worth`."""
_OF = len(WORTH) + 1
STATE, SPLITS = ".training", "splits.yaml"
_BATCH = 4
_RATES = 0.2
"""What of the second stage's rates is taken: at all of them, eight letters made the base worse on others than at this,
and no better on their like (measured on dev letters, docs/fine-tuning.md)."""


class Progress(Protocol):
    """What is told while it trains."""

    def say(self, line: str) -> None:
        """A line for the reader."""

    def step(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """A step of an epoch is done; all are counted from 1."""


@dataclass(frozen=True)
class Plan:
    """What is to be trained: the base, the gold, letters to mix in, how; epochs to wait for a better one."""

    base: Base
    gold: TuningGold
    mixed: Sequence[GoldLetter]
    recipe: Recipe
    patience: int = PATIENCE

    def settings(self) -> dict[str, Any]:
        """All that decides about the weights, by the names that a message may give to it."""
        return {
            "base": self.base.sha256,
            "gold": _digest([*self.gold.train, *self.gold.held_out]),
            "held-out letters": [letter.id for letter in self.gold.held_out],
            "with-letters": _digest(self.mixed),
            "epochs": self.recipe.training.epochs,
            "seed": self.recipe.training.seed,
            "patience": self.patience,
            "recipe": self.recipe.model_dump(mode="json", exclude={"data": True, "training": {"epochs", "seed"}}),
            "version of fanzha": __version__,
        }


@dataclass(frozen=True)
class Tuned:
    """What came of it: the figures on the held-out letters before and after the best epoch; 0: the base is the best."""

    history: History

    @property
    def best(self) -> int:
        return self.history.best

    @property
    def before(self) -> dict[str, float]:
        return self.history.before

    @property
    def after(self) -> dict[str, float]:
        return self.history.epochs[self.best - 1].figures if self.best else self.history.before


def tuning_recipe(
    base: Recipe, gold: Path, output: Path, *, given: Recipe | None = None, epochs: int | None, seed: int | None
) -> Recipe:
    """How to fine-tune: by the base's recipe at a fifth of its second stage's rates, four windows a batch at most.

    Args:
        base: the recipe that the base was trained by.
        gold: the folder of the user's letters.
        output: the folder of the checkpoint.
        given: a recipe whose second stage's rates, batches and augmentation are taken as they are instead.
        epochs, seed: None for the defaults: `EPOCHS`, and the seed of the recipe.
    """
    source = given or base
    adaptation = source.adaptation or AdaptationRecipe.model_validate({})
    share = _RATES if given is None else 1.0
    training = source.training.model_copy(
        update={
            "epochs": EPOCHS if epochs is None else epochs,
            "batch_size": min(source.training.batch_size, _BATCH) if given is None else source.training.batch_size,
            "encoder_learning_rate": share * adaptation.encoder_learning_rate,
            "head_learning_rate": share * adaptation.head_learning_rate,
            "seed": source.training.seed if seed is None else seed,
            "adversarial": 0.0,
            "averaging": 0.0,
            "r_drop": 0.0,
        }
    )
    data = DataRecipe(letters=gold, replies=None, splits=output / SPLITS)
    changed = {"data": data, "training": training, "augmentation": source.augmentation, "distillation": None}
    return base.model_copy(update=changed)


def worth(figures: Mapping[str, float]) -> float:
    """What an epoch is worth, from 0 to 5: the sum of the figures of `WORTH` and of status accuracy.

    Status accuracy counts as far as measures are found (times their character F1): it speaks of what is found alone,
    and is 1 where nothing is.
    """
    return sum(figures[name] for name in WORTH) + figures["status accuracy"] * figures[WORTH[0]]


def fine_tune(plan: Plan, output: Path, progress: Progress, *, fresh: bool = False) -> Tuned:
    """Trains, going on with a run that was killed, and writes a checkpoint where an epoch was better than the base.

    Args:
        plan: what to train.
        output: the folder for the checkpoint; the state of the run is kept in `.training` in it until it has ended.
        fresh: drop the state of a run that was killed, or write over a checkpoint that is there.

    Raises:
        FanzhaError: where the folder holds the base, another checkpoint or a run with other settings, or another
            process is at work in it.
    """
    if output.resolve() == plan.base.folder.resolve():
        raise FanzhaError("is the base itself", path=output, mend="name another folder with --output")
    folder = output / STATE
    with locked(folder / "lock", folder=output):
        state = TuningState(folder, plan.settings())
        state.sweep()
        if fresh:
            state.clear()
            (output / FACTS).unlink(missing_ok=True)  # what stays of the old checkpoint is none without it
        elif (output / FACTS).is_file() and not state.is_in(folder):
            mend = "name another folder with --output, or write over it with --fresh"
            raise FanzhaError("holds a checkpoint already", path=output, mend=mend)
        state.check()
        tuned = _Run(plan, state, progress).to_its_end(output)
        state.clear()
    return tuned


class _Run:
    """A run in memory: the model, what of it is trained, and the optimiser."""

    def __init__(self, plan: Plan, state: TuningState, progress: Progress) -> None:
        self._plan, self._state, self._progress = plan, state, progress
        with _quietly():
            self._model, self._tokenizer = load_checkpoint(plan.base.folder)
        self._model.to("cuda" if torch.cuda.is_available() else "cpu")
        choose_trained(self._model, plan.recipe)
        self._weights = {name: w for name, w in self._model.named_parameters() if w.requires_grad}
        self._optimiser = make_optimiser(self._model, plan.recipe)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]

    def to_its_end(self, output: Path) -> Tuned:
        """Trains until there are no epochs left or nothing gets better, and writes the best epoch."""
        plan = self._plan
        history = self._state.load(self._weights, self._optimiser)
        if history is None:
            history = self._begun()
        else:
            self._progress.say(f"goes on after epoch {len(history.epochs)} of a run that was stopped")
        while len(history.epochs) < plan.recipe.training.epochs and history.waited < plan.patience:
            number = len(history.epochs) + 1
            loss = self._epoch(number)
            figures = self._figures()
            history = history.with_epoch(Epoch(loss, figures, worth(figures)))
            self._state.save(history, self._weights, self._optimiser)
            self._progress.say(_told(number, plan.recipe.training.epochs, history))
        tuned = Tuned(history)
        if tuned.best:
            self._state.load_best(tuned.best, self._weights)
            self._write(tuned, output)
        return tuned

    def _begun(self) -> History:
        figures = self._figures()
        self._progress.say(f"before: {_sum(worth(figures))} on the held-out letters")
        return History(figures, worth(figures))

    def _predictor(self) -> Predictor:
        """Of the model as it is; on a GPU of a copy, which is in bf16."""
        on_gpu = self._model.device.type == "cuda"
        return device_predictor(copy.deepcopy(self._model) if on_gpu else self._model, self._tokenizer)

    def _figures(self) -> dict[str, float]:
        return score(predict_gold(self._predictor(), self._plan.gold.held_out)).figures()

    def _epoch(self, number: int) -> float:
        """Trains on all letters once; gives the mean loss of the steps."""
        options = self._plan.recipe.training
        set_seed(options.seed + number)
        random = np.random.default_rng((options.seed, number))
        rows = self._rows(number, random)
        collate = make_collator(self._tokenizer.pad_id)
        order = random.permutation(len(rows))
        steps = -(-len(rows) // options.batch_size)
        losses: list[torch.Tensor] = []
        self._model.train()
        for step in range(steps):
            chosen = order[step * options.batch_size : (step + 1) * options.batch_size]
            batch = {name: values.to(self._model.device) for name, values in collate([rows[i] for i in chosen]).items()}
            with torch.autocast(self._model.device.type, torch.bfloat16, enabled=options.bf16):
                loss = self._model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(list(self._weights.values()), options.max_grad_norm)
            share = rate_share((number - 1 + (step + 0.5) / steps) / options.epochs, options.warmup)
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * share
            self._optimiser.step()
            self._optimiser.zero_grad(set_to_none=True)
            losses.append(loss.detach())
            self._progress.step(number, options.epochs, step + 1, steps)
        return float(torch.stack(losses).mean())

    def _rows(self, number: int, random: np.random.Generator) -> list[dict[str, Any]]:
        """The windows of an epoch: the user's letters, and as many of those to mix in."""
        plan = self._plan
        letters = list(plan.gold.train)
        if plan.mixed:
            drawn = random.choice(len(plan.mixed), mixed_in(plan), replace=False)
            letters += [plan.mixed[i] for i in sorted(drawn)]
        if plan.recipe.augmentation is not None:
            seed = plan.recipe.training.seed
            letters = list(augmented_epoch(letters, plan.recipe.augmentation, seed=seed, epoch=number))
        settings = window_settings(self._model.config)
        return [row for letter in letters for row in training_windows(letter, self._tokenizer, settings)]

    def _write(self, tuned: Tuned, output: Path) -> None:
        """Writes the checkpoint; the file that makes it one is the last."""
        base, gold, recipe = self._plan.base, self._plan.gold, self._plan.recipe
        held_out = [letter.id for letter in gold.held_out]
        enough = sum(len(letter.claims) for letter in gold.held_out) >= MIN_CLAIMS
        temperatures = fit_temperatures(self._predictor(), gold.held_out) if enough else base.temperatures
        self._progress.say(
            "temperatures: fitted on the held-out letters" if enough
            else f"temperatures: the base's, for the held-out letters have fewer than {MIN_CLAIMS} claims"
        )  # fmt: skip
        with _quietly():
            self._model.eval().save_pretrained(output)
        copy_tokenizer(base.folder, output)
        write_text(output / SPLITS, yaml.safe_dump({"dev": held_out, "test": []}, allow_unicode=True))
        new = [letter for letter in gold.train if letter.id not in gold.known]
        window = WindowRecipe.model_validate(self._model.config.window)
        training = {
            "recipe": recipe.model_copy(update={"window": window}).model_dump(mode="json"),
            "seed": recipe.training.seed,
            "letters": sorted({*base.training.letters, *(letter.id for letter in gold.train)}),
            "characters": base.training.characters + sum(len(letter.text) for letter in new),
            "calibrated_on": held_out if enough else base.training.calibrated_on,
            "tools": tool_versions(),
            "fine_tuning": {
                "base": base.name,
                "base_version": base.version,
                "letters": [letter.id for letter in gold.train],
                "held_out": held_out,
                "mixed": mixed_in(self._plan),
                "epochs": recipe.training.epochs,
                "best_epoch": tuned.best,
                "seed": recipe.training.seed,
            },
        }
        facts = {
            "name": tuned_name(base.name),
            "version": __version__,
            "temperatures": temperatures,
            "training": training,
            "figures": {"fine_tuning": {"held_out": held_out, "before": tuned.before, "after": tuned.after}},
        }
        write_json(output / FACTS, facts)


def mixed_in(plan: Plan) -> int:
    """How many letters of the base's training are mixed in an epoch."""
    return min(len(plan.mixed), len(plan.gold.train))


def tuned_name(base: str) -> str:
    """What a model is called that goes on from another."""
    return base if base.endswith("-tuned") else f"{base}-tuned"


def rate_share(done: float, warmup: float) -> float:
    """The share of the learning rate when `done` of the run is over: up to 1 over the warm-up, then straight to 0."""
    return done / warmup if done < warmup else (1 - done) / (1 - warmup)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the bars of transformers, which would stand across ours."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _digest(letters: Sequence[GoldLetter]) -> str:
    """What tells letters with their gold from others, whatever their order and wherever their files are."""
    lines = sorted(gold_of(letter).model_dump_json() for letter in letters)
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def _told(number: int, epochs: int, history: History) -> str:
    epoch = history.epochs[-1]
    best = (
        "the best so far" if history.best == number else f"best: epoch {history.best}" if history.best else "no better"
    )
    return f"epoch {number}/{epochs}: loss {epoch.loss:.3f}, {_sum(epoch.worth)} on the held-out letters, {best}"


def _sum(value: float) -> str:
    return f"sum of figures {value:.3f} of {_OF}"
