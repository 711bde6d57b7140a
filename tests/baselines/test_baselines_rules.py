"""The rules, case by case."""

from __future__ import annotations

import pytest

from nlp.baselines.reading import IntArray, Reading, read
from nlp.baselines.rule_claims import metrics, periods, types
from nlp.baselines.rules import category_of, clause_states_by_rule
from nlp.labels import CLAUSE_STATES, QUANTITY_LABELS


def marked(reading: Reading, labels: IntArray) -> list[str]:
    """The surfaces that B and I mark."""
    found: list[str] = []
    for character, label in zip(reading.characters, labels.tolist(), strict=True):
        if label == 1:
            found.append(character)
        elif label == 2:
            found[-1] += character
    return found


@pytest.mark.parametrize(
    ("clause", "category"),
    [
        ("抓获犯罪嫌疑人", "打击"),
        ("对出租出售银行卡的人员限制开户", "管控"),
        ("上门劝阻受骗群众", "防范"),
        ("组织志愿者进社区宣讲", "宣传"),
        ("召开联席会议压实责任", "治理"),
        ("天气晴朗", None),
    ],
)
def test_keywords_say_the_category(clause: str, category: str | None) -> None:
    assert category_of(clause, least=2) == category


def test_a_clause_without_keywords_goes_on_with_its_sentence() -> None:
    reading = read("民警上门劝阻受骗群众，把话讲明讲透。天气晴朗。\n")
    for carry, expected in ((True, ["防范", "防范", "O"]), (False, ["防范", "O", "O"])):
        states = clause_states_by_rule(reading, least=2, carry=carry)
        assert [CLAUSE_STATES[state][0] for state in states] == expected


def test_headings_plan_what_stands_under_them_and_are_no_measures() -> None:
    reading = read("一、工作情况\n公安机关抓获嫌疑人。\n二、下一步打算\n公安机关抓获嫌疑人。\n")
    states = [CLAUSE_STATES[s] for s in clause_states_by_rule(reading, least=2, carry=True)]
    assert states == [("O", None), ("打击", "done"), ("O", None), ("打击", "planned")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("抓获嫌疑人86名", ["count"]),
        ("同比分别上升12.5%、8%", ["change", "change"]),
        ("破案率达60%", ["percent"]),
        ("发案数由61起降至14起", ["count", "count"]),
        ("返还126.8万元", ["money"]),
        ("排名第2位", ["rank"]),
        ("推行“五分钟”晨读", ["O"]),
    ],
)
def test_types(text: str, expected: list[str]) -> None:
    found = types(read(text), reach=4, figures_of_speech=False)
    assert [QUANTITY_LABELS[label] for label in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全县公安机关抓获诈骗嫌疑人86名。", ["抓获诈骗嫌疑人"]),
        ("全年共发放资料累计4万份。", ["发放资料"]),
        ("约谈了15个社区。", ["社区"]),
        ("86名。", []),
    ],
)
def test_metrics(text: str, expected: list[str]) -> None:
    reading = read(text)
    assert marked(reading, metrics(reading, longest=8)) == expected


@pytest.mark.parametrize("period", ["2022年", "今年1至5月", "去年", "截至2023年6月", "2023年上半年", "今年以来"])
def test_periods(period: str) -> None:
    reading = read(f"全县，{period}，破案86起。\n没有数字的文字，{period}。\n")
    assert marked(reading, periods(reading)) == [period]
