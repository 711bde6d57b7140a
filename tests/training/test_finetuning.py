"""Fine-tuning: what is kept, what is refused, and that a run that was stopped ends as if it had not been."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny import Tiny
from tuning_letters import UNSEEN, write_own_letters

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.errors import FanzhaError
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import score
from nlp.training import finetuning
from nlp.training.configuration import AdaptationRecipe, AugmentationRecipe
from nlp.training.finetuning import WORTH, Plan, fine_tune, rate_share, tuning_recipe, worth
from nlp.training.stages import load_checkpoint, torch_predictor
from nlp.training.tuning_base import read_base
from nlp.training.tuning_gold import read_mixed, read_tuning_gold
from nlp.training.tuning_state import Epoch, History

Planned = Callable[..., Plan]
EPOCHS = 5
STILL = (1e-12, 1e-12)
"""Rates at which nothing changes."""


class Told:
    """Keeps what is said; raises what it is given when an epoch begins."""

    def __init__(self, stop_in_epoch: int | None = None) -> None:
        self.lines: list[str] = []
        self.steps: list[tuple[int, int, int, int]] = []
        self._stop = stop_in_epoch

    def say(self, line: str) -> None:
        self.lines.append(line)

    def step(self, *step: int) -> None:
        assert len(step) == 4
        self.steps.append(step)
        if step[0] == self._stop and step[2] == 2:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_own_letters(tmp_path_factory.mktemp("tuning") / "own", UNSEEN, 5)


@pytest.fixture(scope="module")
def planned(tiny: Tiny, own: Path) -> Planned:
    """Makes a plan for the tiny checkpoint, at rates that teach it something in a few epochs."""

    def plan(
        gold: Path = own, base: Path = tiny.checkpoint, *, epochs: int = EPOCHS, seed: int = 5, patience: int = EPOCHS,
        mixed: Sequence[GoldLetter] = (), rates: tuple[float, float] = (1e-3, 1e-2),
    ) -> Plan:  # fmt: skip
        read = read_base(base)
        adaptation = AdaptationRecipe(encoder_learning_rate=rates[0], head_learning_rate=rates[1])
        given = read.recipe.model_copy(update={"adaptation": adaptation})
        recipe = tuning_recipe(read.recipe, gold, Path("out"), given=given, epochs=epochs, seed=seed)
        return Plan(read, read_tuning_gold(gold, known=set(read.training.letters)), mixed, recipe, patience)

    return plan


@pytest.fixture(scope="module")
def done(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path, Told, Any]:
    """A run that was not disturbed."""
    plan, output, told = planned(), tmp_path_factory.mktemp("done") / "out", Told()
    return plan, output, told, fine_tune(plan, output, told)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_fine_tuning_keeps_the_epoch_that_is_best_on_letters_it_was_not_trained_on(
    done: tuple[Plan, Path, Told, Any], tiny: Tiny
) -> None:
    plan, output, told, tuned = done
    assert tuned.best >= 1
    assert worth(tuned.after) > worth(tuned.before)
    assert tuned.after == tuned.history.epochs[tuned.best - 1].figures
    for folder, figures in ((tiny.checkpoint, tuned.before), (output, tuned.after)):
        predictor = torch_predictor(*load_checkpoint(folder))
        assert score(predict_gold(predictor, plan.gold.held_out)).figures() == figures
    steps = sum(step[0] == 1 for step in told.steps)
    assert told.steps[:steps] == [(1, EPOCHS, n + 1, steps) for n in range(steps)]
    assert [line.split(":")[0] for line in told.lines][:2] == ["before", f"epoch 1/{EPOCHS}"]


def test_fine_tuned_checkpoint_says_what_it_is(done: tuple[Plan, Path, Told, Any], own: Path) -> None:
    plan, output, _, tuned = done
    facts = json.loads((output / "training.json").read_text(encoding="utf-8"))
    training = facts["training"]
    train, held_out = ([letter.id for letter in part] for part in (plan.gold.train, plan.gold.held_out))
    assert facts["name"] == "tiny-tuned"
    assert training["letters"] == sorted(["t1", "t2", "t3", *train])
    assert training["fine_tuning"] == {
        "base": "tiny", "base_version": plan.base.version, "letters": train, "held_out": held_out, "mixed": 0,
        "epochs": EPOCHS, "best_epoch": tuned.best, "seed": 5,
    }  # fmt: skip
    assert training["characters"] == plan.base.training.characters + sum(len(x.text) for x in plan.gold.train)
    assert training["recipe"]["training"]["head_learning_rate"] == 1e-2
    assert training["recipe"]["data"]["letters"] == str(own)
    assert training["recipe"]["window"] == {"max_tokens": 96, "overlap": 24, "context": 16}
    assert not list((output / ".training").glob("*.safetensors"))


def test_temperatures_are_the_bases_on_few_claims_and_fitted_on_enough(
    done: tuple[Plan, Path, Told, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, output, told, _ = done
    few = json.loads((output / "training.json").read_text(encoding="utf-8"))
    assert few["temperatures"] == plan.base.temperatures
    assert few["training"]["calibrated_on"] == ["t4"]
    assert any("fewer than 50 claims" in line for line in told.lines)
    monkeypatch.setattr(finetuning, "MIN_CLAIMS", 5)
    fine_tune(plan, tmp_path / "fitted", Told())
    enough = json.loads((tmp_path / "fitted" / "training.json").read_text(encoding="utf-8"))
    assert enough["temperatures"] != plan.base.temperatures
    assert enough["training"]["calibrated_on"] == [letter.id for letter in plan.gold.held_out]


@pytest.mark.parametrize("stopped", [1, 2, EPOCHS])
def test_a_run_that_was_stopped_in_an_epoch_ends_with_the_same_weights(
    done: tuple[Plan, Path, Told, Any], tmp_path: Path, stopped: int
) -> None:
    plan, output, told, tuned = done
    with pytest.raises(KeyboardInterrupt):
        fine_tune(plan, tmp_path / "out", Told(stop_in_epoch=stopped))
    assert not (tmp_path / "out" / "training.json").exists()
    half = tmp_path / "out" / ".training" / ".fanzha-0123456789abcdef.tmp"
    half.write_bytes(b"half a state")
    again = Told()
    assert fine_tune(plan, tmp_path / "out", again) == tuned
    assert again.steps == [step for step in told.steps if step[0] >= stopped]
    assert any(f"goes on after epoch {stopped - 1}" in line for line in again.lines) is (stopped > 1)
    assert {path.name for path in half.parent.iterdir()} <= {"lock"}
    first, second = weights(output), weights(tmp_path / "out")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert (output / "training.json").read_bytes() == (tmp_path / "out" / "training.json").read_bytes()


def test_a_stopped_run_is_not_gone_on_with_under_other_settings(planned: Planned, tmp_path: Path, tiny: Tiny) -> None:
    output = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fine_tune(planned(), output, Told(stop_in_epoch=2))
    mixed = read_letters(tiny.letters)[:2]
    for other, named in (
        (planned(epochs=EPOCHS + 1), "epochs"),
        (planned(seed=6), "seed"),
        (planned(patience=1), "patience"),
        (planned(mixed=mixed), "with-letters"),
        (planned(base=tiny.model), "base"),
        (planned(gold=write_own_letters(tmp_path / "more", UNSEEN, 6)), "gold"),
    ):
        with pytest.raises(FanzhaError, match=rf"other settings \({named}.*--fresh"):
            fine_tune(other, output, Told())
    fresh = Told()
    fine_tune(planned(epochs=1), output, fresh, fresh=True)
    assert fresh.steps[0][0] == 1
    assert not any("goes on" in line for line in fresh.lines)


def test_a_damaged_state_is_refused_with_the_mend(planned: Planned, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fine_tune(planned(), output, Told(stop_in_epoch=2))
    state = output / ".training" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:200])
    with pytest.raises(FanzhaError, match=r"its state is damaged \(begin anew with --fresh"):
        fine_tune(planned(), output, Told())


def test_where_nothing_gets_better_the_base_is_kept(planned: Planned, tmp_path: Path) -> None:
    tuned = fine_tune(planned(rates=STILL, patience=2), tmp_path / "out", Told())
    assert tuned.best == 0
    assert tuned.after == tuned.before
    assert len(tuned.history.epochs) == 2  # as long as the patience
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".training"]


def test_a_folder_that_holds_something_is_not_written_over(
    done: tuple[Plan, Path, Told, Any],
    planned: Planned,
    tmp_path: Path,
    tiny: Tiny,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(FanzhaError, match="is the base itself"):
        fine_tune(planned(), tiny.checkpoint, Told())
    output = tmp_path / "out"
    shutil.copytree(done[1], output)
    with pytest.raises(FanzhaError, match="holds a checkpoint already"):
        fine_tune(planned(), output, Told())
    assert fine_tune(planned(rates=STILL), output, Told(), fresh=True).best == 0
    assert not (output / "training.json").exists()


def test_a_model_folder_serves_as_a_base_and_frozen_weights_stay(planned: Planned, tiny: Tiny, tmp_path: Path) -> None:
    fine_tune(planned(base=tiny.model), tmp_path / "out", Told())
    before, after = weights(tiny.model), weights(tmp_path / "out")
    frozen = "encoder.embeddings.word_embeddings.weight"
    assert torch.equal(before[frozen].float(), after[frozen])
    assert after["classifier.weight"].dtype == torch.float32
    assert not torch.equal(before["classifier.weight"].float(), after["classifier.weight"])


def test_mixed_in_letters_and_augmentation_change_what_is_trained_on_and_can_be_repeated(
    planned: Planned, tiny: Tiny, tmp_path: Path
) -> None:
    plan = planned(epochs=2)
    mixed = read_mixed(tiny.letters, plan.gold, known=set(plan.base.training.letters))
    assert [letter.id for letter in mixed] == ["t1", "t2", "t3"]
    augmented = plan.recipe.model_copy(update={"augmentation": AugmentationRecipe()})
    kinds = {
        "plain": plan,
        "mixed": dataclasses.replace(plan, mixed=mixed),
        "augmented": dataclasses.replace(plan, mixed=mixed, recipe=augmented),
    }
    steps, histories = {}, {}
    for name, one in kinds.items():
        told, again = Told(), Told()
        histories[name] = fine_tune(one, tmp_path / name, told).history
        assert fine_tune(one, tmp_path / f"{name} again", again).history == histories[name]
        steps[name] = told.steps
    assert len(steps["mixed"]) > len(steps["plain"])
    assert len({tuple(epoch.loss for epoch in history.epochs) for history in histories.values()}) == 3


def test_the_best_epoch_is_the_first_of_the_best_and_the_base_counts() -> None:
    history = History({}, 2.0)
    assert (history.best, history.waited) == (0, 0)
    for value, best, waited in ((2.0, 0, 1), (2.5, 2, 0), (2.4, 2, 1), (2.5, 2, 2), (2.6, 5, 0)):
        history = history.with_epoch(Epoch(1.0, {}, value))
        assert (history.best, history.waited) == (best, waited)


def test_an_epoch_is_worth_nothing_where_nothing_is_found() -> None:
    """Nothing is found, so the status is right of all that is."""
    nothing = {**dict.fromkeys(WORTH, 0.0), "status accuracy": 1.0, "full F1": 1.0}
    assert worth(nothing) == 0.0
    assert worth({**dict.fromkeys(WORTH, 0.5), "status accuracy": 0.8}) == pytest.approx(2.4)
    assert worth({**dict.fromkeys(WORTH, 1.0), "status accuracy": 1.0}) == 5.0


def test_without_a_recipe_the_rates_are_a_fifth_of_the_bases_second_stage(tiny: Tiny) -> None:
    base = read_base(tiny.model).recipe
    options = tuning_recipe(base, Path("gold"), Path("out"), epochs=None, seed=None).training
    assert (options.encoder_learning_rate, options.head_learning_rate) == pytest.approx((2e-5, 2e-4))
    assert (options.epochs, options.seed, options.batch_size) == (finetuning.EPOCHS, 5, 4)
    alone = base.model_copy(update={"adaptation": None})
    options = tuning_recipe(alone, Path("gold"), Path("out"), epochs=2, seed=9).training
    assert (options.encoder_learning_rate, options.head_learning_rate) == pytest.approx((1e-5, 6e-5))
    assert (options.epochs, options.seed) == (2, 9)


def test_rates_rise_over_the_warm_up_and_fall_to_nothing() -> None:
    assert [rate_share(done, 0.1) for done in (0.0, 0.05, 0.1, 0.55, 1.0)] == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert rate_share(0.0, 0.0) == 1.0


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "is neither a checkpoint nor a model folder"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x"), "SHA-256 differs"),
        (lambda folder: _without_weights(folder), "has no weights that can be trained"),
        (lambda folder: _other_recipe(folder), "its recipe is none of this version: heads"),
    ],
    ids=["nothing", "other weights", "no weights", "other recipe"],
)
def test_a_base_that_cannot_be_trained_is_refused(
    tiny: Tiny, tmp_path: Path, break_it: Callable[[Path], Any], said: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.model, folder)
    break_it(folder)
    with pytest.raises(FanzhaError, match=said):
        read_base(folder)


def _change(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def _without_weights(folder: Path) -> None:
    _change(folder, lambda manifest: manifest["files"].pop("model.safetensors"))


def _other_recipe(folder: Path) -> None:
    _change(folder, lambda manifest: manifest["training"]["recipe"].update(heads={"layers": []}))
