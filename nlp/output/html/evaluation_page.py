"""An evaluation as one HTML file: figures with intervals, plots, confusion, and every error in its sentence.

No script, nothing from the network. The file quotes the letters that were scored.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from nlp.evaluation.assessment import Assessment, Comparison
from nlp.evaluation.bootstrap import Estimate
from nlp.evaluation.claim_parts import CLAIM_LEVELS
from nlp.evaluation.excerpts import Excerpt, Excerpts, Fact, facts
from nlp.evaluation.figures import ALL, CATEGORY, ERRORS, LAYER, TYPE, Key, calibration_error, lower_is_better
from nlp.evaluation.groups import GROUPINGS
from nlp.evaluation.mistakes import KINDS, Mistake
from nlp.evaluation.scores import Scored, score
from nlp.evaluation.tables import name_of, with_interval
from nlp.files import write_text
from nlp.output.html.plots import bars_plot, intervals_plot, reliability_plot
from nlp.output.html.rendering import environment

_RATES = ("precision", "recall", "F1")


class Table(NamedTuple):
    """A table of text: the first cell of a row is its name."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class ShownMistake(NamedTuple):
    """An error as the page shows it."""

    mistake: Mistake
    excerpt: Excerpt
    facts: Mapping[str, Sequence[Fact]]


class Kind(NamedTuple):
    """The errors of a kind; `id` is what links lead to."""

    id: str
    name: str
    mistakes: Sequence[ShownMistake]


def write_assessment(found: Assessment, path: Path) -> None:
    """Writes the report of an evaluation.

    Raises:
        FanzhaError: where the file cannot be written.
    """
    write_text(path, render_assessment(found))


def write_comparison(found: Comparison, path: Path) -> None:
    """Writes the report of a comparison; raises as `write_assessment`."""
    write_text(path, render_comparison(found))


def render_assessment(found: Assessment) -> str:
    """The report of an evaluation as HTML."""
    figures = found.figures
    rates = {key: value for key, value in _of(figures, ALL).items() if not lower_is_better(key)}
    plots = [
        ("All letters", intervals_plot({key.figure: e for key, e in rates.items()}, title="Figures with intervals")),
        *(
            (f"F1 by {table}", intervals_plot(_column(figures, table, names), title=f"F1 by {table}"))
            for table, names in ((CATEGORY, ("strict F1", "characters F1")), (TYPE, ("quantity F1", "full F1")))
        ),
    ]
    reliability = [
        (layer, _ece(figures, layer), reliability_plot(bins, title=f"Reliability of the scores of {layer}"), bins)
        for layer, bins in found.reliability.items()
    ]
    counts = {key.row: value for key, value in _of(figures, ERRORS).items()}
    return _render(
        "evaluation.html",
        found=found,
        plots=plots,
        tables=list(_tables(figures)),
        groups=list(_group_tables(found)),
        letters=_letters(found.documents),
        confusions=[
            ("Categories, by character", _heat(found.categories)),
            ("Claim types, by claim", _heat(found.types)),
        ],
        reliability=reliability,
        error_plot=bars_plot(counts, title="Errors by kind"),
        kinds=_by_kind(found.mistakes, found.documents, "e"),
    )


def render_comparison(found: Comparison) -> str:
    """The report of a comparison as HTML."""
    tables = []
    for table in (ALL, LAYER, CATEGORY, TYPE, ERRORS, *GROUPINGS):
        rows = [
            (name_of(key), value, "counts" if table == ERRORS else "rates", _verdict(key, value.low, value.high))
            for key, value in found.figures.items()
            if key.table == table
        ]
        if rows:
            tables.append(("All letters" if table == ALL else f"By {table}", rows))
    return _render(
        "comparison.html",
        found=found,
        tables=tables,
        sections=[
            ("Errors that B alone makes", _by_kind(found.made, found.documents, "b")),
            ("Errors that A alone makes", _by_kind(found.mended, found.documents, "a")),
        ],
    )


