"""`fanzha corpus export` and `import` hang together on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlp.annotation.corpus import read_marked
from nlp.cli.main import app

LETTER = Path(__file__).parents[2] / "annotations" / "letters" / "a01.txt"


@pytest.mark.parametrize(("to", "name"), [("label-studio", "tasks.json"), ("doccano", "tasks.jsonl"), ("brat", "brat")])
def test_corpus_export_and_import_give_the_same_gold(to: str, name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    exported = CliRunner().invoke(app, ["corpus", "export", str(LETTER), "--to", to, "-o", str(out)])
    assert exported.exit_code == 0, exported.output
    imported = CliRunner().invoke(app, ["corpus", "import", str(out), "--from", to, "-o", str(tmp_path / "back")])
    assert imported.exit_code == 0, imported.output
    first, back = read_marked(LETTER), read_marked(tmp_path / "back" / LETTER.name)
    assert (back.text, back.measures, back.claims) == (first.text, first.measures, first.claims)
