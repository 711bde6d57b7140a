"""What the views of the page and of a report need of a letter beside its result and its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from nlp.claims.indicators import base_value
from nlp.output.wraps import hard_wraps
from nlp.schema import Claim, Result


class ComparedClaim(BaseModel):
    """A claim as it is compared with those of other letters: its indicator, and its value in that one's unit."""

    name: str
    unit: str
    value: int | float
    value_max: int | float | None


def view_data(result: Result, text: str) -> dict[str, Any]:
    """As JSON takes it: `wraps`, see `hard_wraps`, and for each claim in `indicators` a `ComparedClaim` or None."""
    compared = [_compared(claim) for claim in result.claims]
    return {"wraps": hard_wraps(text), "indicators": [None if c is None else c.model_dump() for c in compared]}


def _compared(claim: Claim) -> ComparedClaim | None:
    name = None if claim.metric is None else claim.metric.canonical
    if name is None:
        return None
    value, *more = (base_value(v, claim.unit, name, type=claim.type) for v in _values(claim))
    if value is None:
        return None
    return ComparedClaim(name=name, unit=value[1], value=value[0], value_max=more[0][0] if more and more[0] else None)


def _values(claim: Claim) -> Sequence[int | float]:
    return [claim.value] if claim.value_max is None else [claim.value, claim.value_max]
