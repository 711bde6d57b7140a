"""`fanzha text FILE`: a letter's text as it is read, which the offsets of results refer to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def text_command(
    file: Annotated[Path, typer.Argument(help="A letter in any form that predict reads.")],
) -> None:
    """Prints the text of a letter, in UTF-8, nothing changed: offsets are code points in it."""
    from nlp.documents.reading import read_document
    from nlp.errors import FanzhaError

    document = read_document(file)
    for warning in document.warnings:
        print(f"fanzha: {FanzhaError(warning, path=file)}", file=sys.stderr)
    sys.stdout.buffer.write(document.text.encode("utf-8"))
    sys.stdout.buffer.flush()
