"""The figures that show the real encoder was built right; skipped where its source is not installed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nlp.encoder.tokenizer import load_tokenizer

Build = Callable[[str], Path]


@pytest.mark.parametrize(("mode", "size", "words"), [("pieces", 26_188, 6_848), ("characters", 19_340, None)])
def test_real_vocabulary_is_of_the_known_size(real_encoder: Build, mode: str, size: int, words: int | None) -> None:
    vocabulary = json.loads((real_encoder(mode) / "encoder.json").read_text(encoding="utf-8"))["vocabulary"]
    assert vocabulary["size"] == size
    assert vocabulary.get("word") == words


def test_real_single_han_characters_are_all_there(real_encoder: Build) -> None:
    texts = load_tokenizer(real_encoder("pieces") / "tokenizer.json").get_vocab()
    # 7,690 with 㗎 of extension A and 𥚃 of extension B.
    assert sum(len(t) == 1 and "\u4e00" <= t <= "\u9fff" for t in texts) == 7_688


@pytest.mark.parametrize("mode", ["pieces", "characters"])
def test_real_paraphrases_lie_nearer_than_strangers(real_encoder: Build, mode: str) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from nlp.encoder.probe import probe

    figures = probe(real_encoder(mode))
    assert figures.paraphrase > 0.94
    assert figures.unrelated < 0.90
    assert figures.paraphrase - figures.unrelated > 0.06
    assert figures.ranked_first == 1


@pytest.mark.parametrize("mode", ["pieces", "characters"])
def test_real_replies_hold_no_unknown_character(real_encoder: Build, mode: str) -> None:
    folder = os.environ.get("REPLIES_DIR")
    if not folder:
        pytest.skip("REPLIES_DIR does not name the folder of real replies")
    files = sorted(Path(folder).glob("*.txt"))
    assert files
    tokenizer = load_tokenizer(real_encoder(mode) / "tokenizer.json")
    for file in files:
        text = file.read_bytes().decode("utf-8")
        encoding = tokenizer.encode(text)
        assert [text[a:b] for i, (a, b) in zip(encoding.ids, encoding.offsets, strict=True) if i == 1] == [], file.name
