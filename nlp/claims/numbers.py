"""Quantities: from their surface (近300万元, 40余万份, 3-5个, 四分之三, 第1名) to value, unit and approximation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nlp.claims.grammar import Core, Kind, read_core
from nlp.claims.numerals import ARABIC, CHINESE, read_numeral
from nlp.labels import Approximation, ClaimType

# The claim types that a unit allows, the likeliest first.
TYPES_OF_KIND: dict[Kind, tuple[ClaimType, ...]] = {
    "count": ("count", "change"),
    "time": ("count", "change"),
    "money": ("money", "change"),
    "percent": ("percent", "change"),
    "change": ("change", "percent"),
    "rank": ("rank",),
    "bare": ("count", "money", "percent", "change", "rank"),
}
_UNIT_OF_TYPE = {"money": "元", "percent": "%", "rank": "名"}

# Modifiers before a number; none is the beginning of a later one.
PREFIXES: tuple[tuple[str, Approximation], ...] = (
    ("不少于", "over"), ("不低于", "over"), ("不下于", "over"), ("不下", "over"), ("不止", "over"),
    ("不超过", "under"), ("不高于", "under"), ("不多于", "under"), ("不大于", "under"), ("不足", "under"),
    ("不到", "under"), ("超过", "over"), ("超出", "over"), ("突破", "over"), ("至少", "over"), ("最少", "over"),
    ("高于", "over"), ("多于", "over"), ("大于", "over"), ("超", "over"), ("逾", "over"),
    ("≥", "over"), (">", "over"), ("＞", "over"),
    ("接近", "under"), ("将近", "under"), ("少于", "under"), ("低于", "under"), ("小于", "under"), ("至多", "under"),
    ("最多", "under"), ("近", "under"), ("≤", "under"), ("<", "under"), ("＜", "under"),
    ("大约", "about"), ("大概", "about"), ("约", "about"),
)  # fmt: skip
# No surface is longer; a longer text is refused unread.
_LONGEST_SURFACE = 200
_LONGEST_NOUN = 4


@dataclass(frozen=True)
class Quantity:
    """What a quantity says.

    `value` is in base units (2.35亿元 → 235000000) and `value_max` the upper end of a range. `unit` is 元, %, 百分点,
    倍, 名 for a rank, else the classifier, or "" where there is none. `kind` is what the unit makes it.
    """

    value: int | float
    value_max: int | float | None
    unit: str
    approx: Approximation | None
    kind: Kind

    @property
    def types(self) -> tuple[ClaimType, ...]:
        """The claim types that the unit allows, the likeliest first."""
        return TYPES_OF_KIND[self.kind]


def parse_quantity(text: str, type: str | None = None) -> Quantity | None:
    """Reads the whole surface of a quantity.

    Args:
        text: the surface, with its modifiers and unit: `近4000万元`, `3至5个百分点`. White space in it means nothing.
        type: the claim's type; decides the unit where the surface has none (`412.7万` as money is in 元).

    Returns:
        The quantity, or None where the surface is none from end to end.
    """
    if len(text) > _LONGEST_SURFACE:
        return None
    text = "".join(text.split())
    start, approx = _read_prefixes(text)
    core = read_core(text, start, len(text))
    if core is None or core.end != len(text):
        core = _with_noun(text, start)
    if core is None:
        return None
    unit = core.unit
    if core.kind == "bare" and type is not None:
        unit = _UNIT_OF_TYPE.get(type, "")
    return quantity_of(core, approx, unit)


def quantity_of(core: Core, approx: Approximation | None, unit: str | None = None) -> Quantity:
    """The quantity of what the grammar read; `approx` is its prefix's, `unit` replaces the core's."""
    value_max = None if core.value_max is None else plain(core.value_max)
    return Quantity(plain(core.value), value_max, core.unit if unit is None else unit, approx or core.approx, core.kind)


def plain(value: Decimal) -> int | float:
    """An int where the value is integral, else the nearest float (44.57 stays 44.57)."""
    return int(value) if value == value.to_integral_value() else float(value)


def _read_prefixes(text: str) -> tuple[int, Approximation | None]:
    """Where up to two modifiers at the head of `text` end, and what the first one says."""
    i = 0
    approx: Approximation | None = None
    for _ in range(2):
        found = next(((p, a) for p, a in PREFIXES if text.startswith(p, i)), None)
        if found is None:
            break
        i += len(found[0])
        approx = approx or found[1]
    return i, approx


def _with_noun(text: str, start: int) -> Core | None:
    """A number whose classifier the lexicon lacks (`12张网`, `3碗`): the rest of the surface is the unit."""
    numeral = read_numeral(text, start, len(text))
    if numeral is None:
        return None
    noun = text[numeral.end :]
    if (
        not 0 < len(noun) <= _LONGEST_NOUN
        or not noun.isalpha()
        or "分之" in noun
        or noun[0] in CHINESE
        or noun[0] in ARABIC
    ):
        return None
    return Core(
        start, len(text), numeral.end, numeral.value, numeral.value_max, noun, "count",
        "over" if numeral.more else None, numeral.chinese, numeral.bare, numeral.digits,
    )  # fmt: skip
