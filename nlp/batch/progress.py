"""How far a run is: a bar on a terminal, now and then a line where stderr is a file or a pipe."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LINE_SECONDS = 5.0


class RunProgress:
    """Counts letters and characters, and shows them on stderr with the rate of characters a second.

    To be used in a `with` block, which takes the bar down.
    """

    def __init__(self) -> None:
        self.total = self.done = self.failed = self.characters = 0
        self._start = self._last_line = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> RunProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                TextColumn("{task.fields[facts]}"), console=Console(file=sys.stderr),
            )  # fmt: skip
            self._task = self._bar.add_task("annotating", total=None, facts="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def expect(self, letters: int) -> None:
        """There are that many letters more (or fewer) than was known."""
        self.total += letters
        self._show()

    def advance(self, *, characters: int = 0, failed: bool = False) -> None:
        """One letter more is done; `characters` counts only those annotated in this run."""
        self.done += 1
        self.characters += characters
        self.failed += failed
        self._show()

    def _show(self) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.done, total=self.total, facts=self._facts())
        elif time.monotonic() - self._last_line > _LINE_SECONDS:
            self._last_line = time.monotonic()
            print(f"{self.done} of {self.total} letters, {self._facts()}", file=sys.stderr, flush=True)

    def _facts(self) -> str:
        rate = self.characters / max(1e-9, time.monotonic() - self._start)
        return f"{self.failed} failed, {self.characters:,} characters, {rate:,.0f} characters/s"
