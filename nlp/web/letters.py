"""A letter as the API gives it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, Field

from nlp.output.view_data import ComparedClaim, view_data
from nlp.schema import Result


class Letter(BaseModel):
    """A result, the text that its offsets refer to (code points), and what helps to show them."""

    result: Result
    text: str
    warnings: list[str] = Field(description="what a reader of the result should know, a line each")
    wraps: list[tuple[int, int]] = Field(
        description="hard wraps inside paragraphs: line ends that are none to a reader"
    )
    indicators: list[ComparedClaim | None] = Field(description="for each claim what it is compared by, or null")


def letter_json(result: str, text: str, warnings: Sequence[str]) -> str:
    """A `Letter` in JSON, from a result that is JSON already."""
    more = view_data(Result.model_validate_json(result), text)
    rest = json.dumps({"text": text, "warnings": list(warnings), **more}, ensure_ascii=False)
    return f'{{"result": {result}, {rest[1:]}'
