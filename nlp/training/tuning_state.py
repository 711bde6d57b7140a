"""How far a fine-tuning is, on disk after each epoch: a killed run goes on as if it had never stopped.

A folder holds `state.safetensors`: the trained weights, AdamW's moments of each, and as metadata a JSON text with the
settings and the history; and `best-N.safetensors`, the trained weights after the best epoch so far. Nothing is
pickled. No state of random numbers is needed: each epoch seeds them by its number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from nlp.errors import FanzhaError
from nlp.files import TEMPORARY, write_bytes

_STATE = "state.safetensors"
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
_FRESH = "begin anew with --fresh, which drops what was done, or use the settings of the run that was stopped"

Weights = Mapping[str, torch.nn.Parameter]


@dataclass(frozen=True)
class Epoch:
    """One epoch: the mean loss of its steps, and the figures on the held-out letters after it."""

    loss: float
    figures: dict[str, float]
    worth: float
    """What epochs are compared by; see `nlp.training.finetuning.worth`."""


@dataclass(frozen=True)
class History:
    """What a run has found so far: the base's own figures on the held-out letters, and the epochs."""

    before: dict[str, float]
    worth_before: float
    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The number of the best epoch, from 1; of equals the first; 0 where none is better than the base."""
        worths = [self.worth_before, *(epoch.worth for epoch in self.epochs)]
        return worths.index(max(worths))

    @property
    def waited(self) -> int:
        """How many epochs have gone by since the best."""
        return len(self.epochs) - self.best

    def with_epoch(self, epoch: Epoch) -> History:
        """The history with one epoch more."""
        return replace(self, epochs=[*self.epochs, epoch])


class TuningState:
    """The state of one run in a folder.

    Args:
        folder: where it is kept; made if need be.
        settings: all that decides about the weights, as JSON holds it; a state of other settings is refused.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self._settings: dict[str, Any] = json.loads(json.dumps(settings))

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether a run has left its state there."""
        return (folder / _STATE).is_file()

    def check(self) -> None:
        """Makes sure that what is there can be gone on with.

        Raises:
            FanzhaError: where it is the state of a run with other settings, naming them, or cannot be read.
        """
        if not self.is_in(self._folder):
            return
        there = self._facts()["settings"]
        names = sorted(there.keys() | self._settings.keys())
        differ = [name for name in names if there.get(name) != self._settings.get(name)]
        if differ:
            message = f"holds a run that was stopped, with other settings ({', '.join(differ)})"
            raise FanzhaError(message, path=self._folder, mend=_FRESH)

    def save(self, history: History, weights: Weights, optimiser: torch.optim.Optimizer) -> None:
        """Writes the state after an epoch; before it, the weights, if that epoch is the best."""
        tensors = {f"weights/{name}": weight.detach() for name, weight in weights.items()}
        if history.best == len(history.epochs):
            write_bytes(self._best(history.best), save(_plain(tensors)))
        for name, weight in weights.items():
            moments = optimiser.state.get(weight, {})
            tensors |= {f"{moment}/{name}": moments[moment] for moment in _MOMENTS if moment in moments}
        facts = {"settings": self._settings, "history": asdict(history)}
        metadata = {"facts": json.dumps(facts, ensure_ascii=False)}
        write_bytes(self._folder / _STATE, save(_plain(tensors), metadata=metadata))
        for path in self._folder.glob("best-*.safetensors"):
            if path != self._best(history.best):
                path.unlink()

    def load(self, weights: Weights, optimiser: torch.optim.Optimizer) -> History | None:
        """Puts weights and moments back where they were after the last epoch.

        Returns:
            The history, or None where no epoch was finished.
        """
        if not self.is_in(self._folder):
            return None
        try:
            tensors = load_file(self._folder / _STATE)
            for name, weight in weights.items():
                weight.data.copy_(tensors[f"weights/{name}"])
                # Copies, because the file that these tensors lie in will be replaced; the step stays on the CPU.
                moments = {m: tensors[f"{m}/{name}"].clone() for m in _MOMENTS if f"{m}/{name}" in tensors}
                if moments:
                    optimiser.state[weight] = {m: t if m == "step" else t.to(weight.device) for m, t in moments.items()}
            told = self._facts()["history"]
            return History(told["before"], told["worth_before"], [Epoch(**epoch) for epoch in told["epochs"]])
        except (SafetensorError, KeyError, TypeError, RuntimeError):
            raise self._unreadable() from None

    def load_best(self, epoch: int, weights: Weights) -> None:
        """Gives weights the values they had after the best epoch.

        Raises:
            FanzhaError: where they are not there any more.
        """
        try:
            tensors = load_file(self._best(epoch))
            for name, weight in weights.items():
                weight.data.copy_(tensors[f"weights/{name}"])
        except (SafetensorError, OSError, KeyError, RuntimeError):
            raise self._unreadable() from None

    def clear(self) -> None:
        """Takes the state away: first the file that makes it one."""
        (self._folder / _STATE).unlink(missing_ok=True)
        for path in self._folder.glob("best-*.safetensors"):
            path.unlink()

    def sweep(self) -> None:
        """Takes away what a run that was killed was just writing."""
        for path in self._folder.glob(TEMPORARY.format("*")):
            path.unlink()

    def _best(self, epoch: int) -> Path:
        return self._folder / f"best-{epoch}.safetensors"

    def _facts(self) -> dict[str, Any]:
        try:
            with safe_open(self._folder / _STATE, framework="pt") as file:
                facts: dict[str, Any] = json.loads(file.metadata()["facts"])
            if {"settings", "history"} - set(facts):
                raise KeyError
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            raise self._unreadable() from None
        return facts

    def _unreadable(self) -> FanzhaError:
        return FanzhaError(
            "holds a run that cannot be gone on with: its state is damaged", path=self._folder, mend=_FRESH
        )


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as safetensors takes them."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
