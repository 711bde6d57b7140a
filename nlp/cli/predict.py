"""`predict FILE…`: measures and claims of letters, as JSON Lines or to read."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp.cli.limits import (
    MaxCharacters,
    MaxMegabytes,
    MaxMembers,
    MaxPages,
    MaxRatio,
    MaxSeconds,
    MaxUnpacked,
    limits_of,
)
from nlp.cli.min_score import MinScore
from nlp.cli.version import Version
from nlp.documents.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from nlp.documents.limits import Limits
    from nlp.documents.reading import Document
    from nlp.errors import FanzhaError
    from nlp.inference.predictor import Predictor
    from nlp.schema import Result


class Format(str, Enum):
    """How results are printed."""

    auto = "auto"
    json = "json"
    text = "text"


def predict_command(
    files: Annotated[
        list[str],
        typer.Argument(help="Letters: text, HTML, MHT, Word, WPS or PDF; - reads standard input.", show_default=False),
    ],
    format: Annotated[
        Format, typer.Option(help="json: one line a letter; text: to read; auto: text on a terminal.")
    ] = Format.auto,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    model: Annotated[Path | None, typer.Option(help="A model folder; without it, the model that is shipped.")] = None,
    min_score: MinScore = 0.0,
    max_megabytes: MaxMegabytes = DEFAULT_LIMITS.file_bytes / 1e6,
    max_characters: MaxCharacters = DEFAULT_LIMITS.characters,
    max_unpacked: MaxUnpacked = DEFAULT_LIMITS.unpacked_bytes / 1e6,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
    max_members: MaxMembers = DEFAULT_LIMITS.members,
    max_pages: MaxPages = DEFAULT_LIMITS.pages,
    max_seconds: MaxSeconds = DEFAULT_LIMITS.seconds,
    version: Version = False,
) -> None:
    """Tags measures and numeric claims in letters.

    Exits with 2 when a letter could not be read or tagged, after doing the rest.
    """
    if not any(name == "-" or os.path.exists(name) for name in files):  # asked before the model is loaded
        from nlp.errors import FanzhaError

        for name in files:
            _complain(FanzhaError("there is no such file", path=name, mend="check the name"))
        raise typer.Exit(2)
    from nlp.inference.loading import load_predictor

    limits = limits_of(
        max_megabytes=max_megabytes, max_characters=max_characters, max_unpacked=max_unpacked, max_ratio=max_ratio,
        max_members=max_members, max_pages=max_pages, max_seconds=max_seconds,
    )  # fmt: skip
    as_json = format is Format.json or (format is Format.auto and not sys.stdout.isatty())
    predictor = load_predictor(model, device=device)
    faults = predict_files(files, predictor, as_json=as_json, limits=limits, min_score=min_score)
    if faults:
        raise typer.Exit(2)


def predict_files(
    files: Sequence[str], predictor: Predictor, *, as_json: bool, limits: Limits, min_score: float = 0.0
) -> int:
    """Prints the result of each file that can be read and tagged, and a line on stderr for each other.

    Args:
        files: their names; - is standard input.
        predictor: what tags them.
        as_json: or to be read by people.
        limits: what a letter may cost.
        min_score: see `Result.at_least`.

    Returns:
        How many files have no result.
    """
    from nlp.errors import FanzhaError

    show = _json_lines() if as_json else _to_read()
    faults = 0
    for name in files:
        try:
            document = _read(name, limits)
            for warning in document.warnings:
                print(f"predict: {FanzhaError(warning, path=name)}", file=sys.stderr, flush=True)
            (result,) = predictor.predict([document])
            show(result.at_least(min_score))
        except OSError:  # of the output: the reader has gone, or the disk is full
            raise
        except FanzhaError as fault:
            faults += 1
            _complain(fault)
        except Exception as error:  # a fault of ours costs one letter, not those after it
            faults += 1
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            where = "standard input" if name == "-" else name
            _complain(FanzhaError(f"internal fault ({reason}), please report it", path=where))
    return faults


def _complain(fault: FanzhaError) -> None:
    print(f"predict: {fault}", file=sys.stderr, flush=True)


def _read(name: str, limits: Limits) -> Document:
    from nlp.documents.reading import decode_document, read_document

    if name != "-":
        return read_document(name, limits=limits)
    data = b"" if sys.stdin is None else sys.stdin.buffer.read(limits.file_bytes + 1)
    return decode_document(data, path=None, limits=limits)


def _json_lines() -> Callable[[Result], None]:
    from nlp.output.jsonl import to_json_line

    out = sys.stdout.buffer

    def show(result: Result) -> None:
        out.write(to_json_line(result).encode("utf-8") + b"\n")
        out.flush()

    return show


def _to_read() -> Callable[[Result], None]:
    from rich.console import Console

    from nlp.output.terminal import print_result

    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal of another encoding shows ? for what it lacks
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, soft_wrap=False)
    return lambda result: print_result(result, console)
