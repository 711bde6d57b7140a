"""Which characters the encoder's vocabulary is about, by Unicode range."""

from __future__ import annotations

Ranges = tuple[tuple[int, int], ...]

# Inclusive. White space, controls and the zero-width marks that web pages leave behind: the source's
# normaliser turns them all into a space or into nothing. They separate tokens and give none.
BLANK: Ranges = (
    (0x0000, 0x0020),
    (0x007F, 0x00A0),
    (0x1680, 0x1680),
    (0x2000, 0x200F),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)

# Unified ideographs: the basic block, extension A, and the supplementary planes. Not 〇, which is a digit.
HAN: Ranges = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF))

# Single characters that Chinese text uses besides Han: ASCII, Latin-1 and Latin extended (pinyin tones),
# spacing modifiers (ˉ ˇ), Greek, general punctuation to CJK compatibility (currency, units, arrows, circled
# numbers, box drawing, Kangxi radicals as PDF extraction leaves them, CJK punctuation, kana, bopomofo),
# compatibility ideographs, vertical and small forms, and full-width forms.
SYMBOLS: Ranges = (
    (0x0021, 0x024F),
    (0x02B0, 0x02FF),
    (0x0370, 0x03FF),
    (0x2010, 0x2BFF),
    (0x2E80, 0x33FF),
    (0xF900, 0xFAFF),
    (0xFE10, 0xFE1F),
    (0xFE30, 0xFE6F),
    (0xFF01, 0xFFEF),
)


def within(character: str, ranges: Ranges) -> bool:
    """Whether one character lies in one of the ranges."""
    return any(first <= ord(character) <= last for first, last in ranges)


def is_blank(character: str) -> bool:
    """Whether the tokenizer gives no token for this character."""
    return within(character, BLANK)


def is_han(text: str) -> bool:
    """Whether the text is one or more Han characters and nothing else."""
    return text != "" and all(within(c, HAN) for c in text)


def is_letters(text: str) -> bool:
    """Whether the text is one or more ASCII letters and nothing else."""
    return text.isascii() and text.isalpha()


def character_class(ranges: Ranges) -> str:
    """The ranges as the inside of a character class of the `tokenizers` regular expressions (Oniguruma)."""
    return "".join(
        f"\\x{{{first:04X}}}" if first == last else f"\\x{{{first:04X}}}-\\x{{{last:04X}}}" for first, last in ranges
    )


def ranges_of(characters: set[str]) -> Ranges:
    """The fewest ranges that hold exactly these characters, in order."""
    ranges: list[tuple[int, int]] = []
    for code in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return tuple(ranges)
