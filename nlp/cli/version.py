"""`--version`, for every command line that has it."""

from __future__ import annotations

from typing import Annotated

import typer

from nlp import __version__


def _show(asked: bool) -> None:
    if asked:
        typer.echo(f"fanzha-nlp {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version and end.")]
