"""Which composed letters are for training, for settings (dev), and for the last measurement (test)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from nlp.annotation.corpus import GoldLetter
from nlp.errors import FanzhaError


@dataclass(frozen=True)
class Splits:
    """Letters by their use; a letter is in one list only."""

    train: list[GoldLetter]
    dev: list[GoldLetter]
    test: list[GoldLetter]


def split_letters(letters: Sequence[GoldLetter], path: Path) -> Splits:
    """Splits letters by the lists `dev` and `test` of a YAML file; all others are for training.

    Raises:
        FanzhaError: where a listed letter does not exist or is listed twice.
    """
    try:
        lists = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise FanzhaError(f"cannot be read: {str(error).splitlines()[0]}", path=path, mend="restore the file") from None
    if (
        not isinstance(lists, dict)
        or set(lists) != {"dev", "test"}
        or not all(isinstance(names, list) for names in lists.values())
    ):
        raise FanzhaError(
            "must have the two lists dev and test", path=path, mend="list the letters that are not for training"
        )
    by_id = {letter.id: letter for letter in letters}
    named = [str(name) for part in ("dev", "test") for name in lists[part]]
    for name in named:
        if name not in by_id:
            raise FanzhaError(f"names the letter {name}, which does not exist", path=path, mend="take it off the list")
        if named.count(name) > 1:
            raise FanzhaError(f"names the letter {name} twice", path=path, mend="take it off one list")
    return Splits(
        train=[letter for letter in letters if letter.id not in named],
        dev=[by_id[str(name)] for name in lists["dev"]],
        test=[by_id[str(name)] for name in lists["test"]],
    )
