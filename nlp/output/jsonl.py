"""Results as JSON Lines: one object for a document, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from nlp.errors import FanzhaError, first_fault
from nlp.schema import Result

_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}


def to_json_line(result: Result) -> str:
    """One line of JSON without a line end; what is not ASCII stays readable.

    What Unicode calls a line end is escaped: JSON need not, but `splitlines()` and its like would cut there.
    """
    return result.model_dump_json().translate(_LINE_ENDS)


def results_of(lines: Iterable[bytes], path: Path | str) -> Iterator[tuple[int, Result]]:
    """The results in JSON Lines, each with the number of its line from 1; blank lines are passed over, none is held.

    Args:
        lines: as a file opened in binary gives them.
        path: what faults name.

    Raises:
        FanzhaError: where a line is no result.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            result = Result.model_validate_json(line)
        except ValidationError as error:
            message = f"line {number} is no result: {first_fault(error)}"
            raise FanzhaError(message, path=path, mend="make it again with fanzha annotate") from None
        yield number, result
