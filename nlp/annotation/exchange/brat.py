"""brat standoff: a folder with `<id>.txt`, `<id>.ann`, the facts in `<id>.meta.json`, and the configuration.

Source of the format: brat 1.3 standoff (brat.nlplab.org/standoff.html). Offsets are code points in the .txt, `end`
exclusive; the .txt is the letter byte for byte, line ends included. Names of types are ASCII, as brat wants them;
`visual.conf` shows the scheme's own. In the text that stands behind an annotation a line break is a blank.

Discontinuous spans (`0 5;9 12`) are refused, but for those that brat itself makes where a selection runs over a line
end: their pieces have nothing between them but white space with a line break, and are one span again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.exchange.parts import (
    PART_KINDS,
    Assembly,
    PartKind,
    check_ids,
    distinct_parts,
    plain_meta,
)
from nlp.annotation.figures import figures_as_words, figures_from_words
from nlp.errors import FanzhaError
from nlp.files import read_json, read_text, write_text
from nlp.labels import CLAIM_TYPES, DIRECTIONS, STATUSES, Category

TYPE_OF_CATEGORY: dict[Category, str] = {
    "打击": "Strike", "防范": "Prevention", "宣传": "Publicity", "管控": "Control", "治理": "Governance",
}  # fmt: skip
_CATEGORY_OF_TYPE = {name: category for category, name in TYPE_OF_CATEGORY.items()}
_QUANTITY = "Quantity"
_TYPE_OF_PART: dict[PartKind, str] = {"metric": "Metric", "period": "Period"}
_PART_OF_TYPE = {name: kind for kind, name in _TYPE_OF_PART.items()}

_USE_CONF = "use the annotation.conf of the export"
_ENTITY = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)", re.ASCII)
_RELATION = re.compile(r"(\S+) Arg1:(\S+) Arg2:(\S+)")
_ATTRIBUTE = re.compile(r"(\S+) (\S+)(?: (\S+))?")


def annotation_conf() -> str:
    """brat's `annotation.conf` for the scheme."""
    measures = "|".join(TYPE_OF_CATEGORY.values())
    parts = list(_TYPE_OF_PART.values())
    lines = ["[entities]", *TYPE_OF_CATEGORY.values(), _QUANTITY, *parts, "", "[relations]"]
    lines += [f"{name}\tArg1:{_QUANTITY}, Arg2:{name}" for name in parts]
    lines += ["<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>", "", "[events]", "", "[attributes]"]
    lines += [f"Status\tArg:{measures}, Value:{'|'.join(STATUSES)}"]
    lines += [f"Type\tArg:{_QUANTITY}, Value:{'|'.join(CLAIM_TYPES)}"]
    lines += [f"Direction\tArg:{_QUANTITY}, Value:{'|'.join(DIRECTIONS)}"]
    return "\n".join(lines) + "\n"


def visual_conf() -> str:
    """brat's `visual.conf`: the scheme's names of the categories."""
    lines = ["[labels]", *(f"{name} | {category}" for category, name in TYPE_OF_CATEGORY.items()), "", "[drawing]"]
    return "\n".join(lines) + "\n"


def to_ann(letter: GoldLetter) -> str:
    """The .ann of a letter."""
    lines: list[str] = []
    attributes: list[str] = []
    counts = {"T": 0, "A": 0, "R": 0, "#": 0}

    def number(kind: str) -> str:
        counts[kind] += 1
        return f"{kind}{counts[kind]}"

    def entity(name: str, start: int, end: int) -> str:
        key = number("T")
        lines.append(f"{key}\t{name} {start} {end}\t{_on_one_line(letter.text[start:end])}")
        return key

    def attribute(name: str, key: str, value: str) -> None:
        attributes.append(f"{number('A')}\t{name} {key} {value}")

    for m in letter.measures:
        attribute("Status", entity(TYPE_OF_CATEGORY[m.category], m.start, m.end), m.status)
    parts = {(k, s, e): entity(_TYPE_OF_PART[k], s, e) for k, s, e in distinct_parts(letter.claims)}
    for c in letter.claims:
        key = entity(_QUANTITY, c.start, c.end)
        attribute("Type", key, c.type)
        if c.direction is not None:
            attribute("Direction", key, c.direction)
        words = [*([] if c.basis is None else [f"basis={c.basis}"]), *figures_as_words(c)]
        if words:
            attributes.append(f"{number('#')}\tAnnotatorNotes {key}\t{' '.join(words)}")
        for kind in PART_KINDS:
            part = getattr(c, kind)
            if part is not None:
                target = parts[kind, part.start, part.end]
                attributes.append(f"{number('R')}\t{_TYPE_OF_PART[kind]} Arg1:{key} Arg2:{target}")
    return "".join(f"{line}\n" for line in lines + attributes)


def write_folder(letters: Sequence[GoldLetter], folder: Path) -> list[Path]:
    """Writes letters and configuration to a folder that brat can serve."""
    check_ids(letters)
    written = []
    files = [("annotation.conf", annotation_conf()), ("visual.conf", visual_conf())]
    for letter in letters:
        facts = json.dumps(plain_meta(letter), ensure_ascii=False, indent=1) + "\n"
        contents = {"txt": letter.text, "ann": to_ann(letter), "meta.json": facts}
        files += [(f"{letter.id}.{suffix}", content) for suffix, content in contents.items()]
    for name, content in files:
        write_text(folder / name, content)
        written.append(folder / name)
    return written


