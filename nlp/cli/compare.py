"""`fanzha compare A.jsonl B.jsonl …`: indicators of letters side by side, and figures that contradict each other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def compare_command(
    results: Annotated[
        list[str],
        typer.Argument(help="results.jsonl files or output folders of fanzha annotate, or - for standard input."),
    ],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the figures to this file.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write figures and contradictions to this file.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write both to this file as one object.")] = None,
) -> None:
    """Prints indicators by letter and period in one unit each, and flags contradictions.

    Claims that no indicator fits for certain are counted and left out. A contradiction is the same indicator and period
    with two values in one letter, or a change that does not fit its two totals; a reader decides whether it is one.
    With a file to write, nothing but their numbers is printed.
    """
    from rich.console import Console

    from nlp.comparison.figures import gather
    from nlp.comparison.reading import read_results
    from nlp.comparison.tables import compare
    from nlp.comparison.writing import print_comparison, write_csv, write_json, write_xlsx
    from nlp.errors import FanzhaError

    figures = gather(read_results(results))
    if not figures.letters:
        raise FanzhaError("there are no letters", mend="name a results.jsonl with a line for each letter")
    if figures.older:
        message = f"{figures.older} of {figures.letters} results are of a version that named no indicators"
        print(f"fanzha: {FanzhaError(message, mend='make them again with fanzha annotate')}", file=sys.stderr)
    comparison = compare(figures)
    for path, write in ((csv, write_csv), (xlsx, write_xlsx), (json, write_json)):
        if path is not None:
            write(comparison, path)
            typer.echo(f"{path}: {len(figures.rows)} figures, {len(comparison.contradictions)} contradictions")
    if csv is None and xlsx is None and json is None:
        print_comparison(comparison, Console(width=None if sys.stdout.isatty() else 160))
