"""Numbers as Word prints them before a numbered paragraph, by the name of their format (`w:numFmt`)."""

from __future__ import annotations

from collections.abc import Callable

_DIGITS = "〇一二三四五六七八九"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def numeral(value: int, form: str) -> str:
    """`value` in a format, e.g. `chineseCountingThousand`; in plain digits where the format has no sign for it.

    Bullets and `none` are no numbers: the empty string.
    """
    if form in ("bullet", "none"):
        return ""
    written = _FORMS[form](value) if form in _FORMS else None
    return str(value) if written is None else written


def _counting(value: int, digits: str = _DIGITS, places: str = "十百千") -> str | None:
    """十二, 一百〇五; the formal one writes 壹拾贰."""
    if not 0 <= value < 10_000:
        return None
    if value < 10:
        return digits[value]
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = value // 10**power % 10
        if digit == 0:
            gap = bool(text)
            continue
        if gap:
            text += digits[0]
            gap = False
        if not (digits is _DIGITS and 10 <= value < 20 and power == 1):  # 十二, not 一十二
            text += digits[digit]
        text += places[power - 1] if power else ""
    return text


def _spelt(value: int) -> str | None:
    return "".join(_DIGITS[int(d)] for d in str(value)) if value >= 0 else None


def _roman(value: int) -> str | None:
    if not 0 < value < 4000:
        return None
    text = ""
    for worth, sign in _ROMAN:
        text += sign * (value // worth)
        value %= worth
    return text


def _letters(value: int) -> str | None:
    """a … z, aa, bb …"""
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1) if 0 < value <= 26 * 9 else None


def _from(signs: str) -> Callable[[int], str | None]:
    return lambda value: signs[value - 1] if 0 < value <= len(signs) else None


def _upper(form: Callable[[int], str | None]) -> Callable[[int], str | None]:
    return lambda value: None if (text := form(value)) is None else text.upper()


_CIRCLED = "".join(map(chr, [*range(0x2460, 0x2474), *range(0x3251, 0x3260), *range(0x32B1, 0x32C0)]))  # ① … ㊿
_FORMS: dict[str, Callable[[int], str | None]] = {
    **dict.fromkeys(
        ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand"), _counting
    ),
    **dict.fromkeys(("japaneseCounting", "koreanCounting"), _counting),
    **dict.fromkeys(("ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand"), _spelt),
    **dict.fromkeys(
        ("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"),
        lambda value: _counting(value, _FORMAL, "拾佰仟"),
    ),
    "ideographTraditional": _from("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _from("子丑寅卯辰巳午未申酉戌亥"),
    "ideographEnclosedCircle": _from("㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉"),
    "decimalEnclosedCircle": _from(_CIRCLED),
    "decimalEnclosedCircleChinese": _from(_CIRCLED),
    "decimalEnclosedParen": _from("".join(map(chr, range(0x2474, 0x2488)))),
    "decimalEnclosedFullstop": _from("".join(map(chr, range(0x2488, 0x249C)))),
    **dict.fromkeys(
        ("decimalFullWidth", "decimalFullWidth2"),
        lambda value: "".join(chr(ord(d) + 0xFEE0) for d in str(value)),
    ),
    "decimalZero": lambda value: f"{value:02}",
    "lowerRoman": _roman,
    "upperRoman": _upper(_roman),
    "lowerLetter": _letters,
    "upperLetter": _upper(_letters),
}
