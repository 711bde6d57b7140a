"""`--min-score`: what is left of results, and that `annotate` knows results of another threshold for others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import PLAIN, Tiny

from nlp.schema import Result

Fanzha = Callable[..., Any]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "plain.txt").write_text(PLAIN * 3, encoding="utf-8", newline="")
    return folder


def test_predict_leaves_out_what_is_below(tiny: Tiny, fanzha: Fanzha, letters: Path) -> None:
    def predicted(*options: str) -> Result:
        done = fanzha("predict", "--model", tiny.model, "--device", "cpu", *options, letters / "plain.txt")
        assert (done.returncode, done.stderr) == (0, b"")
        return Result.model_validate_json(done.stdout)

    everything = predicted()
    assert predicted("--min-score", "0") == everything
    scores = sorted({span.score for span in (*everything.measures, *everything.claims)})
    assert len(scores) > 1
    least = scores[len(scores) // 2]
    some = predicted("--min-score", str(least))
    assert some == everything.at_least(least)
    assert 0 < len(some.measures) + len(some.claims) < len(everything.measures) + len(everything.claims)


def test_annotate_takes_the_threshold_for_a_setting(
    tiny: Tiny, fanzha_here: Run, letters: Path, tmp_path: Path
) -> None:
    def annotated(least: str | None) -> tuple[Result, str]:
        options = [] if least is None else ["--min-score", least]
        status, out, err = fanzha_here(
            "annotate", letters, "-o", tmp_path / "out", "--to", "csv", "--model", tiny.model, "--device", "cpu",
            "--workers", 1, *options,
        )  # fmt: skip
        assert status == 0, err
        (line,) = (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return Result.model_validate_json(line), out

    everything, said = annotated(None)
    assert "(1 now)" in said
    assert annotated("0") == (everything, said.replace("(1 now)", "(0 now)"))
    none, said = annotated("1")
    assert "(1 now)" in said
    assert none == everything.at_least(1)
    assert len(none.measures) + len(none.claims) < len(everything.measures) + len(everything.claims)
    assert "(0 now)" in annotated("1")[1]
    assert annotated(None)[0] == everything


@pytest.mark.parametrize("value", ["-0.1", "1.01", "nan", "much"])
def test_what_is_no_probability_is_refused(fanzha_here: Run, letters: Path, value: str) -> None:
    for verb in (["predict"], ["annotate", "-o", letters.parent / "out"]):
        status, out, err = fanzha_here(*verb, letters / "plain.txt", "--min-score", value)
        assert (status, out) == (2, "")
        assert "--min-score" in err
