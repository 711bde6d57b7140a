"""When a claim's parts agree with gold (scheme, section 4), for two claims of the same quantity and type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Agrees = Callable[[Any, Any], bool]


def same_value(a: Any, b: Any) -> bool:
    """Whether the values in base units agree, of a range both."""
    return bool((a.value, a.value_max) == (b.value, b.value_max))


def same_unit(a: Any, b: Any) -> bool:
    return bool(a.unit == b.unit)


def same_direction(a: Any, b: Any) -> bool:
    return bool(a.direction == b.direction)


def same_metric(a: Any, b: Any) -> bool:
    """Whether the metrics overlap by at least half of the longer one, or there is none in both."""
    if a.metric is None or b.metric is None:
        return a.metric is None and b.metric is None
    overlap = min(a.metric.end, b.metric.end) - max(a.metric.start, b.metric.start)
    return bool(2 * overlap >= max(a.metric.end - a.metric.start, b.metric.end - b.metric.start))


def same_period(a: Any, b: Any) -> bool:
    """Whether the periods agree in text, wherever they stand, or there is none in both."""
    return bool((a.period and a.period.text) == (b.period and b.period.text))


PARTS: dict[str, Agrees] = {
    "value": same_value,
    "unit": same_unit,
    "direction": same_direction,
    "metric": same_metric,
    "period": same_period,
}
"""In the order in which an error is looked for."""

_LEVEL_PARTS = {
    "quantity": (),
    "normalised": ("value", "unit", "direction"),
    "metric": ("metric",),
    "full": tuple(PARTS),
}
CLAIM_LEVELS = tuple(_LEVEL_PARTS)


def agrees(level: str, a: Any, b: Any) -> bool:
    """Whether two claims of the same quantity and type agree on a level of `CLAIM_LEVELS`."""
    return all(PARTS[part](a, b) for part in _LEVEL_PARTS[level])
