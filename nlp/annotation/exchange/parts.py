"""What every format shares: a letter's gold as spans and links, and the way back to a `GoldLetter` with all checks.

All offsets are code points in the letter's text, `start` inclusive, `end` exclusive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.figures import FIGURE_KEYS, NO_WORD, read_figures
from nlp.annotation.markup import measure_index, parse, render
from nlp.errors import FanzhaError
from nlp.files import parse_json, read_text, write_text
from nlp.labels import CATEGORIES, CLAIM_TYPES, DIRECTIONS, STATUSES
from nlp.schema import GoldClaim, GoldMeasure, Span

PartKind = Literal["metric", "period"]
PART_KINDS: tuple[PartKind, ...] = get_args(PartKind)
_ID = re.compile(r"\w[\w.-]{0,199}")


def distinct_parts(claims: Iterable[Any]) -> list[tuple[PartKind, int, int]]:
    """The metrics and periods of claims as `(kind, start, end)` in text order, each once."""
    found = {(k, s.start, s.end) for c in claims for k in PART_KINDS if (s := getattr(c, k)) is not None}
    return sorted(found, key=lambda p: (p[1], -p[2], p[0]))


@dataclass
class _Quantity:
    start: int
    end: int
    type: str
    direction: str | None
    basis: str | None
    figures: Mapping[str, Any]
    place: str
    metric: tuple[int, int] | None = None
    period: tuple[int, int] | None = None


class Assembly:
    """Puts a letter's gold together from a tool's spans and links, and refuses what the scheme does not allow.

    Args:
        path: the imported file.
        place: what to write behind the path in faults of the whole letter, e.g. `, task 3`.
        letter_id: becomes the name of the letter's file.
        text: the letter.
        meta: its facts; the id in them is replaced.
        fold: what is done to a stretch of the text, and to the text that the tool stored for it, to compare the two.
    """

    def __init__(
        self,
        path: Path,
        place: str,
        letter_id: Any,
        text: Any,
        meta: Any = None,
        *,
        fold: Callable[[str], str] = lambda stretch: stretch,
    ) -> None:
        self.path, self.place, self._fold = path, place, fold
        if not isinstance(letter_id, str) or _ID.fullmatch(letter_id) is None:
            raise self.fault(
                place,
                f"{letter_id!r} cannot be the id of a letter",
                "use letters, digits, _, - and . after the first",
            )
        if not isinstance(text, str) or not text:
            raise self.fault(place, "has no text", "export the letter with its text")
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise self.fault(place, "its text holds an unpaired surrogate", "export it anew as UTF-8")
        if meta is not None and not isinstance(meta, dict):
            raise self.fault(place, "its facts (meta) are no object", "write {…} or leave them out")
        self.id, self.text = letter_id, text
        self.meta = {"id": letter_id, **{str(k): v for k, v in (meta or {}).items() if k != "id"}}
        self._measures: list[tuple[GoldMeasure, str]] = []
        self._quantities: dict[str, _Quantity] = {}
        self._parts: dict[str, tuple[PartKind, int, int, str]] = {}
        self._linked: set[tuple[PartKind, int, int]] = set()

    def fault(self, place: str, message: str, mend: str | None) -> FanzhaError:
        """An error that names the file and the place in it."""
        return FanzhaError(message, path=f"{self.path}{place}", mend=mend)

    def objects(self, value: Any, what: str, mend: str) -> list[dict[str, Any]]:
        """Checks that a value of the letter is a list of objects."""
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.fault(self.place, f"its {what} are no list of objects", mend)
        return value

    def span(self, start: Any, end: Any, place: str, stored: Any = None) -> tuple[int, int]:
        """Checks offsets, and that the text there is the one that the tool stored with them (None: it stored none)."""
        for offset in (start, end):
            if type(offset) is not int:
                raise self.fault(place, f"{offset!r} is no offset", "write a whole number of characters")
        if not 0 <= start < end <= len(self.text):
            raise self.fault(
                place, f"{start}-{end} is no stretch of a text of {len(self.text)} characters", "mend the offsets"
            )
        stretch = self.text[start:end]
        same = stored is None or isinstance(stored, str) and self._fold(stored) == self._fold(stretch)
        if not same:
            raise self.fault(
                place,
                f"the text at {start}-{end} is {_short(stretch)}, the file says {_short(stored)}",
                "offsets count characters (code points), not UTF-16 units or bytes",
            )
        return start, end

    def measure(self, start: Any, end: Any, category: Any, status: Any, place: str, stored: Any = None) -> None:
        """Adds a measure."""
        start, end = self.span(start, end, place, stored)
        if category not in CATEGORIES:
            raise self.fault(place, f"{category!r} is no category", f"use one of {', '.join(CATEGORIES)}")
        if status not in STATUSES:
            found = "no status" if status is None else f"the status {status!r}"
            message = f"the measure {_short(self.text[start:end])} has {found}"
            raise self.fault(place, message, f"choose {' or '.join(STATUSES)}")
        fields = {"start": start, "end": end, "text": self.text[start:end], "category": category, "status": status}
        self._measures.append((GoldMeasure.model_validate(fields), place))

    def quantity(
        self,
        key: str,
        start: Any,
        end: Any,
        kind: Any,
        place: str,
        *,
        direction: Any = None,
        basis: Any = None,
        figures: Any = None,
        stored: Any = None,
    ) -> None:
        """Adds a quantity under the name that links use; `figures` overrides what the number grammar reads."""
        start, end = self.span(start, end, place, stored)
        surface = self.text[start:end]
        if kind not in CLAIM_TYPES:
            raise self.fault(place, f"{kind!r} is no type of quantity", f"use one of {', '.join(CLAIM_TYPES)}")
        if direction is not None and direction not in DIRECTIONS:
            raise self.fault(place, f"{direction!r} is no direction", f"choose {' or '.join(DIRECTIONS)}")
        if (direction is not None) != (kind == "change"):
            message = f"the quantity {surface} is a {kind}; a change needs up or down, and nothing else has one"
            raise self.fault(place, message, "mend the type or the direction")
        if basis is not None and (not isinstance(basis, str) or not basis or NO_WORD.search(basis)):
            raise self.fault(place, f"{basis!r} is no basis", "write a word without blanks and brackets, e.g. 同比")
        if not isinstance(figures, Mapping | None) or set(figures or {}) - set(FIGURE_KEYS):
            raise self.fault(place, f"{figures!r} are no figures", f"use the keys {', '.join(FIGURE_KEYS)}")
        self._name(key, place)
        self._quantities[key] = _Quantity(start, end, kind, direction, basis, figures or {}, place)

    def part(self, key: str, kind: Any, start: Any, end: Any, place: str, stored: Any = None) -> None:
        """Adds a metric or a period under the name that links use."""
        start, end = self.span(start, end, place, stored)
        if kind not in PART_KINDS:
            raise self.fault(place, f"{kind!r} is no label of the scheme", f"use {' or '.join(PART_KINDS)}")
        self._name(key, place)
        self._parts[key] = (kind, start, end, place)

    def link(self, quantity: str, part: str, place: str, kind: Any = None) -> None:
        """Gives a quantity its metric or period; `kind` is what the tool called the link, if it did."""
        if quantity not in self._quantities or part not in self._parts:
            message = "a relation does not lead from a quantity to a metric or period"
            raise self.fault(place, message, "turn it round, or take it away")
        part_kind, start, end, _ = self._parts[part]
        if kind is not None and kind != part_kind:
            raise self.fault(place, f"a relation {kind!r} leads to a {part_kind}", "mend the relation or the label")
        owner = self._quantities[quantity]
        if getattr(owner, part_kind) not in (None, (start, end)):
            surface = self.text[owner.start : owner.end]
            raise self.fault(place, f"the quantity {surface} has two {part_kind}s", "take one relation away")
        setattr(owner, part_kind, (start, end))
        self._linked.add((part_kind, start, end))

    def letter(self) -> GoldLetter:
        """The letter with its gold, measures and claims in text order.

        Raises:
            FanzhaError: for measures or quantities that overlap, metrics and periods that no quantity has, and
                quantities that nobody can read.
        """
        measures = self._in_order([(m.start, m.end, m, place) for m, place in self._measures], "measure")
        for kind, start, end, place in self._parts.values():
            if (kind, start, end) not in self._linked:
                raise self.fault(
                    place,
                    f"no quantity has the {kind} {_short(self.text[start:end])}",
                    "relate a quantity to it, or take it away",
                )
        quantities = self._in_order([(q.start, q.end, q, q.place) for q in self._quantities.values()], "quantity")
        claims = [self._claim(q, measures) for q in quantities]
        return GoldLetter(self.id, self.path, self.text, measures, claims, self.meta)

    def _name(self, key: str, place: str) -> None:
        if key in self._quantities or key in self._parts:
            raise self.fault(place, f"the name {key!r} is given twice", "give each span its own")

    def _in_order(self, entries: list[tuple[int, int, Any, str]], what: str) -> list[Any]:
        entries.sort(key=lambda entry: entry[:2])
        for (_, end, _, _), (start, other_end, _, place) in zip(entries, entries[1:], strict=False):
            if start < end:
                stretch = _short(self.text[start:other_end])
                raise self.fault(place, f"the {what} {stretch} overlaps another one", "let them follow one another")
        return [entry for _, _, entry, _ in entries]

    def _claim(self, q: _Quantity, measures: list[GoldMeasure]) -> GoldClaim:
        surface = self.text[q.start : q.end]
        fields: dict[str, Any] = {
            "start": q.start, "end": q.end, "text": surface, "type": q.type, "direction": q.direction, "basis": q.basis,
            "metric": self._optional_span(q.metric), "period": self._optional_span(q.period),
            "measure": measure_index(measures, q.start, q.end),
        }  # fmt: skip
        try:
            fields.update(read_figures(surface, q.type, q.figures))
        except FanzhaError as error:
            raise self.fault(q.place, error.message, error.mend) from None
        return GoldClaim.model_validate(fields)

    def _optional_span(self, span: tuple[int, int] | None) -> Span | None:
        return None if span is None else Span(start=span[0], end=span[1], text=self.text[slice(*span)])


def bio_spans(text: str, tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The spans of BIO tags, one a character, as `(start, end, label)`.

    Raises:
        ValueError: with the offset of the first tag that is none, or that continues what is not open.
    """
    if len(tags) != len(text):
        raise ValueError(min(len(tags), len(text)))
    spans: list[tuple[int, int, str]] = []
    opened: tuple[int, str] | None = None
    for at, tag in enumerate(tags):
        mark, _, label = tag.partition("-")
        if tag != "O" and (mark not in ("B", "I") or not label):
            raise ValueError(at)
        if mark == "I":
            if opened is None or opened[1] != label:
                raise ValueError(at)
            continue
        if opened is not None:
            spans.append((opened[0], at, opened[1]))
        opened = (at, label) if mark == "B" else None
    if opened is not None:
        spans.append((opened[0], len(text), opened[1]))
    return spans


