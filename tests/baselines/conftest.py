"""The tiny letters (tests/tiny.py), read for baselines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tiny import write_letters

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.baselines.choosing import Component, Example, Trained, examples, train


@pytest.fixture(scope="session")
def letters(tmp_path_factory: pytest.TempPathFactory) -> list[GoldLetter]:
    return read_letters(write_letters(tmp_path_factory.mktemp("baselines") / "letters"))


@pytest.fixture(scope="session")
def read_examples(letters: list[GoldLetter]) -> list[Example]:
    return examples(letters)


@pytest.fixture(scope="session")
def trained(read_examples: list[Example]) -> Callable[[list[Component]], Trained]:
    """Trains on t1 to t3 and chooses on t4."""

    def run(components: list[Component]) -> Trained:
        return train(components, read_examples[:3], read_examples[3:4], lambda line: None)

    return run
