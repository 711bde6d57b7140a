"""Figures side by side, and the contradictions that a reader would see; every letter was made up for this file."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters_to_compare import result

from nlp.claims.dates import Interval
from nlp.claims.indicators import INDICATORS
from nlp.comparison.bounds import Bounds, agree, bounds
from nlp.comparison.contradictions import find_contradictions
from nlp.comparison.figures import Figure, gather
from nlp.schema import Result

YEAR = Interval(date(2022, 1, 1), date(2022, 12, 31))


def figure(text: str = "12起", value: float = 12, **given: Any) -> Figure:
    fields: dict[str, Any] = {
        "indicator": "破案数", "type": "count", "letter": "a.txt", "sha256": "0", "issuer": None, "period": "2022年",
        "days": YEAR, "value_max": None, "unit": "起", "approx": None, "direction": None, "basis": None, "start": 0,
        "metric": "破案", "metric_start": 0, "status": None,
    }  # fmt: skip
    return Figure(text=text, value=value, **{**fields, **given})


def test_comparison_gathers_figures_in_base_units() -> None:
    people, money = "{k1:抓获嫌疑人}{q:83名|count k1 t1}", "{k2:损失}{q:2.35亿元|money k2 t1}"
    found = gather([result(f"{{t1:2022年}}{people}，{money}，走访{{q:5户|count k3}}{{k3:农户}}。")])
    assert [(r.indicator, r.value, r.unit, r.days, r.period, r.letter, r.issuer) for r in found.rows] == [
        ("抓获人数", 83, "人", YEAR, "2022年", "a01.txt", "云溪县公安局"),
        ("损失金额", 235_000_000, "元", YEAR, "2022年", "a01.txt", "云溪县公安局"),
    ]
    assert (found.letters, found.claims, found.without_indicator, found.older) == (1, 3, 1, 0)


def test_comparison_counts_results_of_earlier_versions() -> None:
    data = result("{t1:2022年}{k1:破案}{q:83起|count k1 t1}。").model_dump(mode="json")
    for claim in data["claims"]:
        del claim["metric"]["canonical"], claim["period"]["from"], claim["period"]["to"]
    found = gather([Result.model_validate(data)])
    assert (found.rows, found.older, found.without_indicator) == ([], 1, 1)


# What a figure may stand for.
BOUNDS = [
    (figure("412345人", 412345), (412345, 412345)),
    (figure("40余万人", 400000, approx="over"), (400000, 500000)),
    (figure("1.2万余人", 12000, approx="over"), (12000, 13000)),
    (figure("百余人", 100, approx="over"), (100, 200)),
    (figure("20人以上", 20, approx="over"), (20, float("inf"))),
    (figure("近4000万元", 40_000_000, approx="under", unit="元"), (30_000_000, 40_000_000)),
    (figure("不足5%", 5, approx="under", unit="%"), (float("-inf"), 5)),
    (figure("约1.5万份", 15000, approx="about"), (14000, 16000)),
    (figure("2.35亿元", 235_000_000, unit="元"), (234_000_000, 236_000_000)),
    (figure("5.5%", 5.5, unit="%"), (5.4, 5.6)),
    (figure("5%", 5, unit="%"), (4, 6)),
    (figure("3至5起", 3, value_max=5), (3, 5)),
    (figure("0起", 0), (0, 0)),
]


@pytest.mark.parametrize(("row", "expected"), BOUNDS, ids=[row.text for row, _ in BOUNDS])
def test_comparison_bounds_of_a_figure(row: Figure, expected: tuple[float, float]) -> None:
    assert bounds(row) == pytest.approx(Bounds(*expected))


def test_comparison_figures_agree_where_one_value_fits_all() -> None:
    assert agree([Bounds(1, 3), Bounds(2, 5), Bounds(3, 9)])
    assert not agree([Bounds(1, 3), Bounds(2, 5), Bounds(4, 9)])
    assert agree([Bounds(0.1 + 0.2, 1), Bounds(0, 0.3)])


# Letters and how many contradictions of which kind they have.
LETTERS: list[tuple[str, list[str]]] = [
    ("{t1:2022年}{k1:破案}{q:412起|count k1 t1}。{t2:2022年}{k2:破获案件}{q:421起|count k2 t2}。", ["values"]),
    ("{t1:2022年}{k1:破案}{q:412起|count k1 t1}。{t2:去年}{k2:破获案件}{q:412件|count k2 t2}。", []),
    ("{t1:2022年}{k1:破案}{q:412起|count k1 t1}。{t2:去年}{k2:破案}{q:41起|count k2 t2}。", ["values"]),
    ("{t1:2022年}{k1:破案}{q:412起|count k1 t1}，“断卡”行动{k2:破获案件}{q:41起|count k2 t1}。", []),  # a part
    ("{t1:2022年}{k1:破案}{q:412起|count k1 t1}。{t2:2021年}{k2:破案}{q:300起|count k2 t2}。", []),
    ("{k1:破案}{q:412起|count k1}。{k2:破案}{q:300起|count k2}。", []),  # of no time that is known
    (
        "{t1:2022年}{k1:发放资料}{q:40余万份|count k1 t1}。{t2:去年}{k2:发放资料}{q:412345份|count k2 t2}。",
        [],
    ),
    (
        "{t1:2022年}{k1:发放资料}{q:40余万份|count k1 t1}。{t2:去年}{k2:发放资料}{q:512345份|count k2 t2}。",
        ["values"],
    ),
    ("{t1:2022年}{k1:损失}{q:2.35亿元|money k1 t1}。{t2:去年}{k2:损失}{q:23512万元|money k2 t2}。", []),
    ("{t1:2022年}{k1:损失}{q:2.35亿元|money k1 t1}。{t2:去年}{k2:损失}{q:24512万元|money k2 t2}。", ["values"]),
    (
        "{t1:2023年}{k1:破案}{q:412起|count k1 t1}。[打击*|{t2:今年}力争{k2:破案}{q:600起|count k2 t2}]。",
        [],
    ),  # a target
    ("{t1:2022年}{k1:案均损失}由{q:6.1万元|money k1 t1}降至{q:5.3万元|money k1 t1}。", []),  # of one mention
    (
        "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{t2:2021年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}同比上升{q:20%|change k3 t3 up basis=同比}。",
        [],
    ),
    (
        "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{t2:2021年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}同比下降{q:20%|change k3 t3 down basis=同比}。",
        ["change"],
    ),
    (
        "{t1:今年1至8月}{k1:破案}{q:120起|count k1 t1}，{t2:去年同期}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:今年1至8月}{k3:破案数}同比上升{q:32.5%|change k3 t3 up basis=同比}。",
        ["change"],
    ),
    (
        "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{t2:2021年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}比上年增加{q:20起|change k3 t3 up basis=比上年}。",
        [],
    ),
    (
        "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{t2:2021年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}比上年增加{q:30起|change k3 t3 up basis=比上年}。",
        ["change"],
    ),
    (
        "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{t2:2020年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}与2020年相比增加{q:30起|change k3 t3 up basis=与2020年相比}。",
        ["change"],
    ),
    (
        "{t1:2022年}{k1:破案率}为{q:55.2%|percent k1 t1}，{t2:2021年}{k2:破案率}为{q:50.1%|percent k2 t2}，"
        "{t3:2022年}{k3:破案率}同比上升{q:5.1个百分点|change k3 t3 up basis=同比}。",
        [],
    ),
    (
        "{t1:2022年}{k1:破案率}为{q:55.2%|percent k1 t1}，{t2:2021年}{k2:破案率}为{q:50.1%|percent k2 t2}，"
        "{t3:2022年}{k3:破案率}同比上升{q:9.1个百分点|change k3 t3 up basis=同比}。",
        ["change"],
    ),
    (
        "{t1:2022年}{k1:破案}{q:100余起|count k1 t1}，{t2:2021年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}同比上升{q:65%|change k3 t3 up basis=同比}。",
        [],
    ),
    (
        "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{t2:2021年}{k2:破案}{q:100起|count k2 t2}，"
        "{t3:2022年}{k3:破案数}环比下降{q:20%|change k3 t3 down basis=环比}。",
        [],
    ),
]


@pytest.mark.parametrize(("body", "kinds"), LETTERS, ids=range(len(LETTERS)))
def test_comparison_sees_what_a_reader_would(body: str, kinds: list[str]) -> None:
    assert [c.kind for c in find_contradictions(gather([result(body)]).rows)] == kinds


NOW = "{t1:2022年}{k1:破案}{q:120起|count k1 t1}，{k2:破案数}同比下降{q:20%|change k2 t1 down basis=同比}。"
THEN = "{t1:2021年}{k1:破案}{q:100起|count k1 t1}。"


def test_comparison_takes_a_missing_total_from_another_letter_of_the_body() -> None:
    (found,) = find_contradictions(gather([result(NOW), result(THEN, name="a02")]).rows)
    assert (found.kind, [row.letter for row in found.figures]) == ("change", ["a01.txt", "a01.txt", "a02.txt"])
    assert not find_contradictions(gather([result(NOW), result(THEN, name="a02", issuer="青石县公安局")]).rows)


def test_comparison_two_letters_may_say_different_things() -> None:
    other = "{t1:2022年}{k1:破案}{q:150起|count k1 t1}。"
    first = "{t1:2022年}{k1:破案}{q:120起|count k1 t1}。"
    assert not find_contradictions(gather([result(first), result(other, name="a02")]).rows)


RESULTS = [
    result(body, name=f"a{n:02}", issuer=f"{'云青'[n % 2]}溪县公安局") for n, (body, _) in enumerate(LETTERS, start=1)
]


@given(st.randoms(use_true_random=False), st.integers(0, len(RESULTS)))
def test_comparison_order_of_letters_does_not_matter(rng: random.Random, size: int) -> None:
    chosen = rng.sample(RESULTS, size)
    first, second = gather(chosen), gather(rng.sample(chosen, size))
    assert first == second
    assert find_contradictions(first.rows) == find_contradictions(second.rows)


@given(st.integers(0, 10**9), st.sampled_from(["人", "名", "位"]), st.sampled_from(["人", "名", "位"]))
def test_comparison_one_value_in_two_units_is_no_contradiction(value: int, unit: str, other: str) -> None:
    first = f"{{t1:2022年}}{{k1:抓获嫌疑人}}{{q:{value}{unit}|count k1 t1}}。"
    second = f"{{t2:去年}}{{k2:抓获嫌疑人}}{{q:{value}{other}|count k2 t2}}。"
    rows = gather([result(first + second)]).rows
    assert {(row.value, row.unit) for row in rows} == {(value, "人")}
    assert find_contradictions(rows) == []


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_comparison_a_change_that_is_reckoned_fits_its_totals(now: int, then: int) -> None:
    last = figure(f"{then}起", then, days=Interval(date(2021, 1, 1), date(2021, 12, 31)), start=1)
    this = figure(f"{now}起", now, start=2)
    percent = round(100 * (now - then) / then, 2)
    said = figure(f"{abs(percent)}%", abs(percent), type="change", unit="%", basis="同比", start=3)
    said = replace(said, direction="up" if percent >= 0 else "down")
    assert find_contradictions([this, last, said]) == []
    wrong = replace(said, value=abs(percent) + 1, text=f"{abs(percent) + 1:.2f}%")
    assert [c.kind for c in find_contradictions([this, last, wrong])] == ["change"]


_FIGURES = st.builds(
    figure,
    st.sampled_from(["12起", "1.2万起", "十余起", "以上", "", "近12%"]),
    st.integers(0, 10**12) | st.floats(0, 1e9),
    indicator=st.sampled_from(list(INDICATORS)[:3]),
    type=st.sampled_from(["count", "change", "percent", "rank", "money"]),
    unit=st.sampled_from(["起", "%", "百分点", "倍", "元"]),
    approx=st.sampled_from([None, "over", "under", "about"]),
    direction=st.sampled_from([None, "up", "down"]),
    basis=st.sampled_from([None, "同比", "环比", "与前年相比"]),
    days=st.builds(Interval, st.none() | st.dates(), st.none() | st.dates()) | st.just(YEAR),
    issuer=st.sampled_from([None, "甲", "乙"]),
    start=st.integers(0, 99),
    metric_start=st.integers(0, 3),
)


@given(st.lists(_FIGURES, max_size=12))
def test_comparison_never_raises_and_names_figures_that_are_there(rows: list[Figure]) -> None:
    for found in find_contradictions(rows):
        assert len(found.figures) >= 2
        assert all(any(row is one for one in rows) for row in found.figures)
