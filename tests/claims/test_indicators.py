"""Metrics and their indicators: wordings that are one thing, wordings that are not, and any text at all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation.corpus import read_letters
from nlp.claims.indicators import INDICATORS, base_value, context_before, indicator_of
from nlp.errors import FanzhaError
from nlp.evaluation.indicators import coverage, read_labelled, score
from nlp.evaluation.indicators import given as given_indicator
from nlp.labels import CLAIM_TYPES, ClaimType

_ROOT = Path(__file__).parents[2]

ONE_THING: list[tuple[str, ClaimType, str, str]] = [
    ("抓获犯罪嫌疑人", "count", "名", "抓获人数"),
    ("抓获涉诈嫌疑人", "count", "人", "抓获人数"),
    ("抓获各类涉诈违法犯罪嫌疑人", "change", "%", "抓获人数"),
    ("打处电诈违法犯罪人员", "count", "人", "打处人数"),
    ("侦破电信网络诈骗及关联犯罪案件", "count", "起", "破案数"),
    ("破案", "change", "倍", "破案数"),
    ("全市电诈发案", "count", "起", "发案数"),
    ("电诈案件立案数", "count", "宗", "立案数"),
    ("接报电信网络诈骗警情", "count", "起", "接报警情数"),
    ("群众被骗", "money", "元", "损失金额"),
    ("群众财产损失", "change", "元", "损失金额"),
    ("止付涉案资金", "money", "元", "止付金额"),
    ("冻结涉诈资金", "money", "元", "冻结金额"),
    ("止付冻结资金", "money", "元", "止付冻结金额"),
    ("返还群众被骗资金", "money", "元", "返还金额"),
    ("追赃挽损", "money", "元", "挽损金额"),
    ("见面劝阻", "count", "人次", "见面劝阻人次"),
    ("预警劝阻", "count", "人次", "预警劝阻人次"),
    ("劝返滞留境外人员", "count", "名", "劝返人数"),
    ("惩戒“两卡”人员", "count", "人", "惩戒人数"),
    ("封堵涉诈网址", "count", "个", "封堵网址数"),
    ("拦截诈骗电话", "count", "次", "拦截电话数"),
    ("发放反诈宣传资料", "count", "份", "发放资料数"),
    ("国家反诈中心APP注册率", "rank", "名", "APP注册率"),
    ("破案率", "change", "百分点", "破案率"),
    ("破案率", "percent", "%", "破案率"),
    ("万人发案率排名", "rank", "名", "万人发案率"),
]
ANOTHER_THING: list[tuple[str, ClaimType, str]] = [
    ("抓获犯罪嫌疑人", "count", "起"),  # the unit counts no people
    ("抓获涉“两卡”嫌疑人", "count", "人"),
    ("老年人被骗案件", "count", "起"),
    ("石岭镇发案", "count", "起"),
    ("刑事发案", "count", "起"),
    ("刑事警情", "count", "起"),
    ("警情", "count", "起"),
    ("全国电诈发案数", "count", "起"),
    ("占发案总数", "percent", "%"),
    ("发案数", "percent", "%"),
    ("发案降幅", "rank", "名"),
    ("日均拦截诈骗电话", "count", "次"),
    ("协助破获案件", "count", "起"),
    ("群众被骗", "change", "%"),  # of money or of cases
    ("预警劝阻", "rank", "名"),  # a field of work that is assessed
    ("现行案件破案率", "percent", "%"),
    ("群众损失", "money", "美元"),
    ("成员单位", "count", "家"),
    ("", "count", "起"),
]


@pytest.mark.parametrize(("metric", "claim_type", "unit", "name"), ONE_THING)
def test_indicators_names_what_is_one_thing(metric: str, claim_type: ClaimType, unit: str, name: str) -> None:
    assert indicator_of(metric, type=claim_type, unit=unit) == name


@pytest.mark.parametrize(("metric", "claim_type", "unit"), ANOTHER_THING)
def test_indicators_leaves_what_may_be_another_thing(metric: str, claim_type: ClaimType, unit: str) -> None:
    assert indicator_of(metric, type=claim_type, unit=unit) is None


@pytest.mark.parametrize("name", INDICATORS)
def test_indicators_names_every_indicator_by_its_own_name(name: str) -> None:
    entry = INDICATORS[name]
    assert entry.counts
    cases = [(entry.types[0], entry.base_unit), ("change", "%"), ("rank", "名")]
    assert [indicator_of(name, type=t, unit=unit) for t, unit in cases] == [name] * 3


def test_indicators_reads_hard_wraps_and_full_width_forms() -> None:
    assert indicator_of("抓获\n  犯罪　嫌疑人", type="count", unit="名") == "抓获人数"
    assert indicator_of("国家反诈中心 ＡＰＰ\r\n注册率", type="percent", unit="%") == "APP注册率"


@pytest.mark.parametrize(
    ("context", "metric", "claim_type", "unit", "name"),
    [
        ("去年，全市", "破获电诈案件", "count", "起", "破案数"),
        ("去年，全国", "破获电诈案件", "count", "起", None),
        ("列全国第五，", "破案率", "rank", "名", "破案率"),
        ("协助外地公安机关", "抓获嫌疑人", "count", "人", None),
        ("日均", "劝阻群众", "count", "人次", None),
        ("日均预警300人次，累计", "劝阻群众", "count", "人次", "劝阻人次"),
        ("全县企业被骗案件29起，", "损失", "money", "元", None),
        ("全县电诈案件290起，", "损失", "money", "元", "损失金额"),
        ("对143个", "涉案账户", "count", "个", None),
        ("辖内有143个", "涉案账户", "count", "个", "涉案账户数"),
    ],
)
def test_indicators_heeds_what_stands_before(
    context: str, metric: str, claim_type: ClaimType, unit: str, name: str | None
) -> None:
    assert indicator_of(metric, type=claim_type, unit=unit, context=context) == name


def test_indicators_finds_the_context_in_its_sentence() -> None:
    text = "全国都在下降。去年，全市破案12起"
    assert context_before(text, text.index("破案")) == "去年，全市"
    assert context_before(text, 0) == ""
    assert len(context_before("a" * 100, 90)) == 40


@pytest.mark.parametrize(
    ("value", "unit", "name", "claim_type", "expected"),
    [
        (83, "名", "抓获人数", "count", (83, "人")),
        (12, "件", "破案数", "count", (12, "起")),
        (1200, "人次", "劝阻人次", "count", (1200, "人次")),
        (1200, "名", "劝阻人次", "count", (1200, "人")),
        (235000000, "元", "损失金额", "money", (235000000, "元")),
        (5, "‰", "返还率", "percent", (0.5, "%")),
        (44.57, "%", "抓获人数", "change", (44.57, "%")),
        (12, "名", "抓获人数", "change", (12, "人")),
        (2, "位", "打处人数", "change", (2, "位")),
        (3, "名", "抓获人数", "rank", (3, "名")),
        (83, "名", "破案数", "count", None),
        (5, "美元", "损失金额", "money", None),
        (5, "%", "破案数", "percent", None),
        (83, "名", "没有的指标", "count", None),
    ],
)
def test_indicators_gives_figures_in_the_unit_they_are_compared_in(
    value: float, unit: str, name: str, claim_type: ClaimType, expected: tuple[float, str] | None
) -> None:
    assert base_value(value, unit, name, type=claim_type) == expected


_WORDS = [
    "抓获",
    "犯罪",
    "嫌疑人",
    "电信网络诈骗",
    "涉诈",
    "资金",
    "止付",
    "冻结",
    "劝阻",
    "潜在",
    "群众",
    "惩戒",
    "、",
    "\n",
    "数",
    "率",
]
_UNITS = ["名", "人", "起", "元", "%", "百分点", "位", ""]


@given(
    st.text() | st.lists(st.sampled_from(_WORDS), max_size=20).map("".join),
    st.sampled_from(CLAIM_TYPES),
    st.text(max_size=3) | st.sampled_from(_UNITS),
    st.text(),
)
def test_indicators_never_raises_and_white_space_says_nothing(
    metric: str, claim_type: ClaimType, unit: str, context: str
) -> None:
    name = indicator_of(metric, type=claim_type, unit=unit, context=context)
    assert name is None or name in INDICATORS
    if name is not None:
        assert indicator_of("\n".join(metric), type=claim_type, unit=unit, context=context) == name
        assert claim_type in INDICATORS[name].types
        assert base_value(1, unit, name, type=claim_type) is not None


def test_indicators_reads_hostile_metrics_in_no_time() -> None:
    hostile = [part * (40 // len(part)) for part in ("惩戒、和", "关停涉案", "潜在易", "返还", "的")] + [
        "抓" * 1_000_000
    ]
    start = time.perf_counter()
    for metric in hostile:
        assert indicator_of(metric, type="rank", unit="名", context="日" * 1000) is None
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(("sample", "recall"), [("heldout", 0.85), ("heldout-second", 0.8)])
def test_indicators_agree_with_the_gold(sample: str, recall: float) -> None:
    items = read_labelled(_ROOT / "annotations" / "indicators" / f"{sample}.json")
    result = score((item.indicator, given_indicator(item)) for item in items)
    assert result.precision >= 0.98
    assert result.recall >= recall


def test_indicators_score_counts_each_outcome() -> None:
    pairs = [("破案数", "破案数"), (None, None), ("破案数", "立案数"), ("破案数", None), (None, "破案数")]
    result = score(pairs)
    assert (result.correct, result.null, result.wrong, result.missed, result.spurious) == (1, 1, 1, 1, 1)
    assert (result.accuracy, result.precision, result.recall) == (2 / 5, 1 / 3, 1 / 3)


def test_indicators_faulty_gold_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.json"
    path.write_text('[{"metric": "破案数"}]', encoding="utf-8")
    with pytest.raises(FanzhaError, match=r"gold\.json"):
        read_labelled(path)


def test_indicators_coverage_counts_claims() -> None:
    letters = read_letters(_ROOT / "annotations" / "first")[:3]
    found, total = coverage(letters)
    assert total == sum(len(letter.claims) for letter in letters)
    assert 0 < found.total() < total


def test_indicators_are_all_in_the_documentation() -> None:
    rows = (_ROOT / "docs" / "indicators.md").read_text(encoding="utf-8").splitlines()
    documented = [tuple(cell.strip() for cell in row.split("|")[1:4]) for row in rows if row.startswith("| ")][1:]
    table = [row for row in documented if row[0] in INDICATORS]
    assert table == [(e.name, e.counts, "、".join(e.units)) for e in INDICATORS.values()]
