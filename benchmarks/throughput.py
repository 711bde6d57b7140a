"""Warm throughput on the CPU: ours, the transformers pipeline with the same weights, spaCy, and the machine's limit.

    python benchmarks/throughput.py [--letters 24] [--rounds 5] [--model FOLDER] [--spacy FOLDER]

All run in turns in one process. The share of the machine is the operations of the matrix products that were run, over
what ONNX Runtime's own uint8-by-int8 product reaches alone on all cores, at the best of the model's shapes and a large
square. Checks first that int8 and fp32 give the same labels to 98 % of the tokens. Exits with 1 where a target is
missed: 5 times the pipeline by default, 2.5 times at its best, half of the machine's int8 rate.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from machine import SQUARE, model_shapes, operations, product_rate
from measuring import document_of, interleave, letter_of, ratio, spread, timed
from pipeline import load_pipeline

from nlp.documents.reading import Document
from nlp.inference.backends import available_cores
from nlp.inference.loading import ONNX_INT8, load_predictor, read_manifest, shipped_model
from nlp.inference.predictor import Predictor
from nlp.labels import head_slices
from nlp.text.segmentation import segment
from nlp.text.tokenization import TextTokenizer
from nlp.text.windows import WindowSettings, make_windows

LEAST_DEFAULT, LEAST_BEST, LEAST_SHARE, LEAST_AGREEMENT = 5.0, 2.5, 0.5, 0.98
BATCHES = (1, 4, 16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, default=24)
    parser.add_argument("--characters", type=int, default=1500, help="of a letter")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--spacy", type=Path, default=None, help="a spaCy pipeline trained on the same gold")
    options = parser.parse_args()
    folder, cores = options.model or shipped_model(), available_cores()
    texts = [letter_of(options.characters, first=i) for i in range(options.letters)]
    documents = [document_of(text) for text in texts]
    ours = load_predictor(folder, device="cpu")
    check(ours, load_predictor(folder, device="torch-cpu"), documents[:6])
    batch, attention = best_settings(folder, texts[:3])
    default, best = load_pipeline(folder), load_pipeline(folder, attention=attention, batch_size=batch)
    by_length = sorted(texts, key=len)
    lengths = window_lengths(folder, documents)
    shapes = [*sorted(model_shapes(folder / ONNX_INT8, max(lengths))), (SQUARE, SQUARE, SQUARE)]
    rates: dict[str, list[float]] = {"int8": [], "fp32": []}

    def measure_machine() -> float:
        for name in rates:
            rates[name].append(
                max(product_rate(shape, int8=name == "int8", cores=cores, seconds=0.2) for shape in shapes)
            )
        return rates["int8"][-1]

    tasks: dict[str, Callable[[], float]] = {
        "ours": timed(lambda: list(ours.predict(documents))),
        "pipeline, by default": timed(lambda: [default(text) for text in texts]),
        f"pipeline, batches of {batch}, {attention}": timed(lambda: best(by_length)),
        "machine": measure_machine,
    }
    if options.spacy is not None:
        import spacy

        other = spacy.load(options.spacy)
        tasks["spaCy"] = timed(lambda: list(other.pipe(texts)))
    found = interleave(tasks, options.rounds)
    del found["machine"]
    characters = sum(map(len, texts))
    print(
        f"{len(texts)} letters, {characters} characters, {cores} cores, {options.rounds} rounds after one to warm up\n"
    )
    print("| | characters/s: median (quartiles) | ours is so many times faster |\n|---|---|---|")
    faster = {name: ratio(seconds, found["ours"]) for name, seconds in found.items()}
    for name, seconds in found.items():
        print(f"| {name} | {spread([characters / x for x in seconds]).show(digits=0)} | {faster[name].show()} |")
    needed = operations(folder / ONNX_INT8, lengths)
    used = spread([needed / s / r for s, r in zip(found["ours"], rates["int8"][-options.rounds :], strict=True)])
    print(f"\nmatrix products: {needed / characters / 1e6:.1f} million operations a character, overlaps included")
    for name, values in rates.items():
        print(f"the machine's {name} products: {spread(values).show(1e-9, 0)} thousand million operations/s")
    print(f"ours reaches {used.show(100, 1)} % of its int8 rate")
    pipelines = [value.median for name, value in faster.items() if name.startswith("pipeline")]
    good = pipelines[0] >= LEAST_DEFAULT and min(pipelines) >= LEAST_BEST and used.median >= LEAST_SHARE
    sys.exit(0 if good else 1)


def check(ours: Predictor, exact: Predictor, documents: Sequence[Document]) -> None:
    """Exits where too few tokens get the same label from both, over all heads."""
    same = count = 0
    pairs = zip(ours.logits(documents), exact.logits(documents), strict=True)
    for (_, _, found), (_, _, expected) in pairs:
        for columns in head_slices().values():
            equal = found[:, columns].argmax(1) == expected[:, columns].argmax(1)
            same, count = same + int(equal.sum()), count + len(equal)
    print(f"int8 gives {same / count:.2%} of the labels that fp32 gives to tokens")
    if same < LEAST_AGREEMENT * count:
        raise SystemExit("int8 and fp32 do not give the same labels")


def best_settings(folder: Path, texts: list[str]) -> tuple[int, str]:
    """The size of batches and the attention with which the pipeline is fastest on some letters."""
    made: dict[tuple[int, str], Any] = {
        (batch, attention): load_pipeline(folder, attention=attention, batch_size=batch)
        for batch in BATCHES
        for attention in ("sdpa", "eager")
    }
    tasks = {str(key): timed(partial(pipe, texts)) for key, pipe in made.items()}
    found = interleave(tasks, 1)
    return min(made, key=lambda key: spread(found[str(key)]).median)


def window_lengths(folder: Path, documents: Sequence[Document]) -> list[int]:
    """The tokens of all windows of some letters."""
    tokenizer, settings = TextTokenizer.from_folder(folder), WindowSettings(**read_manifest(folder).window.model_dump())
    found = []
    for document in documents:
        structure = segment(document.text)
        tokens = tokenizer(document.text, structure.page_numbers)
        windows = make_windows(document.text, structure, tokens, tokenizer, settings)
        found += [len(window.input_ids(tokens, tokenizer)) for window in windows]
    return found


if __name__ == "__main__":
    torch.set_num_threads(available_cores())
    main()
