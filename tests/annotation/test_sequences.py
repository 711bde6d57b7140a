"""Sequences that letters share: one figure for the check and the counts."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation import corpus_check
from nlp.annotation.corpus import GoldLetter
from nlp.annotation.corpus_check import check_corpus
from nlp.annotation.sequences import fold, fold_pairs, sequences, shared_share
from nlp.annotation.stats import describe


def share(*texts: str, length: int = 2) -> float:
    return shared_share(sequences(fold(text), length) for text in texts)


def test_sequences_share_ignores_white_space_and_width() -> None:
    # 甲乙 乙3 3丁 丁戊, of which two occur twice.
    assert share("甲乙3丁", "乙 ３\n丁戊", "己") == 0.5
    assert share("甲乙3丁", "乙 ３\n丁戊", "己", length=5) == 0
    assert share() == 0


@given(st.text(st.sampled_from("甲３3㎡ \u3000\n﹒…e\u0301")))
def test_sequences_folding_keeps_the_place_of_each_character(text: str) -> None:
    pairs = fold_pairs(text)
    assert fold(text) == "".join(c for c, _ in pairs)
    assert all(c in fold(text[i]) for c, i in pairs)
    assert fold(text).split() in ([], [fold(text)])


def test_sequences_share_is_the_same_in_check_and_stats() -> None:
    texts = ("全县公安机关共抓获涉诈犯罪嫌疑人１２名。", "全县公安机关共抓获涉诈犯罪嫌疑人12名，另移送起诉。")
    letters = [GoldLetter(f"a{i}", Path(f"a{i}.txt"), text, [], []) for i, text in enumerate(texts)]
    percent = 100 * share(*texts, length=corpus_check.SEQUENCE)
    assert f"in more than one letter: {percent:.2f}%" in describe(letters)
    assert any(f.message.startswith(f"{percent:.1f}% of the corpus's sequences") for f in check_corpus(letters))
