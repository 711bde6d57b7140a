"""Leave-one-document-out over the real replies: each is predicted by a model that never saw it."""

from __future__ import annotations

from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.errors import FanzhaError
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import Scored
from nlp.training.calibration import fit_temperatures
from nlp.training.configuration import Recipe
from nlp.training.stages import Report, TrainingData, adapt, device_predictor, load_checkpoint, trained_letters


def leave_one_out(recipe: Recipe, base: Path, data: TrainingData, report: Report) -> list[Scored]:
    """Predicts each real reply with the base model adapted on the other replies and the composed training letters.

    Args:
        recipe: with its adaptation.
        base: a first-stage checkpoint, which has seen composed letters only.
        data: the gold; its test letters are not used, its dev letters for temperatures alone, which change no decision.
        report: is told what is going on.

    Raises:
        FanzhaError: where there are too few replies, or the base was trained on one of them.
    """
    if len(data.replies) < 2:
        raise FanzhaError("leave-one-out needs at least two real replies", mend="set REPLIES_DIR to their folder")
    seen = sorted(trained_letters(base) & {reply.id for reply in data.replies})
    if seen:
        raise FanzhaError(
            f"was trained on the real replies {', '.join(seen)}: it cannot be scored on them",
            path=base,
            mend="name its first stage, the folder base/ in it",
        )
    found = []
    for held_out in data.replies:
        report(f"without {held_out.id}")
        others = [reply for reply in data.replies if reply.id != held_out.id]
        found.extend(_predict_without(recipe, base, data, others, held_out, report))
    return found


def _predict_without(
    recipe: Recipe,
    base: Path,
    data: TrainingData,
    others: list[GoldLetter],
    held_out: GoldLetter,
    report: Report,
) -> list[Scored]:
    if recipe.adaptation is None:
        model, tokenizer = load_checkpoint(base)
    else:
        model, tokenizer = adapt(recipe, base, data, others, report)
    predictor = device_predictor(model, tokenizer)
    temperatures = fit_temperatures(predictor, data.splits.dev)  # as the shipped model's are
    return predict_gold(predictor.with_temperatures(temperatures), [held_out])
