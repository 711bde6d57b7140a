"""The faults that rules find in gold: each is named with its file, its line and its mend."""

from __future__ import annotations

import pytest

from nlp.annotation.check import check_letter
from nlp.annotation.markup import parse

START = "(start it after a ，： 。 or a list marker)"
END = "(end it before the clause's punctuation)"
BORDERS = "(mark number, modifiers and unit, nothing else)"
HEAD = "---\nid: a01\n---\n"


def faults(body: str) -> list[str]:
    letter = parse(HEAD + body)
    found = check_letter(letter.text, letter.measures, letter.claims, path="a01.txt", first_line=letter.first_line)
    return [str(fault) for fault in found]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "答复函\n县局{t1:2024年}，[打击|{k1:抓获涉诈人员}{q:31名|count k1 t1}]。",
        "一是[打击|抓获一批，移送起诉]；二是[宣传|进村宣讲]，[宣传*|还将进校]。",
        "[打击|严打快处]，形势好转，[打击|追赃挽损]。",
        "[打击|严打快处]。[打击|追赃挽损]。",
    ],
)
def test_check_finds_no_fault_in_good_gold(body: str) -> None:
    assert faults(body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "甲\n县局[打击|抓获一批]。",
            "a01.txt:5: the measure 抓获一批 does not start where a clause does " + START,
        ),
        (
            "甲\n\n[打击|一是严打]。",
            "a01.txt:6: the measure 一是严打 does not start where a clause does " + START,
        ),
        (
            "[打击|抓获一批，]。",
            "a01.txt:4: the measure 抓获一批， does not end where a clause does (…抓获一批，) " + END,
        ),
        (
            "[打击|抓获一批。追赃]。",
            "a01.txt:4: the measure 抓获一批。追赃 runs over a sentence end (end it at the 。 or ； and open another)",
        ),
        (
            "[打击|抓获一批]，[打击|追赃]。",
            "a01.txt:4: the measure 追赃 continues the one before it (make one span of the two)",
        ),
        (
            "[打击|收缴设备]，查明{q:31名|count}。",
            "a01.txt:4: the quantity 31名 has no metric (name what is counted: {k1:…} and |… k1)",
        ),
        (
            "{k1:抓获{q:31名|count k1}涉诈人员}。",
            "a01.txt:4: the metric of 31名 holds the quantity (leave the quantity outside)",
        ),
        (
            "{k1:立案}。甲。\n乙。\n丙。丁{q:31起|count k1}。",
            "a01.txt:6: the metric 立案 of 31起 is over three sentences away (name a nearer one)",
        ),
        (
            "{k1:立案}{q:31起|count k1 value=13}。",
            "a01.txt:4: the grammar reads 31起 as 31, the gold says 13 (mend the value)",
        ),
        (
            "{k1:追回}{q:31万元|money k1 unit=万元}。",
            "a01.txt:4: 31万元 is money with the unit '万元' (mend the type or the unit)",
        ),
        (
            "{k1:立案}近{q:31起|count k1}。",
            "a01.txt:4: the grammar finds other borders than '31起': ['近31起'] " + BORDERS,
        ),
        ("{k1:时间}{q:2024年|count k1}。", "a01.txt:4: 2024年 is no claim to the grammar: date (take the mark away)"),
        (
            "一、做法\n{t1:去年}有进展。\n二、成效\n{k1:立案}{q:31起|count k1 t1}。",
            "a01.txt:7: the period 去年 of 31起 stands beyond the heading 二、成效 (name one in its section, or none)",
        ),
    ],
)
def test_check_names_the_fault(body: str, expected: str) -> None:
    assert expected in faults(body)


def test_check_sorts_faults_by_line() -> None:
    body = "{k1:立案}{q:31起|count k1 value=13}。\n县局[打击|抓获]。\n{k2:追回}{q:5元|money k2 value=6}。"
    assert [int(fault.split(":")[1]) for fault in faults(body)] == [4, 5, 6]


def test_check_a_period_behind_the_last_paragraph_is_no_fault_of_ours() -> None:
    assert faults("抓获{q:31名|count t1}。{t1:\n}") == [
        "a01.txt:4: the quantity 31名 has no metric (name what is counted: {k1:…} and |… k1)"
    ]
