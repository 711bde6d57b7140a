"""How well letters are read from saved pages: on the composed pages in tests/data/pages, line by line.

    python benchmarks/reading_html.py [PREFIX]

Beside each page stand its lines: `+` is the letter's and must be a line of the result, `-` is furniture and must not
be in it. Prints a row a page (ours, and trafilatura's own text beside it) and the sums; `held_` pages were composed
after the rules were fixed. The first time they were read, 56 of 56 lines of the letters and 10 of 44 of furniture came
out (trafilatura's own text: 25 and 27); the rules were mended after that, so the figures of today are no longer blind.
"""

from __future__ import annotations

import sys
from pathlib import Path

PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"


def compact(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def read_case(name: str) -> tuple[bytes, list[str], list[str]]:
    """A page's bytes, the letter's lines and the furniture, white space taken out."""
    lines = (PAGES / f"{name}.lines").read_text(encoding="utf-8").splitlines()
    encoding = next((line.split()[1] for line in lines if line.startswith("encoding ")), "utf-8")
    data = (PAGES / f"{name}.html").read_text(encoding="utf-8").encode(encoding)
    return data, [compact(s[1:]) for s in lines if s[:1] == "+"], [compact(s[1:]) for s in lines if s[:1] == "-"]


def names() -> list[str]:
    """The pages that hold a letter."""
    return sorted(path.stem for path in PAGES.glob("*.lines"))


def count(text: str, letter: list[str], furniture: list[str]) -> tuple[int, int]:
    """How many of the letter's lines and of the furniture's a text has."""
    got = {compact(line) for line in text.splitlines()}
    whole = compact(text)
    return sum(line in got for line in letter), sum(line in whole for line in furniture)


def main() -> None:
    """Prints the table."""
    from trafilatura import extract as trafilatura_extract

    from nlp.documents.html import extract
    from nlp.documents.limits import DEFAULT_LIMITS

    prefix = sys.argv[1] if len(sys.argv) > 1 else ""
    sums: dict[bool, list[int]] = {False: [0] * 6, True: [0] * 6}
    print(f"{'page':18} {'letter kept':>12} {'furniture':>10}   {'trafilatura':>12} {'furniture':>10}")
    for name in (name for name in names() if name.startswith(prefix)):
        data, letter, furniture = read_case(name)
        ours = count(extract(data, where=name, limits=DEFAULT_LIMITS).text, letter, furniture)
        theirs = count(trafilatura_extract(data, include_comments=False) or "", letter, furniture)
        row = [*ours, *theirs, len(letter), len(furniture)]
        sums[name.startswith("held_")] = [a + b for a, b in zip(sums[name.startswith("held_")], row, strict=True)]
        print(f"{name:18} {row[0]:5}/{row[4]:<6} {row[1]:4}/{row[5]:<5}   {row[2]:5}/{row[4]:<6} {row[3]:4}/{row[5]}")
    for held, row in sums.items():
        if row[4]:
            shares = [100 * row[0] / row[4], 100 * row[1] / row[5], 100 * row[2] / row[4], 100 * row[3] / row[5]]
            print(f"{'held out' if held else 'development':18} " + "  ".join(f"{share:10.1f}%" for share in shares))


if __name__ == "__main__":
    main()
