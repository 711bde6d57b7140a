"""What the tests share: a tokenizer of single characters, and builders of spans whose text is found, not typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from nlp.schema import GoldClaim, GoldMeasure, Span
from nlp.text.tokenization import TextTokenizer

settings.register_profile("fast", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fast")

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def character_tokenizer() -> Tokenizer:
    """A token for each character, and one for each run of ASCII letters; blanks give none."""
    known = [*SPECIAL, *"，。；：、一二三四五六七八九十0123456789年月日起名万元人案诈骗反宣传", "APP"]
    tokenizer = Tokenizer(WordLevel({piece: i for i, piece in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split(Regex(r"[A-Za-z]+|\S"), behavior="removed", invert=True)
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


@pytest.fixture(scope="session")
def make_raw_tokenizer() -> Callable[[], Tokenizer]:
    return character_tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> TextTokenizer:
    return TextTokenizer(character_tokenizer(), cls_id=2, sep_id=3, pad_id=0)


def span_of(text: str, part: str) -> Span:
    """The span of the one place where `part` stands in `text`."""
    assert text.count(part) == 1, f"{part} stands {text.count(part)} times"
    start = text.index(part)
    return Span(start=start, end=start + len(part), text=part)


@pytest.fixture(scope="session")
def measure() -> Callable[..., GoldMeasure]:
    def build(text: str, part: str, category: Any, status: Any = "done") -> GoldMeasure:
        return GoldMeasure(**span_of(text, part).model_dump(), category=category, status=status)

    return build


@pytest.fixture(scope="session")
def claim() -> Callable[..., GoldClaim]:
    def build(text: str, part: str, type: Any, value: float, unit: str, **fields: Any) -> GoldClaim:
        for name in ("metric", "period"):
            if isinstance(fields.get(name), str):
                fields[name] = span_of(text, fields[name])
        given = {
            "value_max": None, "approx": None, "metric": None, "period": None, "direction": None, "basis": None,
            "measure": None, **fields,
        }  # fmt: skip
        return GoldClaim(**span_of(text, part).model_dump(), type=type, value=value, unit=unit, **given)

    return build
