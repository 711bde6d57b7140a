"""Two spaCy pipelines: spancat (categories of clauses) with textcat (status), and NER (numbers, metrics, periods).

A doc is a sentence, a token a character, behind the last characters of the headings above it. NER learns the borders
of spans; what it calls a quantity counts where the number grammar has a number. Trained on the CPU, epoch by epoch.
Spancat and NER have a tok2vec each: with one for both, the figures on dev fell from one epoch to the next.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example as Pair
from spacy.util import fix_random_seed, registry
from thinc.api import get_current_ops
from thinc.types import Ragged

from nlp.baselines.choosing import Component, Example, Part, Tagger
from nlp.baselines.reading import IntArray, Labels, Reading, Unit
from nlp.labels import CLAIM_TYPES, CLAUSE_STATES, METRIC_LABELS, OUTSIDE, QUANTITY_LABELS, STATUSES

_EPOCHS = 8
_PATIENCE = 2
_BATCH_CHARACTERS = 600
_CONTEXT = 16
_CLAUSES = "sc"
_PARTS: dict[str, Part] = {"metric": "metrics", "period": "periods"}
_TOK2VEC: dict[str, Any] = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 96,
        "attrs": ["NORM"],
        "rows": [4000],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": 96,
        "window_size": 1,
        "maxout_pieces": 3,
        "depth": 4,
    },
}
_CLAIM_PARTS: tuple[Part, ...] = ("quantities", "metrics", "periods")


def components(seed: int, epochs: int = _EPOCHS) -> list[Component]:
    """The pipelines; the number of epochs of each, at most `epochs`, is chosen on dev, with patience."""

    def settings_of(parts: tuple[Part, ...]) -> Component:
        return Component(parts, lambda learning: _epochs(learning, parts, seed, epochs), patience=_PATIENCE)

    return [settings_of(("states",)), settings_of(_CLAIM_PARTS)]


def _epochs(
    learning: Sequence[Example], parts: tuple[Part, ...], seed: int, epochs: int
) -> Iterator[tuple[str, Tagger]]:
    """Trains epoch after epoch and gives a tagger of each."""
    fix_random_seed(seed)
    order = random.Random(seed)
    pipeline = _pipeline(parts)
    pairs = []
    for example in learning:
        for sentence in split(example.reading, parts):
            empty = make_doc(pipeline.vocab, example.reading, sentence)
            pairs.append(Pair(empty, gold_doc(pipeline.vocab, example.reading, sentence, example.gold)))
    pipeline.initialize(lambda: pairs)
    optimizer = pipeline.create_optimizer()
    for epoch in range(1, epochs + 1):
        order.shuffle(pairs)
        for batch in _batches(pairs):
            pipeline.update(batch, sgd=optimizer, drop=0.1)
        with pipeline.use_params(optimizer.averages):  # as spaCy's own training loop does
            weights = pipeline.to_bytes()
        yield f"{epoch} epochs", _tagger(weights, parts)


def _pipeline(parts: tuple[Part, ...]) -> Any:
    registry.misc("fanzha.clauses.v1")(_clause_suggester)
    pipeline = spacy.blank("zh")
    if "states" not in parts:
        pipeline.add_pipe("ner", config={"model": {"tok2vec": _TOK2VEC}})
        return pipeline
    pipeline.add_pipe(
        "spancat_singlelabel",
        config={
            "spans_key": _CLAUSES,
            "suggester": {"@misc": "fanzha.clauses.v1"},
            "model": {"tok2vec": _TOK2VEC},
        },
    )
    bag = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "length": 32768,
        "ngram_size": 3,
        "no_output_layer": False,
    }
    pipeline.add_pipe("textcat", config={"model": bag})
    return pipeline


def _clause_suggester() -> Any:
    """What spancat decides about: the clauses of the sentence, as `make_doc` wrote them into it."""

    def suggest(docs: Sequence[Any], *, ops: Any = None) -> Any:
        ops = ops or get_current_ops()
        ranges = [[(first, last) for first, last in doc.user_data["clauses"]] for doc in docs]
        flat = np.array([pair for own in ranges for pair in own], dtype="i").reshape(-1, 2)
        return Ragged(ops.asarray(flat), ops.asarray(np.array([len(own) for own in ranges], dtype="i")))

    return suggest


class SentenceWords:
    """A sentence of a reading as a doc: `shift` tokens of headings, then the characters from `first` to `last`."""

    def __init__(self, reading: Reading, index: int, first: int, last: int, clauses: list[int], numbers: list[int]):
        paragraph = reading.structure.sentences[index].paragraph
        context = reading.sections[paragraph][-_CONTEXT:]
        self.words = [*context, "|", *reading.characters[first:last]]
        self.shift = len(context) + 1 - first
        self.first, self.last, self.clauses, self.numbers = first, last, clauses, numbers


def split(reading: Reading, parts: Sequence[Part]) -> list[SentenceWords]:
    """The sentences of a letter that can have these parts: those with clauses, or those of paragraphs with numbers."""
    clauses = _by_sentence(reading.clauses)
    numbers = _by_sentence(reading.numbers)
    numbered = {number.paragraph for number in reading.numbers}
    found = []
    for index, sentence in enumerate(reading.structure.sentences):
        inside = reading.tokens.within(sentence.start, sentence.end)
        wanted = index in clauses if "states" in parts else sentence.paragraph in numbered
        if wanted and inside.start < inside.stop:
            own = clauses.get(index, []), numbers.get(index, [])
            found.append(SentenceWords(reading, index, inside.start, inside.stop, *own))
    return found


def _by_sentence(units: Sequence[Unit]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for i, unit in enumerate(units):
        found.setdefault(unit.sentence, []).append(i)
    return found


def make_doc(vocabulary: Any, reading: Reading, sentence: SentenceWords) -> Doc:
    """A sentence as a doc without annotation; its clauses, which spancat decides about, are in `user_data`."""
    doc = Doc(vocabulary, words=sentence.words, spaces=[False] * len(sentence.words))
    clauses = [reading.clauses[i] for i in sentence.clauses]
    doc.user_data["clauses"] = [(c.first + sentence.shift, c.last + sentence.shift) for c in clauses]
    return doc


def gold_doc(vocabulary: Any, reading: Reading, sentence: SentenceWords, gold: Labels) -> Doc:
    """The doc with what is to be learned: entities, clauses with categories, and the status that most of them have."""
    doc = make_doc(vocabulary, reading, sentence)
    taken: list[tuple[int, int, str]] = []
    for i in sentence.numbers:
        if gold.quantities[i]:
            number = reading.numbers[i]
            taken.append((number.first, number.last, QUANTITY_LABELS[gold.quantities[i]]))
    for name, part in _PARTS.items():
        taken += [(a, b, name) for a, b in _runs(getattr(gold, part), sentence.first, sentence.last)]
    doc.ents = [
        Span(doc, first + sentence.shift, last + sentence.shift, label=name) for first, last, name in _disjoint(taken)
    ]
    spans, statuses = [], []
    for i in sentence.clauses:
        category, status = CLAUSE_STATES[gold.states[i]]
        if category != OUTSIDE:
            clause = reading.clauses[i]
            spans.append(Span(doc, clause.first + sentence.shift, clause.last + sentence.shift, label=category))
            statuses.append(status)
    doc.spans[_CLAUSES] = spans
    if statuses:
        common = max(STATUSES, key=statuses.count)
        doc.cats = {name: float(name == common) for name in STATUSES}
    return doc


def _runs(labels: IntArray, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The ranges of B I I … in `[first, last)`."""
    i = first
    while i < last:
        j = i + 1
        if labels[i] == 1:
            while j < last and labels[j] == 2:
                j += 1
            yield i, j
        i = j


