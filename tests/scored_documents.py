"""Documents with gold and predictions, made by hand or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from nlp.annotation.corpus import GoldLetter
from nlp.evaluation.scores import Scored
from nlp.labels import CATEGORIES, CLAIM_TYPES, STATUSES
from nlp.schema import Claim, GoldClaim, GoldMeasure, Measure, ModelInfo, Span

TEXT = "2024年，抓获31名，返还80万元。下一步，进村宣讲。"
MODEL = ModelInfo(name="hand", version="1", backend="none", device="cpu")


def scored(
    *,
    gold: Sequence[Any] = (),
    predicted: Sequence[Any] = (),
    text: str = TEXT,
    name: str = "a",
    meta: dict[str, Any] | None = None,
) -> Scored:
    """A document whose gold and predicted spans, measures or claims, are sorted out here."""
    sides = [
        ([s for s in spans if isinstance(s, GoldMeasure)], [s for s in spans if isinstance(s, GoldClaim)])
        for spans in (gold, predicted)
    ]
    letter = GoldLetter(name, Path(f"{name}.txt"), text, *sides[0], meta=meta or {})
    return Scored(name, text, letter, SimpleNamespace(measures=sides[1][0], claims=sides[1][1], model=MODEL))


def with_score(span: Any, score: float = 0.8) -> Any:
    """A gold span as a prediction."""
    return (Measure if isinstance(span, GoldMeasure) else Claim)(**span.model_dump(), score=score)


_SCORES = st.sampled_from([0.25, 0.5, 0.5, 0.75, 0.9, 1.0])


def _spans(length: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Spans that do not overlap, in text order."""
    borders = st.lists(st.integers(0, length), max_size=10, unique=True).map(sorted)
    return borders.map(lambda found: list(zip(found[::2], found[1::2], strict=False)))


@st.composite
def measures(draw: st.DrawFn, text: str) -> list[Any]:
    """Predicted measures, which do for gold too."""
    return [
        Measure(
            start=a, end=b, text=text[a:b], category=draw(st.sampled_from(CATEGORIES[:3])),
            status=draw(st.sampled_from(STATUSES)), score=draw(_SCORES),
        )
        for a, b in draw(_spans(len(text)))
    ]  # fmt: skip


@st.composite
def claims(draw: st.DrawFn, text: str) -> list[Any]:
    """Predicted claims, which do for gold too; now and then one stands twice."""
    found = []
    part = st.none() | st.sampled_from([(0, 5), (2, 5), (6, 8)]).map(
        lambda p: Span(start=p[0], end=p[1], text=text[p[0] : p[1]])
    )
    for a, b in draw(_spans(len(text))):
        one = Claim(
            start=a, end=b, text=text[a:b], type=draw(st.sampled_from(CLAIM_TYPES[:2])),
            value=draw(st.integers(1, 2)), value_max=None, unit=draw(st.sampled_from("名个")), approx=None,
            metric=draw(part), period=draw(part), direction=draw(st.sampled_from([None, None, "up"])), basis=None,
            measure=None, score=draw(_SCORES),
        )  # fmt: skip
        found += [one] * draw(st.sampled_from([1, 1, 1, 2]))
    return found


@st.composite
def documents(draw: st.DrawFn, name: str = "a", doubles_in_gold: bool = False) -> Scored:
    """A document with any gold and any prediction."""
    gold_claims = draw(claims(TEXT))
    if not doubles_in_gold:
        gold_claims = list({(c.start, c.end): c for c in gold_claims}.values())
    gold = [*draw(measures(TEXT)), *gold_claims]
    return scored(gold=gold, predicted=[*draw(measures(TEXT)), *draw(claims(TEXT))], name=name)
