"""`fanzha annotate FOLDER -o OUT`: folders of letters in any form, into tables and pages that people open."""

from __future__ import annotations

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
from nlp.documents.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from nlp.batch.cluster import RayEngine
    from nlp.batch.jobs import WorkerSettings
    from nlp.batch.local import LocalEngine
    from nlp.batch.run import Summary


class To(str, Enum):
    """The names of `nlp.output.formats.FORMAT_NAMES`, known without importing it."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"
    html = "html"
    label_studio = "label-studio"


class EngineName(str, Enum):
    """Where letters are annotated."""

    local = "local"
    ray = "ray"


_TO = [To.xlsx, To.html]


def annotate_command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Folders of letters, or letters: text, HTML, MHT, Word, WPS, PDF, .zip, .jsonl, .parquet; "
            "paths, or addresses such as s3://BUCKET/FOLDER."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the results; an earlier run goes on.")],
    to: Annotated[list[To], typer.Option("--to", help="A format beside JSON Lines; may be given several times.")] = _TO,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what arrives, until Ctrl-C.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try every failed letter again, not only those that may do now.")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="A model folder; without it, the model that is shipped.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one a core, or one on a GPU.", show_default=False)
    ] = None,
    engine: Annotated[
        EngineName, typer.Option(help="This machine alone, or a Ray cluster (docs/cluster.md).")
    ] = EngineName.local,
    address: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of a Ray cluster; without it, $RAY_ADDRESS, this machine's, or a new one."),
    ] = None,
    shared: Annotated[
        bool, typer.Option("--shared", help="All nodes of the cluster see the letters at the same paths.")
    ] = False,
    text_field: Annotated[
        str, typer.Option(help="The field of a .jsonl object, or the column of a .parquet table, that holds the text.")
    ] = "text",
    min_score: MinScore = 0.0,
    max_megabytes: MaxMegabytes = DEFAULT_LIMITS.file_bytes / 1e6,
    max_characters: MaxCharacters = DEFAULT_LIMITS.characters,
    max_unpacked: MaxUnpacked = DEFAULT_LIMITS.unpacked_bytes / 1e6,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
    max_members: MaxMembers = DEFAULT_LIMITS.members,
    max_pages: MaxPages = DEFAULT_LIMITS.pages,
    max_seconds: MaxSeconds = DEFAULT_LIMITS.seconds,
) -> None:
    """Annotates all letters under some folders.

    The results are in OUT/results.jsonl and the formats asked for, the texts that offsets refer to in OUT/texts, what
    failed in OUT/failed.jsonl. Run it again to go on after a stop: only what is missing or has changed is done.

    With --engine ray the letters are annotated on all machines of a Ray cluster; the results are the same.

    Exits with 0 when every letter has a result, with 2 when some failed, with 130 when it was stopped.
    """
    from nlp.batch.jobs import WorkerSettings
    from nlp.batch.run import RunSettings, annotate_folders
    from nlp.documents.sources import STATE

    limits = limits_of(
        max_megabytes=max_megabytes, max_characters=max_characters, max_unpacked=max_unpacked, max_ratio=max_ratio,
        max_members=max_members, max_pages=max_pages, max_seconds=max_seconds,
    )  # fmt: skip
    worker = WorkerSettings(
        limits=limits,
        text_field=text_field,
        min_score=min_score,
        model=model,
        device=device,
        scratch=output / STATE / "tmp",
    )
    settings = RunSettings(
        inputs=[_place(name) for name in inputs], output=output, formats=[t.value for t in dict.fromkeys(to)],
        worker=worker, retry_failed=retry_failed,
    )  # fmt: skip
    summary = None
    try:
        with _engine(engine, worker, workers, address, shared) as started:
            for summary in annotate_folders(settings, started, watch=watch):
                typer.echo(describe(summary, output))
                for fault in summary.faults:
                    typer.echo(f"fanzha: {fault}", err=True)
    except KeyboardInterrupt:
        if not watch:  # where it is the way to end
            typer.echo("fanzha: stopped before the results were written; run the same command again", err=True)
            raise
    if summary is not None and summary.interrupted:
        raise typer.Exit(130)
    if summary is not None and (summary.failed or summary.faults):
        raise typer.Exit(2)


def _engine(
    name: EngineName, worker: WorkerSettings, workers: int | None, address: str | None, shared: bool
) -> LocalEngine | RayEngine:
    """The engine of that name, not yet started."""
    if name is EngineName.ray:
        from nlp.batch.cluster import RayEngine

        return RayEngine(worker, address=address, workers=workers, shared=shared)
    from nlp.batch.local import LocalEngine, crew_of
    from nlp.errors import FanzhaError

    if address is not None or shared:
        raise FanzhaError("--address and --shared are for a cluster", mend="add --engine ray")
    count, chunk = crew_of(worker, workers)
    return LocalEngine(worker, workers=count, chunk=chunk)


def _place(name: str) -> Path | str:
    """A path, or the URI of an object store."""
    from nlp.documents.remote import is_remote, local_path

    local = local_path(name) if is_remote(name) else name
    return name if local is None else Path(local)


def describe(summary: Summary, output: Path) -> str:
    """What a person should know of a run, in a few lines."""
    lines = [
        f"{summary.annotated} letters annotated ({summary.new} now), {summary.failed} failed, "
        f"{summary.skipped} other files skipped"
    ]
    if summary.interrupted:
        lines[0] = f"stopped; run the same command again to go on. So far: {lines[0]}"
    lines.append(f"in {output}: {', '.join(summary.written)}")
    return "\n".join(lines)
