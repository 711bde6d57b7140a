"""`fanzha baselines`: simpler ways to the same task, trained and scored on the same letters as the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlp.cli.evaluate import Json, write_figures
from nlp.cli.train import say


def baselines_command(
    only: Annotated[
        list[str] | None, typer.Option(help="Only this baseline: rules, crf, linear or spacy; may be repeated.")
    ] = None,
    encoder: Annotated[
        list[Path] | None,
        typer.Option(help="Fine-tune the encoder of this folder (a checkpoint of the hub) too; may be repeated."),
    ] = None,
    recipe: Annotated[Path, typer.Option(help="How encoders are fine-tuned.")] = Path("configs/macbert.yaml"),
    model: Annotated[Path | None, typer.Option(help="A model folder; without it, the model that is shipped.")] = None,
    letters: Annotated[Path, typer.Option(help="Marked-up gold letters.")] = Path("annotations/letters"),
    splits: Annotated[Path, typer.Option(help="Which of them are for what.")] = Path("annotations/splits.yaml"),
    json_file: Json = None,
) -> None:
    """Trains baselines on the training letters, settings chosen on dev, and scores them and the model on test."""
    from nlp.annotation.corpus import read_letters
    from nlp.annotation.splits import split_letters
    from nlp.baselines.table import (
        BASELINES,
        baseline_rows,
        check_names,
        encoder_row,
        gold_row,
        model_row,
        table,
    )
    from nlp.errors import FanzhaError
    from nlp.evaluation.gold import refuse_seen
    from nlp.inference.loading import load_predictor, read_manifest, shipped_model

    check_names(only or [])
    split = split_letters(read_letters(letters), splits)
    for name in ("train", "dev", "test"):
        if not getattr(split, name):
            raise FanzhaError(f"leaves no letter for {name}", path=splits, mend="use other --letters or --splits")
    folder = shipped_model() if model is None else model
    refuse_seen(split.test, read_manifest(folder).training, folder)
    predictor = load_predictor(folder, device="cpu")
    # Encoders first: what is wrong with a folder is told before the others are trained.
    encoders = [encoder_row(folder, recipe, split, say) for folder in encoder or []]
    rows = baseline_rows([name for name in BASELINES if not only or name in only], split, say)
    rows += [*encoders, model_row(predictor, split.test), gold_row(split.test)]
    characters = sum(len(letter.text) for letter in split.test)
    typer.echo(f"{len(split.test)} letters outside training, {characters} characters\n")
    typer.echo(table(rows))
    typer.echo("\nchosen on dev:")
    for row in rows:
        for setting in row.settings:
            typer.echo(f"{row.name}, {setting}")
    write_figures(json_file, {row.name: row.summary() for row in rows})
