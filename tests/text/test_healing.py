"""Healing: what a page did to a text is gone, and every offset finds its way back."""

from __future__ import annotations

from hypothesis import given
from test_segmentation import TEXTS, WRAPPED, wrapped_texts

from nlp.text.healing import heal
from nlp.text.segmentation import segment

PRINTED = WRAPPED.replace("覆盖\n全县", "覆盖\n— 2 —\n全县")


def test_healing_takes_breaks_and_page_numbers_out_of_clauses() -> None:
    healed = heal(PRINTED, segment(PRINTED))
    assert "覆盖全县九个镇" in [healed.text[c.start : c.end] for c in healed.structure.clauses]
    start = healed.text.index("覆盖全县")
    assert PRINTED[slice(*healed.outside(start, start + 4))] == "覆盖\n— 2 —\n全县"
    assert healed.inside(*healed.outside(start, start + 4)) == (start, start + 4)


def test_healing_of_a_text_that_needs_none_is_the_text() -> None:
    text = "一、打击\n破获案件3起。"
    structure = segment(text)
    assert (heal(text, structure).text, heal(text, structure).structure) == (text, structure)


@given(TEXTS | wrapped_texts())
def test_healing_keeps_every_part(text: str) -> None:
    structure = segment(text)
    healed = heal(text, structure)
    assert [text[i] for i in healed.offsets] == list(healed.text)
    for kind in ("paragraphs", "sentences", "clauses"):
        before, after = getattr(structure, kind), getattr(healed.structure, kind)
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            assert other.start < other.end
            first, last = healed.outside(other.start, other.end)
            assert one.start <= first < last <= one.end
            assert "".join(healed.text[other.start : other.end].split()) == "".join(
                text[i] for i in range(one.start, one.end) if i in set(healed.offsets) and not text[i].isspace()
            )
