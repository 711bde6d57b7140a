"""Cold starts: `predict` of one letter against the transformers pipeline with the same weights, each a new process.

    python benchmarks/cold_start.py [--characters 2000] [--rounds 7] [--model FOLDER]

Prints wall time and peak memory of both and their ratio. Exits with 1 where ours finds other spans than it finds in
this process, takes more than a fifth of the other's time, 1.5 s, or 400 MB.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import document_of, interleave, letter_of, ratio, run_process, spread

from nlp.inference.loading import load_predictor, shipped_model
from nlp.output.jsonl import to_json_line

MOST_SECONDS, MOST_BYTES, LEAST_RATIO = 1.5, 400_000_000, 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--model", type=Path, default=None)
    options = parser.parse_args()
    folder = options.model or shipped_model()
    text = letter_of(options.characters)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "letter.txt"
        file.write_text(text, encoding="utf-8", newline="")
        ours = [sys.executable, "-m", "nlp", "predict", str(file), "--format", "json", "--device", "cpu"]
        ours += ["--model", str(folder)]
        theirs = [sys.executable, "benchmarks/pipeline.py", str(folder), str(file)]
        check(run_process(ours)[2], text, folder)
        memory: dict[str, list[int]] = {"ours": [], "pipeline": []}

        def task(label: str, command: list[str]) -> float:
            seconds, peak, _ = run_process(command)
            memory[label].append(peak)
            return seconds

        seconds = interleave(
            {"ours": lambda: task("ours", ours), "pipeline": lambda: task("pipeline", theirs)}, options.rounds
        )
    print(f"cold start, a letter of {len(text)} characters, {options.rounds} rounds after one to warm up\n")
    print("| | seconds: median (quartiles) | peak MB |\n|---|---|---|")
    for label in seconds:
        print(f"| {label} | {spread(seconds[label]).show()} | {max(memory[label]) / 1e6:.0f} |")
    times = ratio(seconds["pipeline"], seconds["ours"])
    smaller = max(memory["pipeline"]) / max(memory["ours"])
    print(f"\nours is {times.show()} times faster, with {smaller:.1f} times less memory")
    good = times.median >= LEAST_RATIO and spread(seconds["ours"]).median < MOST_SECONDS
    sys.exit(0 if good and max(memory["ours"]) < MOST_BYTES else 1)


def check(printed: bytes, text: str, folder: Path) -> None:
    """Exits where the process gave other measures or claims than the model gives here."""
    (result,) = load_predictor(folder, device="cpu").predict([document_of(text)])
    expected = json.loads(to_json_line(result))
    found = json.loads(printed)
    if any(found[part] != expected[part] for part in ("measures", "claims")):
        raise SystemExit("the process and this one do not give the same result")
    print(f"the same result in both: {len(expected['measures'])} measures, {len(expected['claims'])} claims")


if __name__ == "__main__":
    main()