def read_json_lines(path: Path) -> list[tuple[Any, str]]:
    """The values of a JSON Lines file, blank lines left out, each with its place in the file as `:line`.

    Raises:
        FanzhaError: naming `path:line`.
    """
    lines = enumerate(read_text(path).split("\n"), 1)
    return [(parse_json(line, f"{path}:{number}"), f":{number}") for number, line in lines if line.strip()]


def plain_meta(letter: GoldLetter) -> dict[str, Any]:
    """The letter's facts without its id, as JSON holds them (a date becomes a string)."""
    facts = {key: value for key, value in letter.meta.items() if key != "id"}
    return cast(dict[str, Any], json.loads(json.dumps(facts, ensure_ascii=False, default=str)))


def check_ids(letters: Sequence[GoldLetter]) -> None:
    """
    Raises:
        FanzhaError: where two letters have the same id.
    """
    seen: dict[str, Path] = {}
    for letter in letters:
        if letter.id in seen:
            message = f"the letter {letter.id} is there twice"
            raise FanzhaError(message, path=letter.path, mend="give each letter its own id")
        seen[letter.id] = letter.path


def write_letters(letters: Sequence[GoldLetter], folder: Path, *, replace: bool = False) -> list[Path]:
    """Writes letters as marked-up source, `folder/<id>.txt`; all of them or none.

    Args:
        letters: what an import gave.
        folder: is made if need be.
        replace: write over letters that are there.

    Raises:
        FanzhaError: where a letter is there already, or its gold cannot be written as marked-up source.
    """
    check_ids(letters)
    sources: list[tuple[Path, str]] = []
    for letter in letters:
        target = folder / f"{letter.id}.txt"
        if target.exists() and not replace:
            raise FanzhaError("is there already", path=target, mend="name another folder, or add --force")
        meta = {"id": letter.id, **{key: value for key, value in letter.meta.items() if key != "id"}}
        source = render(meta, letter.text, letter.measures, letter.claims)
        try:
            again = parse(source, path=target)
        except FanzhaError as error:
            raise _unwritable(letter, error.message) from None
        if (again.text, again.measures, again.claims) != (letter.text, letter.measures, letter.claims):
            raise _unwritable(letter, "spans cross where marks cannot")
        if again.meta != meta:
            raise FanzhaError(
                f"the facts of {letter.id} are no YAML", path=letter.path, mend="use plain words and numbers"
            )
        sources.append((target, source))
    for target, source in sources:
        write_text(target, source)
    return [target for target, _ in sources]


def _unwritable(letter: GoldLetter, reason: str) -> FanzhaError:
    return FanzhaError(
        f"the gold of {letter.id} cannot be written as marked-up source: {reason}",
        path=letter.path,
        mend="let no quantity cross a border of a measure, a metric or a period",
    )


def _short(text: Any) -> str:
    shown = repr(text)
    return f"{shown[:30]}…" if len(shown) > 31 else shown
