"""The files of the site: `index.html`, `index-2.html` …, and `pages/` with a page for each letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from nlp.files import write_if_changed, write_text
from nlp.output.html.rendering import render_index, render_letter
from nlp.output.html.summaries import Counts, Entry, entry_of
from nlp.output.letters import AnnotatedLetter, Letters
from nlp.output.names import output_name
from nlp.schema import Result

LETTERS_PER_INDEX = 500


def write(letters: Letters, folder: Path) -> list[Path]:
    """Writes the site, letter by letter: no more than the entries of two pages of the index are held.

    What an earlier run left is not removed.

    Args:
        letters: at one iteration each gives its page and its row in the index.
        folder: is made where it is missing.

    Returns:
        The files, those of the index first.

    Raises:
        FanzhaError: where a file cannot be written.
    """
    count = len(letters)
    pages = [_index_name(page) for page in range(max(1, -(-count // LETTERS_PER_INDEX)))]
    totals = Counts()
    first: list[Entry] = []
    entries = first
    written = [folder / name for name in pages]
    for number, (before, letter, after) in enumerate(_with_neighbours(letters), start=1):
        page, place = divmod(number - 1, LETTERS_PER_INDEX)
        if page and not place:
            entries = []
        name = _page_name(letter.result)
        entry = entry_of(letter.result, number=number, href=quote(name))
        entries.append(entry)
        totals.add(entry.counts)
        top = "../" * name.count("/")
        html = render_letter(
            letter,
            number=number,
            letters=count,
            index=f"{top}{pages[page]}#letter-{number}",
            before=top + quote(_page_name(before.result)) if before else None,
            after=top + quote(_page_name(after.result)) if after else None,
        )
        write_if_changed(folder / name, html.encode("utf-8"))
        written.append(folder / name)
        if page and (after is None or place == LETTERS_PER_INDEX - 1):
            write_text(folder / pages[page], render_index(entries, totals=None, page=page, pages=pages))
    write_text(folder / pages[0], render_index(first, totals=totals, page=0, pages=pages))
    return written


def _page_name(result: Result) -> str:
    return f"pages/{output_name(result.document.path or result.document.id)}.html"


def _index_name(page: int) -> str:
    return f"index-{page + 1}.html" if page else "index.html"


def _with_neighbours(
    letters: Iterable[AnnotatedLetter],
) -> Iterator[tuple[AnnotatedLetter | None, AnnotatedLetter, AnnotatedLetter | None]]:
    """Each letter with the one before it and the one after it."""
    before: AnnotatedLetter | None = None
    letter: AnnotatedLetter | None = None
    for after in letters:
        if letter is not None:
            yield before, letter, after
        before, letter = letter, after
    if letter is not None:
        yield before, letter, None
