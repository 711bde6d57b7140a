"""Plots as SVG text, drawn with the classes of `evaluation.css`, so that they follow light and dark; no library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from nlp.evaluation.bootstrap import Estimate
from nlp.evaluation.calibration import Bin

_ROW = 26
_LABEL_WIDTH = 250
_PLOT_WIDTH = 430
_VALUE_WIDTH = 170


def intervals_plot(figures: Mapping[str, Estimate], *, title: str) -> Markup:
    """A point for each figure with a line for its interval, on an axis that ends at 1."""
    lows = [e.value if e.low is None else e.low for e in figures.values()]
    first = max(math.floor(min(lows, default=0.0) * 10) / 10, 0.0)
    first = min(first, 0.9)

    def x(value: float) -> float:
        return _LABEL_WIDTH + (min(value, 1.0) - first) / (1 - first) * _PLOT_WIDTH

    height = _ROW * len(figures) + 30
    parts = []
    tenths = range(round(first * 10), 11)
    for tenth in tenths:
        at = x(tenth / 10)
        parts.append(_line(at, 4, at, height - 24, "grid"))
        parts.append(_text(at, height - 8, f"{tenth / 10:.1f}", "axis", anchor="middle"))
    for row, (name, e) in enumerate(figures.items()):
        y = _ROW * row + 18
        parts.append(_text(_LABEL_WIDTH - 12, y + 4, name, "name", anchor="end"))
        between = ""
        if e.low is not None and e.high is not None:
            parts.append(_line(x(e.low), y, x(e.high), y, "whisker"))
            between = f" ({e.low:.3f}–{e.high:.3f})"
        parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="5"/>').format(_number(x(e.value)), y))
        parts.append(_text(_LABEL_WIDTH + _PLOT_WIDTH + 14, y + 4, f"{e.value:.3f}{between}", "value"))
    return _svg(_LABEL_WIDTH + _PLOT_WIDTH + _VALUE_WIDTH, height, title, parts)


def bars_plot(counts: Mapping[str, Estimate], *, title: str) -> Markup:
    """A bar for each count, with a line for its interval."""
    most = max([1.0, *(e.value if e.high is None else e.high for e in counts.values())])

    def x(value: float) -> float:
        return _LABEL_WIDTH + value / most * _PLOT_WIDTH

    parts = []
    for row, (name, e) in enumerate(counts.items()):
        y = _ROW * row + 14
        parts.append(_text(_LABEL_WIDTH - 12, y + 5, name, "name", anchor="end"))
        shape = Markup('<rect class="bar-of" x="{}" y="{}" width="{}" height="14"/>')
        parts.append(shape.format(_LABEL_WIDTH, y - 7, _number(x(e.value) - _LABEL_WIDTH)))
        between = ""
        if e.low is not None and e.high is not None:
            parts.append(_line(x(e.low), y, x(e.high), y, "whisker"))
            between = f" ({e.low:.0f}–{e.high:.0f})"
        parts.append(_text(_LABEL_WIDTH + _PLOT_WIDTH + 14, y + 5, f"{e.value:.0f}{between}", "value"))
    return _svg(_LABEL_WIDTH + _PLOT_WIDTH + _VALUE_WIDTH, _ROW * len(counts) + 6, title, parts)


def reliability_plot(bins: Sequence[Bin], *, title: str) -> Markup:
    """The share of right spans of each bin over its mean score; on the diagonal scores are true."""
    side, left, top = 300, 54, 12

    def place(score: float, right: float) -> tuple[float, float]:
        return left + score * side, top + (1 - right) * side

    parts = []
    for fifth in range(6):
        value = fifth / 5
        x, y = place(value, value)
        parts.append(_line(x, top, x, top + side, "grid"))
        parts.append(_line(left, y, left + side, y, "grid"))
        parts.append(_text(x, top + side + 18, f"{value:.1f}", "axis", anchor="middle"))
        parts.append(_text(left - 8, y + 4, f"{value:.1f}", "axis", anchor="end"))
    parts.append(_line(*place(0, 0), *place(1, 1), "diagonal"))
    points = [place(b.score, b.right) for b in bins]
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    for b, (x, y) in zip(bins, points, strict=True):
        note = f"scores {b.low:.3f}–{b.high:.3f}: {b.spans} spans, mean {b.score:.3f}, right {b.right:.3f}"
        circle = Markup('<circle class="dot" cx="{}" cy="{}" r="5"><title>{}</title></circle>')
        parts.append(circle.format(_number(x), _number(y), note))
    parts.append(_text(left + side / 2, top + side + 38, "mean score", "axis", anchor="middle"))
    turned = Markup('<text class="axis" text-anchor="middle" transform="rotate(-90 14 {0})" x="14" y="{0}">{1}</text>')
    parts.append(turned.format(_number(top + side / 2), "share that is right"))
    return _svg(left + side + 20, top + side + 48, title, parts)


def _svg(width: float, height: float, title: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">{3}</svg>'
    ).format(_number(width), _number(height), title, Markup("").join(parts))


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(name, *map(_number, (x1, y1, x2, y2)))


def _text(x: float, y: float, text: str, name: str, *, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" text-anchor="{}" x="{}" y="{}">{}</text>').format(
        name, anchor, _number(x), _number(y), text
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
