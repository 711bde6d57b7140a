"""`fanzha corpus agreement`: two annotations of the same letters compared."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlp.annotation.agreement import agreement, cohen_kappa
from nlp.annotation.corpus import GoldLetter
from nlp.annotation.markup import parse
from nlp.annotation.standoff import write_built
from nlp.cli.corpus import corpus_app
from nlp.errors import FanzhaError

FIRST = """---
id: v01
---
杏沟乡人民政府的报告
{t1:去年}，[宣传|乡里请皮影班演了{q:12场|count k1 t1}{k1:防骗戏}]，[防范|村医见老人要汇款就拦一拦]。
今后，[治理*|乡里把防骗列入村规，按季评比]。
"""
# The second annotator: 防范 taken for 宣传 makes one span of two, the plan is taken for done, the period is missing.
SECOND = """---
id: v01
---
杏沟乡人民政府的报告
去年，[宣传|乡里请皮影班演了{q:12场|count k1}{k1:防骗戏}，村医见老人要汇款就拦一拦]。
今后，[治理|乡里把防骗列入村规，按季评比]。
"""


def letter(source: str, path: str = "v01.txt") -> GoldLetter:
    marked = parse(source)
    return GoldLetter(marked.meta["id"], Path(path), marked.text, marked.measures, marked.claims, marked.meta)


def test_agreement_of_an_annotation_with_itself_is_full() -> None:
    same = agreement([letter(FIRST)], [letter(FIRST)])
    assert set(same.scores.figures().values()) == {1.0}
    assert (same.category_kappa, same.status_kappa) == (1.0, 1.0)


def test_agreement_counts_clauses_and_figures() -> None:
    found = agreement([letter(FIRST)], [letter(SECOND)])
    # Seven clauses: heading, 去年, the play, the doctor, 今后, the rule, the rating.
    assert found.categories == Counter(
        {("none", "none"): 3, ("宣传", "宣传"): 1, ("防范", "宣传"): 1, ("治理", "治理"): 2}
    )
    assert found.statuses == Counter({("done", "done"): 2, ("planned", "done"): 2})
    # Observed 6/7; by chance (3·3 + 1·2 + 1·0 + 2·2)/49.
    assert found.category_kappa == pytest.approx((6 / 7 - 15 / 49) / (1 - 15 / 49))
    # Observed 1/2; by chance (2·4 + 2·0)/16.
    assert found.status_kappa == pytest.approx(0.0)
    figures = found.scores.figures()
    assert figures["quantity F1"] == figures["metric F1"] == 1.0
    assert figures["full F1"] == 0.0
    assert figures["measures, strict span F1"] == pytest.approx(2 * 1 / 5)
    assert found.scores.status_agreed < found.scores.status_total


def test_agreement_is_the_same_either_way_round() -> None:
    one, other = agreement([letter(FIRST)], [letter(SECOND)]), agreement([letter(SECOND)], [letter(FIRST)])
    assert one.scores.figures() == other.scores.figures()
    assert (one.category_kappa, one.status_kappa) == (other.category_kappa, other.status_kappa)
    assert one.categories == Counter({(b, a): n for (a, b), n in other.categories.items()})


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ({}, 1.0),
        ({("a", "a"): 5}, 1.0),
        ({("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15}, 0.4),
        ({("a", "b"): 1, ("b", "a"): 1}, -1.0),
        ({("a", "b"): 3}, 0.0),
    ],
)
def test_agreement_cohen_kappa(pairs: dict[tuple[str, str], int], kappa: float) -> None:
    assert cohen_kappa(Counter(pairs)) == pytest.approx(kappa)


def test_agreement_refuses_another_text_and_no_common_letter() -> None:
    with pytest.raises(FanzhaError, match=r"b\.txt: its text is not that of a\.txt"):
        agreement([letter(FIRST, "a.txt")], [letter(FIRST.replace("杏沟", "杏岭"), "b.txt")])
    with pytest.raises(FanzhaError, match="no letter in common"):
        agreement([letter(FIRST)], [letter(FIRST.replace("id: v01", "id: v02"))])


def test_agreement_command_compares_marked_letters_with_standoff_gold(tmp_path: Path) -> None:
    marked, built = tmp_path / "marked", tmp_path / "built"
    marked.mkdir()
    (marked / "v01.txt").write_text(FIRST, encoding="utf-8", newline="")
    (marked / "v02.txt").write_text(FIRST.replace("id: v01", "id: v02"), encoding="utf-8", newline="")
    write_built([letter(SECOND)], built)
    result = CliRunner().invoke(corpus_app, ["agreement", str(marked), str(built)])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "1 letters in both: v01"
    assert any(line.split() == ["quantity", "F1", "1.000"] for line in lines)
    assert any(line.split() == ["防范", "0", "0", "1", "0", "0", "0", "0.000"] for line in lines)
    assert any("kappa of categories (7 clauses)" in line for line in lines)
