"""`--min-score`, which `annotate` and `predict` share."""

from __future__ import annotations

from typing import Annotated

import typer


def _checked(value: float) -> float:
    if not 0 <= value <= 1:  # NaN neither
        raise typer.BadParameter(f"{value} is not in the range 0<=x<=1.")
    return value


MinScore = Annotated[
    float,
    typer.Option(
        callback=_checked, help="Leave out measures and claims whose score, a probability, is below; 0 keeps all."
    ),
]
