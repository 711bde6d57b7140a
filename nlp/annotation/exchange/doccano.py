"""doccano: JSON Lines of a project for sequence labelling with relations.

Source of the format: doccano 1.8.4 (`data_import/pipeline`, `data_export`), JSONL of a project with relations: a line
has `text`, `entities` (`id`, `label`, `start_offset`, `end_offset`) and `relations` (`id`, `from_id`, `to_id`, `type`).
Offsets are code points, `end_offset` exclusive. Further keys of a line are kept as the example's metadata and come back
with the export; ids come back changed. The project must allow overlapping spans and use relations.

doccano has no attributes, so labels carry them: `打击/done`, `change/up`, `count`, `metric`, `period`. What is left,
the basis of a change and figures that the number grammar reads otherwise, stands under the key `notes` by offsets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.exchange.parts import (
    PART_KINDS,
    Assembly,
    check_ids,
    distinct_parts,
    plain_meta,
    read_json_lines,
)
from nlp.annotation.figures import figures
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES, CLAIM_TYPES

_MEND = "export as JSONL with relations"


def to_jsonl(letters: Sequence[GoldLetter]) -> str:
    """One line for each letter; ids of entities and relations are unique in the file."""
    check_ids(letters)
    lines, entity_id, relation_id = [], 0, 0
    for number, letter in enumerate(letters, 1):
        entities: list[dict[str, Any]] = []
        relations: list[dict[str, Any]] = []
        notes: list[dict[str, Any]] = []

        def entity(label: str, start: int, end: int, into: list[dict[str, Any]]) -> int:
            nonlocal entity_id
            entity_id += 1
            into.append({"id": entity_id, "label": label, "start_offset": start, "end_offset": end})
            return entity_id

        for m in letter.measures:
            entity(f"{m.category}/{m.status}", m.start, m.end, entities)
        parts = {(k, s, e): entity(k, s, e, entities) for k, s, e in distinct_parts(letter.claims)}
        for c in letter.claims:
            label = c.type if c.direction is None else f"{c.type}/{c.direction}"
            quantity = entity(label, c.start, c.end, entities)
            more = {} if c.basis is None else {"basis": c.basis}
            more.update(figures(c))
            if more:
                notes.append({"start_offset": c.start, "end_offset": c.end, **more})
            for kind in PART_KINDS:
                part = getattr(c, kind)
                if part is not None:
                    relation_id += 1
                    target = parts[kind, part.start, part.end]
                    relations.append({"id": relation_id, "from_id": quantity, "to_id": target, "type": kind})
        line = {
            "id": number, "text": letter.text, "entities": entities, "relations": relations,
            "letter": letter.id, "meta": plain_meta(letter), "notes": notes,
        }  # fmt: skip
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return "".join(lines)


def from_jsonl(path: Path) -> list[GoldLetter]:
    """Reads an export of doccano (JSONL with relations), or a file of `to_jsonl`.

    A note is for the quantity at its offsets. Where an annotator has moved the quantity's borders its basis stays and
    its figures go, for the figure is another one; where the quantity was taken away the note goes with it.

    Raises:
        FanzhaError: naming `path:line` and the entity.
    """
    letters = [_letter(line, path, place) for line, place in read_json_lines(path)]
    if not letters:
        raise FanzhaError("holds no letters", path=path, mend="export the project anew")
    check_ids(letters)
    return letters


def _letter(line: Any, path: Path, place: str) -> GoldLetter:
    if not isinstance(line, dict) or not isinstance(line.get("entities"), list):
        raise FanzhaError("has no entities", path=f"{path}{place}", mend=_MEND)
    letter_id = line.get("letter", f"example{line.get('id', '')}")
    assembly = Assembly(path, place, letter_id, line.get("text"), line.get("meta"))
    notes = assembly.objects(line.get("notes") or [], "notes", _MEND)
    for entity in assembly.objects(line["entities"], "entities", _MEND):
        key, label = str(entity.get("id")), str(entity.get("label"))
        where = f"{place}, entity {key}"
        start, end = assembly.span(entity.get("start_offset"), entity.get("end_offset"), where)
        name, _, attribute = label.partition("/")
        if name in CATEGORIES:
            assembly.measure(start, end, name, attribute or None, where)
        elif name in CLAIM_TYPES:
            note = _note(notes, start, end)
            basis = note.pop("basis", None)
            assembly.quantity(key, start, end, name, where, direction=attribute or None, basis=basis, figures=note)
        else:
            assembly.part(key, label, start, end, where)
    for relation in assembly.objects(line.get("relations") or [], "relations", _MEND):
        where = f"{place}, relation {relation.get('id')}"
        assembly.link(str(relation.get("from_id")), str(relation.get("to_id")), where, relation.get("type"))
    return assembly.letter()


def _note(notes: list[dict[str, Any]], start: int, end: int) -> dict[str, Any]:
    for note in notes:
        if (note.get("start_offset"), note.get("end_offset")) == (start, end):
            return {key: value for key, value in note.items() if key not in ("start_offset", "end_offset")}
    near = [n for n in notes if _int(n.get("start_offset")) < end and start < _int(n.get("end_offset"))]
    return {"basis": near[0]["basis"]} if len(near) == 1 and "basis" in near[0] else {}


def _int(value: Any) -> int:
    return value if type(value) is int else 0
