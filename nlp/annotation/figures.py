"""Figures that the gold states because the number grammar reads them otherwise, in marked-up source and other formats.

People write them as words: `value=3 max=5 unit=个 approx=over`. Nearly every quantity needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from nlp.claims.numbers import parse_quantity
from nlp.errors import FanzhaError
from nlp.labels import Approximation

APPROXIMATIONS: tuple[Approximation, ...] = get_args(Approximation)

_FIELDS = {"value": "value", "max": "value_max", "unit": "unit", "approx": "approx"}
FIGURE_KEYS = tuple(_FIELDS)
# What cannot stand in a word behind the | of a quantity in the marked-up source.
NO_WORD = re.compile(r"[\s|{}\[\]]")
_WHOLE = re.compile(r"-?[0-9]{1,31}")
_NUMBER = re.compile(r"-?[0-9]{1,31}(?:\.[0-9]{1,31})?(?:e[+-]?[0-9]{1,2})?")
_GREATEST = 1e30


def figures(claim: Any) -> dict[str, Any]:
    """What the number grammar does not read off the claim's text as the gold has it, by the keys `FIGURE_KEYS`.

    An `approx` or `max` that the grammar reads and the gold has not is `None`.
    """
    read = parse_quantity(claim.text, claim.type)
    stated = {key: getattr(claim, field) for key, field in _FIELDS.items()}
    return {key: value for key, value in stated.items() if value != getattr(read, _FIELDS[key], None)}


def figures_as_words(claim: Any) -> list[str]:
    """`figures` as people write them."""
    return [f"{key}={'none' if value is None else _plain(value)}" for key, value in figures(claim).items()]


def figures_from_words(words: Iterable[str]) -> dict[str, Any]:
    """Reads `figures_as_words`; the values are still to be checked by `read_figures`.

    Raises:
        ValueError: naming the word that is none, or stands twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in FIGURE_KEYS:
            raise ValueError(f"{word!r} is none of {', '.join(f'{key}=…' for key in FIGURE_KEYS)}")
        if key in found:
            raise ValueError(f"{key}=… is there twice")
        found[key] = None if value == "none" and key in ("max", "approx") else value
    return found


def read_figures(surface: str, kind: Any, stated: Mapping[str, Any]) -> dict[str, Any]:
    """A claim's `value`, `value_max`, `unit` and `approx`: as stated, else as the number grammar reads them.

    Args:
        surface: the quantity.
        kind: its type.
        stated: figures by `FIGURE_KEYS`; numbers may be strings.

    Raises:
        FanzhaError: without a path; for a figure that is none, or a quantity that cannot be read and is not stated.
    """
    read = parse_quantity(surface, kind)
    if read is None and not {"value", "unit"} <= set(stated):
        mend = "mend its borders, or state value=… and unit=…"
        raise FanzhaError(f"the number grammar cannot read {surface}", mend=mend)
    found = {key: stated.get(key, getattr(read, field, None)) for key, field in _FIELDS.items()}
    for key in ("value", "max"):
        if key in stated and (key == "value" or stated[key] is not None):
            found[key] = _number(stated[key])
            if found[key] is None:
                raise _fault(surface, f"{key}={stated[key]} is no number", "write digits and at most one point")
    if not isinstance(found["unit"], str) or NO_WORD.search(found["unit"]):
        raise _fault(surface, f"{found['unit']!r} is no unit", "write it without blanks and brackets")
    if found["approx"] not in (None, *APPROXIMATIONS):
        raise _fault(surface, f"approx={found['approx']}", f"use one of {', '.join(APPROXIMATIONS)}, none")
    return {field: found[key] for key, field in _FIELDS.items()}


def _fault(surface: str, message: str, mend: str) -> FanzhaError:
    return FanzhaError(f"the quantity {surface}: {message}", mend=mend)


def _number(value: Any) -> int | float | None:
    """A number of JSON or of a word, or None where it is none that a letter could hold."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value) if _WHOLE.fullmatch(value) else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _GREATEST:
        return None
    plain: int | float = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    """A number that is whole as an `int`; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
