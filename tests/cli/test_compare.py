"""`fanzha compare`: what it prints and writes, and what it says of what it cannot read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.markup import parse
from nlp.evaluation.resolved import gold_result
from nlp.output.jsonl import to_json_line

BODY = """---
id: {id}
body: 公安局
province: 云南
year: 2023
form: plain
hard: []
---
云溪县公安局
对县人大第12号建议的答复

李明代表：
　　{{t1:2022年}}{{k1:破案}}{{q:412起|count k1 t1}}，{{k2:抓获嫌疑人}}{{q:83名|count k2 t1}}，\
走访{{q:5户|count k3}}{{k3:农户}}。{{t2:去年}}{{k4:破获案件}}{{q:{cases}起|count k4 t2}}。

云溪县公安局
2023年9月15日
"""


def line(name: str, cases: int) -> str:
    path = Path(f"{name}.txt")
    letter = parse(BODY.format(id=name, cases=cases), path=path)
    gold = GoldLetter(name, path, letter.text, letter.measures, letter.claims, letter.meta)
    return to_json_line(gold_result(gold)) + "\n"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of annotate with a letter that agrees with itself and one that does not."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "results.jsonl").write_text(line("a01", 412) + "\n" + line("a02", 421), encoding="utf-8")
    return folder


def test_compare_prints_indicators_and_contradictions(fanzha_here: Callable[..., Any], results: Path) -> None:
    status, out, err = fanzha_here("compare", results)
    assert (status, err) == (0, "")
    assert out.index("破案数") < out.index("抓获人数") < out.index("矛盾 1：破案数，同一时期两个数")
    assert "2022-01-01 — 2022-12-31" in out
    assert out.splitlines()[-1] == "2 封复函，8 个数值：6 个有统一指标，2 个没有，1 处矛盾"
    assert fanzha_here("compare", results / "results.jsonl")[1] == out


def test_compare_writes_what_it_is_asked_for(fanzha_here: Callable[..., Any], results: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"compared.{kind}" for kind in ("csv", "xlsx", "json")]
    asked = [part for path in paths for part in (f"--{path.suffix[1:]}", path)]
    status, out, err = fanzha_here("compare", results, *asked)
    assert (status, err) == (0, "")
    assert out == "".join(f"{path}: 6 figures, 1 contradictions\n" for path in paths)
    with paths[0].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["统一指标"], r["文件"], r["时期起日"], r["折合"], r["矛盾"]) for r in rows] == [
        ("破案数", "a01.txt", "2022-01-01", "412", ""), ("破案数", "a01.txt", "2022-01-01", "412", ""),
        ("破案数", "a02.txt", "2022-01-01", "412", "1"), ("破案数", "a02.txt", "2022-01-01", "421", "1"),
        ("抓获人数", "a01.txt", "2022-01-01", "83", ""), ("抓获人数", "a02.txt", "2022-01-01", "83", ""),
    ]  # fmt: skip
    book = openpyxl.load_workbook(paths[1])
    assert book.sheetnames == ["指标", "矛盾"]
    assert [row[7] for row in book["矛盾"].iter_rows(min_row=2, values_only=True)] == ["412起", "421起"]
    found = json.loads(paths[2].read_text(encoding="utf-8"))
    assert {k: found[k] for k in ("letters", "claims", "without_indicator")} == {
        "letters": 2, "claims": 8, "without_indicator": 2,
    }  # fmt: skip
    assert found["contradictions"] == [
        {"kind": "values", "from": "2022-01-01", "to": "2022-12-31", "figures": [2, 3]}
    ]  # fmt: skip
    assert [row["contradictions"] for row in found["figures"]] == [[], [], [0], [0], [], []]


def test_compare_is_the_same_in_any_order(fanzha_here: Callable[..., Any], tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text(line("a01", 412), encoding="utf-8")
    two.write_text(line("a02", 421), encoding="utf-8")
    assert fanzha_here("compare", one, two) == fanzha_here("compare", two, one)


def test_compare_reads_standard_input(fanzha: Callable[..., Any]) -> None:
    done = fanzha("compare", "-", stdin=line("a02", 421).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert "1 封复函，4 个数值" in done.stdout.decode()


def test_compare_says_where_results_are_of_an_earlier_version(fanzha_here: Callable[..., Any], tmp_path: Path) -> None:
    data = json.loads(line("a01", 412))
    for claim in data["claims"]:
        del claim["metric"]["canonical"]
    file = tmp_path / "old.jsonl"
    file.write_text(json.dumps(data), encoding="utf-8")
    status, out, err = fanzha_here("compare", file)
    assert status == 0
    assert "0 个有统一指标，4 个没有" in out
    assert "1 of 1 results are of a version that named no indicators (make them again with fanzha annotate)" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory (name a results.jsonl"),
        ("", "there are no letters"),
        ("{}\n", "line 1 is no result"),
        ("\n[1\n", "line 2 is no result"),
    ],
)
def test_compare_names_what_is_wrong(
    fanzha_here: Callable[..., Any], tmp_path: Path, content: str | None, message: str
) -> None:
    file = tmp_path / "r.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    status, out, err = fanzha_here("compare", file, "--csv", tmp_path / "x.csv")
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "x.csv").exists()


def test_compare_says_where_nothing_can_be_written(fanzha_here: Callable[..., Any], results: Path) -> None:
    status, _, err = fanzha_here("compare", results, "--xlsx", results)
    assert status == 2
    assert "cannot be written" in err
