"""`fanzha corpus VERB`: is the gold sound, what is there of it, do two people agree, and the way to other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp.cli.exchange import export_letters_command, import_letters_command
from nlp.cli.replies import replies_folder

if TYPE_CHECKING:
    from nlp.annotation.check import Fault
    from nlp.annotation.corpus import GoldLetter

corpus_app = typer.Typer(help="The gold letters: check them, count them, build them.", no_args_is_help=True)

Letters = Annotated[list[Path], typer.Argument(help="Marked-up letters, or folders of them.")]
LETTERS = [Path("annotations/letters")]

corpus_app.command("export")(export_letters_command)
corpus_app.command("import")(import_letters_command)


@corpus_app.command("check")
def check_command(
    letters: Letters = LETTERS,
    corpus: Annotated[bool, typer.Option(help="Also check the letters against their neighbours and the plan.")] = True,
    plan: Annotated[
        Path | None, typer.Option(help="The plan of the letters; by default plan.yaml beside their folder, if there.")
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="A folder of bare texts ID.txt that the letters must hold exactly.")
    ] = None,
) -> None:
    """Finds faults in marked-up letters; exits with 1 when there are any.

    Letters are compared with all others in their folder, and with the real replies in REPLIES_DIR where it is set.
    """
    paths = _files(letters)
    faults = check_files(paths, corpus=corpus, plan=plan, texts=texts, replies=replies_folder())
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"{len(paths)} letters, {len(faults)} faults")
    if faults:
        raise typer.Exit(1)


def check_files(
    paths: list[Path],
    *,
    corpus: bool = True,
    plan: Path | None = None,
    texts: Path | None = None,
    replies: Path | None = None,
) -> list[str]:
    """The faults of marked-up letters as lines `path:line: message (mend)`.

    Args:
        paths: the letters.
        corpus: also compare them with the other letters in their folders, and with the plan.
        plan: the plan, or None for `plan.yaml` beside a letter's folder where it is there.
        texts: a folder of bare texts that the letters must hold exactly, or None.
        replies: a folder of real replies that they must share no sentence with, or None.
    """
    from nlp.annotation.check import check_letter, check_text
    from nlp.annotation.corpus import read_marked
    from nlp.errors import FanzhaError

    lines: list[str] = []
    read: list[GoldLetter] = []
    for path in paths:
        try:
            letter = read_marked(path)
        except FanzhaError as error:
            lines.append(str(error))
            continue
        read.append(letter)
        found = check_letter(letter.text, letter.measures, letter.claims, path=path, first_line=letter.first_line)
        if texts is not None:
            found += check_text(letter, texts)
        lines += map(str, found)
    if corpus:
        lines += map(str, _corpus_faults(read, plan, replies))
    return lines


def _corpus_faults(letters: list[GoldLetter], plan: Path | None, replies: Path | None) -> list[Fault]:
    """The faults of letters beside the others in their folders; only the faults of `letters` themselves."""
    from nlp.annotation.corpus_check import check_corpus

    faults: list[Fault] = []
    for folder in dict.fromkeys(letter.path.parent for letter in letters):
        own = {str(letter.path): letter for letter in letters if letter.path.parent == folder}
        together = [own.get(str(path)) or _readable(path) for path in sorted(folder.glob("*.txt"))]
        beside = folder.parent / "plan.yaml"
        found = check_corpus(
            [letter for letter in together if letter is not None],
            plan=plan or (beside if beside.is_file() else None),
            replies=replies,
        )
        faults += [fault for fault in found if fault.path in own]
    return faults


@corpus_app.command("stats")
def stats_command(
    letters: Letters = LETTERS,
    where: Annotated[bool, typer.Option("--where", help="List the letters of each hard case, as Markdown.")] = False,
) -> None:
    """Counts letters, characters, measures and claims, by category, type, form, body, year, length and hard case."""
    from nlp.annotation.stats import describe, describe_hard_cases

    found = _read(letters)
    typer.echo(describe_hard_cases(found) if where else describe(found))


@corpus_app.command("build")
def build_command(
    output: Annotated[Path, typer.Argument(help="The folder for ID.txt, ID.gold.json and ID.meta.json.")],
    letters: Letters = LETTERS,
) -> None:
    """Compiles marked-up letters to bare text with stand-off gold (JSON) beside it; `inline` is the way back."""
    from nlp.annotation.standoff import write_built

    written = write_built(_read(letters), output)
    typer.echo(f"{output}: {len(written)} files")


@corpus_app.command("inline")
def inline_command(
    source: Annotated[Path, typer.Argument(help="A folder that `fanzha corpus build` wrote.")],
    output: Annotated[Path, typer.Argument(help="The folder for the marked-up letters.")],
    force: Annotated[bool, typer.Option("--force", help="Write over letters that are there.")] = False,
) -> None:
    """Puts stand-off gold back into the text: marked-up letters from a built folder, without loss."""
    from nlp.annotation.exchange.parts import write_letters
    from nlp.annotation.standoff import read_built

    written = write_letters(read_built(source), output, replace=force)
    typer.echo(f"{output}: {len(written)} letters")


@corpus_app.command("agreement")
def agreement_command(
    first: Annotated[Path, typer.Argument(help="A folder of marked-up letters, or of stand-off gold.")],
    second: Annotated[Path, typer.Argument(help="Another one; letters that both have are compared.")],
) -> None:
    """How far two annotations of the same letters agree: the scheme's figures, and kappa on clauses."""
    from nlp.annotation.agreement import agreement
    from nlp.annotation.standoff import read_gold

    typer.echo(agreement(read_gold(first), read_gold(second)).describe())


def _readable(path: Path) -> GoldLetter | None:
    """A neighbour for comparison; what is wrong with it is not asked here."""
    from nlp.annotation.corpus import read_marked
    from nlp.errors import FanzhaError

    try:
        return read_marked(path)
    except FanzhaError:
        return None


def _read(letters: list[Path]) -> list[GoldLetter]:
    from nlp.annotation.corpus import read_marked

    return [read_marked(path) for path in _files(letters)]


def _files(letters: list[Path]) -> list[Path]:
    files: list[Path] = []
    for path in letters:
        files.extend(sorted(path.glob("*.txt")) if path.is_dir() else [path])
    return files
