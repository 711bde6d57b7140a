"""Temperatures: the one that made the scores too sure is found again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from tiny import Tiny, make_pieces_tokenizer

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.inference.backends import FloatArray
from nlp.inference.predictor import Predictor
from nlp.labels import CATEGORY_LABELS, HEADS, STATUSES, head_slices
from nlp.schema import GoldMeasure
from nlp.text.tokenization import IntArray, TextTokenizer
from nlp.text.windows import WindowSettings
from nlp.training.calibration import UNFITTED, fit_temperatures

CLAUSES = 2000
TOKENS = TextTokenizer(make_pieces_tokenizer(), pad_id=0, cls_id=2, sep_id=3)


class Fixed:
    """A backend that has the logits of each token of one document by heart."""

    name, device = "fixed", "cpu"

    def __init__(self, logits: FloatArray) -> None:
        self.rest = logits

    def logits(self, windows: Sequence[tuple[IntArray, int]]) -> Iterator[FloatArray]:
        for ids, start in windows:
            body = len(ids) - start - 1
            frame = np.zeros((len(ids), self.rest.shape[1]), dtype=np.float32)
            frame[start : start + body], self.rest = self.rest[:body], self.rest[body:]
            yield frame


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_of_scores_that_are_too_sure_is_found(temperature: float) -> None:
    random = np.random.default_rng(11)
    text = "我。" * CLAUSES  # each clause is one token, each sentence two
    true = random.normal(0, 1.5, (CLAUSES, len(CATEGORY_LABELS)))
    shares = np.exp(true) / np.exp(true).sum(1, keepdims=True)
    drawn = [int(random.choice(len(CATEGORY_LABELS), p=share)) for share in shares]
    measures = [
        GoldMeasure(start=2 * i, end=2 * i + 1, text="我", category=CATEGORY_LABELS[label], status=STATUSES[0])
        for i, label in enumerate(drawn)
        if label
    ]
    letter = GoldLetter("drawn", Path("drawn.txt"), text, measures, [])
    logits = np.zeros((2 * CLAUSES, sum(map(len, HEADS.values()))), dtype=np.float32)
    logits[::2, head_slices()["category"]] = true * temperature
    logits[::2, head_slices()["status"]] = (1000, -1000)  # done, beyond doubt
    predictor = Predictor(Fixed(logits), TOKENS, WindowSettings(256, 0, 40), name="fixed", version="0")
    found = fit_temperatures(predictor, [letter])
    assert found["clause"] == pytest.approx(temperature, rel=0.15)
    assert found["quantity"] == 1.0  # there is no number in the letter


def test_temperatures_without_letters_are_one(tiny: Tiny) -> None:
    from nlp.inference.loading import load_predictor

    predictor = load_predictor(tiny.model, device="cpu")
    assert fit_temperatures(predictor, []) == UNFITTED


def test_temperatures_are_found_on_gold_letters(tiny: Tiny) -> None:
    from nlp.inference.loading import load_predictor

    found = fit_temperatures(load_predictor(tiny.model, device="cpu"), read_letters(tiny.letters)[3:])
    assert set(found) == {"clause", "quantity", "pair"}
    assert all(0.25 <= value <= 8 for value in found.values())
