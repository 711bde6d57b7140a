"""A result as a person reads it on a terminal: measures coloured by category, claims in a table."""

from __future__ import annotations

import unicodedata

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nlp.output.words import APPROX_NAMES, STATUS_NAMES, TYPE_NAMES
from nlp.schema import Claim, Result

CATEGORY_STYLES = {"打击": "red", "防范": "yellow", "宣传": "green", "管控": "magenta", "治理": "cyan"}
_ARROWS = {"up": "↑", "down": "↓", None: ""}


def print_result(result: Result, console: Console) -> None:
    """Prints one document's result."""
    document = result.document
    console.print(
        Text.assemble((visible(document.path or document.id), "bold"), f"  {document.characters} 字")
        .append(f"  {len(result.measures)} 项措施  {len(result.claims)} 个数值", "dim")
        .append(visible(f"  {result.model.name} {result.model.version}, {result.model.backend}"), "dim")
    )
    if document.meta.title is not None:
        console.print(Text(visible(document.meta.title)), soft_wrap=True)
    console.print()
    for measure in result.measures:
        style = CATEGORY_STYLES[measure.category]
        line = Text.assemble((f"{measure.category}·{STATUS_NAMES[measure.status]}", f"bold {style}"), " ")
        line.append(visible(measure.text), style).append(f"  {measure.score:.2f}", "dim")
        console.print(line, soft_wrap=True)  # Chinese has no blanks to break at: the terminal does it
    if result.claims:
        console.print()
        console.print(_claims_table(result))
    console.print()


def _claims_table(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("数值", "类型", "指标", "时期", "增减", "折合", "分"):
        table.add_column(heading, justify="right" if heading in ("数值", "折合", "分") else "left")
    for claim in result.claims:
        measure = None if claim.measure is None else result.measures[claim.measure]
        style = "" if measure is None else CATEGORY_STYLES[measure.category]
        change = f"{claim.basis or ''}{_ARROWS[claim.direction]}"
        table.add_row(
            Text(visible(claim.text), f"bold {style}".strip()),
            TYPE_NAMES[claim.type],
            Text("" if claim.metric is None else visible(claim.metric.text)),
            Text("" if claim.period is None else visible(claim.period.text)),
            Text(visible(change)),
            Text(normalised(claim)),
            Text(f"{claim.score:.2f}", "dim"),
        )
    return table


def normalised(claim: Claim) -> str:
    """The value in base units, as `400,000 份以上` or `3–5 个`."""
    value = f"{claim.value:,}" if claim.value_max is None else f"{claim.value:,}–{claim.value_max:,}"
    approximation = "" if claim.approx is None else APPROX_NAMES[claim.approx]
    return f"{value} {visible(claim.unit)}{approximation}"


def visible(text: str) -> str:
    """`text` on one line without what would move a terminal: letters come from the open web."""
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return "".join(kept)
