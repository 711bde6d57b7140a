"""What the model is to reach, and a table that says where it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp.evaluation.bootstrap import Estimate
from nlp.evaluation.calibration import SCORED
from nlp.evaluation.figures import ALL, Key, calibration_error, lower_is_better
from nlp.evaluation.tables import markdown, with_interval


@dataclass(frozen=True)
class Target:
    """A figure with what it is to be on the real replies, each left out in turn, and on the composed test letters."""

    key: Key
    replies: float
    composed: float


TARGETS: tuple[Target, ...] = (
    Target(Key(ALL, ALL, "measures, character micro F1"), 0.92, 0.94),
    Target(Key(ALL, ALL, "measures, strict span F1"), 0.78, 0.84),
    Target(Key(ALL, ALL, "status accuracy"), 0.97, 0.98),
    Target(Key(ALL, ALL, "quantity F1"), 0.98, 0.985),
    Target(Key(ALL, ALL, "metric F1"), 0.92, 0.94),
    Target(Key(ALL, ALL, "normalised F1"), 0.97, 0.98),
    Target(Key(ALL, ALL, "full F1"), 0.88, 0.93),
    *(Target(calibration_error(layer), 0.05, 0.05) for layer in SCORED),  # the least that it may be
)


@dataclass(frozen=True)
class Outcome:
    """A target with the figures that stand against it."""

    target: Target
    replies: Estimate
    composed: Estimate

    @property
    def reached(self) -> tuple[bool, bool]:
        """On the real replies, and on the composed letters: by the figure itself, not by its interval."""
        pairs = ((self.replies, self.target.replies), (self.composed, self.target.composed))
        if lower_is_better(self.target.key):
            return (pairs[0][0].value <= pairs[0][1], pairs[1][0].value <= pairs[1][1])
        return (pairs[0][0].value >= pairs[0][1], pairs[1][0].value >= pairs[1][1])


def outcomes(replies: Mapping[Key, Estimate], composed: Mapping[Key, Estimate]) -> list[Outcome]:
    """All targets against the figures of two evaluations."""
    return [Outcome(target, replies[target.key], composed[target.key]) for target in TARGETS]


def target_table(found: Sequence[Outcome]) -> str:
    """In Markdown; ✓ where a target is reached, ✗ where not."""
    rows = []
    for one in found:
        bound = "≤" if lower_is_better(one.target.key) else "≥"
        cells = [
            f"{'✓' if reached else '✗'} {with_interval(value)}"
            for value, reached in zip((one.replies, one.composed), one.reached, strict=True)
        ]
        rows.append((one.target.key.figure, f"{bound} {one.target.replies:g} / {one.target.composed:g}", *cells))
    return markdown(("figure", "target", "real replies, left out one at a time", "composed test letters"), rows)


def targets_json(found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """All of it as JSON can hold it."""
    return [
        {
            "figure": one.target.key.figure,
            "lower_is_better": lower_is_better(one.target.key),
            **{
                name: {"target": bound, **value._asdict(), "reached": reached}
                for name, bound, value, reached in (
                    ("replies_left_out", one.target.replies, one.replies, one.reached[0]),
                    ("composed_test", one.target.composed, one.composed, one.reached[1]),
                )
            },
        }
        for one in found
    ]
