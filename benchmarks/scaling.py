"""The cost of a character, by the length of a letter and by the number of letters: it should stay the same.

    python benchmarks/scaling.py [--rounds 3] [--most 10000] [--model FOLDER]

Letters of 500 to 100,000 characters are predicted in turns in one process; folders of 10 to 10,000 letters go through
`fanzha annotate`, start and outputs included, and the time of a folder of one letter is taken off. Exits with 1 where
a length costs 10 % more a character than the median of all, the first two lengths left out: they are a window or two,
which are never full.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from batch_memory import measure
from folders import write_folder
from measuring import document_of, interleave, letter_of, spread, timed

from nlp.documents.reading import Document
from nlp.inference.loading import load_predictor

LENGTHS = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
COUNTS = (10, 100, 1000, 10_000)
MOST_OVER = 1.10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=COUNTS[-1], help="letters in a folder; 0 leaves folders out")
    parser.add_argument("--longest", type=int, default=LENGTHS[-1], help="characters of a letter")
    parser.add_argument("--characters", type=int, default=1000, help="of a letter in a folder")
    parser.add_argument("--model", type=Path, default=None)
    options = parser.parse_args()
    flat = by_length([n for n in LENGTHS if n <= options.longest], options.rounds, options.model)
    if options.most:
        by_number([n for n in COUNTS if n <= options.most], options.characters)
    sys.exit(0 if flat else 1)


def by_length(lengths: list[int], rounds: int, model: Path | None) -> bool:
    """Prints the table by length; whether it is flat."""
    predictor = load_predictor(model, device="cpu")
    documents = {str(n): document_of(letter_of(n)) for n in lengths}

    def predict(document: Document) -> None:
        list(predictor.predict([document]))

    found = interleave({name: timed(partial(predict, d)) for name, d in documents.items()}, rounds)
    costs = {name: spread([1e6 * x / int(name) for x in seconds]) for name, seconds in found.items()}
    usual = statistics.median(cost.median for cost in costs.values())
    print("| characters | seconds: median (quartiles) | microseconds a character | of the median |\n|---|---|---|---|")
    for name, cost in costs.items():
        print(f"| {name} | {spread(found[name]).show(digits=3)} | {cost.show(digits=0)} | {cost.median / usual:.2f} |")
    return all(cost.median <= MOST_OVER * usual for cost in list(costs.values())[2:])


def by_number(counts: list[int], characters: int) -> None:
    """Prints the table by number of letters, with the shipped model."""
    print("\n| letters | characters | seconds | characters/s without the start | peak MB |\n|---|---|---|---|---|")
    start = 0.0
    for count in (1, *counts):
        with tempfile.TemporaryDirectory() as name:
            written = write_folder(Path(name) / "in", count, characters)
            seconds, annotating, writing = measure(Path(name), ["csv"])
        if count == 1:
            start = seconds
            continue
        rate, peak = written / max(seconds - start, 1e-9), max(annotating, writing) / 1e6
        print(f"| {count} | {written} | {seconds:.1f} | {rate:.0f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
