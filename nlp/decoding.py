"""From token logits to spans. What comes out is always possible by the scheme:

measures are runs of whole clauses of one sentence, quantities are numbers that the grammar found, and metrics and
periods are stretches of tokens that cross neither a clause's border nor a quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.claims.candidates import Candidate
from nlp.claims.finding import find_possible_claims
from nlp.clause_chain import (
    best_states,
    clause_emissions,
    no_transitions,
    sentence_breaks,
    state_probabilities,
)
from nlp.labels import CLAUSE_STATES, LABEL_COUNT, OUTSIDE, QUANTITY_LABELS, head_slices
from nlp.pair_scores import PairScorer, Pointed, token_counts
from nlp.schema import Measure
from nlp.spans import LabelledSpan, Links
from nlp.text.segmentation import Clause, Structure
from nlp.text.tokenization import Tokens

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decoded:
    """The spans of one document, each list in text order.

    `pointed` has for each quantity the metric and the period that the pair scorer finds for it; None where the model
    has none.
    """

    measures: list[Measure]
    quantities: list[LabelledSpan]
    metrics: list[LabelledSpan]
    periods: list[LabelledSpan]
    pointed: list[Links] | None = None


def decode(
    text: str,
    structure: Structure,
    tokens: Tokens,
    logits: npt.NDArray[np.floating],
    transitions: FloatArray | None = None,
    places: FloatArray | None = None,
    temperatures: dict[str, float] | None = None,
) -> Decoded:
    """Finds the spans of one document.

    Args:
        text: the document.
        structure: how it is cut.
        tokens: its tokens.
        logits: [tokens, labels of all heads and, with `places`, pair vectors].
        transitions: of the chain over clauses, see `nlp.clause_chain`; None where clauses stand alone.
        places: the table of `nlp.pair_scores`; None where the model has no pair scorer.
        temperatures: what scores are divided by before they become probabilities, for `clause`, `quantity` and `pair`,
            fitted on documents outside training (Guo et al., "On Calibration of Modern Neural Networks", 2017); 1 for
            what is not named. They change no decision.
    """
    columns = head_slices()
    heads = {name: np.asarray(logits[:, part], dtype=np.float64) for name, part in columns.items()}
    temperatures = temperatures or {}
    quantities = decode_quantities(text, structure, tokens, heads["quantity"], temperatures.get("quantity", 1.0))
    barriers = _barriers(tokens, structure, quantities)
    pointed = None
    if places is not None:
        scorer = PairScorer(places, temperatures.get("pair", 1.0))
        vectors = np.asarray(logits[:, LABEL_COUNT:], dtype=np.float64)
        pointed = decode_pairs(text, structure, tokens, vectors, quantities, barriers, scorer)
    chain = no_transitions() if transitions is None else transitions
    return Decoded(
        decode_measures(
            text, structure, tokens, heads["category"], heads["status"], chain, temperatures.get("clause", 1.0)
        ),
        quantities,
        decode_borders(tokens, heads["metric"], "metric", barriers),
        decode_borders(tokens, heads["period"], "period", barriers),
        pointed,
    )


def decode_measures(
    text: str,
    structure: Structure,
    tokens: Tokens,
    category: FloatArray,
    status: FloatArray,
    transitions: FloatArray,
    temperature: float = 1.0,
) -> list[Measure]:
    """The likeliest states of all clauses together; like neighbours in a sentence are one measure.

    The score is the geometric mean, over the clauses of the measure, of the probability of its category and status.
    """
    clauses, emissions = clause_scores(structure, tokens, category, status)
    breaks = sentence_breaks([c.sentence for c in clauses])
    states = best_states(emissions, breaks, transitions)
    shares = state_probabilities(emissions / temperature, breaks, transitions / temperature)
    runs: list[tuple[int, int, int, list[float]]] = []
    for i, (clause, state) in enumerate(zip(clauses, states.tolist(), strict=True)):
        if state == 0:
            continue
        score = float(shares[i, state])
        if i and states[i - 1] == state and not breaks[i]:
            start, _, _, scores = runs.pop()
            runs.append((start, clause.end, state, [*scores, score]))
        else:
            runs.append((clause.start, clause.end, state, [score]))
    return [_as_measure(text, *run) for run in runs]


def clause_scores(
    structure: Structure, tokens: Tokens, category: FloatArray, status: FloatArray
) -> tuple[list[Clause], FloatArray]:
    """The clauses that have tokens, and [clauses, states], the scores of their states: means over their tokens."""
    found = [(c, inside) for c in structure.clauses if (inside := tokens.within(c.start, c.end)).start < inside.stop]
    if not found:
        return [], np.zeros((0, len(CLAUSE_STATES)))
    by_category = np.stack([category[inside].mean(0) for _, inside in found])
    by_status = np.stack([status[inside].mean(0) for _, inside in found])
    return [c for c, _ in found], clause_emissions(by_category, by_status)


def _as_measure(text: str, start: int, end: int, state: int, scores: Sequence[float]) -> Measure:
    category, status = CLAUSE_STATES[state]
    score = float(np.exp(np.mean(np.log(np.maximum(scores, 1e-12)))))
    return Measure.model_validate(
        {
            "start": start,
            "end": end,
            "text": text[start:end],
            "category": category,
            "status": status,
            "score": rounded(score),
        }
    )


def decode_quantities(
    text: str, structure: Structure, tokens: Tokens, scores: FloatArray, temperature: float = 1.0
) -> list[LabelledSpan]:
    """The numbers of the text that are claims, with their likeliest type."""
    found = []
    candidates, means = quantity_scores(text, structure, tokens, scores)
    for candidate, probabilities in zip(candidates, softmax(means / temperature), strict=True):
        label = QUANTITY_LABELS[int(probabilities.argmax())]
        if label != OUTSIDE:
            found.append(LabelledSpan(candidate.start, candidate.end, label, rounded(float(probabilities.max()))))
    return found


def quantity_scores(
    text: str, structure: Structure, tokens: Tokens, scores: FloatArray
) -> tuple[list[Candidate], FloatArray]:
    """The numbers that may be claims and have tokens, and [numbers, labels], the means of their tokens' scores."""
    found = [
        (candidate, inside)
        for candidate in find_possible_claims(text, structure)
        if (inside := tokens.within(candidate.start, candidate.end)).start < inside.stop
    ]
    means = [scores[inside].mean(0) for _, inside in found]
    return [candidate for candidate, _ in found], np.array(means).reshape(len(found), scores.shape[1])


