"""The gate in front of int8: it is shipped only where it costs next to nothing against fp32 on held-out letters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import score
from nlp.inference.loading import load_predictor

GATED = ("measures, character micro F1", "quantity F1", "metric F1")
TOLERANCE = 0.005


def compare_precisions(folder: Path, letters: Sequence[GoldLetter]) -> dict[str, dict[str, float]]:
    """All figures of a model folder's int8 graph and of its weights in fp32 (torch), on the same letters.

    Args:
        folder: an exported model folder.
        letters: gold that was in no part of its training.

    Returns:
        `{"int8": figures, "fp32": figures}`.
    """
    return {
        name: score(predict_gold(load_predictor(folder, device=device), letters)).figures()
        for name, device in (("int8", "cpu"), ("fp32", "torch-cpu"))
    }


def costs(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    """What int8 loses in each gated figure; negative where it gains."""
    return {name: figures["fp32"][name] - figures["int8"][name] for name in GATED}
