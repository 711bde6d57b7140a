"""The text that people see when something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import FanzhaError, printable


@pytest.mark.parametrize(
    ("path", "mend", "expected"),
    [
        (None, None, "is empty"),
        ("letter.txt", None, "letter.txt: is empty"),
        (None, "save the letter into it", "is empty (save the letter into it)"),
        (Path("a") / "答复.txt", "save the letter into it", "a/答复.txt: is empty (save the letter into it)"),
    ],
)
def test_errors_name_the_file_and_the_mend(path: str | Path | None, mend: str | None, expected: str) -> None:
    error = FanzhaError("is empty", path=path, mend=mend)
    assert str(error) == expected
    assert error.args == (expected,)
    assert (error.message, error.mend) == ("is empty", mend)
    assert error.path == (None if path is None else str(path))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("答复.txt", "答复.txt"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\udcff.txt", "\\udcff.txt"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
    ],
)
def test_errors_printable_writes_controls_as_escapes(name: str, expected: str) -> None:
    assert printable(name) == expected


@given(st.text(), st.text(), st.text())
def test_errors_stay_on_one_printable_line(message: str, name: str, mend: str) -> None:
    assert str(FanzhaError(message, path=name, mend=mend)).isprintable()


@given(st.text(st.characters(categories=["Cs", "Cc", "Lo"])))
def test_errors_printable_is_idempotent(name: str) -> None:
    assert printable(printable(name)) == printable(name)
