"""The results that are compared: of files in JSON Lines, of output folders of annotate, of standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp.batch.outputs import RESULTS
from nlp.errors import FanzhaError
from nlp.output.jsonl import results_of
from nlp.schema import Result

STDIN = "-"
_MEND = f"name a {RESULTS} of fanzha annotate, its folder, or what predict wrote with --format json"


def read_results(sources: Iterable[str]) -> Iterator[Result]:
    """The results of each source in turn, one held at a time.

    Args:
        sources: paths of JSON Lines files or of folders that have a `results.jsonl`, or `-`.

    Raises:
        FanzhaError: where one cannot be read, or a line is no result.
    """
    for source in sources:
        if source == STDIN:
            yield from (result for _, result in results_of(sys.stdin.buffer, "standard input"))
        else:
            yield from _read(Path(source))


def _read(path: Path) -> Iterator[Result]:
    file = path / RESULTS if path.is_dir() else path
    try:
        with file.open("rb") as lines:
            yield from (result for _, result in results_of(lines, file))
    except OSError as error:
        raise FanzhaError(f"cannot be read: {error.strerror}", path=file, mend=_MEND) from None
