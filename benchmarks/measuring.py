"""What the benchmarks of speed share: letters of a length, interleaved rounds, medians with their spread, processes."""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp.annotation.corpus import read_letters
from nlp.documents.reading import Document, decode_document

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Spread:
    """The median of some measurements and the quartiles around it."""

    median: float
    low: float
    high: float

    def show(self, factor: float = 1.0, digits: int = 2) -> str:
        """`median (low-high)`."""
        median, low, high = (f"{value * factor:.{digits}f}" for value in (self.median, self.low, self.high))
        return f"{median} ({low}-{high})"


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    return Spread(median, low, high)


def interleave(tasks: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: int = 1) -> dict[str, list[float]]:
    """Runs all tasks one after the other, `rounds` times over, so that what else the machine does hits all alike.

    Args:
        tasks: each gives what is measured, such as the seconds it took.
        rounds: how many are kept.
        warm_up: how many rounds before them are not.
    """
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(warm_up + rounds):
        for name, task in tasks.items():
            value = task()
            if turn >= warm_up:
                found[name].append(value)
    return found


def ratio(slow: Sequence[float], fast: Sequence[float]) -> Spread:
    """How many times `fast` is faster, round by round."""
    return spread([a / b for a, b in zip(slow, fast, strict=True)])


def timed(task: Callable[[], object]) -> Callable[[], float]:
    """A task that gives the seconds it took."""

    def run() -> float:
        start = time.perf_counter()
        task()
        return time.perf_counter() - start

    return run


def letter_of(characters: int, first: int = 0) -> str:
    """A text of exactly so many characters: the composed letters one after the other, from the one numbered `first`."""
    letters = read_letters(ROOT / "annotations" / "letters")
    parts: list[str] = []
    length = 0
    for letter in itertools.islice(itertools.cycle(letters), first, None):
        parts.append(letter.text)
        length += len(letter.text)
        if length >= characters:
            return "".join(parts)[:characters]
    raise AssertionError("there is always a next letter")


def document_of(text: str) -> Document:
    """A text as a document, as `predict -` reads it."""
    return decode_document(text.encode("utf-8"), path=None)


def run_process(command: Sequence[str]) -> tuple[float, int, bytes]:
    """Runs a command to its end.

    Returns:
        Its seconds, its peak resident memory in bytes, and what it printed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return seconds, peak_bytes(usage), printed


def peak_bytes(usage: resource.struct_rusage) -> int:
    """The peak resident memory in bytes: Linux counts kilobytes, macOS bytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
