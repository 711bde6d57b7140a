"""`fanzha train --gold DIR`: fine-tuning as a person sees it – what is told before, while and after."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nlp.cli.replies import replies_folder
from nlp.errors import FanzhaError, printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from nlp.annotation.corpus import GoldLetter
    from nlp.training.finetuning import Tuned
    from nlp.training.tuning_gold import TuningGold

_LINE_SECONDS = 5.0


class TuningProgress:
    """On a terminal a bar under the lines; where stderr is a file or a pipe, now and then a line.

    To be used in a `with` block, which takes the bar down.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._last_line = time.monotonic()

    def __enter__(self) -> TuningProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("steps"),
                TimeRemainingColumn(), console=Console(file=sys.stderr),
            )  # fmt: skip
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, line: str) -> None:
        """Puts a line on stderr, above the bar where there is one."""
        if self._bar is not None:
            self._bar.console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
        else:
            print(printable(line), file=sys.stderr, flush=True)

    def step(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """A step of an epoch is done."""
        told = f"epoch {epoch}/{epochs}"
        if self._bar is not None:
            if self._task is None:
                self._task = self._bar.add_task(told)
            self._bar.update(self._task, description=told, completed=step, total=steps)
        elif time.monotonic() - self._last_line > _LINE_SECONDS:
            self._last_line = time.monotonic()
            self.say(f"{told}, step {step}/{steps}")


def tune(
    base: Path,
    gold: Path,
    output: Path,
    *,
    recipe: Path | None,
    with_letters: Path | None,
    epochs: int | None,
    seed: int | None,
    patience: int | None,
    fresh: bool,
) -> None:
    """Fine-tunes a model on a user's letters and says what came of it; see `train_command` for the arguments."""
    from nlp.training.configuration import read_recipe
    from nlp.training.tuning_base import read_base
    from nlp.training.tuning_gold import FaultyGold, read_mixed, read_tuning_gold

    given = None if recipe is None else read_recipe(recipe)
    read = read_base(base)
    known = set(read.training.letters)
    replies = replies_folder()
    try:
        found = read_tuning_gold(gold, known=known, replies=replies)
    except FaultyGold as error:
        for line in error.lines:
            print(line, file=sys.stderr)
        raise
    mixed = [] if with_letters is None else read_mixed(with_letters, found, known=known, replies=replies)
    # torch only now: all that is wrong with the folders is told at once
    from nlp.training.finetuning import PATIENCE, Plan, fine_tune, mixed_in, tuned_name, tuning_recipe

    how = tuning_recipe(read.recipe, gold, output, given=given, epochs=epochs, seed=seed)
    plan = Plan(read, found, mixed, how, PATIENCE if patience is None else patience)
    with TuningProgress() as progress:
        for line in _beforehand(found, read.name):
            progress.say(line)
        if mixed:
            progress.say(
                f"mixed in: {mixed_in(plan)} of {len(mixed)} letters of the base's training, drawn anew each epoch"
            )
        try:
            tuned = fine_tune(plan, output, progress, fresh=fresh)
        except KeyboardInterrupt:
            progress.say("stopped; the same command goes on after the last whole epoch")
            raise
    for line in _afterwards(tuned, found, gold, output, base, tuned_name(read.name)):
        progress.say(line)


def _beforehand(gold: TuningGold, base: str) -> list[str]:
    lines = [
        f"fine-tuning {base} on {_amount(gold.train)}",
        f"held out: {_amount(gold.held_out)}: {_names([letter.id for letter in gold.held_out])}",
    ]
    if gold.known:
        lines.append(f"the base was trained on {len(gold.known)} of these letters, by their ids: {_names(gold.known)}")
    if {letter.id for letter in gold.held_out} & set(gold.known):
        lines.append("as there are no others, held-out letters are among them: their figures say little")
    return lines


def _afterwards(tuned: Tuned, gold: TuningGold, folder: Path, output: Path, base: Path, name: str) -> list[str]:
    from nlp.training.finetuning import SPLITS

    if not tuned.best:
        return [
            f"nothing got better on the held-out letters in {len(tuned.history.epochs)} epochs: the base is kept",
            f"no checkpoint is written; go on with {base}, and try again with more letters",
        ]
    few = "; on so few letters some of it may be chance" if len(gold.held_out) < 5 else ""
    checkpoint, letters, model = (shlex.quote(str(path)) for path in (output, folder, Path("models") / name))
    splits = shlex.quote(str(output / SPLITS))
    return [
        f"kept: epoch {tuned.best} of {len(tuned.history.epochs)}; on the held-out letters, which chose it{few}:",
        *(f"  {figure}: {was:.3f} → {tuned.after[figure]:.3f}" for figure, was in tuned.before.items()),
        f"checkpoint: {output}",
        f"a model folder of it:   fanzha export {checkpoint} {model}",
        f"read letters with it:   fanzha predict --model {model} FILE…",
        f"how good it is:         fanzha evaluate --model {model} --letters {letters} --splits {splits} --split dev",
    ]


def _amount(letters: list[GoldLetter]) -> str:
    measures, claims = sum(len(letter.measures) for letter in letters), sum(len(letter.claims) for letter in letters)
    return f"{len(letters)} letters with {measures} measures and {claims} claims"


def _names(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def refuse_without_gold(options: dict[str, object]) -> None:
    """Refuses options that only fine-tuning has.

    Args:
        options: by their names; None and False for what was not given.

    Raises:
        FanzhaError: naming the first.
    """
    for name, value in options.items():
        if value not in (None, False):
            raise FanzhaError(f"{name} is for fine-tuning", mend="name your letters with --gold, or leave it out")
