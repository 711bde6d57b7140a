"""From labels to spans: what baselines see of a letter, and the model's decoding and linking behind them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation.corpus import GoldLetter
from nlp.baselines.choosing import Example
from nlp.baselines.reading import Labels, gold_labels, predict, read, scored
from nlp.evaluation.scores import score
from nlp.labels import CLAUSE_STATES, QUANTITY_LABELS
from nlp.schema import check_spans

TEXTS = st.text(alphabet="一二三、。，：\n \t\r\u30001234万起名%年月(（)APP公安抓获下一步-—页第", max_size=120)


def test_gold_labels_come_back_as_the_gold(read_examples: list[Example]) -> None:
    figures = score([scored(e.letter, e.reading, e.gold) for e in read_examples]).figures()
    # Whether a period goes on to a later sentence is decided by the linking rules, not by labels.
    assert {name for name, value in figures.items() if value < 1} <= {"full F1"}


def test_a_letter_without_labels_has_nothing(read_examples: list[Example]) -> None:
    for example in read_examples:
        none = Labels(*(np.zeros_like(part) for part in vars(example.gold).values()))
        assert predict(example.reading, none).measures == []
        assert predict(example.reading, none).claims == []


def test_hard_wraps_and_full_width_do_not_show(read_examples: list[Example]) -> None:
    text = "公安机关抓获嫌疑人86名。\n"
    wide = text.replace("86", "８６")
    assert read(text).characters == read(wide).characters
    assert [read(wide).surface(number) for number in read(wide).numbers] == ["86名"]


@given(TEXTS, st.data())
def test_any_labels_on_any_text_give_spans_of_it(text: str, data: st.DataObject) -> None:
    reading = read(text)
    assert len(reading.characters) == len(reading.tokens)

    def labels(count: int, last: int) -> np.ndarray:
        drawn = st.lists(st.integers(0, last), min_size=count, max_size=count)
        return np.array(data.draw(drawn), dtype=np.int64)

    found = predict(
        reading,
        Labels(
            labels(len(reading.clauses), len(CLAUSE_STATES) - 1),
            labels(len(reading.numbers), len(QUANTITY_LABELS) - 1),
            labels(len(reading.tokens), 2),
            labels(len(reading.tokens), 2),
        ),
    )
    check_spans(found.measures, found.claims, text)


@given(TEXTS)
def test_gold_labels_fit_the_reading(text: str) -> None:
    reading, gold = read(text), gold_labels(GoldLetter("x", Path("x.txt"), text, [], []))
    assert len(gold.states) == len(reading.clauses)
    assert len(gold.quantities) == len(reading.numbers)
    assert len(gold.metrics) == len(gold.periods) == len(reading.tokens)


def test_only_the_changed_part_changes(read_examples: list[Example]) -> None:
    example = read_examples[0]
    without = replace(example.gold, metrics=np.zeros_like(example.gold.metrics))
    figures = score([scored(example.letter, example.reading, without)]).figures()
    assert figures["quantity F1"] == figures["measures, strict span F1"] == 1.0
    assert figures["metric F1"] == 0.0
