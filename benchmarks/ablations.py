"""What each part of the recipe is worth: every variant trained under several seeds and scored on held-out letters.

    python benchmarks/ablations.py configs/embedded.yaml [--only base softmax …] [--seeds 1 2 3] [--workers 8]

Trains on four fifths of the training letters and scores on the last fifth and the dev letters, so that the test letters
and the real replies stay out of every choice. Prints one line a variant, the mean and the spread (standard deviation)
over the seeds; each run's figures go to --output as they come, and a run that is there already is not repeated. Made
for a GPU; on a CPU choose with --only, --letters and --epochs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from span_head import SpanTagger, decode_spans

from nlp.annotation.corpus import GoldLetter, as_document, read_letters
from nlp.annotation.splits import Splits, split_letters
from nlp.evaluation.heldout import predict_gold
from nlp.evaluation.scores import Scored, score
from nlp.training.configuration import AugmentationRecipe, DistillationRecipe, Recipe, read_recipe
from nlp.training.stages import TrainingData, device_predictor, load_checkpoint, train_base
from nlp.training.trainer import new_model, train

FIGURES = {
    "characters": "measures, character micro F1",
    "strict": "measures, strict span F1",
    "status": "status accuracy",
    "quantity": "quantity F1",
    "metric": "metric F1",
    "full": "full F1",
}
_HELD_OUT_OF = 5
_BASE = "base"
_SPANS = "measures by biaffine spans"
_TAUGHT = "six layers, taught"

Change = Callable[[Recipe, argparse.Namespace], Recipe]


def _part(section: str, **values: Any) -> Change:
    def change(recipe: Recipe, options: argparse.Namespace) -> Recipe:
        return recipe.model_copy(update={section: getattr(recipe, section).model_copy(update=values)})

    return change


def _whole(**values: Any) -> Change:
    return lambda recipe, options: recipe.model_copy(update=values)


def _encoder(option: str) -> Change:
    return lambda recipe, options: _part("encoder", path=str(getattr(options, option)))(recipe, options)


def _six_layers(recipe: Recipe, options: argparse.Namespace) -> Recipe:
    recipe = _part("encoder", keep_layers=[2, 4, 6, 8, 10, 12])(recipe, options)
    return _part("heads", layers=[2, 4, 6])(recipe, options)


def _r_drop(recipe: Recipe, options: argparse.Namespace) -> Recipe:
    return _part("training", r_drop=1.0)(_part("encoder", dropout=0.1)(recipe, options), options)


def _rate(recipe: Recipe, factor: float, options: argparse.Namespace) -> Recipe:
    rate = factor * recipe.training.encoder_learning_rate
    return _part("training", encoder_learning_rate=rate)(recipe, options)


VARIANTS: dict[str, Change] = {
    _BASE: _whole(),
    "heads on the last layer": _part("heads", layers=[12]),
    "heads on the last layer, not standardised": _part("heads", layers=[12], standardise=False),
    "clauses by softmax": _part("heads", clauses="softmax"),
    "links by rule": _part("heads", pair_size=0),
    "no augmentation": _whole(augmentation=None),
    "with augmentation": _whole(augmentation=AugmentationRecipe()),
    "no continued pre-training": _encoder("plain"),
    "characters, no continued pre-training": _encoder("characters"),
    "FGM": _part("training", adversarial=1.0),
    "dropout in the encoder": _part("encoder", dropout=0.1),
    "R-Drop": _r_drop,
    "no section context": _part("window", context=0),
    "windows of 256 tokens": _part("window", max_tokens=256),
    "windows of 512 tokens": _part("window", max_tokens=512),
    "six layers": _six_layers,
    _TAUGHT: _six_layers,
    _SPANS: _whole(),
    "averaged weights": _part("training", averaging=0.99),
    "encoder at twice the rate": lambda recipe, o: _rate(recipe, 2.0, o),
    "encoder at half the rate": lambda recipe, o: _rate(recipe, 0.5, o),
    "half the epochs": lambda recipe, o: _part("training", epochs=max(1, recipe.training.epochs // 2))(recipe, o),
    "twice the epochs": lambda recipe, o: _part("training", epochs=2 * recipe.training.epochs)(recipe, o),
}


@dataclass(frozen=True)
class Run:
    """One training: a variant and a seed, and where the base of the same seed is kept as a teacher."""

    variant: str
    seed: int
    recipe: Recipe
    kept: Path | None = None


def hold_out(splits: Splits, letters: int | None) -> TrainingData:
    """The training letters less every fifth one; those and the dev letters are what is scored."""
    train = list(splits.train) if letters is None else splits.train[:: max(1, len(splits.train) // letters)][:letters]
    held = train[_HELD_OUT_OF - 1 :: _HELD_OUT_OF]
    kept = {letter.id for letter in train} - {letter.id for letter in held}
    return TrainingData(Splits([x for x in train if x.id in kept], [*splits.dev, *held], splits.test), [])


def perform(run: Run, data: TrainingData) -> dict[str, Any]:
    """Trains and scores; what libraries print is thrown away."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("high")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stderr(io.StringIO()):
        if run.variant == _SPANS:
            documents = _by_spans(run, data, Path(scratch))
        else:
            folder = Path(scratch) if run.kept is None else run.kept
            train_base(run.recipe, data, folder, lambda line: None, calibrate=False)
            documents = predict_gold(device_predictor(*load_checkpoint(folder)), data.splits.dev)
    seconds = round(time.monotonic() - started)
    return {"variant": run.variant, "seed": run.seed, "seconds": seconds, "figures": score(documents).figures()}


