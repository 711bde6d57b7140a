"""`fanzha report results.jsonl -o report.html`: letters as one file to look at and to send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report_command(
    results: Annotated[list[Path], typer.Argument(help="results.jsonl of fanzha annotate, beside its folder texts.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    max_megabytes: Annotated[float, typer.Option(min=0.1, help="A larger report is refused.")] = 50.0,
) -> None:
    """Writes one HTML file with the letters, their tables and the comparison over them.

    It needs no server and no network: whoever gets it opens it in a browser.
    """
    from itertools import chain

    from nlp.output.report import read_results, write_report

    letters = chain.from_iterable(read_results(path) for path in results)
    count = write_report(letters, output, most_bytes=int(max_megabytes * 1e6))
    typer.echo(f"{output}: {count} letters")
