"""Label Studio: tasks with annotations or predictions, the labelling configuration, and the import of a JSON export.

Source of the format: Label Studio 1.23.2, its JSON export and its front end (`utils/selection-tools.js`,
`tags/object/RichText`, `regions/Result.js`). A region of `<Text>` has `start` and `end` in **code points**, `end`
exclusive: the front end counts with `[...text].length`. It shows each \\r and each \\n as a line break of its own,
one character wide, so \\r\\n counts two, as here. So nothing is converted; every import asserts that the text at the
offsets is the one that Label Studio stored with the region. In that stored text a line break is a literal backslash
and n, and white space that the browser does not show is missing.

Dragging a region's border (not drawing a region) counts UTF-16 units: behind an astral character on the same line the
border lands too far right. The stored text agrees with the wrong border, so no check can find it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.exchange.parts import (
    PART_KINDS,
    Assembly,
    check_ids,
    distinct_parts,
    plain_meta,
)
from nlp.annotation.figures import figures_as_words, figures_from_words
from nlp.errors import FanzhaError
from nlp.files import read_json
from nlp.labels import CATEGORIES, CLAIM_TYPES, DIRECTIONS, STATUSES

# Names of the controls in the configuration; imports know regions by them.
_TEXT, _LABEL, _STATUS, _DIRECTION, _BASIS, _FIGURES = "text", "label", "status", "direction", "basis", "figures"
_COLOURS = {
    "打击": "#d9483b", "防范": "#e8a33d", "宣传": "#4c9f70", "管控": "#8e5ea2", "治理": "#3b76c4",
    "count": "#555555", "money": "#7a6a00", "percent": "#006d77", "change": "#a03070", "rank": "#444488",
    "metric": "#20a0a0", "period": "#a08020",
}  # fmt: skip


def labelling_config() -> str:
    """The XML of a project in which the tasks of `to_tasks` can be seen and annotated.

    One label for each category, each type of quantity, and `metric` and `period`. A measure takes a status, a change
    takes a direction and a basis, and any quantity takes figures (`value=… max=… unit=… approx=…`) where the number
    grammar reads it otherwise. Relations lead from a quantity to its metric and its period.
    """
    labels = [*CATEGORIES, *CLAIM_TYPES, *PART_KINDS]
    lines = ["<View>", f'  <Labels name="{_LABEL}" toName="{_TEXT}" choice="single" showInline="true">']
    lines += [f"    <Label value={quoteattr(x)} background={quoteattr(_COLOURS[x])}/>" for x in labels]
    lines += ["  </Labels>", f'  <Text name="{_TEXT}" value="${_TEXT}" granularity="symbol" saveTextResult="yes"/>']
    lines += _choices(_STATUS, CATEGORIES, STATUSES) + _choices(_DIRECTION, ("change",), DIRECTIONS)
    areas = ((_BASIS, ("change",), "同比"), (_FIGURES, CLAIM_TYPES, "value=3 max=5 unit=个 approx=over"))
    for name, when, hint in areas:
        lines.append(
            f'  <TextArea name="{name}" toName="{_TEXT}" perRegion="true" whenLabelValue={quoteattr(",".join(when))}'
            f' maxSubmissions="1" editable="true" rows="1" placeholder={quoteattr(f"{name}: {hint}")}/>'
        )
    lines += ["  <Relations>", *(f'    <Relation value="{kind}"/>' for kind in PART_KINDS), "  </Relations>", "</View>"]
    return "\n".join(lines) + "\n"


def _choices(name: str, when: Sequence[str], values: Sequence[str]) -> list[str]:
    return [
        f'  <Choices name="{name}" toName="{_TEXT}" perRegion="true" whenLabelValue={quoteattr(",".join(when))}'
        ' choice="single" showInline="true" required="true">',
        *(f'    <Choice value="{value}"/>' for value in values),
        "  </Choices>",
    ]


def to_results(text: str, measures: Sequence[Any], claims: Sequence[Any]) -> list[dict[str, Any]]:
    """The `result` list of an annotation or a prediction, as the front end writes it.

    Args:
        text: the letter.
        measures: measures, gold or predicted; a `score` goes along.
        claims: claims, gold or predicted.
    """
    results: list[dict[str, Any]] = []

    def region(name: str, start: int, end: int, label: str, score: float | None = None) -> dict[str, Any]:
        base = {"start": start, "end": end, "text": _as_stored(text[start:end])}
        more = {} if score is None else {"score": score}
        results.append(_result(name, _LABEL, "labels", {**base, "labels": [label]}, more))
        return base

    for index, m in enumerate(measures):
        base = region(f"m{index}", m.start, m.end, m.category, getattr(m, "score", None))
        results.append(_result(f"m{index}", _STATUS, "choices", {**base, "choices": [m.status]}))
    names = {}
    for index, (kind, start, end) in enumerate(distinct_parts(claims)):
        names[kind, start, end] = f"{kind[0]}p{index}"
        region(names[kind, start, end], start, end, kind)
    relations = []
    for index, c in enumerate(claims):
        base = region(f"q{index}", c.start, c.end, c.type, getattr(c, "score", None))
        if c.direction is not None:
            results.append(_result(f"q{index}", _DIRECTION, "choices", {**base, "choices": [c.direction]}))
        for name, words in ((_BASIS, c.basis), (_FIGURES, " ".join(figures_as_words(c)))):
            if words:
                # A text area keeps its lines under `text` too, in the place of the region's text.
                results.append(_result(f"q{index}", name, "textarea", {**base, "text": [words]}))
        for kind in PART_KINDS:
            part = getattr(c, kind)
            if part is not None:
                target = names[kind, part.start, part.end]
                relation = {"from_id": f"q{index}", "to_id": target, "type": "relation", "direction": "right"}
                relations.append({**relation, "labels": [kind]})
    return results + relations


def _result(
    region: str, control: str, kind: str, value: dict[str, Any], more: dict[str, Any] | None = None
) -> dict[str, Any]:
    head = {"id": region, "from_name": control, "to_name": _TEXT, "type": kind, "origin": "manual"}
    return {**head, "value": value, **(more or {})}


def _as_stored(text: str) -> str:
    return re.sub(r"[\r\n]", r"\\n", text)


def to_task(
    letter_id: str,
    text: str,
    measures: Sequence[Any],
    claims: Sequence[Any],
    *,
    meta: dict[str, Any] | None = None,
    model_version: str | None = None,
) -> dict[str, Any]:
    """A task for one letter.

    Args:
        letter_id: comes back as the letter's id.
        text: the letter.
        measures: gold or predicted measures.
        claims: gold or predicted claims.
        meta: further facts of the letter.
        model_version: if given, the spans become a prediction of that model and not an annotation.
    """
    results = to_results(text, measures, claims)
    data = {_TEXT: text, "letter": letter_id, "meta": meta or {}}
    if model_version is None:
        return {"data": data, "annotations": [{"result": results}]}
    return {"data": data, "predictions": [{"model_version": model_version, "result": results}]}


def to_tasks(letters: Sequence[GoldLetter]) -> str:
    """The JSON file of tasks to import in a project with `labelling_config`; the gold is each task's annotation."""
    check_ids(letters)
    tasks = [to_task(x.id, x.text, x.measures, x.claims, meta=plain_meta(x)) for x in letters]
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def from_export(path: Path) -> list[GoldLetter]:
    """Reads a project's export in the format JSON (not JSON-MIN), or a file of `to_tasks`.

    A task has one annotation that is not cancelled, or one that is marked as ground truth.

    Raises:
        FanzhaError: naming file, task and region.
    """
    tasks = read_json(path)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise FanzhaError("is no list of tasks", path=path, mend="export the project in the format JSON")
    letters = [_letter(task, path, f", task {task.get('id', number)}") for number, task in enumerate(tasks, 1)]
    check_ids(letters)
    return letters


