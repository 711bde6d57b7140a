"""What the Ray engine costs over the local engine, on the same letters and the same cores.

    python benchmarks/ray_overhead.py --letters 300 --rounds 3

A cluster of two nodes with one core each is started on this machine; the local engine has two workers. Each round runs
both, one after the other, and the order changes from round to round. The first round is to warm up and is not counted,
and it is where the outputs are compared, byte for byte. Exits with 1 where they differ.

Two times are taken of a run: the whole command, and the seconds that a letter takes once two fifths of them are
recorded, so that what starting costs stands apart from what a letter costs. The machine must be idle: the nodes are
sessions of their own, and a busy system gives each session its share, so that Ray would look faster than it is. The
load that others make is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_and_resume import OUTPUTS

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "batch"))

from ray_cluster import ENVIRONMENT, two_nodes  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, two_nodes() as cluster:
        folder = Path(name)
        characters = copy_letters(folder / "in", options.letters)
        engines = {"local": ["--workers", "2"], "ray": ["--engine", "ray", "--address", cluster.address]}
        run(folder, "local", engines["local"])
        run(folder, "ray", engines["ray"])
        same = all((folder / "local" / one).read_bytes() == (folder / "ray" / one).read_bytes() for one in OUTPUTS)
        print(f"{options.letters} letters, {characters} characters; outputs {'are the same' if same else 'DIFFER'}")
        if not same:
            sys.exit(1)
        print(f"load before: {os.getloadavg()[0]:.1f}")
        times: dict[str, list[tuple[float, float]]] = {engine: [] for engine in engines}
        for i in range(options.rounds):
            for engine in sorted(engines, reverse=i % 2 == 1):
                shutil.rmtree(folder / engine)
                times[engine].append(run(folder, engine, engines[engine]))
        print(f"load after, ours in it: {os.getloadavg()[0]:.1f}")
    print("| | local s | Ray s | Ray / local |")
    print("|---|---|---|---|")
    for i, what in enumerate(("whole command", "a letter, on the way")):
        local, ray = ([one[i] for one in times[engine]] for engine in ("local", "ray"))
        ratios = [b / a for a, b in zip(local, ray, strict=True)]
        print(f"| {what} | {spread(local, 1 + 2 * i)} | {spread(ray, 1 + 2 * i)} | {spread(ratios, 3)} |")


def copy_letters(folder: Path, count: int) -> int:
    """Writes the composed letters under several names, `count` files in all, and returns their characters."""
    from nlp.annotation.corpus import read_letters

    texts = [letter.text for letter in read_letters(ROOT / "annotations" / "letters")]
    folder.mkdir()
    for i in range(count):
        (folder / f"{i:05d}.txt").write_text(texts[i % len(texts)], encoding="utf-8", newline="")
    return sum(len(texts[i % len(texts)]) for i in range(count))


def run(folder: Path, engine: str, options: list[str]) -> tuple[float, float]:
    """Annotates the letters anew; the seconds of the whole, and of a letter after two fifths of them."""
    output = folder / engine
    command = [sys.executable, "-m", "nlp", "annotate", str(folder / "in"), "-o", str(output), "--to", "csv", *options]
    start = time.monotonic()
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    letters = len(list((folder / "in").iterdir()))
    moments: list[tuple[float, int]] = []  # when so many were recorded
    before = 0
    while process.poll() is None:
        time.sleep(0.05)
        now = recorded(output)
        if now > before:
            moments.append((time.monotonic(), now))
            before = now
    whole = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{engine} ended with {process.returncode}")
    first, last = next(one for one in moments if one[1] >= 0.4 * letters), moments[-1]
    return whole, (last[0] - first[0]) / (last[1] - first[1])


def recorded(output: Path) -> int:
    """How many letters are recorded."""
    path = output / ".fanzha" / "letters.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        try:
            return int(base.execute("select count(*) from letters").fetchone()[0])
        except sqlite3.OperationalError:  # made, but with no table in it
            return 0


def spread(values: list[float], digits: int = 1) -> str:
    """The median, and the least and the most."""
    least, most = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


if __name__ == "__main__":
    main()
