"""What a recipe may ask of the training besides: FGM, R-Drop, averaging, a teacher, fewer layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Tiny

from nlp.annotation.corpus import read_letters
from nlp.errors import FanzhaError
from nlp.model.modeling import LetterTagger
from nlp.training.configuration import DistillationRecipe, Recipe, read_recipe
from nlp.training.letter_trainer import WeightAveraging
from nlp.training.stages import load_checkpoint
from nlp.training.trainer import new_model, train


def changed(recipe: Recipe, section: str, **values: Any) -> Recipe:
    return recipe.model_copy(update={section: getattr(recipe, section).model_copy(update=values)})


def trained(recipe: Recipe, tiny: Tiny, scratch: Path, losses: list[float] | None = None) -> LetterTagger:
    model, tokenizer, _ = new_model(recipe)
    kept = losses if losses is not None else []
    letters = read_letters(tiny.letters)[:2]
    return train(
        recipe, letters, scratch, start=(model, tokenizer), fresh=True, on_progress=lambda *one: kept.append(one[2])
    )


def weights(model: LetterTagger) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters() if parameter.requires_grad])


@pytest.fixture
def short(tiny: Tiny) -> Recipe:
    """Three epochs of the tiny recipe."""
    return changed(read_recipe(tiny.recipe), "training", epochs=3)


def test_training_twice_gives_the_same_weights(tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    assert torch.equal(weights(trained(short, tiny, tmp_path)), weights(trained(short, tiny, tmp_path)))


@pytest.mark.parametrize("option", ["adversarial", "r_drop", "averaging"])
def test_option_changes_what_is_learned(option: str, tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    dropped = changed(short, "heads", dropout=0.2)  # R-Drop compares two dropouts
    plain = trained(dropped, tiny, tmp_path)
    other = trained(changed(dropped, "training", **{option: 0.5}), tiny, tmp_path)
    assert not torch.equal(weights(plain), weights(other))
    assert torch.isfinite(weights(other)).all()


def test_adversarial_training_still_learns_its_letters(tiny: Tiny, tmp_path: Path) -> None:
    losses: list[float] = []
    trained(changed(read_recipe(tiny.recipe), "training", epochs=30, adversarial=0.5), tiny, tmp_path, losses)
    assert losses[-1] < losses[0] / 2


def test_average_lies_between_the_weights_it_is_made_of() -> None:
    model: Any = torch.nn.Linear(1, 1, bias=False)
    averaging = WeightAveraging(model, 0.75)

    class Arguments:
        def get_warmup_steps(self, steps: int) -> int:
            return 1

    for step, value in ((1, 100.0), (2, 0.0), (3, 4.0)):  # the first step is of the warm-up
        model.weight.data.fill_(value)
        averaging.on_step_end(Arguments(), type("State", (), {"global_step": step, "max_steps": 3}), None)
    averaging.put_into(model)
    assert model.weight.item() == pytest.approx(1.0)


def test_softmax_learns_no_transitions(tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    model = trained(changed(short, "heads", clauses="softmax"), tiny, tmp_path)
    assert not model.transitions.any()
    assert trained(short, tiny, tmp_path).transitions.any()


def test_model_without_pair_scorer_has_labels_alone(tiny: Tiny, short: Recipe, tmp_path: Path) -> None:
    model = trained(changed(short, "heads", pair_size=0), tiny, tmp_path)
    assert model.pairs is None
    assert model.config.output_size == model.config.label_size


def test_student_of_fewer_layers_learns_from_its_teacher(tiny: Tiny, tmp_path: Path) -> None:
    recipe = changed(read_recipe(tiny.recipe), "encoder", keep_layers=[1, 3])
    recipe = changed(changed(recipe, "heads", layers=[1, 2]), "training", epochs=10)
    alone = trained(recipe, tiny, tmp_path)
    assert len(alone.encoder.encoder.layer) == 2
    taught = trained(
        recipe.model_copy(update={"distillation": DistillationRecipe(teacher=tiny.checkpoint, weight=5.0)}),
        tiny,
        tmp_path,
    )
    teacher = load_checkpoint(tiny.checkpoint)[0]
    assert apart(taught, teacher) < apart(alone, teacher)
    taught.save_pretrained(tmp_path / "student")
    again = LetterTagger.from_pretrained(tmp_path / "student")
    assert all(torch.equal(value, taught.state_dict()[name]) for name, value in again.state_dict().items())


def apart(model: LetterTagger, teacher: LetterTagger) -> float:
    """How far the distributions over the categories of some tokens are from the teacher's."""
    ids = torch.arange(6, 40)[None]
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    with torch.inference_mode():
        own, other = (m.eval()(**inputs).logits[..., :6].log_softmax(-1) for m in (model, teacher))
    return float(torch.nn.functional.kl_div(own, other, log_target=True, reduction="batchmean"))


def test_layers_that_the_encoder_has_not_are_refused(tiny: Tiny, short: Recipe) -> None:
    with pytest.raises(FanzhaError, match="encoder.keep_layers"):
        new_model(changed(short, "encoder", keep_layers=[1, 2, 9]))
