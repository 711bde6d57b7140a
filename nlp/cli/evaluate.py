"""`fanzha evaluate`: a model's figures on gold it has not seen; `fanzha leave-one-out`: a recipe's on real replies."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from nlp.cli.replies import replies_folder
from nlp.cli.train import say

Json = Annotated[Path | None, typer.Option("--json", help="Write all figures to this file too.")]


def evaluate_command(
    model: Annotated[Path | None, typer.Option(help="A model folder; without it, the model that is shipped.")] = None,
    letters: Annotated[Path, typer.Option(help="Marked-up gold letters.")] = Path("annotations/letters"),
    splits: Annotated[Path, typer.Option(help="Which of them are for what.")] = Path("annotations/splits.yaml"),
    split: Annotated[str, typer.Option(help="test, dev, or all (only for a model trained on none of them).")] = "test",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    fp32: Annotated[bool, typer.Option("--fp32", help="Show what torch in fp32 scores beside it.")] = False,
    json_file: Json = None,
) -> None:
    """Scores a model on composed letters that were not in its training, by document."""
    from nlp.annotation.corpus import read_letters
    from nlp.annotation.splits import split_letters
    from nlp.errors import FanzhaError
    from nlp.evaluation.heldout import check_unseen, intervals, predict_gold, summarise, table
    from nlp.evaluation.scores import score
    from nlp.inference.loading import load_predictor, shipped_model

    if split not in ("test", "dev", "all"):
        raise FanzhaError(f"there is no split {split!r}", mend="use --split test, dev or all")
    every = read_letters(letters)
    chosen = every if split == "all" else getattr(split_letters(every, splits), split)
    if not chosen:
        raise FanzhaError(f"names no letter for {split}", path=splits, mend="use another --split")
    folder = shipped_model() if model is None else model
    check_unseen(folder, chosen)
    documents = predict_gold(load_predictor(folder, device=device), chosen)
    typer.echo(f"{len(chosen)} letters outside training, {sum(len(x.text) for x in chosen)} characters\n")
    columns = {"score": score(documents)}
    if fp32:
        columns["torch fp32"] = score(predict_gold(load_predictor(folder, device="torch-cpu"), chosen))
    typer.echo(table(columns))
    bounds = intervals(documents)
    typer.echo("\n95 % intervals (bootstrap over documents):")
    for name, (low, high) in bounds.items():
        typer.echo(f"  {name}: {low:.3f}–{high:.3f}")
    write_figures(json_file, {**summarise(documents), "intervals": bounds})


def leave_one_out_command(
    recipe: Annotated[Path, typer.Argument(help="A recipe of configs/.")],
    base: Annotated[
        Path | None,
        typer.Option(help="A first-stage checkpoint (fanzha train keeps it in base/); without it, one is trained."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Scores a recipe on the real replies of REPLIES_DIR, each left out of training in turn."""
    from nlp.training.configuration import read_recipe

    read = read_recipe(recipe)
    from nlp.evaluation.heldout import summarise, table
    from nlp.evaluation.leave_one_out import leave_one_out
    from nlp.evaluation.scores import score
    from nlp.training.stages import read_training_data, train_base

    data = read_training_data(read, replies_folder())
    with tempfile.TemporaryDirectory() as scratch:
        if base is None:
            base = Path(scratch) / "base"
            train_base(read, data, base, say)
        documents = leave_one_out(read, base, data, say)
    typer.echo(f"{len(documents)} real replies, each left out of training in turn\n")
    typer.echo(table({"all": score(documents), **{d.id: score([d]) for d in documents}}))
    write_figures(json_file, summarise(documents))


def write_figures(path: Path | None, figures: object) -> None:
    """Writes figures as JSON; nothing where no path is given."""
    if path is not None:
        from nlp.files import write_json

        write_json(path, figures)
