"""Confusion of categories and types, counted by hand and against the scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from scored_documents import TEXT, documents, scored

from nlp.evaluation.confusion import category_confusion, type_confusion
from nlp.evaluation.scores import Scored, score
from nlp.labels import CATEGORIES


def test_characters_by_category(measure: Callable[..., Any]) -> None:
    gold = [measure(TEXT, "抓获31名，返还80万元", "打击"), measure(TEXT, "进村宣讲", "宣传")]
    found = category_confusion([scored(gold=gold, predicted=[measure(TEXT, "抓获31名", "治理")])])
    assert found["打击"] == {"O": 7, "打击": 0, "防范": 0, "宣传": 0, "管控": 0, "治理": 5}
    assert found["宣传"]["O"] == 4
    assert found["O"]["O"] == len(TEXT) - 16
    assert sum(sum(row.values()) for row in found.values()) == len(TEXT)


def test_claims_by_type(claim: Callable[..., Any]) -> None:
    a, b = claim(TEXT, "31名", "count", 31, "名"), claim(TEXT, "80万元", "money", 800_000, "元")
    found = type_confusion(
        [
            scored(gold=[a, b], predicted=[a, claim(TEXT, "80万", "count", 80, "万")]),  # a count of other borders
            scored(gold=[a], predicted=[claim(TEXT, "31名", "rank", 31, "名")]),
            scored(gold=[a], predicted=[b]),
        ]
    )
    assert found["count"] == {"O": 1, "count": 1, "money": 0, "percent": 0, "change": 0, "rank": 1}
    assert found["money"] == {"O": 0, "count": 1, "money": 0, "percent": 0, "change": 0, "rank": 0}
    assert found["O"] == {"O": 0, "count": 0, "money": 1, "percent": 0, "change": 0, "rank": 0}


@given(documents())
def test_confusion_fits_the_scores(document: Scored) -> None:
    characters, scores = category_confusion([document]), score([document])
    for name in CATEGORIES:
        counts = scores.characters[name]
        assert characters[name][name] == counts.right
        assert sum(characters[name].values()) == counts.gold
        assert sum(row[name] for row in characters.values()) == counts.predicted
    types = type_confusion([document])
    for name, row in types.items():
        if name != "O":
            assert sum(row.values()) == sum(c.type == name for c in document.gold.claims)
