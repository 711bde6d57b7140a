"""Hugging Face `datasets`: typed features, splits, and files without loading scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exchange_letters import ASTRAL, gold, hard_letters, letter

from nlp.annotation.exchange.huggingface import load_dataset_dict, read_file, to_row, write_file
from nlp.annotation.exchange.parts import write_letters
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for the library that must stay empty."""
    datasets = pytest.importorskip("datasets")
    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    return cache


def test_marked_up_letters_by_split(tmp_path: Path, no_cache: Path) -> None:
    folder = tmp_path / "letters"
    write_letters(hard_letters(), folder)
    splits = tmp_path / "splits.yaml"
    splits.write_text("dev: [crlf]\ntest: [nested]\n", encoding="utf-8")
    found = load_dataset_dict(folder, splits)
    assert {name: part["id"] for name, part in found.items()} == {
        "train": ["astral"],
        "dev": ["crlf"],
        "test": ["nested"],
    }
    row = found["train"][0]
    category = found["train"].features["measures"].feature["category"]
    assert category.names == list(CATEGORIES)
    assert category.int2str(row["measures"][0]["category"]) == "打击"
    claim = row["claims"][1]
    assert row["text"][claim["start"] : claim["end"]] == claim["text"] == "12.5%"
    assert row["claims"][2]["period"] is None
    assert row["claims"][2]["direction"] is None
    assert json.loads(row["meta"])["year"] == 2024
    assert load_dataset_dict(folder)["train"].num_rows == 3
    assert not no_cache.exists()


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_files_by_split(suffix: str, tmp_path: Path, no_cache: Path) -> None:
    write_file(hard_letters()[:2], tmp_path / f"train{suffix}")
    write_file(hard_letters()[2:], tmp_path / f"test{suffix}")
    found = load_dataset_dict(tmp_path)
    assert {name: part.num_rows for name, part in found.items()} == {"train": 2, "test": 1}
    assert gold(read_file(tmp_path / f"train{suffix}")) == gold(hard_letters()[:2])
    assert not no_cache.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"test{suffix}", f"train{suffix}"], (
        "no temporary file is left"
    )


def test_parquet_brings_its_features_along(tmp_path: Path, no_cache: Path) -> None:
    import datasets

    write_file([letter(ASTRAL)], tmp_path / "train.parquet")
    loaded = datasets.load_dataset("parquet", data_files=str(tmp_path / "train.parquet"), cache_dir=str(tmp_path / "c"))
    assert loaded["train"].features == load_dataset_dict(tmp_path)["train"].features


FAULTS: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda row: row.pop("measures"), ":1: its measures are no list"),
    (lambda row: row["measures"][0].update(start=0), ":1, measure 0: the text at 0-"),
    (lambda row: row["measures"][0].update(category=17), ":1, measure 0: 17 is no category"),
    (lambda row: row["claims"][0].update(value="many"), ":1, claim 0: the quantity .*: value=many is no number"),
    (lambda row: row["claims"][0].update(value=None), "value=None is no number"),
    (lambda row: row["claims"][0].update(unit=None), "None is no unit"),
    (lambda row: row["claims"][0].update(approx="nearly"), "approx=nearly"),
    (lambda row: row["claims"][0].update(metric=3), ":1, claim 0: None is no offset"),
    (lambda row: row["claims"][1].update(direction=None), "a change needs up or down"),
    (lambda row: row.update(meta="{"), ":1: is no JSON"),
    (lambda row: row["claims"].append(row["claims"][0]), ":1, claim 3: the quantity '36名' overlaps another one"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_faults(change: Callable[[dict[str, Any]], Any], message: str, tmp_path: Path) -> None:
    row = to_row(letter(ASTRAL))
    change(row)
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(FanzhaError, match=message) as caught:
        read_file(path)
    assert str(caught.value).startswith(str(path))


def test_files_that_are_no_rows(tmp_path: Path, no_cache: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(FanzhaError, match="is no Parquet"):
        read_file(tmp_path / "x.parquet")
    with pytest.raises(FanzhaError, match="is no file"):
        read_file(tmp_path / "y.parquet")
    with pytest.raises(FanzhaError, match="neither the suffix"):
        read_file(tmp_path / "x.csv")
    (tmp_path / "z.jsonl").write_text("3\n", encoding="utf-8")
    with pytest.raises(FanzhaError, match="z.jsonl:1: is no row"):
        read_file(tmp_path / "z.jsonl")
