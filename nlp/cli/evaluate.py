"""`fanzha evaluate`: a model's figures on gold it has not seen; `fanzha leave-one-out`: a recipe's on real replies."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp.cli.exchange import FormatName
from nlp.cli.replies import replies_folder
from nlp.cli.train import say

if TYPE_CHECKING:
    from nlp.annotation.corpus import GoldLetter
    from nlp.evaluation.scores import Scored

Json = Annotated[Path | None, typer.Option("--json", help="Write all figures and errors to this file too.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a report with plots and every error to this file.")]

LETTERS = Path("annotations/letters")
SPLITS = Path("annotations/splits.yaml")


def evaluate_command(
    model: Annotated[Path | None, typer.Option(help="A model folder; without it, the model that is shipped.")] = None,
    letters: Annotated[
        Path, typer.Option(help="Gold: a folder of marked-up letters or of stand-off gold, or one marked-up letter.")
    ] = LETTERS,
    source_format: Annotated[
        FormatName | None, typer.Option("--from", help="The gold is in this format of an annotation tool.")
    ] = None,
    splits: Annotated[
        Path | None, typer.Option(help="Which letters are for what; by default that of annotations/.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="test, dev, or all; by default test, and all of other --letters without --splits."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    fp32: Annotated[bool, typer.Option("--fp32", help="Show what torch in fp32 scores beside it.")] = False,
    linking: Annotated[
        bool, typer.Option("--linking", help="Show beside it metrics and periods linked by rule alone, by model alone.")
    ] = False,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="A B", help="Two model folders to compare, in the place of --model."),
    ] = None,
    json_file: Json = None,
    html_file: Html = None,
) -> None:
    """Scores a model on letters that were not in its training, by document, and sorts its errors by kind."""
    from nlp.errors import FanzhaError
    from nlp.evaluation.assessment import assess, assessment_json, comparison_json
    from nlp.evaluation.assessment import compare as compare_predictions
    from nlp.evaluation.heldout import predict_gold
    from nlp.evaluation.scores import score
    from nlp.evaluation.tables import assessment_tables, comparison_tables
    from nlp.inference.loading import load_predictor, shipped_model

    if compare is not None and (model is not None or fp32 or linking):
        raise FanzhaError(
            "--compare takes the place of --model, --fp32 and --linking", mend="name the two models with --compare"
        )
    chosen = _chosen(letters, source_format, splits, split)
    folders = compare or (shipped_model() if model is None else model,)
    notes = _checked(chosen, folders)
    predictors = [load_predictor(folder, device=device) for folder in folders]
    predictions = [predict_gold(predictor, chosen) for predictor in predictors]
    typer.echo(f"{len(chosen)} letters outside training, {sum(len(x.text) for x in chosen)} characters\n")
    for note in notes:
        typer.echo(f"Note: {note}\n")
    if compare is not None:
        compared = compare_predictions(*predictions, notes=notes)
        typer.echo(comparison_tables(compared))
        write_figures(json_file, comparison_json(compared) if json_file else None)
        if html_file is not None:
            from nlp.output.html.evaluation_page import write_comparison

            write_comparison(compared, html_file)
        return
    found = assess(predictions[0], notes=notes)
    others = {}
    if fp32:
        others["torch fp32"] = score(predict_gold(load_predictor(folders[0], device="torch-cpu"), chosen))
    if linking:
        others["links by rule"] = score(predict_gold(predictors[0].with_links("rules"), chosen))
        others["links by model"] = score(predict_gold(predictors[0].with_links("model"), chosen))
    typer.echo(assessment_tables(found, others))
    write_figures(json_file, assessment_json(found) if json_file else None)
    if html_file is not None:
        from nlp.output.html.evaluation_page import write_assessment

        write_assessment(found, html_file)


def _chosen(
    source: Path, source_format: FormatName | None, splits: Path | None, split: str | None
) -> Sequence[GoldLetter]:
    """The letters of a split."""
    from nlp.annotation.splits import split_letters
    from nlp.errors import FanzhaError
    from nlp.evaluation.gold import read_any_gold

    if split not in (None, "test", "dev", "all"):
        raise FanzhaError(f"there is no split {split!r}", mend="use --split test, dev or all")
    every = read_any_gold(
        source, replies=replies_folder(), source_format=None if source_format is None else source_format.value
    )
    if split is None:
        split = "test" if splits is not None or source == LETTERS else "all"
    if split == "all":
        return every
    if splits is None and source != LETTERS:
        mend = "name a file with the lists dev and test with --splits, or use --split all"
        raise FanzhaError(f"nothing says which of these letters are for {split}", path=source, mend=mend)
    lists = SPLITS if splits is None else splits
    chosen: list[GoldLetter] = getattr(split_letters(every, lists), split)
    if not chosen:
        raise FanzhaError(f"names no letter for {split}", path=lists, mend="use another --split")
    return chosen


def _checked(letters: Sequence[GoldLetter], folders: Sequence[Path]) -> list[str]:
    """What a reader should know of these models on these letters; letters they have seen are refused."""
    from nlp.evaluation.gold import calibration_note, refuse_seen
    from nlp.inference.loading import read_manifest

    notes = []
    for folder in folders:
        training = read_manifest(folder).training
        refuse_seen(letters, training, folder)
        note = calibration_note(letters, training)
        if note is not None:
            notes.append(note if len(folders) == 1 else f"{folder.name}: {note}")
    return notes


def leave_one_out_command(
    recipe: Annotated[Path, typer.Argument(help="A recipe of configs/.")],
    base: Annotated[
        Path | None,
        typer.Option(help="A first-stage checkpoint (fanzha train keeps it in base/); without it, one is trained."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file too; no word of a letter is in it.")
    ] = None,
    html_file: Html = None,
) -> None:
    """Scores a recipe on the real replies of REPLIES_DIR, each left out of training in turn."""
    from nlp.training.configuration import read_recipe

    read_recipe(recipe)  # before the import of torch: a fault in it is told at once
    from nlp.evaluation.assessment import assess, summary
    from nlp.evaluation.heldout import table
    from nlp.evaluation.scores import score
    from nlp.evaluation.tables import assessment_tables

    documents = left_out_replies(recipe, base)
    typer.echo(f"{len(documents)} real replies, each left out of training in turn\n")
    typer.echo(table({"all": score(documents), **{d.id: score([d]) for d in documents}}))
    found = assess(documents)
    typer.echo(f"\n{assessment_tables(found)}")
    write_figures(json_file, summary(found))
    if html_file is not None:
        from nlp.output.html.evaluation_page import write_assessment

        write_assessment(found, html_file)


def left_out_replies(recipe: Path, base: Path | None) -> list[Scored]:
    """The real replies of REPLIES_DIR, each predicted by a model that has not seen it.

    Args:
        recipe: a recipe of configs/.
        base: a first-stage checkpoint; None trains one.
    """
    from nlp.evaluation.leave_one_out import leave_one_out
    from nlp.training.configuration import read_recipe
    from nlp.training.stages import read_training_data, train_base

    read = read_recipe(recipe)
    data = read_training_data(read, replies_folder())
    with tempfile.TemporaryDirectory() as scratch:
        if base is None:
            base = Path(scratch) / "base"
            train_base(read, data, base, say)
        return leave_one_out(read, base, data, say)


def write_figures(path: Path | None, figures: object) -> None:
    """Writes figures as JSON where a file is named."""
    if path is not None:
        from nlp.files import write_json

        write_json(path, figures)
