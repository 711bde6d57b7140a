"""Evaluations as Markdown tables, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nlp.evaluation.assessment import Assessment, Comparison
from nlp.evaluation.bootstrap import Difference, Estimate
from nlp.evaluation.claim_parts import CLAIM_LEVELS
from nlp.evaluation.figures import ALL, CATEGORY, ERRORS, LAYER, TYPE, Key
from nlp.evaluation.groups import GROUPINGS
from nlp.evaluation.scores import Scores
from nlp.output.terminal import visible

_GROUP_FIGURES = (
    "measures, character micro F1",
    "measures, strict span F1",
    "status accuracy",
    "quantity F1",
    "full F1",
)


def with_interval(value: Estimate) -> str:
    """As `0.856 (0.821–0.892)`."""
    return f"{value.value:.3f}" + (f" ({value.low:.3f}–{value.high:.3f})" if value.low is not None else "")


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold what letters state about themselves."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(visible(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def assessment_tables(found: Assessment, others: Mapping[str, Scores] | None = None) -> str:
    """All tables of an evaluation, with 95 % intervals by bootstrap over documents.

    Args:
        found: the evaluation.
        others: scores of other runs on the same letters, as further columns of the first table.
    """
    parts = [
        "95 % intervals by bootstrap over documents",
        _overall(found, others or {}),
        "## Measures by category",
        _rows(found.figures, CATEGORY, "category", ["strict", "characters"]),
        "## Claims by type",
        _rows(found.figures, TYPE, "type", ["quantity"]),
        _rates(found.figures, TYPE, "type", [f"{level} F1" for level in CLAIM_LEVELS[1:]]),
        "## Precision and recall",
        _rows(found.figures, LAYER, "", [""]),
        "## Errors by kind",
        _errors(found.figures),
        "## Confusion of categories, characters (rows: gold)",
        _confusion(found.categories),
        "## Confusion of claim types (rows: gold)",
        _confusion(found.types),
    ]
    for layer, bins in found.reliability.items():
        binned = [(f"{b.low:.3f}–{b.high:.3f}", str(b.spans), f"{b.score:.3f}", f"{b.right:.3f}") for b in bins]
        header = ("scores", layer, "mean score", "share that is right")
        parts += [f"## Calibration of the scores of {layer}", markdown(header, binned)]
    for table in GROUPINGS:
        rows = [
            (row, str(n), *(with_interval(found.figures[Key(table, row, name)]) for name in _GROUP_FIGURES))
            for (name_of_table, row), n in found.groups.items()
            if name_of_table == table
        ]
        if rows:
            parts += [f"## By {table}", markdown((table, "letters", *_GROUP_FIGURES), rows)]
    return "\n\n".join(parts)


def comparison_tables(found: Comparison) -> str:
    """The figures of two models and what lies between them."""
    parts = [
        f"A: {found.first}\nB: {found.second}",
        "Differences B − A with 95 % intervals by paired bootstrap over documents; the last column is the share of "
        "resamples in which B is better.",
    ]
    for table in (ALL, LAYER, CATEGORY, TYPE, ERRORS, *GROUPINGS):
        rows = [_difference(key, value) for key, value in found.figures.items() if key.table == table]
        if rows:
            title = "All letters" if table == ALL else f"By {table}"
            parts += [f"## {title}", markdown(("figure", "A", "B", "B − A", "B better"), rows)]
    parts.append(f"errors that B alone makes: {len(found.made)}; errors that A alone makes: {len(found.mended)}")
    return "\n\n".join(parts)


def name_of(key: Key) -> str:
    """The name of a figure in its table."""
    return key.figure if key.table == ALL else key.row if key.table == ERRORS else f"{key.row}, {key.figure}"


def _difference(key: Key, value: Difference) -> tuple[str, ...]:
    digits = 0 if key.table == ERRORS else 3
    between = "" if value.low is None else f" ({value.low:+.{digits}f} to {value.high:+.{digits}f})"
    change = f"{value.difference:+.{digits}f}{between}"
    return name_of(key), f"{value.first:.{digits}f}", f"{value.second:.{digits}f}", change, f"{value.better:.2f}"


def _overall(found: Assessment, others: Mapping[str, Scores]) -> str:
    beside = [scores.figures() for scores in others.values()]
    rows = [
        (key.figure, with_interval(value), *(f"{one[key.figure]:.3f}" if key.figure in one else "" for one in beside))
        for key, value in found.figures.items()
        if key.table == ALL
    ]
    return markdown(("figure", "score", *others), rows)


def _rows(figures: Mapping[Key, Estimate], table: str, name: str, layers: Sequence[str]) -> str:
    return _rates(
        figures, table, name, [f"{layer} {r}".strip() for layer in layers for r in ("precision", "recall", "F1")]
    )


def _rates(figures: Mapping[Key, Estimate], table: str, name: str, columns: Sequence[str]) -> str:
    rows = dict.fromkeys(key.row for key in figures if key.table == table)
    return markdown(
        (name or "what", *columns),
        [(row, *(with_interval(figures[Key(table, row, column)]) for column in columns)) for row in rows],
    )


def _errors(figures: Mapping[Key, Estimate]) -> str:
    rows = [
        (key.row, f"{e.value:.0f}" + (f" ({e.low:.0f}–{e.high:.0f})" if e.low is not None else ""))
        for key, e in figures.items()
        if key.table == ERRORS
    ]
    return markdown(("kind", "errors"), rows)


def _confusion(confusion: Mapping[str, Mapping[str, Any]]) -> str:
    labels = list(confusion)
    return markdown(("", *labels), [(row, *(str(confusion[row][c]) for c in labels)) for row in labels])
