"""Label Studio's tasks: predictions that become gold when a person has put them right."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from gold_fields import BEYOND_GOLD
from hypothesis import HealthCheck, given, settings
from hypothesis import example as case
from hypothesis import strategies as st
from letters_for_tests import TEXT, WORDS, claim, example, letter

from nlp.annotation.corpus import read_marked
from nlp.annotation.exchange.label_studio import from_export, labelling_config
from nlp.annotation.exchange.parts import write_letters
from nlp.output.label_studio import letter_id, write


def tasks_of(folder: Path) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = json.loads((folder / "label-studio.json").read_text(encoding="utf-8"))
    return tasks


def accepted(folder: Path) -> Path:
    """The export of a project in which every prediction was taken as it is."""
    tasks = tasks_of(folder)
    for task in tasks:
        (prediction,) = task.pop("predictions")
        task["annotations"] = [{"result": prediction["result"]}]
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_label_studio_a_task_has_its_prediction(tmp_path: Path) -> None:
    write([example("一.txt"), letter("没有", path="二.txt")], tmp_path)
    first, second = tasks_of(tmp_path)
    assert first["data"]["text"] == TEXT
    assert first["data"]["letter"] == "一.txt"
    assert first["data"]["meta"]["path"] == "一.txt"
    assert first["data"]["meta"]["date"] == "2023-06-30"
    assert "annotations" not in first
    (prediction,) = first["predictions"]
    assert prediction["model_version"] == "fanzha-test 1.0"
    assert prediction["score"] == pytest.approx((0.9 + 0.7 + 0.8 + 4 * 0.8 + 0.6) / 8)
    assert [r["score"] for r in prediction["result"] if "score" in r] == [0.9, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.6]
    (empty,) = second["predictions"]
    assert (empty["result"], empty["score"]) == ([], 0.0)


def test_label_studio_the_configuration_has_the_controls_of_the_tasks(tmp_path: Path) -> None:
    _, config = write([example()], tmp_path)
    assert config.read_text(encoding="utf-8") == labelling_config()
    named = {x.get("name") for x in ET.fromstring(labelling_config()).iter()}
    (task,) = tasks_of(tmp_path)
    assert {r["from_name"] for r in task["predictions"][0]["result"] if "from_name" in r} <= named


@pytest.mark.parametrize("count", [0, 1, 3])
def test_label_studio_the_file_is_a_list_with_a_task_a_line(count: int, tmp_path: Path) -> None:
    write([example(f"{number}.txt") for number in range(count)], tmp_path)
    assert len(tasks_of(tmp_path)) == count
    text = (tmp_path / "label-studio.json").read_text(encoding="utf-8")
    assert text.count("\n") == (count + 2 if count else 1)


def test_label_studio_an_accepted_prediction_comes_back_as_gold(tmp_path: Path) -> None:
    letters = [example("一.txt"), example("云岭/2023（1）/答复 一.docx")]
    write(letters, tmp_path)
    imported = from_export(accepted(tmp_path))
    for found, gold in zip(letters, imported, strict=True):
        assert gold.text == found.text
        assert [m.model_dump() for m in gold.measures] == [
            m.model_dump(exclude={"score"}) for m in found.result.measures
        ]
        assert [c.model_dump() for c in gold.claims] == [c.model_dump(exclude=BEYOND_GOLD) for c in found.result.claims]
        assert gold.meta["path"] == found.result.document.path
    for path, gold in zip(write_letters(imported, tmp_path / "gold"), imported, strict=True):
        assert read_marked(path).claims == gold.claims
        assert read_marked(path).meta == gold.meta


def test_label_studio_a_value_that_the_grammar_reads_otherwise_comes_back(tmp_path: Path) -> None:
    text = "发放十来个"
    said = claim(text, "十来个", "count", 12.5, "只", value_max=13, approx="under", metric="发放")
    write([letter(text, [], [said])], tmp_path)
    (gold,) = from_export(accepted(tmp_path))
    assert [c.model_dump() for c in gold.claims] == [said.model_dump(exclude=BEYOND_GOLD)]


# U+0085 apart, which the YAML head of marked-up source does not keep.
PATHS = st.one_of(WORDS, st.text(st.sampled_from("ab/.-_ 甲（1）"), min_size=1, max_size=30)).filter(
    lambda path: "\x85" not in path
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS)
@case(path="../../上级.txt")
@case(path=".txt")
@case(path="甲" * 400)
def test_label_studio_any_path_gives_a_letter_that_can_be_imported(path: str, tmp_path: Path) -> None:
    write([letter("没有", path=path)], tmp_path)
    (gold,) = from_export(accepted(tmp_path))
    (source,) = write_letters([gold], tmp_path / "gold", replace=True)
    assert source.parent == tmp_path / "gold"
    assert gold.meta["path"] == path


@given(st.lists(PATHS, min_size=2, max_size=2, unique=True))
@case(["甲/乙.txt", "甲_乙.txt"])
@case(["甲/乙.txt", "甲 乙.txt"])
@case(["甲" * 60, "甲" * 61])
def test_label_studio_two_paths_have_two_ids(paths: list[str]) -> None:
    assert letter_id(paths[0]) != letter_id(paths[1])
