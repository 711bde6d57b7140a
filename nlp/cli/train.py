"""`fanzha train`: from a recipe to a checkpoint, or from a model and a user's letters to a better one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nlp.cli.replies import replies_folder


def train_command(
    recipe: Annotated[
        Path | None, typer.Argument(help="A recipe of configs/; with --gold it may be left out.", show_default=False)
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for the checkpoint; its first stage is kept in base/.")
    ] = Path("build/model"),
    base: Annotated[
        Path | None,
        typer.Option(
            help="Go on from this checkpoint, or the model folder it was exported to, instead of training one."
        ),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(help="Fine-tune the base on the letters of this folder: any gold that evaluate --letters takes."),
    ] = None,
    with_letters: Annotated[
        Path | None,
        typer.Option(help="Mix in as many letters of the base's training, from this folder, so that it forgets less."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Fine-tune for so many epochs at most.")] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="Stop fine-tuning when so many epochs brought nothing better.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31, help="Of fine-tuning; by default the recipe's.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew where a fine-tuning was stopped or a checkpoint is there.")
    ] = False,
) -> None:
    """Trains a model: first on the composed letters, then with the real replies where REPLIES_DIR is set.

    With --base and --gold it fine-tunes a model on your own letters. A fifth of them is held out and chooses the best
    epoch; a run that was stopped goes on with the same command; where nothing gets better, the base is kept.
    """
    from nlp.cli.tuning import refuse_without_gold, tune
    from nlp.errors import FanzhaError

    if gold is not None:
        if base is None:
            raise FanzhaError("--gold needs a model to go on from", mend="name it: --base models/fanzha-e5-small")
        tune(
            base, gold, output, recipe=recipe, with_letters=with_letters, epochs=epochs, seed=seed, patience=patience,
            fresh=fresh,
        )  # fmt: skip
        return
    if recipe is None:
        raise FanzhaError(
            "there is nothing to train by", mend="name a recipe of configs/, or fine-tune with --base MODEL --gold DIR"
        )
    refuse_without_gold(
        {"--with-letters": with_letters, "--epochs": epochs, "--patience": patience, "--seed": seed, "--fresh": fresh}
    )
    _train(recipe, output, base)


def _train(recipe: Path, output: Path, base: Path | None) -> None:
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
