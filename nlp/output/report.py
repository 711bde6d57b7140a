"""`fanzha report`: letters as one HTML file with the views of the page of `fanzha serve`, to look at without a server.

Style and script stand in the file, allowed by their hashes; so does the data, which is no script. Nothing is requested.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import IO

from nlp.batch.outputs import RESULTS, TEXTS
from nlp.claims.resolution import resolved
from nlp.errors import FanzhaError
from nlp.files import open_atomically, read_text
from nlp.output.jsonl import results_of
from nlp.output.letters import AnnotatedLetter
from nlp.output.names import output_name
from nlp.output.view_data import view_data
from nlp.schema import Result

MODULES = (
    "dom.js", "words.js", "numbers.js", "text.js", "views/counts.js", "views/bars.js", "views/card.js", "views/tips.js",
    "views/marks.js", "views/filters.js", "views/tabs.js", "views/tables.js", "views/letter.js", "views/indicators.js",
    "views/session.js", "views/letters.js", "views/chart.js", "views/compare.js", "views/frame.js", "report.js",
)  # fmt: skip
"""The modules of a report, each after those it needs: joined, they are one module."""

_IMPORT = re.compile(r"^import \{[^}]*\} from \"[^\"]+\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.MULTILINE)
_HEAD = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>反诈复函标注</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="page"></div>
<noscript>这个页面需要 JavaScript。This page needs JavaScript.</noscript>
<script type="application/json" id="letters">
["""
_FOOT = """]
</script>
<script type="module">{script}</script>
</body>
</html>
"""


def read_results(path: Path) -> Iterator[AnnotatedLetter]:
    """The letters of a `results.jsonl`, their texts out of the folder `texts` beside it; one at a time is held.

    Raises:
        FanzhaError: where a line is no result, or the text of a letter is missing or another one.
    """
    try:
        with path.open("rb") as lines:
            for number, result in results_of(lines, path):
                yield _letter(result, path, number)
    except OSError as error:
        raise FanzhaError(
            f"cannot be read: {error.strerror}", path=path, mend=f"name the {RESULTS} of fanzha annotate"
        ) from None


def _letter(result: Result, path: Path, number: int) -> AnnotatedLetter:
    name = result.document.path or result.document.id
    file = path.parent / TEXTS / f"{output_name(name)}.txt"
    mend = f"keep {RESULTS} and {TEXTS} together, as fanzha annotate LETTERS -o OUT writes them"
    if not file.is_file():
        raise FanzhaError(f"the text of {name} (line {number}) is missing: {file}", path=path, mend=mend)
    text = read_text(file, keep_bom=True)
    try:
        result.check_against(text)
    except ValueError as error:
        raise FanzhaError(f"is another text than that of line {number}: {error}", path=file, mend=mend) from None
    return AnnotatedLetter(resolved(result, text), text)


def write_report(letters: Iterable[AnnotatedLetter], path: Path, *, most_bytes: int) -> int:
    """Writes the report, letter by letter.

    Args:
        letters: gone through once; none is held.
        path: the HTML file; what is there stays until the new one is whole.
        most_bytes: a larger report is refused: browsers and mail take no file of any size.

    Returns:
        How many letters it has.

    Raises:
        FanzhaError: where there are no letters, the report grows too large, or it cannot be written.
    """
    style, script = _asset("style.css"), joined_modules()
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    with open_atomically(path) as file:
        out = _Limited(file, path, most_bytes)
        out.write(_HEAD.format(policy=policy, style=style))
        count = 0
        for letter in letters:
            out.write(",\n" if count else "")
            out.write(_data(letter))
            count += 1
        if not count:
            raise FanzhaError("there are no letters", mend="name a results.jsonl with a line for each letter")
        out.write(_FOOT.format(script=script))
    return count


def joined_modules(names: Sequence[str] = MODULES) -> str:
    """The modules as one, without their imports and exports; they share no name at their top level."""
    return "".join(_EXPORT.sub("", _IMPORT.sub("", _asset(name))) for name in names)


def _asset(name: str) -> str:
    return (files("nlp.web") / "static" / name).read_text(encoding="utf-8")


def _data(letter: AnnotatedLetter) -> str:
    """A letter as the page takes it, in JSON that no HTML parser sees an end of a script in."""
    data = {
        "result": letter.result.model_dump(mode="json"),
        "text": letter.text,
        "warnings": [],
        **view_data(letter.result, letter.text),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


class _Limited:
    """Writes to a file up to a number of bytes."""

    def __init__(self, file: IO[bytes], path: Path, most_bytes: int) -> None:
        self._file, self._path, self._left, self._most = file, path, most_bytes, most_bytes

    def write(self, text: str) -> None:
        data = text.encode("utf-8")
        self._left -= len(data)
        if self._left < 0:
            raise FanzhaError(
                f"would be over {self._most / 1e6:g} MB",
                path=self._path,
                mend="report fewer letters, or allow more with --max-megabytes; for many, annotate with --to html",
            )
        self._file.write(data)
