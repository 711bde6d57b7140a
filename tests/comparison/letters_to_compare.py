"""Letters of our own for comparisons, out of marked-up sentences, as a model without fault would read them."""

from __future__ import annotations

from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.markup import parse
from nlp.evaluation.resolved import gold_result
from nlp.schema import Result


def result(body: str, *, name: str = "a01", issuer: str = "云溪县公安局") -> Result:
    """The result of a letter of 2023-09-15 whose body is marked-up text."""
    head = f"---\nid: {name}\nbody: 公安局\nprovince: 云南\nyear: 2023\nform: plain\nhard: []\n---\n"
    source = f"{head}{issuer}\n对县人大第12号建议的答复\n\n李明代表：\n　　{body}\n\n{issuer}\n2023年9月15日\n"
    letter = parse(source, path=Path(f"{name}.txt"))
    return gold_result(GoldLetter(name, Path(f"{name}.txt"), letter.text, letter.measures, letter.claims, letter.meta))