def _render(template: str, **values: Any) -> str:
    folder = files("nlp.output.html") / "templates"
    style = "".join((folder / name).read_text(encoding="utf-8") for name in ("style.css", "evaluation.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return environment().get_template(template).render(style=Markup(style), style_hash=digest, **values)


def _of(figures: Mapping[Key, Estimate], table: str) -> dict[Key, Estimate]:
    return {key: value for key, value in figures.items() if key.table == table}


def _ece(figures: Mapping[Key, Estimate], layer: str) -> str:
    return with_interval(figures[calibration_error(layer)])


def _column(figures: Mapping[Key, Estimate], table: str, names: Sequence[str]) -> dict[str, Estimate]:
    return {f"{key.row}, {key.figure}": e for key, e in _of(figures, table).items() if key.figure in names}


def _tables(figures: Mapping[Key, Estimate]) -> Iterator[Table]:
    rows = [(key.figure, with_interval(value)) for key, value in _of(figures, ALL).items()]
    yield Table("All letters", ("figure", "value (95 % interval)"), rows)
    for title, table, columns in (
        ("Precision and recall", LAYER, _RATES),
        (
            "Measures by category",
            CATEGORY,
            [f"{layer} {rate}" for layer in ("strict", "characters") for rate in _RATES],
        ),
        ("Claims by type", TYPE, [*(f"quantity {rate}" for rate in _RATES), *(f"{x} F1" for x in CLAIM_LEVELS[1:])]),
    ):
        names = dict.fromkeys(key.row for key in _of(figures, table))
        cells = [(row, *(with_interval(figures[Key(table, row, c)]) for c in columns)) for row in names]
        yield Table(title, (table, *columns), cells)


def _group_tables(found: Assessment) -> Iterator[Table]:
    names = [key.figure for key in _of(found.figures, ALL) if not lower_is_better(key)]
    for table in GROUPINGS:
        rows = [
            (row, str(n), *(with_interval(found.figures[Key(table, row, name)]) for name in names))
            for (name_of_table, row), n in found.groups.items()
            if name_of_table == table
        ]
        if rows:
            yield Table(f"By {table}", (table, "letters", *names), rows)


def _letters(documents: Sequence[Scored]) -> Table:
    figures = {document.id: score([document]).figures() for document in documents}
    header = ["letter", "characters", *next(iter(figures.values()))]
    rows = [(d.id, f"{len(d.text):,}", *(f"{value:.3f}" for value in figures[d.id].values())) for d in documents]
    return Table("By letter", header, rows)


def _heat(confusion: Mapping[str, Mapping[str, int]]) -> list[tuple[str, list[tuple[str, int, int, float]]]]:
    """The rows of a confusion: label in gold, and for each prediction its label, count, shade 0 to 9, and share."""
    rows = []
    for gold, cells in confusion.items():
        total = sum(cells.values())
        shares = {label: count / total if total else 0.0 for label, count in cells.items()}
        rows.append((gold, [(x, n, min(9, math.ceil(shares[x] * 10)), shares[x]) for x, n in cells.items()]))
    return rows


def _by_kind(found: Sequence[Mistake], documents: Sequence[Scored], prefix: str) -> list[Kind]:
    texts = {document.id: document.text for document in documents}
    excerpts = {name: Excerpts(texts[name]) for name in {one.letter for one in found}}
    shown: dict[tuple[str, str], list[ShownMistake]] = {}
    for one in found:
        shown_one = ShownMistake(one, excerpts[one.letter].of(one), facts(one))
        shown.setdefault((one.layer, one.kind), []).append(shown_one)
    return [
        Kind(f"{prefix}-{layer}-{kind}", f"{layer}: {kind}", shown[layer, kind])
        for layer, kinds in KINDS.items()
        for kind in kinds
        if (layer, kind) in shown
    ]


def _verdict(key: Key, low: float | None, high: float | None) -> str:
    """Which model is better for certain: where the interval does not hold 0."""
    if low is None or high is None or low <= 0 <= high:
        return ""
    return "B" if (low > 0) != lower_is_better(key) else "A"