def _by_spans(run: Run, data: TrainingData, scratch: Path) -> list[Scored]:
    """Trains a tagger with a span head; claims are decoded as ever, measures by spans."""
    plain, tokenizer, _ = new_model(run.recipe)
    model = SpanTagger(plain.config)
    model.encoder = plain.encoder
    model = train(run.recipe, data.splits.train, scratch, start=(model, tokenizer), fresh=True)
    predictor = device_predictor(model, tokenizer)
    letters = data.splits.dev
    documents = [as_document(letter) for letter in letters]
    found = zip(letters, predictor.predict(documents), predictor.logits(documents), strict=True)
    weights = model.span_weights.detach()
    return [
        Scored(
            letter.id,
            letter.text,
            letter,
            result.model_copy(update={"measures": decode_spans(letter.text, structure, tokens, logits, weights)}),
        )
        for letter, result, (structure, tokens, logits) in found
    ]


def make_runs(recipe: Recipe, options: argparse.Namespace, scratch: Path) -> list[Run]:
    """The runs in the order in which they are best begun: teachers first."""
    runs = []
    for name in options.only or VARIANTS:
        for seed in options.seeds:
            changed = VARIANTS[name](recipe, options)
            changed = _part("training", seed=seed)(changed, options)
            if name == _TAUGHT:
                changed = changed.model_copy(update={"distillation": DistillationRecipe(teacher=scratch / str(seed))})
            runs.append(Run(name, seed, changed, scratch / str(seed) if name == _BASE else None))
    return sorted(runs, key=lambda run: (run.variant != _BASE, run.variant == _TAUGHT))


def perform_all(runs: Sequence[Run], data: TrainingData, workers: int) -> Iterator[dict[str, Any]]:
    """The results as they come; the taught wait for their teachers, which begin first."""
    context = multiprocessing.get_context("fork")  # the letters and the libraries are read once
    with ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=None) as pool:
        taught = [run for run in runs if run.recipe.distillation is not None]
        waiting = {pool.submit(perform, run, data): run for run in runs if run.recipe.distillation is None}
        teachers = {run.seed for run in waiting.values() if run.kept is not None}
        while waiting:
            future = next(as_completed(waiting))
            run = waiting.pop(future)
            if (fault := future.exception()) is not None:
                print(f"{run.variant}, seed {run.seed}: {fault}", file=sys.stderr, flush=True)
            else:
                yield future.result()
            if run.kept is not None:
                teachers.discard(run.seed)
            for one in [one for one in taught if one.seed == run.seed and one.seed not in teachers]:
                taught.remove(one)
                waiting[pool.submit(perform, one, data)] = one


def table(results: Sequence[dict[str, Any]]) -> str:
    """A line a variant: mean ± standard deviation over its seeds, in points."""
    lines = [f"| variant | seeds | {' | '.join(FIGURES)} | seconds |", f"|---|---|{'---|' * len(FIGURES)}---|"]
    for name in VARIANTS:
        own = [r for r in results if r["variant"] == name]
        if not own:
            continue
        cells = []
        for figure in FIGURES.values():
            values = [100 * r["figures"][figure] for r in own]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f"{statistics.mean(values):.1f} ± {spread:.1f}")
        seconds = statistics.mean(r["seconds"] for r in own)
        lines.append(f"| {name} | {len(own)} | {' | '.join(cells)} | {seconds:.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Reads the arguments, trains, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), help="these variants")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--workers", type=int, default=1, help="runs at a time")
    parser.add_argument("--letters", type=int, help="so many training letters, spread over the corpus")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--plain", type=Path, default=Path("models/encoder"), help="the encoder without pre-training")
    parser.add_argument("--characters", type=Path, default=Path("models/encoder-characters"))
    parser.add_argument("--table", action="store_true", help="only print the table of what --output holds")
    parser.add_argument("--output", type=Path, default=Path("build/ablations.jsonl"))
    options = parser.parse_args()

    done = [json.loads(line) for line in options.output.read_text().splitlines()] if options.output.exists() else []
    if options.table:
        print(table(done))
        return
    recipe = read_recipe(options.recipe)
    if options.epochs is not None:
        recipe = _part("training", epochs=options.epochs)(recipe, options)
    data = hold_out(split_letters(read_letters(recipe.data.letters), recipe.data.splits), options.letters)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    there = {(r["variant"], r["seed"]) for r in done}
    print(f"trained on {_amount(data.splits.train)}, scored on {_amount(data.splits.dev)}", flush=True)
    with tempfile.TemporaryDirectory() as scratch, open(options.output, "a", encoding="utf-8") as file:
        runs = [r for r in make_runs(recipe, options, Path(scratch)) if (r.variant, r.seed) not in there]
        for result in perform_all(runs, data, options.workers):
            file.write(json.dumps(result, ensure_ascii=False) + "\n")
            file.flush()
            done.append(result)
            print(f"{result['variant']}, seed {result['seed']}: {result['seconds']} s", flush=True)
    print(table(done))


def _amount(letters: Sequence[GoldLetter]) -> str:
    return f"{len(letters)} letters ({sum(len(x.text) for x in letters)} characters)"


if __name__ == "__main__":
    main()
