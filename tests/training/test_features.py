"""Gold letters as training windows: the right labels on the right tokens, and from labels back to the same gold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import Tiny, make_pieces_tokenizer, make_wordpiece_tokenizer

from nlp.annotation.corpus import GoldLetter, as_document, read_letters, read_marked
from nlp.annotation.markup import parse
from nlp.claims.finding import find_document_quantities
from nlp.decoding import decode
from nlp.evaluation.scores import Scored, score
from nlp.inference.backends import FloatArray
from nlp.inference.predictor import Predictor
from nlp.labels import (
    CATEGORY_LABELS,
    HEADS,
    IGNORED,
    METRIC_LABELS,
    PERIOD_LABELS,
    QUANTITY_LABELS,
    STATUS_LABELS,
    head_slices,
)
from nlp.model.modeling import UNIT_HEADS
from nlp.text.segmentation import segment
from nlp.text.tokenization import IntArray, TextTokenizer
from nlp.text.windows import WindowSettings
from nlp.training.features import clause_labels, quantity_labels, training_windows, units_of_tokens

COMPOSED = Path(__file__).parents[2] / "annotations" / "letters"
SAMPLE = [f"{block}{number}" for block in "abcdef" for number in ("03", "22")]
SMALL, USUAL = WindowSettings(96, 24, 16), WindowSettings()

SOURCE = """\
---
id: small
---
您好:现将情况函告如下。
一、工作
一是[打击|{t1:去年}{k1:破案}{q:31起|count k1 t1},{k2:追回}{q:20万元|money k2 t1}];\
[防范*|今后上门劝阻],[宣传*|也进校讲课]。
"""
TEXT = "您好:现将情况函告如下。\n一、工作\n一是去年破案31起,追回20万元;今后上门劝阻,也进校讲课。\n"


def letter_of(source: str) -> GoldLetter:
    marked = parse(source)
    return GoldLetter(marked.meta["id"], Path("letter.txt"), marked.text, marked.measures, marked.claims)


def text_tokenizer(kind: str) -> TextTokenizer:
    tokenizer = make_pieces_tokenizer() if kind == "pieces" else make_wordpiece_tokenizer()
    pad, cls, sep = (tokenizer.token_to_id(name) for name in ("[PAD]", "[CLS]", "[SEP]"))
    return TextTokenizer(tokenizer, pad_id=pad, cls_id=cls, sep_id=sep)


def test_clauses_take_category_and_status_of_the_measure_around_them() -> None:
    letter = letter_of(SOURCE)
    assert letter.text == TEXT
    clauses = [(c.start, c.end) for c in segment(TEXT).clauses]
    categories, statuses = clause_labels(letter, clauses)
    found = {
        TEXT[a:b]: (CATEGORY_LABELS[c], None if s == IGNORED else STATUS_LABELS[s])
        for (a, b), c, s in zip(clauses, categories, statuses, strict=True)
    }
    assert found == {
        "您好": ("O", None),
        "现将情况函告如下": ("O", None),
        "工作": ("O", None),
        "去年破案31起": ("打击", "done"),
        "追回20万元": ("打击", "done"),
        "今后上门劝阻": ("防范", "planned"),
        "也进校讲课": ("宣传", "planned"),
    }


def test_numbers_take_the_type_of_their_claim_and_others_none() -> None:
    letter = letter_of(SOURCE)
    numbers = [(TEXT.index("31起"), TEXT.index("31起") + 3), (TEXT.index("一是"), TEXT.index("一是") + 1)]
    assert [QUANTITY_LABELS[i] for i in quantity_labels(letter, numbers)] == ["count", "O"]


def test_units_of_tokens_are_the_spans_that_hold_them() -> None:
    tokens = text_tokenizer("pieces")("破获案件31起")
    spans = [(2, 4), (4, 7)]
    held = [(int(a), int(b)) for a, b in zip(tokens.starts, tokens.ends, strict=True)]
    assert units_of_tokens(tokens, spans).tolist() == [-1 if b <= 2 else 0 if b <= 4 else 1 for _, b in held]


def test_window_has_borders_on_the_tokens_of_metrics_and_periods() -> None:
    tokenizer = text_tokenizer("pieces")
    tokens = tokenizer(TEXT)
    (row,) = training_windows(letter_of(SOURCE), tokenizer, USUAL)
    body = row["input_ids"].index(tokenizer.sep_id) + 1
    pieces = [TEXT[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)]
    marked = {
        name: [
            (names[label], piece)
            for label, piece in zip(row[f"{name}_labels"][body:-1], pieces, strict=True)
            if names[label] != "O"
        ]
        for name, names in (("metric", METRIC_LABELS), ("period", PERIOD_LABELS))
    }
    assert [piece for _, piece in marked["metric"]] == ["破", "案", "追", "回"]
    assert [label[0] for label, _ in marked["metric"]] == ["B", "I", "B", "I"]
    assert "".join(piece for _, piece in marked["period"]) == "去年"
    assert [label[0] for label, _ in marked["period"]] == ["B", "I"]


def test_window_ignores_what_is_no_text(tiny: Tiny) -> None:
    tokenizer = TextTokenizer.from_folder(tiny.encoder)
    rows = [row for letter in read_letters(tiny.letters) for row in training_windows(letter, tokenizer, SMALL)]
    assert any(len(row["token_type_ids"]) > 20 and sum(row["token_type_ids"]) > 2 for row in rows)
    for row in rows:
        body = row["input_ids"].index(tokenizer.sep_id) + 1
        assert len(row["input_ids"]) <= SMALL.max_tokens
        assert row["token_type_ids"] == [1] * body + [0] * (len(row["input_ids"]) - body)
        for name in ("clauses", "numbers", "metric_labels", "period_labels"):
            outside = IGNORED if name.endswith("labels") else -1
            assert len(row[name]) == len(row["input_ids"])
            assert set(row[name][:body]) == {outside} == {row[name][-1]}
        for name, unit in (("category", "clauses"), ("status", "clauses"), ("quantity", "numbers")):
            present = {i for i in row[unit] if i >= 0}
            assert present == set(range(len(row[f"{name}_labels"])))


class Oracle:
    """A backend that knows the labels: it gives ten to the right one and zero to the others."""

    name, device = "oracle", "cpu"

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = iter(rows)

    def logits(self, windows: Sequence[tuple[IntArray, int]]) -> Iterator[FloatArray]:
        for (ids, context), row in zip(windows, self.rows, strict=True):
            assert ids.tolist() == row["input_ids"]
            assert context == sum(row["token_type_ids"])
            logits = np.zeros((len(ids), sum(map(len, HEADS.values()))), dtype=np.float32)
            for name, columns in head_slices().items():
                labels = row[f"{name}_labels"]
                for t in range(len(ids)):
                    unit = row[UNIT_HEADS[name]][t] if name in UNIT_HEADS else t
                    if unit >= 0 and labels[unit] != IGNORED:
                        logits[t, columns.start + labels[unit]] = 10
            yield logits


def oracle_predictor(letter: GoldLetter, kind: str, settings: WindowSettings) -> Predictor:
    tokenizer = text_tokenizer(kind)
    rows = list(training_windows(letter, tokenizer, settings))
    return Predictor(Oracle(rows), tokenizer, settings, name="oracle", version="0")


@pytest.mark.parametrize("kind", ["pieces", "wordpiece"])
@pytest.mark.parametrize("settings", [SMALL, USUAL], ids=["small", "usual"])
@pytest.mark.parametrize("name", SAMPLE)
def test_gold_goes_to_labels_and_comes_back(name: str, settings: WindowSettings, kind: str) -> None:
    letter = read_marked(COMPOSED / f"{name}.txt")
    ((structure, tokens, logits),) = oracle_predictor(letter, kind, settings).logits([as_document(letter)])
    found = decode(letter.text, structure, tokens, logits)
    assert [(m.start, m.end, m.category, m.status) for m in found.measures] == [
        (m.start, m.end, m.category, m.status) for m in letter.measures
    ]
    readable = {(c.start, c.end) for c in find_document_quantities(letter.text, structure) if c.veto is None}
    gold = [(c.start, c.end, c.type) for c in letter.claims if (c.start, c.end) in readable]
    assert len(gold) >= 0.95 * len(letter.claims)
    assert [(q.start, q.end, q.label) for q in found.quantities] == gold
    for spans, parts in (
        (found.metrics, [c.metric for c in letter.claims]),
        (found.periods, [c.period for c in letter.claims]),
    ):
        assert {(s.start, s.end) for s in spans} == {(p.start, p.end) for p in parts if p is not None}


def test_gold_comes_back_as_linked_claims() -> None:
    documents = []
    for name in SAMPLE:
        letter = read_marked(COMPOSED / f"{name}.txt")
        (result,) = oracle_predictor(letter, "pieces", USUAL).predict([as_document(letter)])
        documents.append(Scored(letter.id, letter.text, letter, result))
    figures = score(documents).figures()
    assert figures["measures, strict span F1"] == figures["status accuracy"] == 1
    assert figures["normalised F1"] > 0.98
    assert figures["metric F1"] > 0.95
