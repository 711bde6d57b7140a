"""The contract of `predict`: what a result may hold and what is refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nlp.output.jsonl import to_json_line
from nlp.schema import Claim, DocumentMeta, Gold, GoldClaim, Measure, Result, Span, json_schema

TEXT = "2024年，县公安局抓获涉诈人员31名，同比上升12.5%。"


def result(**changes: Any) -> dict[str, Any]:
    metric = {"start": 10, "end": 16, "text": "抓获涉诈人员"}
    period = {"start": 0, "end": 5, "text": "2024年"}
    return {
        "document": {"id": "a", "path": "letters/a.txt", "sha256": "0" * 64, "characters": len(TEXT)},
        "model": {"name": "m", "version": "1", "backend": "onnxruntime-int8", "device": "cpu"},
        "measures": [
            {"start": 6, "end": 30, "text": TEXT[6:30], "category": "打击", "status": "done", "score": 0.98}
        ],
        "claims": [
            {
                "start": 16, "end": 19, "text": "31名", "type": "count", "value": 31, "value_max": None, "unit": "名",
                "approx": None, "metric": metric, "period": period, "direction": None, "basis": None, "measure": 0,
                "score": 0.97,
            },
            {
                "start": 24, "end": 29, "text": "12.5%", "type": "change", "value": 12.5, "value_max": None,
                "unit": "%",
                "approx": None, "metric": metric, "period": period, "direction": "up", "basis": "同比", "measure": None,
                "score": 1.0,
            },
        ],
        **changes,
    }  # fmt: skip


def with_claim(**changes: Any) -> dict[str, Any]:
    data = result()
    data["claims"][0].update(changes)
    return data


def with_measure(**changes: Any) -> dict[str, Any]:
    data = result()
    data["measures"][0].update(changes)
    return data


def test_schema_result_survives_json() -> None:
    data = result()
    data["measures"][0].update(end=29, text=TEXT[6:29])
    checked = Result.model_validate(data)
    line = to_json_line(checked)
    assert "\n" not in line
    assert "打击" in line
    no_facts = dict.fromkeys(DocumentMeta.model_fields)
    for claim in data["claims"]:
        claim["metric"] = {**claim["metric"], "canonical": None}
        claim["period"] = {**claim["period"], "from": None, "to": None}
    assert json.loads(line) == {**data, "document": {**data["document"], "meta": no_facts}}
    assert Result.model_validate_json(line) == checked
    checked.check_against(TEXT)


def test_schema_a_claim_says_more_than_gold_and_older_ones_are_read() -> None:
    older = Result.model_validate(result()).claims[0]
    assert older.metric is not None
    assert older.metric.canonical is None
    metric = {**result()["claims"][0]["metric"], "canonical": "抓获人数"}
    period = {**result()["claims"][0]["period"], "from": "2022-01-01", "to": "2022-12-31"}
    claim = Result.model_validate(with_claim(metric=metric, period=period)).claims[0]
    assert claim.model_dump(mode="json")["period"] == period
    assert claim.metric is not None
    assert claim.metric.canonical == "抓获人数"
    with pytest.raises(ValidationError, match="canonical"):
        GoldClaim.model_validate(claim.model_dump(exclude={"score"}))


@pytest.mark.parametrize("days", [{"from": "2022-1-1"}, {"to": "去年"}, {"from": "2023-01-01", "to": "2022-12-31"}])
def test_schema_refuses_days_that_are_none(days: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Result.model_validate(with_claim(period={**result()["claims"][0]["period"], **days}))


def test_schema_lists_every_field_although_it_is_null() -> None:
    claim = json.loads(to_json_line(Result.model_validate(result())))["claims"][0]
    assert list(claim) == [
        "start", "end", "text", "type", "value", "value_max", "unit", "approx", "metric", "period", "direction",
        "basis", "measure", "score",
    ]  # fmt: skip


def test_schema_json_schema_accepts_what_the_model_writes() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())
    validator.validate(json.loads(to_json_line(Result.model_validate(result()))))
    for refused in (with_claim(type="sum"), with_measure(category="其他"), result(more=1), with_claim(score=1.5)):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(refused)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (result(more=1), "Extra inputs are not permitted"),
        (with_claim(note=""), "Extra inputs are not permitted"),
        (with_claim(type="sum"), "Input should be 'count', 'money', 'percent', 'change' or 'rank'"),
        (with_claim(direction="sideways"), "Input should be 'up' or 'down'"),
        (with_claim(approx="some"), "Input should be 'over', 'under' or 'about'"),
        (with_claim(text="31"), "the span 16-19 does not have the length of its text '31'"),
        (with_claim(value=float("nan")), "Input should be a finite number"),
        (with_claim(value_max=float("inf")), "Input should be a finite number"),
        (with_claim(measure=1), "claim 16-19 points at measure 1 of 1"),
        (with_claim(measure=-1), "greater than or equal to 0"),
        (with_claim(start=1, end=4), "claim 1-4 lies outside its measure 0"),
        (with_claim(score=1.01), "less than or equal to 1"),
        (with_claim(score=float("nan")), "Input should be"),
        (with_measure(category="其他"), "Input should be '打击', '防范', '宣传', '管控' or '治理'"),
        (with_measure(status="soon"), "Input should be 'done' or 'planned'"),
        (with_measure(start=-1, end=23), "greater than or equal to 0"),
        (with_measure(start=6, end=6, text=""), "at least 1 character"),
        (with_measure(start=9, end=7, text="ab"), "does not have the length"),
        (result(document={**result()["document"], "sha256": "abc"}), "String should match pattern"),
        (result(document={**result()["document"], "sha256": "0" * 64 + "\n"}), "String should match pattern"),
    ],
)
def test_schema_refuses(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match="(?s)" + message.replace("(", r"\(")):
        Result.model_validate(data)


def test_schema_every_listed_field_is_required() -> None:
    for kind, fields in ((Measure, result()["measures"][0]), (Claim, result()["claims"][0]), (Result, result())):
        for name in fields:
            with pytest.raises(ValidationError, match=f"(?s){name}.*Field required"):
                kind.model_validate({key: value for key, value in fields.items() if key != name})


@pytest.mark.parametrize("part", ["measure", "claim", "metric", "period"])
def test_schema_check_against_names_the_span_that_does_not_fit(part: str) -> None:
    data = result()
    spans = {
        "measure": data["measures"][0],
        "claim": data["claims"][1],
        "metric": data["claims"][0]["metric"],
        "period": data["claims"][0]["period"],
    }
    spans[part]["text"] = "错" * len(spans[part]["text"])
    checked = Result.model_validate(data)
    with pytest.raises(ValueError, match=f"{spans[part]['start']}-{spans[part]['end']} does not fit"):
        checked.check_against(TEXT)


def test_schema_gold_has_neither_score_nor_model() -> None:
    data = result()
    gold = {
        "document": {"id": "a", "title": "答复", "sha256": "0" * 64, "characters": len(TEXT)},
        "measures": [{k: v for k, v in m.items() if k != "score"} for m in data["measures"]],
        "claims": [{k: v for k, v in c.items() if k != "score"} for c in data["claims"]],
    }
    Gold.model_validate(gold).check_against(TEXT)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Gold.model_validate({**gold, "measures": data["measures"]})
    gold["claims"][0]["measure"] = 3
    with pytest.raises(ValidationError, match="points at measure 3 of 1"):
        Gold.model_validate(gold)


def test_schema_objects_are_frozen() -> None:
    span = Span(start=0, end=1, text="县")
    with pytest.raises(ValidationError, match="frozen"):
        span.start = 1  # type: ignore[misc]


@given(
    st.lists(st.sampled_from([0.1, 0.5, 0.5, 0.9]), max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.2, 0.5, 0.8])), max_size=6),
    st.sampled_from([0.0, 0.3, 0.5, 0.85, 1.0]),
)
def test_schema_at_least_keeps_what_scores_enough_and_where_claims_belong(
    measures: list[float], claims: list[tuple[int, float]], least: float
) -> None:
    data = result()
    measure, claim = data["measures"][0], data["claims"][0]
    width, length = measure["end"] - measure["start"], claim["end"] - claim["start"]
    data["measures"] = [
        {**measure, "start": k * width, "end": (k + 1) * width, "score": score} for k, score in enumerate(measures)
    ]
    data["claims"] = [
        {
            **claim,
            "start": k * width,
            "end": k * width + length,
            "score": score,
            "measure": k if k < len(measures) else None,
        }
        for k, score in claims
    ]
    everything = Result.model_validate(data)
    kept = everything.at_least(least)
    assert Result.model_validate(kept.model_dump()) == kept
    assert kept.measures == [m for m in everything.measures if m.score >= least]
    before = [c for c in everything.claims if c.score >= least]
    assert [c.model_copy(update={"measure": None}) for c in before] == [
        c.model_copy(update={"measure": None}) for c in kept.claims
    ]
    for old, new in zip(before, kept.claims, strict=True):
        owner = None if old.measure is None else everything.measures[old.measure]
        if owner is None or owner.score < least:
            assert new.measure is None
        else:
            assert new.measure is not None
            assert kept.measures[new.measure] == owner
    assert everything.at_least(0) == everything
