"""Rules for clauses: keywords say the category, headings and words of planning the status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from nlp.baselines.choosing import Component, Example, Tagger
from nlp.baselines.reading import IntArray, Reading, Unit
from nlp.baselines.rule_claims import claim_components
from nlp.baselines.rule_words import EXISTING, KEYWORDS, NO_MEASURE, OPENING, PLANNED_CLAUSE, PLANNED_SECTION, WEIGHTS
from nlp.labels import CLAUSE_STATES, Category

_LONGEST_HEADING = 26
_LEAST_WEIGHTS = (1, 2, 3)
# The scheme's order where two categories fit.
_PRIORITY: tuple[Category, ...] = ("打击", "管控", "防范", "宣传", "治理")


def components() -> list[Component]:
    """The rules; how strong a keyword must be and how wide they look is chosen on dev, nothing is trained."""
    return [Component(("states",), _clause_settings), *claim_components()]


def _clause_settings(learning: Sequence[Example]) -> Iterator[tuple[str, Tagger]]:
    for least in _LEAST_WEIGHTS:
        for carry in (True, False):
            name = f"keywords of weight {least} and more, {'carried on' if carry else 'clause by clause'}"
            yield name, _states(partial(clause_states_by_rule, least=least, carry=carry))


def _states(label: Callable[[Reading], IntArray]) -> Tagger:
    return lambda reading: {"states": label(reading)}


def clause_states_by_rule(reading: Reading, *, least: int, carry: bool) -> IntArray:
    """The states of the clauses of a letter.

    Args:
        least: the weight that the keywords of a category must have together.
        carry: whether a clause without keywords goes on with the measure before it in its sentence.
    """
    states = np.zeros(len(reading.clauses), dtype=np.int64)
    before: tuple[int, Category] | None = None
    for i, clause in enumerate(reading.clauses):
        if is_heading(reading, clause) or NO_MEASURE.search(reading.surface(clause)):
            continue
        category = category_of(reading.surface(clause), least)
        if category is None and carry and before is not None and before[0] == clause.sentence:
            category = before[1]
        if category is None or OPENING.match(reading.surface(clause)):
            continue
        before = clause.sentence, category
        states[i] = CLAUSE_STATES.index((category, "planned" if is_planned(reading, clause) else "done"))
    return states


def category_of(surface: str, least: int) -> Category | None:
    """The category with the heaviest keywords in a clause, the scheme's first of equal ones; None below `least`."""
    sums: Counter[Category] = Counter()
    for found in KEYWORDS.finditer(surface):
        category, weight = WEIGHTS[found[0]]
        sums[category] += weight
    best = max(_PRIORITY, key=lambda name: sums[name])
    return best if sums[best] >= least else None


def is_heading(reading: Reading, clause: Unit) -> bool:
    """Whether a clause is the short line, or the short first sentence of a numbered paragraph, that names a theme."""
    paragraph = reading.structure.paragraphs[clause.paragraph]
    if paragraph.level is None:
        return False
    sentence = reading.structure.sentences[clause.sentence]
    return sentence.start == paragraph.start and sentence.end - sentence.start <= _LONGEST_HEADING


def is_planned(reading: Reading, clause: Unit) -> bool:
    """Whether a clause stands under a heading of plans, or its sentence up to its end has words of planning."""
    if EXISTING.search(reading.surface(clause)):
        return False
    if PLANNED_SECTION.search(reading.section(clause)):
        return True
    sentence = reading.structure.sentences[clause.sentence]
    first = reading.tokens.within(sentence.start, sentence.end).start
    return PLANNED_CLAUSE.search(reading.characters, first, clause.last) is not None
