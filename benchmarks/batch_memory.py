"""The memory of `fanzha annotate`, over folders of different sizes: it must not grow with the number of letters.

    python benchmarks/batch_memory.py --letters 100 1000 10000

Every tenth of a second the memory of the process and of its workers is added up (proportional set size, so that pages
they share count once). Exits with 1 where a run takes a gigabyte or more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from folders import write_folder

LIMIT = 1_000_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--characters", type=int, default=300)
    parser.add_argument("--to", nargs="+", default=["xlsx", "html", "csv", "label-studio", "parquet"])
    options = parser.parse_args()
    print("| letters | characters | seconds | characters/s | peak MB: annotating | peak MB: writing outputs |")
    print("|---|---|---|---|---|---|")
    peaks = []
    for count in options.letters:
        with tempfile.TemporaryDirectory() as name:
            characters = write_folder(Path(name) / "in", count, options.characters)
            seconds, annotating, writing = measure(Path(name), options.to)
            peaks += [annotating, writing]
            row = [count, characters, seconds, characters / seconds, annotating / 1e6, writing / 1e6]
            print("|", " | ".join(f"{figure:.0f}" for figure in row), "|", flush=True)
    sys.exit(0 if max(peaks) < LIMIT else 1)


def measure(folder: Path, formats: list[str]) -> tuple[float, int, int]:
    """Runs over `folder/in`.

    Returns:
        Its seconds, and its peak memory in bytes before and after the first output is begun.
    """
    output = folder / "out"
    more = [word for name in formats for word in ("--to", name)]
    start = time.monotonic()
    process = psutil.Popen(
        [sys.executable, "-m", "nlp", "annotate", str(folder / "in"), "-o", str(output), *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    annotating = writing = 0
    while process.poll() is None:
        used = 0
        for one in [process, *children(process)]:
            try:
                used += one.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
                continue
        if (output / "texts").exists() or list(output.glob(".fanzha-*.tmp")):
            writing = max(writing, used)
        else:
            annotating = max(annotating, used)
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(process.stderr.read().decode() if process.stderr else "it failed")
    return time.monotonic() - start, annotating, writing


def children(process: psutil.Process) -> list[psutil.Process]:
    """The workers of a run that may have ended just now."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    main()
