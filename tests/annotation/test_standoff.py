"""`fanzha corpus build` and `inline`: marked-up letters to text with stand-off gold, and back without loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exchange_letters import hard_letters
from typer.testing import CliRunner

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.annotation.exchange.parts import write_letters
from nlp.annotation.standoff import gold_of, read_built, read_gold, write_built
from nlp.cli.corpus import corpus_app
from nlp.errors import FanzhaError
from nlp.schema import Gold

COMMITTED = Path(__file__).resolve().parents[2] / "annotations" / "letters"


def content(letters: list[GoldLetter]) -> list[tuple[object, ...]]:
    return [(x.id, x.text, x.measures, x.claims, x.meta) for x in letters]


def test_standoff_build_writes_text_gold_and_facts(tmp_path: Path) -> None:
    letter = hard_letters()[1]
    written = write_built([letter], tmp_path)
    assert [path.name for path in written] == ["crlf.txt", "crlf.gold.json", "crlf.meta.json"]
    assert (tmp_path / "crlf.txt").read_bytes().decode("utf-8") == letter.text
    assert "\r\n" in letter.text
    gold = Gold.model_validate_json((tmp_path / "crlf.gold.json").read_text(encoding="utf-8"))
    gold.check_against(letter.text)
    assert gold == gold_of(letter)
    assert json.loads((tmp_path / "crlf.meta.json").read_text(encoding="utf-8")) == {"body": "市金融办", "year": 2023}


def test_standoff_round_trip_of_hard_letters(tmp_path: Path) -> None:
    letters = sorted(hard_letters(), key=lambda x: x.id)
    write_built(letters, tmp_path / "built")
    again = read_built(tmp_path / "built")
    assert content(again) == content(letters)
    write_letters(again, tmp_path / "letters")
    assert content(read_letters(tmp_path / "letters")) == content(letters)


def test_standoff_commands_round_trip_the_committed_letters(tmp_path: Path) -> None:
    built, inlined = tmp_path / "built", tmp_path / "letters"
    run = CliRunner()
    assert run.invoke(corpus_app, ["build", str(built), str(COMMITTED)]).exit_code == 0
    assert run.invoke(corpus_app, ["inline", str(built), str(inlined)]).exit_code == 0
    letters = read_letters(COMMITTED)
    assert content(read_letters(inlined)) == content(letters)
    assert content(read_gold(built)) == content(read_gold(COMMITTED))


def test_standoff_inline_does_not_write_over_letters(tmp_path: Path) -> None:
    write_built(hard_letters()[:1], tmp_path / "built")
    command = ["inline", str(tmp_path / "built"), str(tmp_path / "letters")]
    assert CliRunner().invoke(corpus_app, command).exit_code == 0
    result = CliRunner().invoke(corpus_app, command)
    assert isinstance(result.exception, FanzhaError)
    assert "is there already" in str(result.exception)
    assert CliRunner().invoke(corpus_app, [*command, "--force"]).exit_code == 0


def test_standoff_read_built_refuses_another_text(tmp_path: Path) -> None:
    letter = hard_letters()[0]
    write_built([letter], tmp_path)
    (tmp_path / "astral.txt").write_text(letter.text + "又及", encoding="utf-8", newline="")
    with pytest.raises(FanzhaError, match=r"astral\.gold\.json: is not for astral\.txt .*\(build it anew\)"):
        read_built(tmp_path)
    (tmp_path / "astral.txt").write_text(letter.text[1:], encoding="utf-8", newline="")
    with pytest.raises(FanzhaError, match=r"astral\.gold\.json: is no gold of astral\.txt: .*\(build it anew\)"):
        read_built(tmp_path)


def test_standoff_read_built_refuses_a_folder_without_gold(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match=r"holds no \*\.gold\.json \(name a folder that fanzha corpus build wrote\)"):
        read_built(tmp_path)


@pytest.mark.parametrize("facts", ["[1]", "null", '"body"'])
def test_standoff_read_built_refuses_facts_that_are_no_object(tmp_path: Path, facts: str) -> None:
    write_built(hard_letters()[:1], tmp_path)
    (tmp_path / "astral.meta.json").write_text(facts, encoding="utf-8")
    with pytest.raises(FanzhaError, match=r"astral\.meta\.json: is no object of facts \(build it anew\)"):
        read_built(tmp_path)