def read_folder(path: Path) -> list[GoldLetter]:
    """Reads every `.ann` of a folder with its `.txt`, or one `.ann`.

    Raises:
        FanzhaError: naming `path:line`.
    """
    files = sorted(path.glob("*.ann")) if path.is_dir() else [path]
    if not files:
        raise FanzhaError("holds no .ann files", path=path, mend="name a folder of brat")
    return [_read(file) for file in files]


def _read(path: Path) -> GoldLetter:
    text = read_text(path.with_suffix(".txt"), keep_bom=True)
    facts = path.with_suffix(".meta.json")
    meta = read_json(facts) if facts.is_file() else None
    assembly = Assembly(path, "", path.stem, text, meta, fold=_folded)
    _Standoff(assembly, read_text(path)).add_all()
    return assembly.letter()


class _Standoff:
    """The lines of an .ann by their kind, each with its place."""

    def __init__(self, assembly: Assembly, source: str) -> None:
        self.assembly = assembly
        self.entities: dict[str, tuple[str, int, int, str | None, str]] = {}
        self.attributes: dict[tuple[str, str], str] = {}
        self.notes: dict[str, tuple[str, str]] = {}
        self.relations: list[tuple[str, str, str, str]] = []
        for number, line in enumerate(source.split("\n"), 1):
            if line.strip():
                self._read(line.removesuffix("\r"), f":{number}")

    def _read(self, line: str, place: str) -> None:
        key, _, rest = line.partition("\t")
        body, tab, tail = rest.partition("\t")
        if key.startswith("T") and (found := _ENTITY.fullmatch(body)):
            start, end = self._one_span(found[2], place)
            if key in self.entities:
                raise self.assembly.fault(place, f"{key} is there twice", "give each annotation its own number")
            self.entities[key] = (found[1], start, end, tail if tab else None, place)
        elif key.startswith("R") and (found := _RELATION.fullmatch(body)):
            self.relations.append((found[1], found[2], found[3], place))
        elif key.startswith(("A", "M")) and (found := _ATTRIBUTE.fullmatch(body)):
            if (found[2], found[1]) in self.attributes:
                raise self.assembly.fault(place, f"{found[2]} has two attributes {found[1]}", "take one away")
            self.attributes[found[2], found[1]] = found[3] or ""
        elif key.startswith("#"):
            if body.startswith("AnnotatorNotes "):
                target = body.removeprefix("AnnotatorNotes ")
                before = self.notes.get(target, ("", place))[0]
                self.notes[target] = (f"{before} {tail}", place)
        elif not key.startswith("N"):
            raise self.assembly.fault(place, f"{line[:40]!r} is no line of the scheme", "use T, R, A and # lines only")

    def _one_span(self, offsets: str, place: str) -> tuple[int, int]:
        pieces = [tuple(map(int, piece.split(" "))) for piece in offsets.split(";")]
        for (_, end), (start, _) in zip(pieces, pieces[1:], strict=False):
            gap = self.assembly.text[end:start]
            if start < end or gap.strip() or not re.search(r"[\r\n]", gap):
                raise self.assembly.fault(
                    place, f"the span {offsets} is discontinuous", "annotate one stretch, or two annotations"
                )
        return pieces[0][0], pieces[-1][1]

    def add_all(self) -> None:
        for key, name in self.attributes:
            if key not in self.entities:
                raise self.assembly.fault("", f"the attribute {name} is of {key}, which is not there", "take it away")
        for key, entity in self.entities.items():
            self._add(key, *entity)
        for name, source, target, place in self.relations:
            if name not in _PART_OF_TYPE:
                raise self.assembly.fault(place, f"{name!r} is no relation of the scheme", _USE_CONF)
            self.assembly.link(source, target, place, _PART_OF_TYPE[name])

    def _add(self, key: str, name: str, start: int, end: int, stored: str | None, place: str) -> None:
        if name in _CATEGORY_OF_TYPE:
            status = self.attributes.get((key, "Status"))
            self.assembly.measure(start, end, _CATEGORY_OF_TYPE[name], status, place, stored)
        elif name == _QUANTITY:
            note, note_place = self.notes.get(key, ("", place))
            basis = [word for word in note.split() if word.startswith("basis=")]
            try:
                figures = figures_from_words(word for word in note.split() if word not in basis)
                if len(basis) > 1:
                    raise ValueError("two times basis=…")
            except ValueError as error:
                raise self.assembly.fault(
                    note_place, f"the note of {key}: {error}", "write basis=… and figures only in notes of a quantity"
                ) from None
            self.assembly.quantity(
                key, start, end, self.attributes.get((key, "Type")), place, stored=stored, figures=figures,
                direction=self.attributes.get((key, "Direction")), basis=basis[0][len("basis=") :] if basis else None,
            )  # fmt: skip
        elif name in _PART_OF_TYPE:
            self.assembly.part(key, _PART_OF_TYPE[name], start, end, place, stored)
        else:
            raise self.assembly.fault(place, f"{name!r} is no type of the scheme", _USE_CONF)


def _on_one_line(text: str) -> str:
    return re.sub(r"[\r\n\t]", " ", text)


def _folded(text: str) -> str:
    """A text without white space: of line breaks in a span brat keeps a blank, or nothing."""
    return "".join(text.split())
