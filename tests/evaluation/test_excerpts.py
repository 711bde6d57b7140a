"""An error in its sentence: the letter's own words, marked where spans are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from scored_documents import TEXT, documents, scored, with_score

from nlp.evaluation.excerpts import Excerpts, Piece, facts
from nlp.evaluation.mistakes import mistakes
from nlp.evaluation.scores import Scored


def test_pieces_are_the_sentence_with_gold_and_prediction(measure: Callable[..., Any]) -> None:
    gold, found = measure(TEXT, "抓获31名，返还80万元", "打击"), measure(TEXT, "返还80万元", "打击")
    (one,) = mistakes(scored(gold=[gold], predicted=[found]))
    cut = Excerpts(TEXT).of(one)
    assert (cut.start, cut.end) == (0, TEXT.index("下一步"))
    assert cut.pieces == (
        Piece("2024年，", ()),
        Piece("抓获31名，", ("gold",)),
        Piece("返还80万元", ("gold", "predicted")),
        Piece("。", ()),
    )


def test_metrics_and_periods_are_marked_for_their_side(claim: Callable[..., Any]) -> None:
    gold = claim(TEXT, "31名", "count", 31, "名", metric="抓获", period="2024年")
    found = claim(TEXT, "31名", "count", 31, "名", metric="抓获")
    (one,) = mistakes(scored(gold=[gold], predicted=[with_score(found, 0.5)]))
    marks = {piece.text: piece.marks for piece in Excerpts(TEXT).of(one).pieces}
    assert marks["2024年"] == ("gold-part",)
    assert marks["抓获"] == ("gold-part", "predicted-part")
    assert marks["31名"] == ("gold", "predicted")
    said = facts(one)
    assert {f.name: f.value for f in said["gold"] if f.differs} == {"period": "2024年 (0–5)"}
    assert {f.name: f.value for f in said["predicted"] if f.differs} == {"period": "none"}
    assert ("score", "0.50") in [(f.name, f.value) for f in said["predicted"]]


def test_hard_wraps_are_marked(measure: Callable[..., Any]) -> None:
    line = "我们在全市各个社区和学校持续开展形式多样的反诈宣传活动并且不断"
    text = f"{line}\n" * 4 + "取得了成效。\n"
    (one,) = mistakes(scored(gold=[measure(text, "取得了成效", "宣传")], text=text))
    pieces = Excerpts(text).of(one).pieces
    assert [piece.text for piece in pieces if piece.marks == ("wrap",)] == ["\n"] * 4


def test_a_long_sentence_is_cut(measure: Callable[..., Any]) -> None:
    text = "前" * 1000 + "进村宣讲" + "后" * 1000 + "。"
    (one,) = mistakes(scored(gold=[measure(text, "进村宣讲", "宣传")], text=text))
    cut = Excerpts(text).of(one)
    assert (cut.start, cut.end) == (880, 1124)


@given(documents())
def test_pieces_joined_are_the_text_and_hold_every_span(document: Scored) -> None:
    excerpts = Excerpts(document.text)
    for one in mistakes(document):
        cut = excerpts.of(one)
        assert "".join(piece.text for piece in cut.pieces) == document.text[cut.start : cut.end]
        for side, span in (("gold", one.gold), ("predicted", one.predicted)):
            marked = "".join(piece.text for piece in cut.pieces if side in piece.marks)
            assert marked == ("" if span is None else span.text)
        assert set(facts(one)) == {
            side for side, span in (("gold", one.gold), ("predicted", one.predicted)) if span is not None
        }
