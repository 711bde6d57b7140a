"""Features of clauses, numbers and characters, as the strings that a CRF takes; one list a unit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.baselines.reading import Reading, Unit
from nlp.baselines.rules import category_of, is_heading, is_planned

Features = list[str]

_DIGIT = re.compile("[0-9]")
_LONGEST_NGRAM = 3
_AROUND = 10
_WINDOW = 3
_NEAR = 12


def ngrams(text: str, longest: int = _LONGEST_NGRAM) -> set[str]:
    """The character n-grams of a text, digits all alike."""
    folded = _DIGIT.sub("0", text)
    return {folded[i : i + n] for n in range(1, longest + 1) for i in range(len(folded) - n + 1)}


def clause_features(reading: Reading) -> list[Features]:
    """For each clause: its n-grams, how it begins and ends, its keywords, its section, its place, its neighbours."""
    own = [_clause(reading, i) for i in range(len(reading.clauses))]
    keywords = [_keywords(reading, clause) for clause in reading.clauses]
    for i, features in enumerate(own):
        for step in (-2, -1, 1, 2):
            near = keywords[i + step] if 0 <= i + step < len(keywords) else ["edge"]
            features += [f"{step}:{name}" for name in near]
    return own


def _clause(reading: Reading, i: int) -> Features:
    clause = reading.clauses[i]
    surface = reading.surface(clause)
    before = reading.clauses[i - 1] if i else None
    after = reading.clauses[i + 1] if i + 1 < len(reading.clauses) else None
    paragraph = reading.structure.paragraphs[clause.paragraph]
    return [
        *(f"g:{gram}" for gram in ngrams(surface)),
        *(f"s:{gram}" for gram in ngrams(reading.section(clause), 2)),
        f"first:{_DIGIT.sub('0', surface[:2])}",
        f"last:{_DIGIT.sub('0', surface[-2:])}",
        f"mark:{reading.characters[clause.last : clause.last + 1]}",
        f"level:{paragraph.level}",
        f"length:{min(len(surface) // 5, 6)}",
        f"place:{10 * i // len(reading.clauses)}",
        f"opens-sentence:{before is None or before.sentence != clause.sentence}",
        f"opens-paragraph:{before is None or before.paragraph != clause.paragraph}",
        f"ends-sentence:{after is None or after.sentence != clause.sentence}",
        f"heading:{is_heading(reading, clause)}",
        *_keywords(reading, clause),
    ]


def _keywords(reading: Reading, clause: Unit) -> Features:
    category = category_of(reading.surface(clause), least=1)
    return [f"category:{category}", f"planned:{is_planned(reading, clause)}"]


def number_features(reading: Reading) -> list[Features]:
    """For each number: what it is, and the characters before and behind it."""
    found = []
    for i, (candidate, number) in enumerate(zip(reading.candidates, reading.numbers, strict=True)):
        before, after = around(reading, number)
        quantity = candidate.quantity
        features = [
            f"kind:{quantity.kind}",
            f"unit:{quantity.unit}",
            f"approx:{quantity.approx}",
            f"surface:{_DIGIT.sub('0', reading.surface(number))}",
            f"begins:{_DIGIT.sub('0', reading.surface(number)[:1])}",
            f"near:{bool(i) and number.first - reading.numbers[i - 1].last < 3}",
            *(f"b:{gram}" for gram in ngrams(before)),
            *(f"a:{gram}" for gram in ngrams(after)),
            *(f"b{n}:{before[-n:]}" for n in (1, 2, 3, 4)),
            *(f"a{n}:{after[:n]}" for n in (1, 2, 3)),
        ]
        found.append(features)
    return found


def around(reading: Reading, number: Unit, reach: int = _AROUND) -> tuple[str, str]:
    """The characters before and behind a number, digits all alike."""
    before = reading.characters[max(0, number.first - reach) : number.first]
    return _DIGIT.sub("0", before), _DIGIT.sub("0", reading.characters[number.last : number.last + reach])


def character_features(reading: Reading, first: int, last: int) -> list[Features]:
    """For each character of `[first, last)`: those around it, and how far the next number is on either side."""
    text = _DIGIT.sub("0", reading.characters)
    numbers = _number_at(reading, first, last)
    found = []
    for i in range(first, last):
        window = {k: text[i + k] if first <= i + k < last else "" for k in range(-_WINDOW, _WINDOW + 1)}
        found.append(
            [
                *(f"{k}:{character}" for k, character in window.items()),
                *(f"{k}+:{window[k]}{window[k + 1]}" for k in range(-_WINDOW, _WINDOW)),
                *(f"{k}++:{window[k]}{window[k + 1]}{window[k + 2]}" for k in range(-2, 1)),
                *numbers[i - first],
            ]
        )
    return found


def _number_at(reading: Reading, first: int, last: int) -> list[Features]:
    """For each character whether it is in a number, and how far the nearest ones are and of what kind."""
    inside = [
        (number, candidate.quantity.kind)
        for number, candidate in zip(reading.numbers, reading.candidates, strict=True)
        if first <= number.first < last
    ]
    return [_distances(i, inside) for i in range(first, last)]


def _distances(i: int, numbers: Sequence[tuple[Unit, str]]) -> Features:
    held = next((kind for number, kind in numbers if number.first <= i < number.last), None)
    if held is not None:
        return [f"number:{held}"]
    behind = next(((number.first - i, kind) for number, kind in numbers if number.first > i), (_NEAR, ""))
    before = next(((i - number.last, kind) for number, kind in reversed(numbers) if number.last <= i), (_NEAR, ""))
    return [
        f"to-number:{min(behind[0], _NEAR)}",
        f"to-kind:{behind[1]}",
        f"from-number:{min(before[0], _NEAR)}",
        f"from-kind:{before[1]}",
    ]
