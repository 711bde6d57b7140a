"""What baselines see of a letter, the labels that they give, and the way from labels to measures and claims."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nlp.annotation.corpus import GoldLetter
from nlp.claims.candidates import Candidate
from nlp.claims.finding import find_possible_claims
from nlp.claims.linking import link_claims
from nlp.clause_chain import clause_states
from nlp.decoding import decode
from nlp.evaluation.scores import Scored
from nlp.labels import CATEGORY_LABELS, CLAUSE_STATES, HEADS, STATUS_LABELS, head_slices
from nlp.schema import Claim, Measure
from nlp.text.sections import section_contexts
from nlp.text.segmentation import Clause, Structure, segment
from nlp.text.tokenization import TextTokenizer, Tokens, condense
from nlp.text.windows import WindowSettings
from nlp.training.features import training_windows

IntArray = npt.NDArray[np.int64]

# One window holds any letter: a baseline has no limit of tokens.
_WHOLE = WindowSettings(max_tokens=10**9, overlap=0, context=0)
_CERTAIN = 30.0


@dataclass(frozen=True)
class Unit:
    """A clause or a number: the characters `[first, last)` of a `Reading`, and its place in the structure."""

    first: int
    last: int
    sentence: int
    paragraph: int


@dataclass(frozen=True)
class Reading:
    """A letter as baselines see it.

    `characters` is the text condensed as tokenizers see it (no hard wraps, half-width marks), and `tokens` has one
    token for each of its characters. `sections` has the section context of each paragraph. `candidates` are the
    grammar's numbers without a veto; `numbers` says where they are, `clauses` where the clauses are.
    """

    text: str
    structure: Structure
    tokens: Tokens
    characters: str
    sections: Sequence[str]
    clauses: Sequence[Unit]
    candidates: Sequence[Candidate]
    numbers: Sequence[Unit]

    def surface(self, unit: Unit) -> str:
        """The characters of a clause or number."""
        return self.characters[unit.first : unit.last]

    def section(self, unit: Unit) -> str:
        """The headings above a clause or number."""
        return self.sections[unit.paragraph]

    def numbered_sentences(self) -> list[tuple[int, int]]:
        """The sentences of the paragraphs that have numbers, as ranges of characters: where metrics and periods are."""
        paragraphs = {number.paragraph for number in self.numbers}
        ranges = (self.tokens.within(s.start, s.end) for s in self.structure.sentences if s.paragraph in paragraphs)
        return [(inside.start, inside.stop) for inside in ranges if inside.start < inside.stop]


@dataclass(frozen=True)
class Labels:
    """Labels of a letter's parts.

    `states` are indices in CLAUSE_STATES, one a clause; `quantities` in QUANTITY_LABELS, one a number; `metrics` and
    `periods` in METRIC_LABELS and PERIOD_LABELS, one a character.
    """

    states: IntArray
    quantities: IntArray
    metrics: IntArray
    periods: IntArray


@dataclass(frozen=True)
class Prediction:
    """What is scored: the measures and claims of a letter."""

    measures: list[Measure]
    claims: list[Claim]


@lru_cache(maxsize=1)
def character_tokenizer() -> TextTokenizer:
    """A tokenizer that makes each character of the condensed text a token; the ids mean nothing."""
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split

    tokenizer = Tokenizer(WordLevel({"": 0}, unk_token=""))
    tokenizer.pre_tokenizer = Split(Regex(r"[\s\S]"), behavior="isolated")
    return TextTokenizer(tokenizer, cls_id=0, sep_id=0, pad_id=0)


def read(text: str) -> Reading:
    """Reads a letter with the model's own segmentation, sections and number grammar."""
    structure = segment(text)
    tokens = character_tokenizer()(text, structure.page_numbers)
    starts = [sentence.start for sentence in structure.sentences]

    def unit(start: int, end: int, sentence: int) -> Unit:
        inside = tokens.within(start, end)
        return Unit(inside.start, inside.stop, sentence, structure.sentences[sentence].paragraph)

    def clause(part: Clause) -> Unit:
        return unit(part.start, part.end, part.sentence)

    clauses = [found for part in structure.clauses if (found := clause(part)).first < found.last]
    numbers = [
        (candidate, found)
        for candidate in find_possible_claims(text, structure)
        if (found := unit(candidate.start, candidate.end, max(bisect_right(starts, candidate.start) - 1, 0))).first
        < found.last
    ]
    return Reading(
        text,
        structure,
        tokens,
        condense(text, structure.page_numbers)[0],
        section_contexts(text, structure),
        clauses,
        [candidate for candidate, _ in numbers],
        [found for _, found in numbers],
    )


def gold_labels(letter: GoldLetter) -> Labels:
    """The labels that the model is trained on, of the whole letter as one window of characters."""
    empty = np.zeros(0, dtype=np.int64)
    for row in training_windows(letter, character_tokenizer(), _WHOLE):
        body = slice(2, -1)
        categories, statuses, quantities, metrics, periods = (
            np.asarray(row[f"{name}_labels"], dtype=np.int64)
            for name in ("category", "status", "quantity", "metric", "period")
        )
        return Labels(clause_states(categories, statuses), quantities, metrics[body], periods[body])
    return Labels(empty, empty, empty, empty)


def predict(reading: Reading, labels: Labels) -> Prediction:
    """Measures and claims by the model's own decoding and linking, from labels that count as certain."""
    logits = np.zeros((len(reading.tokens), sum(len(names) for names in HEADS.values())))
    columns = {name: logits[:, part] for name, part in head_slices().items()}
    for clause, state in zip(reading.clauses, labels.states.tolist(), strict=True):
        category, status = CLAUSE_STATES[state]
        columns["category"][clause.first : clause.last, CATEGORY_LABELS.index(category)] = _CERTAIN
        if status in STATUS_LABELS:
            columns["status"][clause.first : clause.last, STATUS_LABELS.index(status)] = _CERTAIN
    for number, label in zip(reading.numbers, labels.quantities.tolist(), strict=True):
        columns["quantity"][number.first : number.last, label] = _CERTAIN
    every = np.arange(len(reading.tokens))
    columns["metric"][every, labels.metrics] = _CERTAIN
    columns["period"][every, labels.periods] = _CERTAIN
    found = decode(reading.text, reading.structure, reading.tokens, logits)
    claims = link_claims(
        reading.text, reading.structure, found.quantities, found.metrics, found.periods, found.measures
    )
    return Prediction(found.measures, claims)


def scored(letter: GoldLetter, reading: Reading, labels: Labels) -> Scored:
    """A letter with its gold and what these labels come to."""
    return Scored(letter.id, letter.text, letter, predict(reading, labels))
