"""The names of China's prefecture-level places, which composed letters must not name: theirs are invented.

Provinces, municipalities, autonomous regions and national bodies may be named. `places.txt` lists the places; a city's
name without 市 is often a word, too (安康, 大同), so it is looked for with 市 or with a body that only a city has.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

# What makes a city of a name. A longer invented name that ends in a real one (…安康市) matches, too: better change it.
_CITY = "(?:市(?!场)|中心支行|分行|海关|中级人民法院)"


def find_places(text: str) -> list[tuple[int, int]]:
    """Where a text names a real prefecture-level place."""
    return [found.span() for found in _pattern().finditer(text)]


@cache
def _pattern() -> re.Pattern[str]:
    text = files("nlp.annotation").joinpath("places.txt").read_text(encoding="utf-8")
    # Two headed lists: cities without 市, and places with all of their names.
    cities, others = (part.partition("\n")[2].split() for part in text.removeprefix("# ").split("\n# "))
    return re.compile(f"(?:{_any(cities)}){_CITY}|{_any(others)}")


def _any(names: list[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))