def _letter(task: dict[str, Any], path: Path, place: str) -> GoldLetter:
    data = task.get("data")
    if not isinstance(data, dict) or not isinstance(task.get("annotations"), list):
        raise FanzhaError(
            "has no data or no annotations", path=f"{path}{place}", mend="export the project as JSON, not as JSON-MIN"
        )
    letter_id = data.get("letter", f"task{task.get('id', '')}")
    assembly = Assembly(path, place, letter_id, data.get(_TEXT), data.get("meta"), fold=_folded)
    _Regions(assembly, _annotation(task["annotations"], assembly), place).add_all()
    return assembly.letter()


def _annotation(annotations: list[Any], assembly: Assembly) -> list[dict[str, Any]]:
    valid = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled")]
    truths = [a for a in valid if a.get("ground_truth")]
    chosen = truths if len(truths) == 1 else valid
    if len(chosen) != 1:
        raise assembly.fault(
            assembly.place,
            f"has {len(chosen)} annotations",
            "leave the adjudicated one alone in the task, or star it as ground truth" if chosen else "submit one",
        )
    return assembly.objects(chosen[0].get("result"), "annotation's results", "export the project as JSON")


class _Regions:
    """The results of one annotation, gathered by region."""

    def __init__(self, assembly: Assembly, results: list[dict[str, Any]], place: str) -> None:
        self.assembly, self.place = assembly, place
        self.relations = [r for r in results if r.get("type") == "relation"]
        self.regions: dict[str, dict[str, dict[str, Any]]] = {}
        for result in results:
            if result.get("type") == "relation":
                continue
            name, control = result.get("id"), result.get("from_name")
            if not isinstance(name, str) or not isinstance(control, str) or not isinstance(result.get("value"), dict):
                raise assembly.fault(place, "a result has no id, from_name or value", "export the project as JSON")
            if control in self.regions.setdefault(name, {}):
                raise assembly.fault(f"{place}, region {name}", f"has two results of {control}", "take one away")
            self.regions[name][control] = result

    def add_all(self) -> None:
        for name, controls in self.regions.items():
            self._add(name, controls, f"{self.place}, region {name}")
        for relation in self.relations:
            self._relate(relation)

    def _add(self, name: str, controls: dict[str, dict[str, Any]], place: str) -> None:
        unknown = sorted(set(controls) - {_LABEL, _STATUS, _DIRECTION, _BASIS, _FIGURES})
        if unknown:
            raise self.assembly.fault(
                place, f"was made with the control {unknown[0]!r}", "use the labelling configuration of the export"
            )
        value = controls[_LABEL]["value"] if _LABEL in controls else {}
        labels = value.get("labels")
        if not isinstance(labels, list) or len(labels) != 1:
            raise self.assembly.fault(place, f"has {'several labels' if labels else 'no label'}", "give it one")
        for control, result in controls.items():
            if any(result["value"].get(side) != value.get(side) for side in ("start", "end")):
                raise self.assembly.fault(place, f"{control} has other offsets than the label", "export it anew")
        label, start, end, stored = labels[0], value.get("start"), value.get("end"), value.get("text")
        if label in CATEGORIES:
            self.assembly.measure(start, end, label, self._one(controls, _STATUS, "choices", place), place, stored)
        elif label in CLAIM_TYPES:
            # What stays behind when an annotator turns a change into something else is not seen any more, and goes.
            change = label == "change"
            try:
                figures = figures_from_words((self._one(controls, _FIGURES, "text", place) or "").split())
            except ValueError as error:
                raise self.assembly.fault(place, f"{_FIGURES}: {error}", "mend it") from None
            self.assembly.quantity(
                name, start, end, label, place, stored=stored, figures=figures,
                direction=self._one(controls, _DIRECTION, "choices", place) if change else None,
                basis=(self._one(controls, _BASIS, "text", place) or "").strip() or None,
            )  # fmt: skip
        else:
            self.assembly.part(name, label, start, end, place, stored)

    def _one(self, controls: dict[str, dict[str, Any]], control: str, key: str, place: str) -> str | None:
        if control not in controls:
            return None
        values = controls[control]["value"].get(key)
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list) or len(values) > 1 or not all(isinstance(v, str) for v in values):
            raise self.assembly.fault(place, f"{control} has not one value", "leave one")
        return values[0] if values else None

    def _relate(self, relation: dict[str, Any]) -> None:
        ends = relation.get("from_id"), relation.get("to_id")
        place = f"{self.place}, relation {ends[0]}→{ends[1]}"
        labels = relation.get("labels") or []
        if (
            not isinstance(labels, list)
            or len(labels) > 1
            or not all(isinstance(end, str) and end in self.regions for end in ends)
        ):
            raise self.assembly.fault(place, "has several labels, or an end that is not there", "draw it anew")
        # An arrow may be drawn from the metric as well: what it joins says which way it is meant.
        source, target = sorted(ends, key=lambda end: self._label(str(end)) not in CLAIM_TYPES)
        self.assembly.link(str(source), str(target), place, *labels)

    def _label(self, region: str) -> Any:
        return self.regions[region][_LABEL]["value"]["labels"][0]


def _folded(text: str) -> str:
    r"""A text without what the browser changes: white space, line breaks, and the `\n` that is stored for them."""
    return "".join(text.replace("\\n", "").split())
