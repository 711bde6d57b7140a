"""The targets, and the table that says which are reached."""

from __future__ import annotations

from scored_documents import scored

from nlp.evaluation.bootstrap import Estimate
from nlp.evaluation.figures import Key, estimate_figures
from nlp.evaluation.targets import TARGETS, outcomes, target_table, targets_json


def figures(replies: bool, shift: float = 0.0) -> dict[Key, Estimate]:
    return {t.key: Estimate((t.replies if replies else t.composed) + shift, 0.0, 1.0) for t in TARGETS}


def test_every_target_is_a_figure_of_an_evaluation() -> None:
    assert {target.key for target in TARGETS} <= set(estimate_figures([scored()], 5))


def test_a_target_is_reached_at_its_very_value_and_missed_beside_it() -> None:
    assert {one.reached for one in outcomes(figures(True), figures(False))} == {(True, True)}
    below = {one.target.key.figure: one.reached for one in outcomes(figures(True, -0.001), figures(False))}
    above = {one.target.key.figure: one.reached for one in outcomes(figures(True, 0.001), figures(False, 0.001))}
    for name in below:
        least = not name.startswith("ECE")
        assert below[name] == (not least, True), name
        assert above[name] == ((True, True) if least else (False, False)), name


def test_table_and_json_say_the_same() -> None:
    found = outcomes(figures(True, -0.001), figures(False))
    lines = target_table(found).splitlines()
    assert len(lines) == len(TARGETS) + 2
    assert lines[2] == (
        "| measures, character micro F1 | ≥ 0.92 / 0.94 | ✗ 0.919 (0.000–1.000) | ✓ 0.940 (0.000–1.000) |"
    )
    assert lines[-1].startswith("| ECE of claim scores | ≤ 0.05 / 0.05 | ✓ ")
    first, *_, last = targets_json(found)
    assert first["replies_left_out"] == {"target": 0.92, "value": 0.919, "low": 0.0, "high": 1.0, "reached": False}
    assert last["lower_is_better"] is True
    assert last["composed_test"]["reached"] is True
