r"""The source format of composed letters: the letter's text with its annotation marked inline.

    ---
    id: c025
    body: 县公安局
    year: 2023
    ---
    [打击|{t1:2022年}共{k1:抓获涉诈犯罪嫌疑人}{q:231名|count k1 t1}]，…

- `[打击|…]` a measure that is done, `[打击*|…]` one that is planned.
- `{k1:…}` a metric and `{t1:…}` a period, each with a name that is used once (k or t, then digits).
- `{q:231名|count k1 t1}` a quantity with its type, its metric and, if it has one, its period. Further words:
  `up` or `down` and `basis=同比` for a change; `value=…`, `max=…|none`, `unit=…`, `approx=over|under|about|none` where
  the number grammar reads the quantity otherwise.
- `{k1<}` … `{k1>}` is the same as `{k1:…}` for a span that cannot nest in what is around it.
- `\` before `[`, `]`, `{`, `}`, `|` or `\` makes it text. A `|` needs one in a quantity only.

Between the second `---` line and the end of the file every character is the letter's, line ends included.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import yaml

from nlp.annotation.figures import FIGURE_KEYS, figures_as_words, figures_from_words, read_figures
from nlp.claims.numbers import parse_quantity
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES, CLAIM_TYPES, DIRECTIONS
from nlp.schema import GoldClaim, GoldMeasure, Span

_OPEN_MEASURE = re.compile(rf"\[({'|'.join(CATEGORIES)})(\*?)\|")
_OPEN_PART = re.compile(r"\{(q|[kt]\d+):")
_MILESTONE = re.compile(r"\{([kt]\d+)([<>])\}")
_CLOSE_QUANTITY = re.compile(r"\|([^|{}\[\]]*)\}")
_SPECIAL = "[]{}|\\"
_OUTSIDE_QUANTITY = "a quantity holds no mark: close it first, {k1:抓获}{q:231名|count k1}"


@dataclass(frozen=True)
class MarkedLetter:
    """A letter taken out of its source: its facts, its text, and its gold."""

    meta: dict[str, Any]
    text: str
    measures: list[GoldMeasure]
    claims: list[GoldClaim]
    overrides: list[int]
    """Indices of the claims whose source states value, unit or approx although the grammar can read them."""
    first_line: int
    """The line of the source on which the text begins."""


@dataclass
class _Quantity:
    start: int
    end: int
    words: list[str]
    line: int


@dataclass
class _State:
    path: str
    chunks: list[str] = field(default_factory=list)
    length: int = 0
    measures: list[tuple[int, int, str, str]] = field(default_factory=list)
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    part_lines: dict[str, int] = field(default_factory=dict)
    open_milestones: dict[str, tuple[int, int]] = field(default_factory=dict)
    quantities: list[_Quantity] = field(default_factory=list)
    stack: list[tuple[str, int, int]] = field(default_factory=list)
    in_measure: bool = False

    def add(self, chunk: str) -> None:
        self.chunks.append(chunk)
        self.length += len(chunk)


def parse(source: str, *, path: str | Path = "<source>") -> MarkedLetter:
    """Takes the source of a composed letter apart.

    Raises:
        FanzhaError: naming `path:line` and what to write instead.
    """
    meta, body, first_line = _front_matter(source, path)
    line = first_line
    state = _State(str(path))
    i = 0
    while i < len(body):
        i, line = _step(body, i, line, state)
    if state.stack:
        name, _, opened = state.stack[-1]
        raise _fault(state.path, opened, f"{name} is never closed", "add its closing bracket")
    if state.open_milestones:
        name, (_, opened) = next(iter(state.open_milestones.items()))
        raise _fault(state.path, opened, f"{{{name}<}} has no {{{name}>}}", "add it")
    text = "".join(state.chunks)
    measures = [_measure(text, *entry) for entry in sorted(state.measures)]
    claims, overrides = _claims(text, state, measures)
    return MarkedLetter(meta, text, measures, claims, overrides, first_line)


def _front_matter(source: str, path: str | Path) -> tuple[dict[str, Any], str, int]:
    found = re.match(r"---\r?\n(.*?\n)---\r?\n", source, re.DOTALL)
    if found is None:
        raise _fault(
            path, 1, "the file does not begin with its facts between two lines ---", "see annotations/GUIDELINES.md"
        )
    try:
        meta = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        reason = " ".join(str(error).split())
        raise _fault(path, 1, f"the facts between the --- lines are no YAML: {reason}", "mend them") from None
    if not isinstance(meta, dict) or "id" not in meta:
        raise _fault(path, 1, "the facts between the --- lines name no id", "add a line id: …")
    return meta, source[found.end() :], found[0].count("\n") + 1


def _step(body: str, i: int, line: int, state: _State) -> tuple[int, int]:
    """Reads one character or mark at `i`; returns the next offset and line number."""
    c = body[i]
    if c == "\\":
        if i + 1 >= len(body) or body[i + 1] not in _SPECIAL:
            raise _fault(state.path, line, "a \\ stands before no bracket", "write \\\\ for a backslash")
        state.add(body[i + 1])
        return i + 2, line
    if c == "[":
        found = _OPEN_MEASURE.match(body, i)
        if found is None:
            mend = "write [打击|…], or \\[ for a bracket in the text"
            raise _fault(state.path, line, f"{body[i : i + 8]!r} opens no measure", mend)
        if state.in_measure:
            raise _fault(state.path, line, "a measure opens inside a measure", "close the outer one first")
        state.stack.append((found[0], state.length, line))
        state.in_measure = True
        return found.end(), line
    if c == "{":
        if state.stack and state.stack[-1][0] == "q":
            raise _fault(state.path, line, f"{body[i : i + 8]!r} stands inside a quantity", _OUTSIDE_QUANTITY)
        milestone = _MILESTONE.match(body, i)
        if milestone is not None:
            _milestone(milestone[1], milestone[2], line, state)
            return milestone.end(), line
        found = _OPEN_PART.match(body, i)
        if found is None:
            mend = "write {k1:…}, {t1:…}, {q:…|…}, or \\{ for a brace in the text"
            raise _fault(state.path, line, f"{body[i : i + 8]!r} opens nothing", mend)
        state.stack.append((found[1], state.length, line))
        return found.end(), line
    if c == "]":
        if not state.stack or not state.stack[-1][0].startswith("["):
            mend = "close the inner brace first, or write \\] for a bracket in the text"
            raise _fault(state.path, line, "a ] closes no measure", mend)
        mark, start, _ = state.stack.pop()
        state.in_measure = False
        if start == state.length:
            raise _fault(state.path, line, "a measure is empty", "put its text between | and ]")
        opened = _OPEN_MEASURE.match(mark)
        assert opened is not None
        state.measures.append((start, state.length, opened[1], "planned" if opened[2] else "done"))
        return i + 1, line
    if c == "}":
        if not state.stack or state.stack[-1][0].startswith("[") or state.stack[-1][0] == "q":
            mend = "for a quantity write {q:231名|count k1}, or \\} for a brace in the text"
            raise _fault(state.path, line, "a } closes no {k…:} or {t…:}", mend)
        name, start, _ = state.stack.pop()
        _part(name, start, state.length, line, state)
        return i + 1, line
    if c == "|" and state.stack and state.stack[-1][0] == "q":
        close = _CLOSE_QUANTITY.match(body, i)
        if close is None:
            nested = re.match(r"\|[^|{}\[\]]*(\{[^|{}\[\]]{0,8})", body[i:])
            if nested is not None:
                raise _fault(state.path, line, f"{nested[1]!r} stands inside a quantity", _OUTSIDE_QUANTITY)
            raise _fault(state.path, line, "the quantity has no }", "write {q:231名|count k1}")
        _, start, opened_line = state.stack.pop()
        if start == state.length:
            raise _fault(state.path, line, "the quantity is empty", "put it between : and |")
        state.quantities.append(_Quantity(start, state.length, close[1].split(), opened_line))
        return close.end(), line
    state.add(c)
    return i + 1, line + (c == "\n")


def _milestone(name: str, side: str, line: int, state: _State) -> None:
    if side == "<":
        if name in state.open_milestones:
            raise _fault(state.path, line, f"{{{name}<}} stands twice", "give the second span another name")
        state.open_milestones[name] = state.length, line
    elif name not in state.open_milestones:
        raise _fault(state.path, line, f"{{{name}>}} has no {{{name}<}} before it", "add it")
    else:
        start, _ = state.open_milestones.pop(name)
        _part(name, start, state.length, line, state)


def _part(name: str, start: int, end: int, line: int, state: _State) -> None:
    if name in state.parts:
        raise _fault(state.path, line, f"the name {name} is given twice", "give the second span another name")
    if start == end:
        raise _fault(state.path, line, f"{name} is empty", "put its text between : and }")
    state.parts[name] = (start, end)
    state.part_lines[name] = line


def _measure(text: str, start: int, end: int, category: str, status: str) -> GoldMeasure:
    fields = {"start": start, "end": end, "text": text[start:end], "category": category, "status": status}
    return GoldMeasure.model_validate(fields)


def _claims(text: str, state: _State, measures: list[GoldMeasure]) -> tuple[list[GoldClaim], list[int]]:
    claims: list[GoldClaim] = []
    overrides: list[int] = []
    used: set[str] = set()
    for quantity in sorted(state.quantities, key=lambda q: q.start):
        fields, names, overridden = _claim_fields(text, quantity, state)
        used.update(names)
        start, end = quantity.start, quantity.end
        fields["measure"] = measure_index(measures, start, end)
        if overridden:
            overrides.append(len(claims))
        claims.append(GoldClaim.model_validate(fields))
    unused = sorted(set(state.parts) - used)
    if unused:
        line = min(state.part_lines[name] for name in unused)
        mend = "name it in a {q:…|…}, or take the mark away"
        raise _fault(state.path, line, f"no quantity names {', '.join(unused)}", mend)
    return claims, overrides


def measure_index(measures: list[Any], start: int, end: int) -> int | None:
    """The index of the measure that holds `[start:end]`, or None; measures are in text order and do not overlap."""
    index = bisect_right(measures, start, key=lambda m: m.start) - 1
    return index if index >= 0 and end <= measures[index].end else None


def _claim_fields(text: str, quantity: _Quantity, state: _State) -> tuple[dict[str, Any], list[str], bool]:
    surface = text[quantity.start : quantity.end]
    where = f"the quantity {surface}"
    if not quantity.words or quantity.words[0] not in CLAIM_TYPES:
        mend = f"write one of {', '.join(CLAIM_TYPES)} behind the |"
        raise _fault(state.path, quantity.line, f"{where} has no type", mend)
    kind = quantity.words[0]
    fields: dict[str, Any] = {
        "start": quantity.start, "end": quantity.end, "text": surface, "type": kind,
        "metric": None, "period": None, "direction": None, "basis": None,
    }  # fmt: skip
    figures: list[str] = []
    names = []
    for word in quantity.words[1:]:
        key, equals, value = word.partition("=")
        if re.fullmatch(r"[kt]\d+", word):
            if word not in state.parts:
                mend = f"mark it as {{{word}:…}}"
                raise _fault(state.path, quantity.line, f"{where} names {word}, which is nowhere", mend)
            part = "metric" if word[0] == "k" else "period"
            if fields[part] is not None:
                raise _fault(state.path, quantity.line, f"{where} names two {part}s", "name one")
            start, end = state.parts[word]
            fields[part] = Span(start=start, end=end, text=text[start:end])
            names.append(word)
        elif word in DIRECTIONS:
            fields["direction"] = word
        elif key == "basis" and value:
            fields["basis"] = value
        elif key in FIGURE_KEYS and equals:
            figures.append(word)
        else:
            mend = "see the head of nlp/annotation/markup.py"
            raise _fault(state.path, quantity.line, f"{where}: {word!r} is no word of the format", mend)
    if (fields["direction"] is not None) != (kind == "change"):
        message = f"{where} is a {kind}; a change needs up or down, and nothing else has one"
        raise _fault(state.path, quantity.line, message, "mend it")
    try:
        fields.update(read_figures(surface, kind, figures_from_words(figures)))
    except ValueError as error:
        raise _fault(state.path, quantity.line, f"{where}: {error}", "take one away") from None
    except FanzhaError as error:
        raise _fault(state.path, quantity.line, error.message, error.mend) from None
    return fields, names, bool(figures) and parse_quantity(surface, kind) is not None


def _fault(path: str | Path, line: int, message: str, mend: str | None) -> FanzhaError:
    return FanzhaError(message, path=f"{path}:{line}", mend=mend)


def render(meta: dict[str, Any], text: str, measures: list[Any], claims: list[Any]) -> str:
    """The source of a letter; `parse(render(…))` gives the same text and gold.

    Args:
        meta: the facts of the letter, with its id.
        text: the letter.
        measures: `GoldMeasure`s that do not overlap.
        claims: `GoldClaim`s.
    """
    names: dict[tuple[str, int, int], str] = {}
    for letter, attribute in (("k", "metric"), ("t", "period")):
        spans = sorted({(s.start, s.end) for s in (getattr(c, attribute) for c in claims) if s is not None})
        names.update({(letter, *span): f"{letter}{i}" for i, span in enumerate(spans, 1)})
    ranges: list[tuple[int, int, str, str, str]] = []
    for m in measures:
        ranges.append((m.start, m.end, f"[{m.category}{'*' if m.status == 'planned' else ''}|", "]", ""))
    for (_, start, end), name in names.items():
        ranges.append((start, end, f"{{{name}:", "}", name))
    for c in claims:
        words = [c.type]
        for letter, span in (("k", c.metric), ("t", c.period)):
            if span is not None:
                words.append(names[letter, span.start, span.end])
        if c.direction is not None:
            words.append(c.direction)
        if c.basis is not None:
            words.append(f"basis={c.basis}")
        words.extend(figures_as_words(c))
        ranges.append((c.start, c.end, "{q:", f"|{' '.join(words)}}}", ""))
    head = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{head}---\n{_weave(text, ranges)}"


def _weave(text: str, ranges: list[tuple[int, int, str, str, str]]) -> str:
    """Puts the marks into the text; spans that cross another one become milestones."""
    marks: list[tuple[int, int, int, str]] = []
    ranges = sorted(ranges, key=lambda r: (r[0], -r[1]))
    around = _around(ranges)
    for index, (start, end, opening, closing, name) in enumerate(ranges):
        if name and (around[start][1] < end or around[end][0] > start):  # it crosses another
            opening, closing = f"{{{name}<}}", f"{{{name}>}}"
        # At one place: closings before openings; inner closings first, outer openings first.
        marks.append((start, 1, index, opening))
        marks.append((end, 0, -index, closing))
    out, last = [], 0
    for at, _, _, mark in sorted(marks):
        out.append(_escape(text[last:at]))
        out.append(mark)
        last = at
    out.append(_escape(text[last:]))
    return "".join(out)


def _around(ranges: list[tuple[int, int, str, str, str]]) -> dict[int, tuple[int, float]]:
    """Of the ranges that hold a place inside them: the last start and the first end, for each start and end.

    Args:
        ranges: by their starts. Where none holds a place, the start is -1 and the end infinite.
    """
    last: list[tuple[int, int]] = []
    first: list[int] = []
    found: dict[int, tuple[int, float]] = {}
    index = 0
    for at in sorted({at for start, end, *_ in ranges for at in (start, end)}):
        while index < len(ranges) and ranges[index][0] < at:
            start, end, *_ = ranges[index]
            heappush(last, (-start, end))
            heappush(first, end)
            index += 1
        while last and last[0][1] <= at:
            heappop(last)
        while first and first[0] <= at:
            heappop(first)
        found[at] = (-last[0][0] if last else -1, first[0] if first else math.inf)
    return found


def _escape(text: str) -> str:
    return re.sub(r"([\[\]{}|\\])", r"\\\1", text)
