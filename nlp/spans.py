"""A labelled stretch of text: what decoding finds and linking joins."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.pair_scores import Relation


@dataclass(frozen=True, order=True)
class LabelledSpan:
    """`[start, end)` in code points of the document, a label, and the probability that the label is right."""

    start: int
    end: int
    label: str
    score: float = 1.0


Links = dict[Relation, LabelledSpan | None]
"""What a quantity is linked to: its metric and its period."""
