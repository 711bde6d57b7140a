"""Letters made to vary while training: figures, times, names and dress change, and the gold stays true.

A change that would make the gold faulty (by `nlp.annotation.check`), or cut a clause otherwise, is left out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from nlp.annotation.corpus import GoldLetter
from nlp.training.configuration import AugmentationRecipe
from nlp.training.edits import Draft, Edit
from nlp.training.figure_variants import other_form, other_number, other_unit
from nlp.training.letter_variants import (
    line_breaks,
    other_marks,
    other_places,
    other_terms,
    other_years,
    web_page,
)

_WIDTHS_TRIED = 4


def augment(letter: GoldLetter, rng: random.Random, settings: AugmentationRecipe) -> GoldLetter:
    """A variant of a letter, with exact gold: as many measures and claims, in the same order.

    Args:
        letter: with its gold.
        rng: what is drawn from; in the same state it gives the same variant.
        settings: how likely each kind of change is.

    Returns:
        The variant; the letter itself where nothing was changed.
    """
    draft = Draft.of(letter)
    draft = draft.edited(_figures(draft.letter, rng, settings))
    if _drawn(settings.periods, rng):
        draft = _other_times(draft, rng)
    if _drawn(settings.places, rng):
        draft = draft.edited(other_places(draft.letter, rng))
    if _drawn(settings.punctuation, rng):
        draft = draft.edited(other_marks(draft.letter, rng))
    if _drawn(settings.line_breaks, rng):
        draft = _broken(draft, rng)
    if _drawn(settings.furniture, rng):
        draft = draft.edited(web_page(draft.letter, rng))
    return draft.letter


def augmented_epoch(
    letters: Sequence[GoldLetter], settings: AugmentationRecipe, *, seed: int, epoch: int
) -> Iterator[GoldLetter]:
    """The variants of an epoch in the order of the letters, a function of seed, epoch and the letter's id.

    A letter that stands several times among the letters gives several variants.
    """
    copies = Counter[str]()
    for letter in letters:
        key = f"{seed}/{epoch}/{letter.id}/{copies[letter.id]}"
        copies[letter.id] += 1
        yield augment(letter, random.Random(key), settings)


def _drawn(probability: float, rng: random.Random) -> bool:
    return rng.random() < probability


def _figures(letter: GoldLetter, rng: random.Random, settings: AugmentationRecipe) -> list[list[Edit]]:
    groups = []
    changes: tuple[tuple[float, Callable[[str, str, random.Random], str]], ...] = (
        (settings.figures, other_number),
        (settings.written_forms, other_form),
    )
    for claim in letter.claims:
        surface = claim.text
        for probability, change in changes:
            if _drawn(probability, rng):
                surface = change(surface, claim.type, rng)
        if _drawn(settings.units, rng):
            surface = other_unit(letter.text, claim, surface, rng)
        if surface != claim.text:
            groups.append([Edit(claim.start, claim.end, surface)])
    return groups


def _other_times(draft: Draft, rng: random.Random) -> Draft:
    groups, with_bases = other_years(draft.letter, rng)
    shifted = draft.edited(groups)
    if shifted is not draft:
        shifted = replace(shifted, letter=with_bases(shifted.letter))
    return shifted.edited(other_terms(shifted.letter, rng))


def _broken(draft: Draft, rng: random.Random) -> Draft:
    """The draft broken at the first of a few widths that leaves its clauses whole, else unbroken."""
    for _ in range(_WIDTHS_TRIED):
        broken = draft.edited(line_breaks(draft.letter, draft.structure, rng))
        if broken is not draft:
            return broken
    return draft
