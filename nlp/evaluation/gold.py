"""The gold that a model is scored on: letters in any form that this project reads, and none that the model has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from nlp.annotation.corpus import GoldLetter, marked_paths, read_marked, read_reply
from nlp.annotation.exchange.formats import FORMATS
from nlp.annotation.exchange.parts import check_ids
from nlp.annotation.standoff import read_built_letter
from nlp.errors import FanzhaError
from nlp.inference.manifest import TrainingFacts

_GOLD = "*.gold.json"


def read_any_gold(source: Path, *, replies: Path | None = None, source_format: str | None = None) -> list[GoldLetter]:
    """Letters with their gold.

    Args:
        source: a marked-up letter; or a folder of marked-up letters (of `annotations/letters`, or what `fanzha serve
            --gold` saved), of stand-off gold `ID.gold.json` beside `ID.txt` (`fanzha corpus build`), or of stand-off
            gold alone, whose letters are in `replies`; or what a format of `nlp.annotation.exchange` reads.
        replies: the folder of the real replies, None where they are not here.
        source_format: a name of `FORMATS`; None for the project's own forms.

    Raises:
        FanzhaError: where there is no gold, or the first letter that is faulty.
    """
    if source_format is not None:
        letters = FORMATS[source_format].read(source)
        if not letters:
            raise FanzhaError("holds no letters", path=source, mend="name an export with letters in it")
        check_ids(letters)
        return letters
    return [read() for read in gold_readers(source, replies=replies)]


def gold_readers(source: Path, *, replies: Path | None = None) -> list[Callable[[], GoldLetter]]:
    """The letters of gold in the project's own forms, each as a call that reads it, for those who want every fault.

    Args:
        source, replies: as in `read_any_gold`.

    Raises:
        FanzhaError: where there is no gold; a call raises it where its letter is faulty.
    """
    if source.is_file():
        return [partial(read_marked, source)]
    standoff = sorted(source.glob(_GOLD))
    if not standoff:
        return [partial(read_marked, path) for path in marked_paths(source)]
    if any(_text_of(path).is_file() for path in standoff):
        return [partial(read_built_letter, path) for path in standoff]
    if replies is None:
        raise FanzhaError(
            "holds gold of letters that are not beside it", path=source, mend="set REPLIES_DIR to their folder"
        )
    return [partial(read_reply, path, replies) for path in standoff]


def _text_of(gold: Path) -> Path:
    return gold.with_name(f"{gold.name.removesuffix(_GOLD[1:])}.txt")


def refuse_seen(letters: Sequence[GoldLetter], training: TrainingFacts, folder: Path) -> None:
    """Refuses letters that a model was trained on; they are known by their ids.

    Raises:
        FanzhaError: saying which, and how to score the model otherwise.
    """
    known = set(training.letters)
    seen = [letter for letter in letters if letter.id in known]
    if not seen:
        return
    names = ", ".join(sorted(letter.id for letter in seen)[:3]) + (" …" if len(seen) > 3 else "")
    real = any(letter.meta.get("form") == "real" for letter in seen)
    raise FanzhaError(
        f"the model was trained on {len(seen)} of these letters ({names})",
        path=folder,
        mend="score its recipe with each of them left out: fanzha leave-one-out configs/embedded.yaml"
        if real
        else "score it on letters outside its training: --split test",
    )


def calibration_note(letters: Sequence[GoldLetter], training: TrainingFacts) -> str | None:
    """A warning where scores were calibrated on some of the letters, else None."""
    fitted = {letter.id for letter in letters} & set(training.calibrated_on)
    if not fitted:
        return None
    return f"the scores were calibrated on {len(fitted)} of these letters: their ECE is too good to be true"