def _disjoint(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The spans in order; of two that overlap the first one given stays."""
    kept: list[tuple[int, int, str]] = []
    for span in spans:
        if all(span[1] <= other[0] or other[1] <= span[0] for other in kept):
            kept.append(span)
    return sorted(kept)


def _batches(pairs: Sequence[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size = 0
    for pair in pairs:
        batch.append(pair)
        size += len(pair.x)
        if size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _tagger(weights: bytes, parts: tuple[Part, ...]) -> Tagger:
    """A tagger of a pipeline as it was; it is loaded when it is first used."""
    loaded: list[Any] = []

    def tag(reading: Reading) -> dict[Part, IntArray]:
        if not loaded:
            loaded.append(_pipeline(parts).from_bytes(weights))
        return _tag(loaded[0], parts, reading)

    return tag


def _tag(pipeline: Any, parts: tuple[Part, ...], reading: Reading) -> dict[Part, IntArray]:
    sentences = split(reading, parts)
    docs = pipeline.pipe([make_doc(pipeline.vocab, reading, sentence) for sentence in sentences])
    found = labels_of(reading, sentences, list(docs))
    return {part: found[part] for part in parts}


def labels_of(reading: Reading, sentences: Sequence[SentenceWords], docs: Sequence[Doc]) -> dict[Part, IntArray]:
    """What the docs of a letter's sentences say, as labels of its clauses, numbers and characters."""
    found: dict[Part, IntArray] = {
        "states": np.zeros(len(reading.clauses), dtype=np.int64),
        "quantities": np.zeros(len(reading.numbers), dtype=np.int64),
        "metrics": np.zeros(len(reading.tokens), dtype=np.int64),
        "periods": np.zeros(len(reading.tokens), dtype=np.int64),
    }
    for sentence, doc in zip(sentences, docs, strict=True):
        _label_clauses(found["states"], reading, sentence, doc)
        for entity in doc.ents:
            span = entity.start - sentence.shift, entity.end - sentence.shift
            if span[0] < sentence.first:
                continue  # in the headings before it
            if entity.label_ in CLAIM_TYPES:
                _label_numbers(found["quantities"], reading, sentence, span, entity.label_)
            else:
                _label_border(found[_PARTS[entity.label_]], span)
    return found


def _label_clauses(states: IntArray, reading: Reading, sentence: SentenceWords, doc: Doc) -> None:
    """Gives the clauses that spancat calls measures their category, and the sentence's status."""
    status = max(STATUSES, key=lambda name: doc.cats.get(name, 0.0))
    categories = {(span.start, span.end): span.label_ for span in doc.spans.get(_CLAUSES, ())}
    for i in sentence.clauses:
        clause = reading.clauses[i]
        category = categories.get((clause.first + sentence.shift, clause.last + sentence.shift))
        if category is not None:
            states[i] = CLAUSE_STATES.index((category, status))


def _label_border(labels: IntArray, span: tuple[int, int]) -> None:
    labels[slice(*span)] = METRIC_LABELS.index("I-metric")
    labels[span[0]] = METRIC_LABELS.index("B-metric")


def _label_numbers(
    quantities: IntArray, reading: Reading, sentence: SentenceWords, span: tuple[int, int], label: str
) -> None:
    """Gives the numbers of the grammar that an entity overlaps its type."""
    for i in sentence.numbers:
        if reading.numbers[i].first < span[1] and span[0] < reading.numbers[i].last:
            quantities[i] = QUANTITY_LABELS.index(label)
