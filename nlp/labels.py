"""The label scheme, in one place: every other module takes its names and their order from here.

The order is part of a trained model (column i of a head is label i), so labels are only ever appended.
"""

from __future__ import annotations

from typing import Literal, get_args

Category = Literal["打击", "防范", "宣传", "管控", "治理"]
Status = Literal["done", "planned"]
ClaimType = Literal["count", "money", "percent", "change", "rank"]
Approximation = Literal["over", "under", "about"]
Direction = Literal["up", "down"]

CATEGORIES: tuple[Category, ...] = get_args(Category)
STATUSES: tuple[Status, ...] = get_args(Status)
CLAIM_TYPES: tuple[ClaimType, ...] = get_args(ClaimType)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

OUTSIDE = "O"
IGNORED = -100
"""The label of what has none: torch's cross entropy and the scores pass over it."""

# Heads that decide about a whole unit of text (a clause, a number): one label a token, pooled over the unit.
CATEGORY_LABELS: tuple[str, ...] = (OUTSIDE, *CATEGORIES)
STATUS_LABELS: tuple[str, ...] = STATUSES
QUANTITY_LABELS: tuple[str, ...] = (OUTSIDE, *CLAIM_TYPES)
# Heads that find the borders of a span by themselves.
METRIC_LABELS: tuple[str, ...] = (OUTSIDE, "B-metric", "I-metric")
PERIOD_LABELS: tuple[str, ...] = (OUTSIDE, "B-period", "I-period")

# What a clause can be: no measure, or one of a category and a status. The order is that of the chain's matrices.
CLAUSE_STATES: tuple[tuple[str, Status | None], ...] = (
    (OUTSIDE, None),
    *((category, status) for category in CATEGORIES for status in STATUSES),
)

# The heads of the model, in the order of their columns in its output.
HEADS: dict[str, tuple[str, ...]] = {
    "category": CATEGORY_LABELS,
    "status": STATUS_LABELS,
    "quantity": QUANTITY_LABELS,
    "metric": METRIC_LABELS,
    "period": PERIOD_LABELS,
}

LABEL_COUNT = sum(len(labels) for labels in HEADS.values())
"""The columns of all heads; what else a model gives stands behind them."""


def head_slices() -> dict[str, slice]:
    """The columns of each head in the model's output of width LABEL_COUNT."""
    slices, start = {}, 0
    for name, labels in HEADS.items():
        slices[name] = slice(start, start + len(labels))
        start += len(labels)
    return slices
