"""The guidelines: every marked example is sound, and both languages hold the same ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nlp.annotation.check import check_letter
from nlp.annotation.corpus import read_letters
from nlp.annotation.markup import parse
from nlp.annotation.stats import HARD_CASES, describe, describe_hard_cases
from nlp.claims.candidates import find_quantities

ANNOTATIONS = Path(__file__).resolve().parents[2] / "annotations"
# Numbers in the examples that are no claims, as the text beside them says.
NO_CLAIMS = {"63人", "百万元以上", "一项"}


def examples(name: str) -> list[tuple[int, str]]:
    """The marked examples of a page with their lines."""
    page = (ANNOTATIONS / name).read_text(encoding="utf-8")
    return [
        (page.count("\n", 0, found.start(1)) + 1, found[1])
        for found in re.finditer(r"```marked\n(.*?)```", page, re.DOTALL)
    ]


@pytest.mark.parametrize("name", ["GUIDELINES.md", "GUIDELINES.zh-CN.md"])
def test_guidelines_examples_are_sound(name: str) -> None:
    for line, source in examples(name):
        marked = parse(f"---\nid: example\n---\n{source}", path=f"{name}:{line}")
        assert check_letter(marked.text, marked.measures, marked.claims, path=name, first_line=line) == []
        claimed = {(c.start, c.end) for c in marked.claims}
        unmarked = {
            marked.text[c.start : c.end]
            for c in find_quantities(marked.text)
            if c.veto is None and (c.start, c.end) not in claimed
        }
        assert unmarked <= NO_CLAIMS, f"{name}:{line}"


def test_guidelines_hold_the_same_examples_in_both_languages() -> None:
    english, chinese = ([source for _, source in examples(n)] for n in ("GUIDELINES.md", "GUIDELINES.zh-CN.md"))
    assert len(english) > 30
    assert english == chinese


def test_guidelines_hard_cases_page_is_what_the_command_prints() -> None:
    page = (ANNOTATIONS / "HARD_CASES.md").read_text(encoding="utf-8")
    assert page == describe_hard_cases(read_letters(ANNOTATIONS / "letters")) + "\n", (
        "write it anew: fanzha corpus stats --where > annotations/HARD_CASES.md"
    )


def test_guidelines_every_hard_case_has_letters_and_every_claimed_one_is_known() -> None:
    letters = read_letters(ANNOTATIONS / "letters")
    claimed = {name for letter in letters for name in letter.meta["hard"]}
    assert claimed == set(HARD_CASES)


def test_guidelines_stats_count_by_every_fact() -> None:
    told = describe(read_letters(ANNOTATIONS / "letters"))
    for row in ("category", "status", "claim type", "form", "body", "province", "year", "characters", "hard case"):
        assert f"\n{row}" in told, row
    assert "characters: under 500 " in told
