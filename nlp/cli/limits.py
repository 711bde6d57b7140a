"""The options that set `nlp.documents.limits.Limits`, one for each; `annotate`, `predict` and `serve` share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nlp.documents.limits import Limits

MaxMegabytes = Annotated[float, typer.Option(min=0.001, help="Larger files are refused.")]
MaxCharacters = Annotated[int, typer.Option(min=1, help="Longer letters are refused.")]
MaxUnpacked = Annotated[
    float, typer.Option("--max-unpacked-megabytes", min=0.001, help="Of all that a .zip or .docx holds.")
]
MaxRatio = Annotated[int, typer.Option(min=1, help="Of unpacked to packed bytes in a .zip or .docx.")]
MaxMembers = Annotated[int, typer.Option(min=1, help="Of a .zip or .docx, lines of a .jsonl, or rows of a .parquet.")]
MaxPages = Annotated[int, typer.Option(min=1, help="Of a PDF.")]
MaxSeconds = Annotated[float, typer.Option(min=0.1, help="For one letter.")]


def limits_of(
    *,
    max_megabytes: float,
    max_characters: int,
    max_unpacked: float,
    max_ratio: int,
    max_members: int,
    max_pages: int,
    max_seconds: float,
) -> Limits:
    """The limits that the options say."""
    from nlp.documents.limits import Limits

    return Limits(
        file_bytes=int(max_megabytes * 1e6),
        characters=max_characters,
        unpacked_bytes=int(max_unpacked * 1e6),
        ratio=max_ratio,
        members=max_members,
        pages=max_pages,
        seconds=max_seconds,
    )
