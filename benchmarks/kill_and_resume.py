"""Kills `fanzha annotate` at random moments and resumes it: does the end equal an undisturbed run's?

    python benchmarks/kill_and_resume.py --letters 500 --kills 50 --seed 1

Moments are drawn over the time that an undisturbed run takes, so some kills fall into starting, some into annotating,
some into writing outputs. Exits with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from folders import write_folder

OUTPUTS = ("results.jsonl", "letters.csv", "measures.csv", "claims.csv", "comparison.csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, default=500)
    parser.add_argument("--characters", type=int, default=600)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_folder(folder / "in", options.letters, options.characters)
        undisturbed, disturbed = folder / "undisturbed", folder / "disturbed"
        start = time.monotonic()
        subprocess.run(command(folder, undisturbed), check=True, capture_output=True)
        whole = time.monotonic() - start
        moments, states = [], {"before the record": 0, "while annotating": 0, "with all recorded": 0}
        # A share of the whole each, so that the last kills still find work to do.
        for _ in range(options.kills):
            moment = chance.uniform(0, 2.5 + 2 * whole / options.kills)
            process = subprocess.Popen(command(folder, disturbed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(moment)
            process.kill()
            process.wait()
            moments.append(moment)
            states[state(disturbed, options.letters)] += 1
        subprocess.run(command(folder, disturbed), check=True, capture_output=True)
        same = all((undisturbed / name).read_bytes() == (disturbed / name).read_bytes() for name in OUTPUTS)
        leftovers = [str(path) for path in disturbed.rglob(".fanzha-*")]
    print(f"{options.letters} letters, undisturbed run {whole:.1f} s")
    print(f"{options.kills} kills, {min(moments):.2f} to {max(moments):.2f} s after the start:", end=" ")
    print(", ".join(f"{count} {what}" for what, count in states.items()))
    print(f"outputs {'are byte for byte the same' if same else 'DIFFER'}; {len(leftovers)} files left over")
    sys.exit(0 if same and not leftovers else 1)


def command(folder: Path, output: Path) -> list[str]:
    """The command line of a run."""
    return [sys.executable, "-m", "nlp", "annotate", str(folder / "in"), "-o", str(output), "--to", "csv"]


def state(output: Path, letters: int) -> str:
    """How far a killed run had come, by its record."""
    import sqlite3

    path = output / ".fanzha" / "letters.sqlite"
    if not path.exists():
        return "before the record"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        try:
            (count,) = base.execute("select count(*) from letters").fetchone()
        except sqlite3.OperationalError:  # made, but with no table in it
            return "before the record"
    return "with all recorded" if count == letters else "while annotating" if count else "before the record"


if __name__ == "__main__":
    main()
