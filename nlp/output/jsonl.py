"""Results as JSON Lines: one object for a document, one line each."""

from __future__ import annotations

from nlp.schema import Result

_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}


def to_json_line(result: Result) -> str:
    """One line of JSON without a line end; what is not ASCII stays readable.

    What Unicode calls a line end is escaped: JSON need not, but `splitlines()` and its like would cut there.
    """
    return result.model_dump_json().translate(_LINE_ENDS)
