"""Label Studio: an export of the real program, its configuration, and faults in what annotators send."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exchange_letters import ASTRAL, CRLF, ROOT, gold, hard_letters, letter

from nlp.annotation.corpus import read_marked
from nlp.annotation.exchange.label_studio import from_export, labelling_config, to_results, to_task, to_tasks
from nlp.annotation.exchange.parts import write_letters
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES, CLAIM_TYPES
from nlp.schema import Claim, Measure

EXPORT = ROOT / "tests" / "data" / "label_studio_export.json"


class TestRealExport:
    """tests/data/label_studio_export.json came out of Label Studio 1.23.2 by its API.

    The letters `astral` and `crlf` went in as tasks with their gold. Then regions were taken away and drawn anew, with
    the offsets and the stored text that the front end's own code (run under jsdom) computed: in `astral` the planned
    measure with its first clause and another metric, in `crlf` the measure with a line end in it, without 全市.
    """

    def test_text_and_facts_come_back(self) -> None:
        astral, crlf = from_export(EXPORT)
        assert (astral.text, astral.meta) == (letter(ASTRAL).text, letter(ASTRAL).meta)
        assert (crlf.text, crlf.meta) == (letter(CRLF).text, letter(CRLF).meta)
        assert "𠮷" in astral.text
        assert "\r\n" in crlf.text

    def test_what_was_not_touched_is_as_it_was(self) -> None:
        astral, crlf = from_export(EXPORT)
        assert astral.measures[0] == letter(ASTRAL).measures[0]
        assert astral.claims[:2] == letter(ASTRAL).claims[:2]
        assert crlf.claims == letter(CRLF).claims

    def test_what_was_drawn_anew(self) -> None:
        astral, crlf = from_export(EXPORT)
        drawn = astral.measures[1]
        assert (drawn.text, drawn.category, drawn.status) == (
            "下一步，镇里将给𠮷岭村老人发放防骗手册近2万册",
            "宣传",
            "planned",
        )
        (measure,) = crlf.measures
        assert measure.text == "各银行压降\r\n长期不动个人账户1.2万户"
        claim = astral.claims[2]
        assert claim.metric is not None
        # The figure was corrected in the text area, and the relation drawn from the metric to the quantity.
        assert (claim.text, claim.metric.text, claim.value, claim.approx) == ("近2万册", "𠮷岭村老人", 18500, "under")

    def test_offsets_are_code_points_and_a_line_end_in_stored_text_is_a_backslash_and_n(self) -> None:
        tasks = json.loads(EXPORT.read_text(encoding="utf-8"))
        regions = {r["id"]: r["value"] for t in tasks for r in t["annotations"][0]["result"] if "value" in r}
        text = letter(ASTRAL).text
        drawn = regions["Xk3_plan9a"]
        assert text[drawn["start"] : drawn["end"]] == drawn["text"]
        utf16 = len(text[: drawn["start"]].encode("utf-16-le")) // 2
        assert utf16 > drawn["start"], "the letter tells the two ways of counting apart"
        assert regions["cRlF-meas1"]["text"] == "各银行压降\\n\\n长期不动个人账户1.2万户"

    def test_it_becomes_marked_up_source(self, tmp_path: Path) -> None:
        imported = from_export(EXPORT)
        assert gold([read_marked(path) for path in write_letters(imported, tmp_path)]) == gold(imported)


def test_the_configuration_holds_the_scheme() -> None:
    root = ET.fromstring(labelling_config())
    labels = {x.get("value") for x in root.iter("Label")}
    assert labels == {*CATEGORIES, *CLAIM_TYPES, "metric", "period"}
    choices = {x.get("name"): x for x in root.iter("Choices")}
    assert set(choices["status"].get("whenLabelValue", "").split(",")) == set(CATEGORIES)
    assert [x.get("value") for x in choices["direction"]] == ["up", "down"]
    assert all(x.get("perRegion") == "true" for x in [*choices.values(), *root.iter("TextArea")])
    assert [x.get("value") for x in root.iter("Relation")] == ["metric", "period"]
    named = {x.get("name") for x in root.iter() if x.get("name")}
    used = {
        r["from_name"] for x in hard_letters() for r in to_results(x.text, x.measures, x.claims) if "from_name" in r
    }
    assert used <= named


def test_predictions_carry_their_model_and_scores() -> None:
    source = letter(ASTRAL)
    measures = [Measure(**m.model_dump(), score=0.75) for m in source.measures]
    claims = [Claim(**c.model_dump(), score=0.5) for c in source.claims]
    task = to_task("astral", source.text, measures, claims, model_version="demo-1")
    assert "annotations" not in task
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "demo-1"
    assert [r["score"] for r in prediction["result"] if "score" in r] == [0.75] * 2 + [0.5] * 3


Change = Callable[[list[dict[str, Any]]], Any]


def task_of(results: list[dict[str, Any]]) -> dict[str, Any]:
    return results[0]["annotations"][0]


def value_of(tasks: list[dict[str, Any]], region: str, control: str = "label") -> dict[str, Any]:
    results = task_of(tasks)["result"]
    return next(r for r in results if r.get("id") == region and r["from_name"] == control)["value"]


def without(control: str) -> Change:
    def change(tasks: list[dict[str, Any]]) -> None:
        annotation = task_of(tasks)
        annotation["result"] = [r for r in annotation["result"] if r.get("from_name") != control]

    return change


def shift(region: str, by: int) -> Change:
    def change(tasks: list[dict[str, Any]]) -> None:
        for result in task_of(tasks)["result"]:
            if result.get("id") == region:
                result["value"]["start"] += by
                result["value"]["end"] += by

    return change


FAULTS: list[tuple[Change, str]] = [
    (without("status"), "task 1, region m0: the measure .* has no status .*done or planned"),
    (without("direction"), "task 1, region q1: the quantity 12.5% is a change; a change needs up or down"),
    (shift("m0", 3), r"task 1, region m0: the text at \d+-\d+ is .* the file says .*code points"),
    (lambda tasks: value_of(tasks, "pp0").update(end=10**6), "is no stretch of a text of 95 characters"),
    (lambda tasks: value_of(tasks, "m0").update(end=60), "region m0: status has other offsets than the label"),
    (lambda tasks: value_of(tasks, "pp0").update(start=True), "True is no offset"),
    (lambda tasks: value_of(tasks, "m0").update(labels=["打击", "治理"]), "region m0: has several labels"),
    (lambda tasks: value_of(tasks, "m0").update(labels=[]), "region m0: has no label"),
    (lambda tasks: value_of(tasks, "pp0").update(labels=["地名"]), "'地名' is no label of the scheme"),
    (lambda tasks: value_of(tasks, "q1", "basis").update(text=["与 前年"]), "'与 前年' is no basis"),
    (lambda tasks: task_of(tasks)["result"].pop(), "task 1, region mp2: no quantity has the metric '发放防骗手册'"),
    (lambda tasks: task_of(tasks)["result"][-1].update(labels=["period"]), "a relation 'period' leads to a metric"),
    (lambda tasks: task_of(tasks)["result"][-1].update(to_id="m0"), "does not lead from a quantity to a metric"),
    (lambda tasks: task_of(tasks)["result"][-1].update(to_id=["m0"]), "or an end that is not there"),
    (lambda tasks: task_of(tasks)["result"][0].update(from_name="ner"), "was made with the control 'ner'"),
    (
        lambda tasks: tasks[0]["annotations"].append(tasks[0]["annotations"][0]),
        "task 1: has 2 annotations .*ground truth",
    ),
    (lambda tasks: task_of(tasks).update(was_cancelled=True), "task 1: has 0 annotations .*submit one"),
    (lambda tasks: tasks.append(tasks[0]), "the letter astral is there twice"),
    (lambda tasks: tasks[0].pop("annotations"), "not as JSON-MIN"),
    (lambda tasks: tasks[0]["data"].update(text="\ud842"), "an unpaired surrogate"),
    (lambda tasks: tasks[0]["data"].update(letter="../astral"), "cannot be the id of a letter"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_faults_name_file_task_and_mend(change: Change, message: str, tmp_path: Path) -> None:
    tasks = json.loads(to_tasks([letter(ASTRAL)]))
    change(tasks)
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(FanzhaError, match=message) as caught:
        from_export(path)
    assert str(caught.value).startswith(str(path))
    assert caught.value.mend


def test_offsets_in_utf16_units_are_refused(tmp_path: Path) -> None:
    source = letter(ASTRAL)
    tasks = json.loads(to_tasks([source]))
    for result in task_of(tasks)["result"]:
        for side in ("start", "end"):
            if "value" in result:
                result["value"][side] = len(source.text[: result["value"][side]].encode("utf-16-le")) // 2
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(FanzhaError, match="offsets count characters"):
        from_export(path)


def test_the_starred_annotation_is_taken(tmp_path: Path) -> None:
    tasks = json.loads(to_tasks([letter(ASTRAL)]))
    tasks[0]["annotations"].append({"result": [], "ground_truth": True})
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    (starred,) = from_export(path)
    assert (starred.measures, starred.claims) == ([], [])


@pytest.mark.parametrize("content", ["", "{}", "[1]", '["', "[" * 100_000, "\ufeff[}"])
def test_files_that_are_no_export(content: str, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FanzhaError):
        from_export(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match="cannot be read"):
        from_export(tmp_path / "none.json")
