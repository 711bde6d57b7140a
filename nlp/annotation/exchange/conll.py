r"""CoNLL: one character a line with BIO tags in columns for both layers.

    # id = a01
    # meta = {"year": 2022}
    抓	B-打击-done	O	B-metric	O	_
    …
    3	I-打击-done	B-count	O	O	{"metric": [12, 21], "period": [0, 5]}

Columns, parted by tabs: the character; the measure (category and status); the quantity (type); the metric; the period;
and, on the first character of a quantity, what BIO cannot say as JSON: its metric and period as `[start, end]` in code
points of the letter, `direction`, `basis`, and figures that the number grammar reads otherwise. Elsewhere it is `_`.

An empty line stands between sentences and between letters. Each character of the letter has its line, white space too:
`\n`, `\r`, `\t`, `\\` and `\u{3000}` (any other character that cannot be seen, and `#`) stand for themselves, so the
text comes back whole. Of metrics that overlap, the columns show the longer one; the JSON has both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.exchange.parts import (
    PART_KINDS,
    Assembly,
    PartKind,
    bio_spans,
    check_ids,
    distinct_parts,
    plain_meta,
)
from nlp.annotation.figures import FIGURE_KEYS, figures
from nlp.errors import FanzhaError
from nlp.files import parse_json, read_text
from nlp.labels import OUTSIDE
from nlp.text.segmentation import segment

COLUMNS = ("character", "measure", "quantity", "metric", "period", "claim")
_NAMED = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\"}
_NAMES = {character: name for name, character in _NAMED.items()}
_CODE = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_FACT = re.compile(r"# (id|meta) = (.*)")
_CLAIM_KEYS = {*PART_KINDS, *FIGURE_KEYS, "direction", "basis"}


def escape_character(character: str) -> str:
    """One character as it stands in the first column: never empty, no white space, no `#`."""
    if character in _NAMES:
        return _NAMES[character]
    if character == "#" or character.isspace() or not character.isprintable():
        return f"\\u{{{ord(character):x}}}"
    return character


def unescape_character(cell: str) -> str:
    """The character of a first column.

    Raises:
        ValueError: where it is not one character.
    """
    if len(cell) == 1 and cell != "\\":
        return cell
    if cell in _NAMED:
        return _NAMED[cell]
    found = _CODE.fullmatch(cell)
    if found is None or int(found[1], 16) > 0x10FFFF:
        raise ValueError(cell)
    return chr(int(found[1], 16))


def to_conll(letters: Sequence[GoldLetter]) -> str:
    """The letters one after another."""
    check_ids(letters)
    return "".join(f"{line}\n" for letter in letters for line in _lines(letter))


def _lines(letter: GoldLetter) -> Iterator[str]:
    yield f"# id = {letter.id}"
    yield f"# meta = {json.dumps(plain_meta(letter), ensure_ascii=False)}"
    size = len(letter.text)
    measures = _tags(size, [(m.start, m.end, f"{m.category}-{m.status}") for m in letter.measures])
    quantities = _tags(size, [(c.start, c.end, c.type) for c in letter.claims])
    metrics, periods = (_part_tags(size, letter.claims, kind) for kind in PART_KINDS)
    details = {c.start: _details(c) for c in letter.claims}
    breaks = {s.start for s in segment(letter.text).sentences} - {0}
    for at, character in enumerate(letter.text):
        if at in breaks:
            yield ""
        cells = (measures[at], quantities[at], metrics[at], periods[at], details.get(at, "_"))
        yield "\t".join((escape_character(character), *cells))
    yield ""


def _details(claim: Any) -> str:
    said: dict[str, Any] = {}
    for kind in PART_KINDS:
        part = getattr(claim, kind)
        if part is not None:
            said[kind] = [part.start, part.end]
    for key in ("direction", "basis"):
        if getattr(claim, key) is not None:
            said[key] = getattr(claim, key)
    said.update(figures(claim))
    return json.dumps(said, ensure_ascii=False) if said else "_"


def _tags(size: int, spans: Sequence[tuple[int, int, str]]) -> list[str]:
    tags = [OUTSIDE] * size
    for start, end, label in spans:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


def _part_tags(size: int, claims: Sequence[Any], kind: PartKind) -> list[str]:
    spans: list[tuple[int, int, str]] = []
    parts = [(s, e) for k, s, e in distinct_parts(claims) if k == kind]
    for start, end in sorted(parts, key=lambda p: (p[0] - p[1], p)):
        if all(end <= s or e <= start for s, e, _ in spans):
            spans.append((start, end, kind))
    return _tags(size, spans)


@dataclass
class _Rows:
    """The rows of one letter, each with its line number."""

    letter_id: str
    line: int
    meta: Any = None
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def from_conll(path: Path) -> list[GoldLetter]:
    """Reads a file of `to_conll`, or one like it with BIO tags of another hand.

    The columns metric and period must say what the quantities' JSON says: a metric that no quantity has is a fault.

    Raises:
        FanzhaError: naming `path:line`.
    """
    blocks: list[_Rows] = []
    for number, raw in enumerate(read_text(path).split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line.strip():
            continue
        if line.startswith("#") and "\t" not in line:
            _take_fact(line, number, blocks, path)
            continue
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise FanzhaError(
                f"has {len(cells)} columns", path=f"{path}:{number}", mend=f"write {', '.join(COLUMNS)}, parted by tabs"
            )
        if not blocks:
            raise FanzhaError("a character before any letter", path=f"{path}:{number}", mend="add a line # id = …")
        blocks[-1].cells.append(cells)
        blocks[-1].lines.append(number)
    if not blocks:
        raise FanzhaError("holds no letters", path=path, mend="name a file of the export")
    letters = [_letter(block, path) for block in blocks]
    check_ids(letters)
    return letters


def _take_fact(line: str, number: int, blocks: list[_Rows], path: Path) -> None:
    found = _FACT.fullmatch(line)
    if found is None:
        return
    if found[1] == "id":
        blocks.append(_Rows(found[2].strip(), number))
    elif blocks:
        blocks[-1].meta = parse_json(found[2], f"{path}:{number}")


def _letter(rows: _Rows, path: Path) -> GoldLetter:
    characters = []
    for cells, line in zip(rows.cells, rows.lines, strict=True):
        try:
            characters.append(unescape_character(cells[0]))
        except ValueError:
            raise FanzhaError(
                f"{cells[0]!r} is not one character", path=f"{path}:{line}", mend="write one, or \\n, \\u{3000}"
            ) from None
    assembly = Assembly(path, f":{rows.line}", rows.letter_id, "".join(characters), rows.meta)
    for start, end, label in _spans(rows, 1, assembly):
        category, _, status = label.partition("-")
        assembly.measure(start, end, category, status, f":{rows.lines[start]}")
    starts = set()
    for start, end, kind in _spans(rows, 2, assembly):
        starts.add(start)
        _add_quantity(rows, start, end, kind, assembly)
    for at, cells in enumerate(rows.cells):
        if cells[5] != "_" and at not in starts:
            raise assembly.fault(f":{rows.lines[at]}", "a claim where no quantity begins", "move it to its B- line")
    letter = assembly.letter()
    for column, part in ((3, PART_KINDS[0]), (4, PART_KINDS[1])):
        expected = _part_tags(len(letter.text), letter.claims, part)
        for cells, tag, line in zip(rows.cells, expected, rows.lines, strict=True):
            if cells[column] != tag:
                raise assembly.fault(
                    f":{line}", f"the column {part} says {cells[column]}, the claims say {tag}",
                    f"name the {part} in the claim of its quantity, and tag it",
                )  # fmt: skip
    return letter


def _spans(rows: _Rows, column: int, assembly: Assembly) -> list[tuple[int, int, str]]:
    tags = [cells[column] for cells in rows.cells]
    try:
        return bio_spans(assembly.text, tags)
    except ValueError as error:
        at = error.args[0]
        raise assembly.fault(
            f":{rows.lines[at]}", f"the {COLUMNS[column]} tag {tags[at]!r} cannot stand here", "begin a span with B-"
        ) from None


def _add_quantity(rows: _Rows, start: int, end: int, kind: str, assembly: Assembly) -> None:
    place = f":{rows.lines[start]}"
    cell = rows.cells[start][5]
    said = {} if cell == "_" else parse_json(cell, f"{assembly.path}{place}")
    if not isinstance(said, dict) or set(said) - _CLAIM_KEYS:
        raise assembly.fault(place, f"{cell!r} is no claim", f"use the keys {', '.join(sorted(_CLAIM_KEYS))}")
    key = f"q{start}"
    stated = {k: v for k, v in said.items() if k in FIGURE_KEYS}
    assembly.quantity(
        key, start, end, kind, place, direction=said.get("direction"), basis=said.get("basis"), figures=stated
    )
    for part in PART_KINDS:
        if part not in said:
            continue
        span = said[part]
        if not isinstance(span, list) or len(span) != 2:
            raise assembly.fault(place, f"{part} {span!r} is no span", "write [start, end]")
        assembly.part(f"{key} {part}", part, span[0], span[1], place)
        assembly.link(key, f"{key} {part}", place, part)
