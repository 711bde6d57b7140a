"""`fanzha train RECIPE`: from a recipe to a checkpoint."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nlp.cli.replies import replies_folder


def train_command(
    recipe: Annotated[Path, typer.Argument(help="A recipe of configs/.")],
    output: Annotated[
        Path, typer.Option(help="The folder for the checkpoint; its first stage is kept in base/.")
    ] = Path("build/model"),
    base: Annotated[
        Path | None, typer.Option(help="Go on from this first-stage checkpoint instead of training one.")
    ] = None,
) -> None:
    """Trains a model: first on the composed letters, then with the real replies where REPLIES_DIR is set."""
    from nlp.training.configuration import read_recipe

    read = read_recipe(recipe)  # before the import of torch: a fault in it is told at once
    from nlp.training.stages import adapt, load_checkpoint, read_training_data, save_checkpoint, train_base

    data = read_training_data(read, replies_folder())
    if base is None:
        base = output / "base"
        train_base(read, data, base, say)
    if read.adaptation is not None and data.replies:
        model, tokenizer = adapt(read, base, data, data.replies, say)
        save_checkpoint(model, tokenizer, base, read, data, [*data.splits.train, *data.replies], output)
    else:
        say("no second stage: REPLIES_DIR is not set" if read.adaptation else "no second stage in the recipe")
        model, tokenizer = load_checkpoint(base)
        save_checkpoint(model, tokenizer, base, read, data, data.splits.train, output)
    say(f"checkpoint: {output}; make a model folder of it with: fanzha export {output} models/{read.name}")


def say(line: str) -> None:
    """Progress goes to stderr, a line at a time."""
    print(line, file=sys.stderr, flush=True)
