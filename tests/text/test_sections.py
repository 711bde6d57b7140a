"""What a window is told of the section it stands in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.sections import section_contexts
from nlp.text.segmentation import segment


def contexts(text: str) -> list[str]:
    return section_contexts(text, segment(text))


def test_sections_headings_above_a_paragraph_outermost_first() -> None:
    text = "答复函\n一、主要做法\n（一）严打\n1.专班\n正文。\n2.战役\n（二）宣传\n二、打算\n正文。"
    assert contexts(text) == [
        "", "", "主要做法", "主要做法 严打", "主要做法 严打 专班", "主要做法 严打", "主要做法", "", "打算",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("一、主要做法。近年来成效明显。", "主要做法"),
        ("一、主要做法；其他", "主要做法"),
        ("一、" + "做" * 40, "做" * 24),
    ],
)
def test_sections_a_heading_is_cut_at_its_first_end(heading: str, expected: str) -> None:
    assert contexts(f"{heading}\n正文") == ["", expected]


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ("下一步，我局将做好三项工作。", "下一步，我局将做好三项工作。"),
        ("感谢您的支持，今后我们将继续努力。", "的支持，今后我们将继续努力。"),
        ("针对您提出的三条建议，答复如下：", "针对您提出的三条建议，答复如下："),
        ("李代表：", ""),
        ("去年全县平稳。", ""),
    ],
)
def test_sections_a_lead_in_governs_what_follows(lead: str, expected: str) -> None:
    assert contexts(f"一、做法\n{lead}\n正文。\n")[2] == (expected or "做法")


def test_sections_the_next_heading_ends_a_lead_in() -> None:
    assert contexts("下一步，我局将加强宣传。\n（一）宣传\n正文。\n一、做法\n正文。") == [
        "", "下一步，我局将加强宣传。", "下一步，我局将加强宣传。 宣传", "", "做法",
    ]  # fmt: skip


@given(
    st.lists(st.sampled_from(["一、做法", "（一）严打", "1.专班", "下一步将", "正文。", "", "如下情况向您说明如下："]))
)
def test_sections_one_context_for_each_paragraph_and_none_is_long(lines: list[str]) -> None:
    text = "\n".join(lines)
    structure = segment(text)
    found = section_contexts(text, structure)
    assert len(found) == len(structure.paragraphs)
    assert all(len(context) <= 3 * 24 + 2 for context in found)
