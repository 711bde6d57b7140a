"""`fanzha export CHECKPOINT FOLDER`: the model folder that predict uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export_command(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of fanzha train.")],
    output: Annotated[Path, typer.Argument(help="The model folder to write.")],
    figures: Annotated[
        list[Path] | None, typer.Option(help="Figures for the manifest: files of evaluate or leave-one-out --json.")
    ] = None,
    fp32: Annotated[bool, typer.Option(help="Keep the fp32 ONNX graph too (4 times the size).")] = False,
    gate: Annotated[
        bool, typer.Option(help="Compare int8 with fp32 on the dev letters, and refuse int8 that costs too much.")
    ] = True,
) -> None:
    """Writes safetensors, int8 ONNX and a manifest with SHA-256, versions, data, seed and figures.

    int8 that costs more than half a point of F1 on the dev letters is refused with exit status 2.
    """
    from nlp.errors import FanzhaError
    from nlp.files import read_json
    from nlp.training.configuration import FACTS

    if not (checkpoint / FACTS).is_file():
        raise FanzhaError(
            f"is no checkpoint: it has no {FACTS}",
            path=checkpoint,
            mend="make one: fanzha train configs/embedded.yaml",
        )
    from nlp.evaluation.assessment import without_quotes
    from nlp.training.export import add_figures, export_model

    manifest = export_model(checkpoint, output, fp32=fp32)
    for path in figures or []:
        add_figures(output, {path.stem: without_quotes(read_json(path))})
    for name, file in manifest["files"].items():
        typer.echo(f"{file['bytes']:>12,} bytes  {output / name}")
    if gate:
        _gate(output, manifest["training"]["recipe"], few=manifest["training"]["fine_tuning"] is not None)


def _gate(output: Path, recipe: dict[str, object], *, few: bool) -> None:
    """Refuses int8 that costs too much; where it was fine-tuned, a figure on few letters moves by chance: a warning."""
    from nlp.annotation.splits import split_letters
    from nlp.cli.replies import replies_folder
    from nlp.errors import FanzhaError
    from nlp.evaluation.gate import TOLERANCE, compare_precisions, costs
    from nlp.evaluation.gold import read_any_gold
    from nlp.training.configuration import Recipe
    from nlp.training.export import add_figures

    data = Recipe.model_validate(recipe).data
    letters = split_letters(read_any_gold(data.letters, replies=replies_folder()), data.splits).dev
    compared = compare_precisions(output, letters)
    add_figures(output, {"int8_against_fp32": {"letters": [letter.id for letter in letters], **compared}})
    lost = costs(compared)
    for name, cost in lost.items():
        typer.echo(f"{name}: int8 {compared['int8'][name]:.4f}, fp32 {compared['fp32'][name]:.4f}, cost {cost:+.4f}")
    worst = max(lost, key=lambda name: lost[name])
    if few and lost[worst] > TOLERANCE:
        typer.echo(
            f"Note: int8 costs {lost[worst]:.4f} of {worst} on {len(letters)} held-out letters, which may be chance; "
            "--fp32 keeps the fp32 graph too"
        )
    elif lost[worst] > TOLERANCE:
        raise FanzhaError(
            f"int8 costs {lost[worst]:.4f} of {worst} on the dev letters, over {TOLERANCE}",
            path=output,
            mend="do not ship it: export with --fp32 --no-gate and delete model.int8.onnx",
        )
