"""doccano: labels that carry attributes, notes that follow their quantity, and faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exchange_letters import ASTRAL, NESTED, gold, letter

from nlp.annotation.exchange.doccano import from_jsonl, to_jsonl
from nlp.errors import FanzhaError

Line = dict[str, Any]


def exported(source: str) -> Line:
    line: Line = json.loads(to_jsonl([letter(source)]))
    return line


def saved(line: Line, tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text(f"\n{json.dumps(line)}\r\n", encoding="utf-8")
    return path


def entity(line: Line, label: str) -> Line:
    return next(e for e in line["entities"] if e["label"] == label)


def test_offsets_are_code_points() -> None:
    line = exported(ASTRAL)
    found = entity(line, "count")
    assert line["text"][found["start_offset"] : found["end_offset"]] == "36名"


def test_an_export_of_doccano_has_other_ids_and_comments(tmp_path: Path) -> None:
    line = exported(ASTRAL)
    for e in line["entities"]:
        e["id"] += 900
    for r in line["relations"]:
        r.update(id=r["id"] + 70, from_id=r["from_id"] + 900, to_id=r["to_id"] + 900)
    line.update(id=41, Comments=["再看一遍"])
    assert gold(from_jsonl(saved(line, tmp_path))) == gold([letter(ASTRAL)])


def test_the_basis_stays_with_a_quantity_whose_borders_moved(tmp_path: Path) -> None:
    line = exported(ASTRAL)
    entity(line, "change/up")["start_offset"] += 1  # 2.5%
    claim = from_jsonl(saved(line, tmp_path))[0].claims[1]
    assert (claim.text, claim.value, claim.basis) == ("2.5%", 2.5, "同比")


def test_figures_do_not_stay_with_another_figure(tmp_path: Path) -> None:
    line = exported(NESTED)
    (note,) = line["notes"]
    assert note["value"] == 12
    moved = next(e for e in line["entities"] if e["start_offset"] == note["start_offset"] and e["label"] == "count")
    moved["end_offset"] -= 1  # 十来
    claims = from_jsonl(saved(line, tmp_path))[0].claims
    assert next(c for c in claims if c.text == "十来").value == 10


FAULTS: list[tuple[Callable[[Line], Any], str]] = [
    (lambda x: x.pop("entities"), ":2: has no entities .*JSONL with relations"),
    (lambda x: entity(x, "打击/done").update(label="打击"), r":2, entity 1: the measure .* has no status"),
    (lambda x: entity(x, "change/up").update(label="change"), "a change needs up or down"),
    (lambda x: entity(x, "count").update(label="数量"), "'数量' is no label of the scheme"),
    (lambda x: entity(x, "count").update(end_offset="9"), "'9' is no offset"),
    (lambda x: entity(x, "count").update(end_offset=10**9), "is no stretch of a text of 95 characters"),
    (lambda x: x["relations"][0].update(to_id=10**6), "a relation does not lead from a quantity"),
    (lambda x: x["relations"].clear(), "no quantity has the"),
    (lambda x: x["notes"].append(3), "its notes are no list of objects"),
    (lambda x: x["notes"][0].update(colour="red"), "are no figures"),
    (lambda x: x.update(meta=[]), "are no object"),
    (lambda x: x.update(text=None), "has no text"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_faults(change: Callable[[Line], Any], message: str, tmp_path: Path) -> None:
    line = exported(ASTRAL)
    change(line)
    path = saved(line, tmp_path)
    with pytest.raises(FanzhaError, match=message) as caught:
        from_jsonl(path)
    assert str(caught.value).startswith(f"{path}:2")


@pytest.mark.parametrize(
    ("content", "message"), [("", "holds no letters"), ("{", ":1: is no JSON"), ("[]", "no entities")]
)
def test_files_that_are_no_export(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FanzhaError, match=message):
        from_jsonl(path)
