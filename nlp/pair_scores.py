"""The pair scorer: which stretch of text a number's metric is, and which its period, given vectors of the tokens.

For each number and each relation (metric, period) two distributions over the tokens around the number, and over
"none", say where the span begins and where it ends: the product of a query of the number and a key of the token, as
pointer networks have it (Vinyals et al., "Pointer Networks", 2015; Devlin et al., "BERT", 2019, for spans), and a
learned number for how far apart the two are, counted in tokens, clauses, sentences, paragraphs and other numbers
(after Raffel et al., "T5", 2020). `nlp.model.pairs` is its twin in torch, for training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nlp.text.segmentation import Structure
from nlp.text.tokenization import Tokens

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Relation = Literal["metric", "period"]

RELATIONS: tuple[Relation, ...] = ("metric", "period")
EDGES = ("start", "end")
COUNTED = ("clauses", "sentences", "paragraphs", "numbers")
"""What is counted between a number and a token."""

# Distances in tokens fall into buckets, each from its border on; the same borders before and behind a number.
_DISTANCE_BORDERS = (1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385)
_FARTHEST = _DISTANCE_BORDERS[-1]
DISTANCE_BUCKETS: IntArray = np.searchsorted(_DISTANCE_BORDERS, np.arange(_FARTHEST + 1), side="right")
"""[distances], the bucket of each distance up to the last border; 0 for no distance."""
DISTANCES = 2 * len(_DISTANCE_BORDERS) + 1
COUNT_LIMITS = (5, 4, 3, 5)
"""How far each of COUNTED is counted, either way."""
PLACE_OFFSETS: tuple[int, ...] = tuple(
    DISTANCES + sum(2 * limit + 1 for limit in COUNT_LIMITS[:i]) + limit for i, limit in enumerate(COUNT_LIMITS)
)
"""Where in a row of the places' table each count of 0 stands, behind the distances."""
PLACES = DISTANCES + sum(2 * limit + 1 for limit in COUNT_LIMITS)
"""The length of a row of the places' table."""

# So many tokens before a number and behind it may hold its metric and period.
REACH_BEFORE, REACH_BEHIND = 400, 96
_TRIED = 12
LONGEST_SPAN = 48
"""Tokens of a metric or a period at most."""


def pair_width(size: int) -> int:
    """The columns of a token's pair vectors: "none" and a query for each relation, and a key for each of its edges."""
    return len(RELATIONS) * (1 + size * (1 + len(EDGES)))


def pair_slices(size: int) -> tuple[slice, slice, slice]:
    """The columns of "none" [relations], of the queries [relations, size], of the keys [relations, edges, size]."""
    nones, queries = len(RELATIONS), len(RELATIONS) * size
    return slice(0, nones), slice(nones, nones + queries), slice(nones + queries, pair_width(size))


def token_counts(structure: Structure, tokens: Tokens, numbers: list[tuple[int, int]]) -> IntArray:
    """[COUNTED, tokens]: how many clauses, sentences, paragraphs and numbers have begun where each token begins."""
    units = (structure.clauses, structure.sentences, structure.paragraphs)
    begins = [[unit.start for unit in one] for one in units] + [[start for start, _ in numbers]]
    return np.stack([np.searchsorted(one, tokens.starts, side="right") for one in begins]).astype(np.int64)


@dataclass(frozen=True)
class Pointed:
    """A span of tokens `[first, last)`, or none (first == last == -1), and the probability of its two edges."""

    first: int
    last: int
    score: float


@dataclass(frozen=True)
class PairScorer:
    """Scores pairs of numbers and tokens.

    Args:
        places: [relations, edges, PLACES], what is added for the place of a token, seen from a number.
        temperature: what scores are divided by, see `nlp.decoding.decode`.
    """

    places: FloatArray
    temperature: float = 1.0

    def log_probabilities(self, columns: FloatArray, counts: IntArray, number: slice) -> tuple[FloatArray, int]:
        """The logarithms of the distributions of one number.

        Args:
            columns: [tokens, pair_width], the pair vectors of the document's tokens.
            counts: see `token_counts`.
            number: the number's tokens.

        Returns:
            [relations, edges, tokens in reach + 1], "none" last; and which token of the document is the first one.
        """
        low = max(0, number.start - REACH_BEFORE)
        high = min(len(columns), number.stop + REACH_BEHIND)
        size = (columns.shape[1] // len(RELATIONS) - 1) // (1 + len(EDGES))
        none, query, key = (columns[:, part] for part in pair_slices(size))
        own = query[number].mean(0).reshape(len(RELATIONS), size)
        keys = key[low:high].reshape(high - low, len(RELATIONS), len(EDGES), size)
        scores = np.einsum("rp,trep->ret", own, keys) / np.sqrt(size)
        scores += self.places[:, :, _places(counts, number, low, high)].sum(-1)
        nones = np.broadcast_to(none[number].mean(0)[:, None, None], (*scores.shape[:2], 1))
        whole = np.concatenate([scores, nones], axis=-1) / self.temperature
        shares: FloatArray = whole - np.logaddexp.reduce(whole, axis=-1, keepdims=True)
        return shares, low

    def point(
        self, columns: FloatArray, counts: IntArray, number: slice, barriers: npt.NDArray[np.bool_]
    ) -> dict[Relation, Pointed]:
        """The likeliest metric and the likeliest period of a number; neither holds the number.

        Args:
            columns, counts, number: see `log_probabilities`.
            barriers: [tokens + 1]; where true, no span runs on from the token before.
        """
        logs, low = self.log_probabilities(columns, counts, number)
        crossed: IntArray = np.cumsum(barriers)
        return {
            relation: _best_span(starts, ends, low, number, crossed)
            for relation, (starts, ends) in zip(RELATIONS, logs, strict=True)
        }


def _places(counts: IntArray, number: slice, low: int, high: int) -> IntArray:
    """[tokens, 1 + COUNTED]: the entries of the places' table that are added for each token of `[low, high)`."""
    at = np.arange(low, high)
    before, behind = np.maximum(number.start - at, 0), np.maximum(at - (number.stop - 1), 0)
    bucket = DISTANCE_BUCKETS[np.minimum(before + behind, _FARTHEST)]
    entries = [np.where(behind > 0, bucket + len(_DISTANCE_BORDERS), bucket)]
    for row, limit, offset in zip(counts, COUNT_LIMITS, PLACE_OFFSETS, strict=True):
        entries.append(np.clip(row[low:high] - row[number.start], -limit, limit) + offset)
    return np.stack(entries, axis=-1)


def _best_span(starts: FloatArray, ends: FloatArray, low: int, number: slice, crossed: IntArray) -> Pointed:
    """The likeliest span by the sum of its edges' logarithms, of the likeliest edges; or none, the last entry."""
    best = Pointed(-1, -1, float(starts[-1] + ends[-1]))
    first_tried = np.argsort(-starts[:-1], kind="stable")[:_TRIED]
    last_tried = np.argsort(-ends[:-1], kind="stable")[:_TRIED]
    for i in first_tried.tolist():
        for j in last_tried.tolist():
            score = float(starts[i] + ends[j])
            first, last = low + i, low + j
            if score <= best.score or not first <= last < first + LONGEST_SPAN:
                continue
            if crossed[last] > crossed[first] or (first < number.stop and last >= number.start):
                continue
            best = Pointed(first, last + 1, score)
    return Pointed(best.first, best.last, float(np.exp(best.score)))
