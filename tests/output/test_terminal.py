"""What a letter says is printed, and nothing that it could do to a terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from nlp.output.terminal import normalised, print_result, visible
from nlp.schema import Claim, Result


def claim(text: str = "31名", **fields: Any) -> dict[str, Any]:
    return {
        "start": 0, "end": len(text), "text": text, "type": "count", "value": 31, "value_max": None, "unit": "名",
        "approx": None, "metric": None, "period": None, "direction": None, "basis": None, "measure": None, "score": 0.5,
        **fields,
    }  # fmt: skip


def span(text: str) -> dict[str, Any]:
    return {"start": 0, "end": len(text), "text": text}


def result(text: str, path: str | None = "a.txt") -> Result:
    """A result in which the letter's words stand wherever they can."""
    document = {"id": "a", "path": path, "sha256": "0" * 64, "characters": 99}
    model = {"name": "m", "version": "1", "backend": "onnxruntime-int8", "device": "cpu"}
    measure = {**span(text), "category": "打击", "status": "planned", "score": 0.987}
    change = claim(
        text, type="change", direction="up", basis=text, unit=text, metric=span(text), period=span(text), measure=0
    )
    data = {"document": document, "model": model, "measures": [measure], "claims": [change, claim(text)]}
    return Result.model_validate(data)


def printed(what: Result, *, color: bool = False, width: int = 400) -> str:
    out = io.StringIO()
    system: Any = "truecolor" if color else None
    print_result(what, Console(file=out, width=width, color_system=system, force_terminal=color, legacy_windows=False))
    return out.getvalue()


def test_terminal_prints_measures_and_claims() -> None:
    out = printed(result("抓获嫌疑人"))
    assert "a.txt  99 字  1 项措施  2 个数值  m 1, onnxruntime-int8" in out
    assert "打击·拟做 抓获嫌疑人  0.99" in out
    assert "抓获嫌疑人↑" in out
    assert "31 抓获嫌疑人" in out


def test_terminal_without_claims_prints_no_table() -> None:
    bare = Result.model_validate({**result("甲").model_dump(), "claims": []})
    assert "折合" not in printed(bare)


def test_terminal_a_narrow_terminal_loses_no_character() -> None:
    text = "组织民警走访沿街商铺并逐户签订承诺书和发放提醒卡片"
    assert text in re.sub(r"\s", "", printed(result(text), width=30)).replace("│", "")


@pytest.mark.parametrize(
    "text", ["[bold red]甲[/]", "[/]", "[link=http://x]乙[/link]", ":warning:", "\\[甲]", "<b>甲</b>"]
)
def test_terminal_markup_of_a_letter_is_only_text(text: str) -> None:
    out = printed(result(text, path=text))
    assert out.count(text) >= 6


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("甲\x1b[31m乙", "甲[31m乙"),
        ("甲\x1b]0;title\x07乙", "甲]0;title乙"),
        ("甲\x9b31m乙", "甲31m乙"),
        ("甲\u202e乙", "甲乙"),
        ("甲\u200b\ufeff乙", "甲乙"),
        ("甲\r\n乙\t丙\u2028丁", "甲  乙 丙 丁"),
        ("甲\x08乙\x7f", "甲乙"),
        ("\udcff甲", "甲"),
        ("抓获𠮷某", "抓获𠮷某"),
    ],
)
def test_terminal_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


HOSTILE = st.text(
    st.one_of(st.sampled_from("\x1b[]0m;\x07\x9b\r\n\u202e\u2028\\/=甲:"), st.characters(exclude_categories=["Cs"])),
    min_size=1,
)


@given(HOSTILE)
def test_terminal_nothing_of_a_letter_controls_the_terminal(text: str) -> None:
    out = printed(result(text, path=text))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", out)
    # The same text in colour: all escapes are the ones that rich writes for styles.
    coloured = printed(result(text, path=text), color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).count("\x1b") == 0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": 400_000, "unit": "份", "approx": "over"}, "400,000 份以上"),
        ({"value": 3, "value_max": 5, "unit": "个"}, "3–5 个"),
        ({"value": 44.57, "unit": "%"}, "44.57 %"),
        ({"value": 90, "unit": "元", "approx": "under"}, "90 元不足"),
        ({"value": 90, "unit": "\x1b元", "approx": "about"}, "90 元左右"),
    ],
)
def test_terminal_normalised(fields: dict[str, Any], expected: str) -> None:
    assert normalised(Claim.model_validate(claim(**fields))) == expected


def test_terminal_the_name_of_a_foreign_model_is_only_text() -> None:
    data = result("甲").model_dump()
    data["model"]["name"] = "m\x1b]0;title\x07"
    assert "m]0;title 1, onnxruntime-int8" in printed(Result.model_validate(data))
