"""Gold letters as training windows: token ids, the clause and number each token is in, and their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.annotation.corpus import GoldLetter
from nlp.claims.finding import find_possible_claims
from nlp.clause_chain import clause_states, count_transitions, sentence_breaks
from nlp.labels import CATEGORY_LABELS, IGNORED, METRIC_LABELS, OUTSIDE, PERIOD_LABELS, QUANTITY_LABELS, STATUS_LABELS
from nlp.pair_scores import COUNTED, EDGES, RELATIONS, token_counts
from nlp.text.segmentation import segment
from nlp.text.tokenization import TextTokenizer, Tokens
from nlp.text.windows import Window, WindowSettings, make_windows

Labels = npt.NDArray[np.int64]


def training_windows(
    letter: GoldLetter, tokenizer: TextTokenizer, settings: WindowSettings
) -> Iterator[dict[str, Any]]:
    """The windows of one letter as dictionaries of lists: the arguments of `LetterTagger.forward`, not yet padded."""
    structure = segment(letter.text)
    tokens = tokenizer(letter.text, structure.page_numbers)
    clause_spans = [(c.start, c.end) for c in structure.clauses]
    number_spans = [(c.start, c.end) for c in find_possible_claims(letter.text, structure)]
    categories, statuses = clause_labels(letter, clause_spans)
    breaks = sentence_breaks([c.sentence for c in structure.clauses])
    quantities = quantity_labels(letter, number_spans)
    whole = {
        "metric_labels": _border_labels(tokens, [c.metric for c in letter.claims], METRIC_LABELS),
        "period_labels": _border_labels(tokens, [c.period for c in letter.claims], PERIOD_LABELS),
    }
    clause_of, number_of = units_of_tokens(tokens, clause_spans), units_of_tokens(tokens, number_spans)
    counts = token_counts(structure, tokens, number_spans)
    edges = edge_labels(letter, tokens, number_spans)
    for window in make_windows(letter.text, structure, tokens, tokenizer, settings):
        yield _window_features(
            window,
            tokens,
            tokenizer,
            (clause_of, categories, statuses, breaks),
            (number_of, quantities),
            whole,
        ) | _window_pairs(window, number_of, counts, edges)


def clause_labels(letter: GoldLetter, clauses: Sequence[tuple[int, int]]) -> tuple[Labels, Labels]:
    """The category and the status of each clause: the measure that holds it; status is ignored outside measures."""
    categories = np.full(len(clauses), CATEGORY_LABELS.index(OUTSIDE))
    statuses = np.full(len(clauses), IGNORED)
    for measure in letter.measures:
        for i, (start, end) in enumerate(clauses):
            if measure.start <= start and end <= measure.end:
                categories[i] = CATEGORY_LABELS.index(measure.category)
                statuses[i] = STATUS_LABELS.index(measure.status)
    return categories, statuses


def gold_transitions(letters: Sequence[GoldLetter]) -> npt.NDArray[np.float64]:
    """The matrices from which the chain over clauses starts, counted in gold; see `nlp.clause_chain`."""
    sequences = []
    for letter in letters:
        clauses = segment(letter.text).clauses
        categories, statuses = clause_labels(letter, [(c.start, c.end) for c in clauses])
        sequences.append((clause_states(categories, statuses), sentence_breaks([c.sentence for c in clauses])))
    return count_transitions(sequences)


def quantity_labels(letter: GoldLetter, numbers: Sequence[tuple[int, int]]) -> Labels:
    """The claim type of each number that the grammar found, or O where it is no claim."""
    types = {(c.start, c.end): c.type for c in letter.claims}
    return np.array([QUANTITY_LABELS.index(types.get(span, OUTSIDE)) for span in numbers], dtype=np.int64)


def units_of_tokens(tokens: Tokens, spans: Sequence[tuple[int, int]]) -> Labels:
    """For each token the index of the span that holds it, or -1; spans do not overlap."""
    units = np.full(len(tokens), -1)
    for i, (start, end) in enumerate(spans):
        units[tokens.within(start, end)] = i
    return units


def _border_labels(tokens: Tokens, spans: Sequence[Any], labels: Sequence[str]) -> Labels:
    """B- and I- labels of the tokens in spans; where spans nest, the outer one counts."""
    found = np.full(len(tokens), labels.index(OUTSIDE))
    distinct = sorted({(s.start, s.end) for s in spans if s is not None}, key=lambda s: s[0] - s[1], reverse=True)
    for start, end in distinct:
        inside = _mostly_within(tokens, start, end)
        if len(inside):
            found[inside] = 2
            found[inside[0]] = 1
    return found


def _mostly_within(tokens: Tokens, start: int, end: int) -> Labels:
    """The tokens of a span; one that straddles a border belongs to it when most of it does."""
    middles = (tokens.starts + tokens.ends) / 2
    return np.flatnonzero((middles > start) & (middles < end))


def edge_labels(letter: GoldLetter, tokens: Tokens, numbers: Sequence[tuple[int, int]]) -> Labels:
    """[relations, edges, numbers]: the first and the last token of a claim's metric and period, -1 where it has none.

    Numbers that are no claims are ignored.
    """
    claims = {(c.start, c.end): c for c in letter.claims}
    found = np.full((len(RELATIONS), len(EDGES), len(numbers)), IGNORED)
    for n, span in enumerate(numbers):
        if span not in claims:
            continue
        for r, relation in enumerate(RELATIONS):
            part = getattr(claims[span], relation)
            inside = np.zeros(0) if part is None else _mostly_within(tokens, part.start, part.end)
            found[r, :, n] = (inside[0], inside[-1]) if len(inside) else -1
    return found


def _window_pairs(window: Window, number_of: Labels, counts: Labels, edges: Labels) -> dict[str, list[int]]:
    """What the pair scorer learns from in one window; a span outside of it is ignored, not taken for none."""
    _, numbers = _renumber(number_of[window.first : window.last])
    features = {}
    for row, name in zip(counts, COUNTED, strict=True):
        begun = np.zeros(window.body_start + (window.last - window.first) + 1, dtype=np.int64)
        begun[window.body_start : -1] = row[window.first : window.last]
        features[f"{name}_begun"] = begun.tolist()
    for relation, both in zip(RELATIONS, edges[:, :, numbers], strict=True):
        outside = ((both >= 0) & ((both < window.first) | (both >= window.last))).any(0)
        local = np.where(both >= 0, both - window.first + window.body_start, both)
        local[:, outside] = IGNORED
        for edge, labels in zip(EDGES, local, strict=True):
            features[f"{relation}_{edge}_labels"] = labels.tolist()
    return features


def _window_features(
    window: Window,
    tokens: Tokens,
    tokenizer: TextTokenizer,
    clauses: tuple[Labels, Labels, Labels, Labels],
    numbers: tuple[Labels, Labels],
    whole: dict[str, Labels],
) -> dict[str, Any]:
    ids = window.input_ids(tokens, tokenizer)
    body = slice(window.first, window.last)
    clause_units, clause_ids = _renumber(clauses[0][body])
    number_units, number_ids = _renumber(numbers[0][body])

    def framed(values: Labels, outside: int) -> list[int]:
        framed_values = np.full(len(ids), outside)
        framed_values[window.body_start : len(ids) - 1] = values
        return framed_values.tolist()

    types = np.zeros(len(ids), dtype=np.int64)
    types[: window.body_start] = 1
    return {
        "input_ids": ids.tolist(),
        "token_type_ids": types.tolist(),
        "clauses": framed(clause_units, -1),
        "numbers": framed(number_units, -1),
        "category_labels": clauses[1][clause_ids].tolist(),
        "status_labels": clauses[2][clause_ids].tolist(),
        "clause_breaks": clauses[3][clause_ids].tolist(),
        "quantity_labels": numbers[1][number_ids].tolist(),
        "metric_labels": framed(whole["metric_labels"][body], IGNORED),
        "period_labels": framed(whole["period_labels"][body], IGNORED),
    }


def _renumber(units: Labels) -> tuple[Labels, Labels]:
    """Units of a window from 0 on, and which units of the document they are."""
    present = np.unique(units[units >= 0])
    local = np.searchsorted(present, units)
    return np.where(units >= 0, local, -1), present
