"""Text edits that take a letter's gold along: every span is moved, and an edit that would cut one is refused."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, TypeVar

from nlp.annotation.check import check_letter
from nlp.annotation.corpus import GoldLetter
from nlp.claims.numbers import parse_quantity
from nlp.schema import GoldClaim, Span
from nlp.text.segmentation import Structure, segment

AnySpan = TypeVar("AnySpan", bound=Span)


class EditError(ValueError):
    """The edits overlap, or cut a span, or leave a quantity that the number grammar does not read."""


@dataclass(frozen=True, order=True)
class Edit:
    """`text` takes the place of `[start, end)`; where they are equal it is put in between, outside of spans there."""

    start: int
    end: int
    text: str


class Mover:
    """Where the spans of a text lie after its edits.

    Args:
        edits: sorted, and none overlapping another.

    Raises:
        EditError: where they are not.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        for before, after in zip(edits, edits[1:], strict=False):
            if after.start < before.end or (after.start, after.end) == (before.start, before.end):
                raise EditError(f"the edits at {before.start} and {after.start} overlap or are not sorted")
        self._edits = edits
        self._ends = [edit.end for edit in edits]
        self._shifts = [0, *accumulate(len(edit.text) - (edit.end - edit.start) for edit in edits)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The new range of `[start, end)`, which is not empty.

        Raises:
            EditError: where an edit reaches over one of its borders, or nothing of it is left.
        """
        first = bisect_right(self._ends, start)
        last = bisect_right(self._ends, end)
        if last > first and self._edits[last - 1].start == end:
            last -= 1
        for k, at in ((first, start), (last, end)):
            if k < len(self._edits) and self._edits[k].start < at:
                raise EditError(f"the edit at {self._edits[k].start} cuts the span {start}-{end}")
        moved = start + self._shifts[first], end + self._shifts[last]
        if moved[0] >= moved[1]:
            raise EditError(f"nothing is left of the span {start}-{end}")
        return moved

    def text(self, text: str) -> str:
        """The text after the edits."""
        parts, at = [], 0
        for edit in self._edits:
            parts += [text[at : edit.start], edit.text]
            at = edit.end
        return "".join([*parts, text[at:]])


def apply_edits(letter: GoldLetter, edits: Sequence[Edit]) -> GoldLetter:
    """The letter with its text edited and its gold moved; the value of a changed quantity is read by the grammar.

    Args:
        letter: with its gold.
        edits: sorted, and none overlapping another.

    Raises:
        EditError: where the edits overlap or cut a span, or a changed quantity cannot be read as its claim's type.
    """
    mover = Mover(edits)
    text = mover.text(letter.text)
    measures = [_moved(text, measure, mover) for measure in letter.measures]
    claims = [_moved_claim(text, claim, mover) for claim in letter.claims]
    return replace(letter, text=text, measures=measures, claims=claims)


def _moved(text: str, span: AnySpan, mover: Mover, **fields: Any) -> AnySpan:
    start, end = mover.span(span.start, span.end)
    # dict() and not model_dump(): the spans inside stay what they are.
    return type(span)(**{**dict(span), "start": start, "end": end, "text": text[start:end], **fields})


def _moved_claim(text: str, claim: GoldClaim, mover: Mover) -> GoldClaim:
    fields: dict[str, Any] = {
        "metric": None if claim.metric is None else _moved(text, claim.metric, mover),
        "period": None if claim.period is None else _moved(text, claim.period, mover),
    }
    start, end = mover.span(claim.start, claim.end)
    surface = text[start:end]
    if "".join(surface.split()) != "".join(claim.text.split()):
        before, after = parse_quantity(claim.text, claim.type), parse_quantity(surface, claim.type)
        stated = (claim.value, claim.value_max, claim.unit, claim.approx)
        if before is None or (before.value, before.value_max, before.unit, before.approx) != stated:
            raise EditError(f"the gold reads {claim.text} otherwise than the grammar: its text cannot be changed")
        if after is None or claim.type not in after.types:
            raise EditError(f"{surface} is no {claim.type}")
        fields |= {"value": after.value, "value_max": after.value_max, "unit": after.unit, "approx": after.approx}
    return _moved(text, claim, mover, **fields)


@dataclass(frozen=True)
class Draft:
    """A letter, how its text is cut, and how many faults `check_letter` finds in its gold."""

    letter: GoldLetter
    structure: Structure
    faults: int

    @classmethod
    def of(cls, letter: GoldLetter) -> Draft:
        """The draft of a letter as it is."""
        return cls(letter, segment(letter.text), _count_faults(letter))

    def edited(self, groups: Iterable[Sequence[Edit]]) -> Draft:
        """The draft after as many of the groups as do no harm; each group is done as a whole or not at all.

        Harm is an edit that cannot be applied, a fault more than before, or a clause cut otherwise than before.
        """
        done: tuple[list[Edit], Draft] = ([], self)
        waiting = [[list(group) for group in groups if group]]
        while waiting:
            batch = waiting.pop()
            edits = sorted([*done[0], *(edit for group in batch for edit in group)])
            draft = self._tried(edits) if batch else None
            if draft is not None:
                done = edits, draft
            elif len(batch) > 1:
                middle = len(batch) // 2
                waiting += [batch[middle:], batch[:middle]]
        return done[1]

    def _tried(self, edits: Sequence[Edit]) -> Draft | None:
        try:
            mover = Mover(edits)
            clauses = [(mover.span(c.start, c.end), c.sentence) for c in self.structure.clauses]
            letter = apply_edits(self.letter, edits)
        except EditError:
            return None
        structure = segment(letter.text)
        if not _holds(structure, clauses):
            return None
        faults = _count_faults(letter)
        return None if faults > self.faults else Draft(letter, structure, faults)


def _holds(structure: Structure, clauses: Sequence[tuple[tuple[int, int], int]]) -> bool:
    """Whether the clauses follow one another in the structure, grouped to sentences as they are here."""
    if not clauses:
        return True
    found = [((c.start, c.end), c.sentence) for c in structure.clauses]
    first = next((i for i, (span, _) in enumerate(found) if span == clauses[0][0]), len(found))
    if first + len(clauses) > len(found):
        return False
    shift = found[first][1] - clauses[0][1]
    return found[first : first + len(clauses)] == [(span, sentence + shift) for span, sentence in clauses]


def _count_faults(letter: GoldLetter) -> int:
    return len(check_letter(letter.text, letter.measures, letter.claims, path=letter.path))
