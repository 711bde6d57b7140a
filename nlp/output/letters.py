"""What every format of results is written from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from nlp.schema import Result


@dataclass(frozen=True)
class AnnotatedLetter:
    """A result and the text its offsets refer to."""

    result: Result
    text: str


class Letters(Protocol):
    """The letters of a run, in the order of their paths. Each iteration streams them anew; none is held."""

    def __iter__(self) -> Iterator[AnnotatedLetter]: ...

    def __len__(self) -> int: ...