def decode_pairs(
    text: str,
    structure: Structure,
    tokens: Tokens,
    vectors: FloatArray,
    quantities: Sequence[LabelledSpan],
    barriers: npt.NDArray[np.bool_],
    scorer: PairScorer,
) -> list[Links]:
    """For each quantity the metric and the period that the pair scorer finds for it.

    Args:
        vectors: [tokens, pair columns].
        barriers: see `decode_borders`.
    """
    numbers = [(c.start, c.end) for c in find_possible_claims(text, structure)]
    counts = token_counts(structure, tokens, numbers)
    found: list[Links] = []
    for quantity in quantities:
        pointed = scorer.point(vectors, counts, tokens.within(quantity.start, quantity.end), barriers)
        found.append({relation: _as_span(tokens, relation, one) for relation, one in pointed.items()})
    return found


def _as_span(tokens: Tokens, relation: str, one: Pointed) -> LabelledSpan | None:
    if one.first < 0:
        return None
    return LabelledSpan(int(tokens.starts[one.first]), int(tokens.ends[one.last - 1]), relation, rounded(one.score))


def decode_borders(
    tokens: Tokens, scores: FloatArray, label: str, barriers: npt.NDArray[np.bool_]
) -> list[LabelledSpan]:
    """The likeliest sequence of O, B and I (Viterbi) in which no I follows an O or a barrier, as spans.

    Args:
        scores: [tokens, 3], logits of O, B, I.
        barriers: [tokens + 1]; where true, no span runs on from the token before.
    """
    if not len(tokens):
        return []
    logs = np.log(np.maximum(softmax(scores), 1e-12))
    path = _viterbi(logs, barriers)
    spans, i = [], 0
    while i < len(path):
        if path[i] != 1:
            i += 1
            continue
        j = i + 1
        while j < len(path) and path[j] == 2:
            j += 1
        score = float(np.exp(logs[range(i, j), path[i:j]].mean()))
        spans.append(LabelledSpan(int(tokens.starts[i]), int(tokens.ends[j - 1]), label, rounded(score)))
        i = j
    return spans


def _viterbi(logs: FloatArray, barriers: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    count = len(logs)
    best = np.array([logs[0, 0], logs[0, 1], -np.inf])
    back = np.zeros((count, 3), dtype=np.int64)
    for t in range(1, count):
        any_before = int(best.argmax())
        inside_before = 1 + int(best[1:].argmax())
        back[t] = any_before, any_before, inside_before
        into_inside = -np.inf if barriers[t] else best[inside_before]
        best = np.array([best[any_before], best[any_before], into_inside]) + logs[t]
    path = np.zeros(count, dtype=np.int64)
    path[-1] = int(best.argmax())
    for t in range(count - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def _barriers(tokens: Tokens, structure: Structure, quantities: Sequence[LabelledSpan]) -> npt.NDArray[np.bool_]:
    """[tokens + 1], true before each token that begins a clause or a quantity and after each that ends one."""
    barriers = np.zeros(len(tokens) + 1, dtype=bool)
    for start, end in [(span.start, span.end) for spans in (structure.clauses, quantities) for span in spans]:
        inside = tokens.within(start, end)
        barriers[inside.start] = barriers[inside.stop] = True
    return barriers


def softmax(scores: FloatArray) -> FloatArray:
    """Probabilities over the last axis."""
    exponents = np.exp(scores - scores.max(-1, keepdims=True))
    shares: FloatArray = exponents / exponents.sum(-1, keepdims=True)
    return shares


def rounded(score: float) -> float:
    """A score as it is written: four decimals are more than a calibrated probability can mean."""
    return round(min(max(score, 0.0), 1.0), 4)
