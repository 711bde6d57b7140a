"""Figures as the gold states them: the same words, read in the same way, for the marked-up source and every tool."""

from __future__ import annotations

from typing import Any

import pytest

from nlp.annotation.figures import figures, figures_as_words, figures_from_words, read_figures
from nlp.errors import FanzhaError
from nlp.schema import GoldClaim


def quantity(text: str, **said: Any) -> GoldClaim:
    fields = {"value": 3, "value_max": None, "unit": "个", "approx": None, **said}
    others = dict.fromkeys(("metric", "period", "direction", "basis", "measure"))
    return GoldClaim.model_validate({"start": 0, "end": len(text), "text": text, "type": "count", **fields, **others})


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (quantity("3个"), []),
        (quantity("3余个", approx="over"), []),
        (quantity("3余个"), ["approx=none"]),
        (quantity("3-5个"), ["max=none"]),
        (quantity("3个", value=4.0, value_max=5.5), ["value=4", "max=5.5"]),
        (quantity("3个", value=1.5e-05), ["value=1.5e-05"]),
        (quantity("若干", approx="about"), ["value=3", "unit=个", "approx=about"]),
    ],
)
def test_figures_as_words_and_back(claim: GoldClaim, words: list[str]) -> None:
    assert figures_as_words(claim) == words
    wanted = {name: getattr(claim, name) for name in ("value", "value_max", "unit", "approx")}
    for stated in (figures_from_words(words), figures(claim)):
        assert read_figures(claim.text, claim.type, stated) == wanted


def test_figures_that_are_whole_are_int() -> None:
    for stated in ("3.0", 3.0, "3e0", 3):
        value = read_figures("5个", "count", {"value": stated})["value"]
        assert (value, type(value)) == (3, int)


@pytest.mark.parametrize("word", ["more=3", "value", "basis=同比", ""])
def test_figures_from_words_refuses_other_words(word: str) -> None:
    with pytest.raises(ValueError, match=r"is none of value=…, max=…, unit=…, approx=…"):
        figures_from_words([word])


def test_figures_from_words_refuses_two_of_a_kind() -> None:
    with pytest.raises(ValueError, match="max=… is there twice"):
        figures_from_words(["max=3", "max=none"])


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        *(
            ({"value": value}, f"value={value} is no number")
            for value in (
                "nan",
                "1_0",
                "１２",
                "",
                "1e99",
                "9" * 40,
                float("nan"),
                float("inf"),
                10**31,
                True,
                None,
                [],
            )
        ),
        ({"max": "none"}, "max=none is no number"),
        ({"unit": "个 人"}, "'个 人' is no unit"),
        ({"unit": None}, "None is no unit"),
        ({"approx": "nearly"}, "approx=nearly (use one of over, under, about, none)"),
        ({"approx": ["over"]}, "approx=['over'] (use one of over, under, about, none)"),
    ],
)
def test_figures_that_are_none_are_refused(stated: dict[str, Any], message: str) -> None:
    with pytest.raises(FanzhaError) as caught:
        read_figures("3个", "count", stated)
    assert str(caught.value).startswith(f"the quantity 3个: {message}")
    assert caught.value.mend


@pytest.mark.parametrize("stated", [{}, {"value": 3}, {"unit": "个"}])
def test_figures_of_what_nobody_can_read_are_stated(stated: dict[str, Any]) -> None:
    with pytest.raises(FanzhaError, match="the number grammar cannot read 若干 .*state value=… and unit=…"):
        read_figures("若干", "count", stated)
