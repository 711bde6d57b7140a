"""Does augmentation pay? Trains with and without it, on the same letters and seeds, and scores both on the dev letters.

    python benchmarks/augmentation.py [--letters 60] [--epochs 3] [--seeds 1 2]

Prints a line a run and the means. Small on purpose, so that it ends on two cores; the shipped recipe has all letters.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from nlp.annotation.corpus import read_letters
from nlp.annotation.splits import Splits, split_letters
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import score
from nlp.training.configuration import AugmentationRecipe, Recipe, read_recipe
from nlp.training.stages import TrainingData, load_checkpoint, torch_predictor, train_base

FIGURES = ("measures, character micro F1", "measures, strict span F1", "quantity F1", "metric F1")


def run(recipe: Recipe, data: TrainingData) -> dict[str, float]:
    """Trains by a recipe and returns the figures on the dev letters."""
    with tempfile.TemporaryDirectory() as scratch:
        train_base(recipe, data, Path(scratch), lambda line: None)
        predictor = torch_predictor(*load_checkpoint(Path(scratch)))
    return score(predict_gold(predictor, data.splits.dev)).figures()


def main() -> None:
    """Reads the arguments, trains, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, default=Path("configs/embedded.yaml"))
    parser.add_argument("--letters", type=int, default=60, help="train on the first so many, spread over the corpus")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()

    recipe = read_recipe(options.recipe)
    splits = split_letters(read_letters(recipe.data.letters), recipe.data.splits)
    chosen = splits.train[:: max(1, len(splits.train) // options.letters)][: options.letters]
    data = TrainingData(Splits(chosen, splits.dev, splits.test), [])
    print(f"{len(chosen)} letters, {options.epochs} epochs, scored on {len(splits.dev)} dev letters")
    print(f"| augmentation | seed | {' | '.join(FIGURES)} |")
    print(f"|---|---|{'---|' * len(FIGURES)}")
    for name, augmentation in (("off", None), ("on", AugmentationRecipe())):
        rows = []
        for seed in options.seeds:
            training = recipe.training.model_copy(update={"epochs": options.epochs, "seed": seed})
            figures = run(recipe.model_copy(update={"training": training, "augmentation": augmentation}), data)
            rows.append([figures[figure] for figure in FIGURES])
            print(f"| {name} | {seed} | {' | '.join(f'{value:.3f}' for value in rows[-1])} |", flush=True)
        means = [sum(column) / len(column) for column in zip(*rows, strict=True)]
        print(f"| {name} | mean | {' | '.join(f'{value:.3f}' for value in means)} |", flush=True)


if __name__ == "__main__":
    main()
