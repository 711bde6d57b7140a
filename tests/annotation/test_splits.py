"""Splits by document: each letter has one use."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.splits import split_letters
from nlp.errors import FanzhaError

LETTERS = [GoldLetter(name, Path(f"{name}.txt"), "", [], []) for name in ("a01", "a02", "a03", "12")]


def write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "splits.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def test_splits_letters_that_are_not_listed_are_for_training(tmp_path: Path) -> None:
    splits = split_letters(LETTERS, write(tmp_path, "dev: [a03]\ntest: [12]\n"))
    assert [[x.id for x in part] for part in (splits.train, splits.dev, splits.test)] == [
        ["a01", "a02"],
        ["a03"],
        ["12"],
    ]


def test_splits_empty_lists_leave_all_for_training(tmp_path: Path) -> None:
    splits = split_letters(LETTERS, write(tmp_path, "dev: []\ntest: []\n"))
    assert splits.train == LETTERS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dev: [a09]\ntest: []", "names the letter a09, which does not exist (take it off the list)"),
        ("dev: [a01, a01]\ntest: []", "names the letter a01 twice (take it off one list)"),
        ("dev: [a01]\ntest: [a01]", "names the letter a01 twice (take it off one list)"),
        ("dev: [a01]", "must have the two lists dev and test (list the letters that are not for training)"),
        ("dev:\ntest: [a01]", "must have the two lists dev and test (list the letters that are not for training)"),
        ("dev: a01\ntest: []", "must have the two lists dev and test (list the letters that are not for training)"),
        ("", "must have the two lists dev and test (list the letters that are not for training)"),
    ],
)
def test_splits_refuses(tmp_path: Path, content: str, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(FanzhaError) as caught:
        split_letters(LETTERS, path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize("content", [b"dev: [a", b"\xff\xfe\xff", b"dev: 2024-02-30", None])
def test_splits_refuses_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "splits.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FanzhaError, match=r"splits.yaml: cannot be read: .* \(restore the file\)"):
        split_letters(LETTERS, path)
