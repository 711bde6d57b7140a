"""`fanzha corpus export` and `fanzha corpus import`: gold letters to and from the formats of annotation tools."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class FormatName(str, Enum):
    """The names of `nlp.annotation.exchange.formats.FORMATS`, known without importing them."""

    label_studio = "label-studio"
    doccano = "doccano"
    brat = "brat"
    conll = "conll"
    datasets = "datasets"


def export_letters_command(
    letters: Annotated[list[Path], typer.Argument(help="Marked-up letters, or folders of them.")],
    to: Annotated[FormatName, typer.Option("--to", help="The format.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write (brat: a folder; datasets: a .parquet or .jsonl).")
    ],
) -> None:
    """Writes marked-up letters with their gold for an annotation tool; for Label Studio its configuration too."""
    from nlp.annotation.corpus import read_letters, read_marked
    from nlp.annotation.exchange.formats import FORMATS

    found = [x for path in letters for x in (read_letters(path) if path.is_dir() else [read_marked(path)])]
    for path in FORMATS[to.value].write(found, output):
        typer.echo(str(path))


def import_letters_command(
    source: Annotated[Path, typer.Argument(help="The tool's export (brat: its folder, or one .ann).")],
    source_format: Annotated[FormatName, typer.Option("--from", help="The format.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the marked-up letters.")],
    force: Annotated[bool, typer.Option("--force", help="Write over letters that are there.")] = False,
) -> None:
    """Turns a tool's export into marked-up letters: all of them, or none where there is a fault."""
    from nlp.annotation.exchange.formats import FORMATS
    from nlp.annotation.exchange.parts import write_letters

    for path in write_letters(FORMATS[source_format.value].read(source), output, replace=force):
        typer.echo(str(path))
