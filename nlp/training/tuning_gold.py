"""The gold that a model is fine-tuned on: a user's own letters, checked to the last one, and split by document."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from nlp.annotation.check import check_letter
from nlp.annotation.corpus import GoldLetter, text_sha256
from nlp.errors import FanzhaError, printable
from nlp.evaluation.gold import gold_readers, read_any_gold

MIN_LETTERS, MIN_MEASURES = 4, 40
"""With fewer there is nothing to learn from, or nothing to see by whether it was learned."""
_SHOWN = 20
_HELD_OUT = 5
"""One of so many letters is held out."""


@dataclass(frozen=True)
class TuningGold:
    """A user's letters: those to train on and those held out, in the order of their files; none is in both lists.

    `known` are the ids of those that the base was trained on, by its own list of ids.
    """

    train: list[GoldLetter]
    held_out: list[GoldLetter]
    known: list[str]


class FaultyGold(FanzhaError):
    """Gold with faults; `lines` are the first of them, a line each: file, line, offset, what is wrong, the mend."""

    def __init__(self, faults: list[str], letters: int, source: Path) -> None:
        self.lines = faults[:_SHOWN]
        shown = f"; the first {_SHOWN} are shown" if len(faults) > _SHOWN else ""
        noun = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"has {noun} in {letters} of its letters{shown}",
            path=source,
            mend="mend them, or take these letters out of it",
        )


def read_tuning_gold(source: Path, *, known: Set[str] = frozenset(), replies: Path | None = None) -> TuningGold:
    """Reads, checks and splits a user's gold.

    A fifth of the letters, at least one, is held out: those with the least SHA-256 of their text among the letters that
    the base has not seen (among all where it has seen all), so that the same folder is always split in the same way.

    Args:
        source, replies: as in `nlp.evaluation.gold.read_any_gold`.
        known: the ids of the letters that the base was trained on.

    Raises:
        FaultyGold: where letters cannot be read, break a rule of `nlp.annotation.check`, or are there twice.
        FanzhaError: where there are too few of them, or too few measures in them.
    """
    letters = _sound_letters(source, replies)
    _refuse_too_little(letters, source)
    unseen = [letter for letter in letters if letter.id not in known]
    ordered = sorted(unseen or letters, key=lambda letter: text_sha256(letter.text))
    held_out = {letter.id for letter in ordered[: max(1, round(len(letters) / _HELD_OUT))]}
    return TuningGold(
        [letter for letter in letters if letter.id not in held_out],
        [letter for letter in letters if letter.id in held_out],
        [letter.id for letter in letters if letter.id in known],
    )


def read_mixed(source: Path, gold: TuningGold, *, known: Set[str], replies: Path | None = None) -> list[GoldLetter]:
    """The letters of a corpus that may be mixed in: those that the base was trained on, and that are not in the gold.

    Others are left out because they measure the model, or may.

    Raises:
        FanzhaError: where there is none.
    """
    own = {text_sha256(letter.text) for letter in (*gold.train, *gold.held_out)}
    letters = [letter for letter in read_any_gold(source, replies=replies) if letter.id in known]
    mixed = [letter for letter in letters if text_sha256(letter.text) not in own]
    if not mixed:
        raise FanzhaError(
            "holds no letters of the base's training that could be mixed in",
            path=source,
            mend="name the folder of its training letters, or leave --with-letters out",
        )
    return mixed


def _sound_letters(source: Path, replies: Path | None) -> list[GoldLetter]:
    letters: list[GoldLetter] = []
    faults: list[str] = []
    faulty = 0
    by_text: dict[str, Path] = {}
    for read in gold_readers(source, replies=replies):
        try:
            letter = read()
        except FanzhaError as error:
            found = [str(error)]
        except OSError as error:
            found = [str(FanzhaError(f"cannot be read: {error.strerror}", path=error.filename, mend="restore it"))]
        else:
            found = _faults(letter)
            twin = by_text.setdefault(text_sha256(letter.text), letter.path)
            if twin != letter.path:
                found.append(f"{letter.path}: its text is that of {twin} (take one of the two away)")
            letters.append(letter)
        faults += map(printable, found)
        faulty += bool(found)
    if faults:
        raise FaultyGold(faults, faulty, source)
    return letters


def _faults(letter: GoldLetter) -> list[str]:
    found = check_letter(
        letter.text, letter.measures, letter.claims, path=letter.path, first_line=letter.first_line
    )  # fmt: skip
    return [f"{f.path}:{f.line}, character {f.offset}: {f.message} ({f.mend})" for f in found]


def _refuse_too_little(letters: list[GoldLetter], source: Path) -> None:
    measures = sum(len(letter.measures) for letter in letters)
    if len(letters) >= MIN_LETTERS and measures >= MIN_MEASURES:
        return
    lacking = [
        f"{wanted - there} {what} more"
        for there, wanted, what in ((len(letters), MIN_LETTERS, "letters"), (measures, MIN_MEASURES, "measures"))
        if there < wanted
    ]
    raise FanzhaError(
        f"is too little to learn from: {len(letters)} letters with {measures} measures, "
        f"of at least {MIN_LETTERS} letters and {MIN_MEASURES} measures",
        path=source,
        mend=f"add {' and '.join(lacking)}, for example with: fanzha serve --gold {source}",
    )
