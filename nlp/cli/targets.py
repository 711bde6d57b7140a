"""`fanzha targets RECIPE`: what the model is to reach beside what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def targets_command(
    recipe: Annotated[Path, typer.Argument(help="A recipe of configs/, for the real replies of REPLIES_DIR.")],
    base: Annotated[
        Path | None,
        typer.Option(help="A first-stage checkpoint (fanzha train keeps it in base/); without it, one is trained."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="The model folder for the composed letters; without it, the shipped one.")
    ] = None,
    device: Annotated[str, typer.Option(help="For the composed letters: auto, cpu, cuda or cuda:N.")] = "auto",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file too; no word of a letter is in it.")
    ] = None,
) -> None:
    """Prints the targets beside the figures on real replies, each left out in turn, and on composed test letters.

    The model of the composed letters must not have seen them; the real replies are predicted in fp32 by models of the
    recipe that have not seen them.
    """
    from nlp.training.configuration import read_recipe

    read = read_recipe(recipe)  # before the import of torch: a fault in it is told at once
    from nlp.annotation.corpus import read_letters
    from nlp.annotation.splits import split_letters
    from nlp.cli.evaluate import left_out_replies
    from nlp.evaluation.assessment import assess, summary
    from nlp.evaluation.gold import refuse_seen
    from nlp.evaluation.heldout import predict_gold
    from nlp.evaluation.targets import outcomes, target_table, targets_json
    from nlp.files import write_json
    from nlp.inference.loading import load_predictor, read_manifest, shipped_model

    folder = shipped_model() if model is None else model
    letters = split_letters(read_letters(read.data.letters), read.data.splits).test
    refuse_seen(letters, read_manifest(folder).training, folder)
    predictor = load_predictor(folder, device=device)
    replies = assess(left_out_replies(recipe, base))
    composed = assess(predict_gold(predictor, letters))
    found = outcomes(replies.figures, composed.figures)
    for name, side in (("real replies", replies), ("composed test letters", composed)):
        typer.echo(f"{len(side.documents)} {name}, {side.characters} characters: {side.model}")
    typer.echo(f"\n{target_table(found)}")
    reached = sum(sum(one.reached) for one in found)
    typer.echo(f"\n{reached} of {2 * len(found)} reached; 95 % intervals by bootstrap over documents")
    if json_file is not None:
        write_json(
            json_file,
            {"targets": targets_json(found), "replies_left_out": summary(replies), "composed_test": summary(composed)},
        )
