"""Gold in any form, and none that the model has seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import Tiny

from nlp.annotation.corpus import GoldLetter, read_letters, text_sha256, write_standoff
from nlp.annotation.exchange.formats import FORMATS
from nlp.annotation.standoff import gold_of, write_built
from nlp.errors import FanzhaError
from nlp.evaluation.gold import calibration_note, read_any_gold, refuse_seen
from nlp.inference.manifest import TrainingFacts


def content(letters: list[GoldLetter]) -> list[object]:
    return [(x.id, x.text, x.measures, x.claims) for x in letters]


def test_marked_up_letters_and_stand_off_gold_are_the_same_gold(tiny: Tiny, tmp_path: Path) -> None:
    letters = read_letters(tiny.letters)
    write_built(letters, tmp_path)
    assert content(read_any_gold(tiny.letters)) == content(letters)
    assert content(read_any_gold(tmp_path)) == content(letters)
    assert content(read_any_gold(tiny.letters / "t4.txt")) == content(letters[3:4])


@pytest.mark.parametrize("name", ["label-studio", "doccano"])
def test_exports_of_tools_are_read(tiny: Tiny, tmp_path: Path, name: str) -> None:
    letters = read_letters(tiny.letters)
    file = FORMATS[name].write(letters, tmp_path / "gold.json")[0]
    assert content(read_any_gold(file, source_format=name)) == content(letters)


def test_gold_alone_is_joined_to_the_letters_elsewhere(tiny: Tiny, tmp_path: Path) -> None:
    letter = read_letters(tiny.letters)[4]
    (tmp_path / "gold").mkdir()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "t5.txt").write_bytes(letter.text.encode("utf-8"))
    gold = gold_of(letter)
    assert gold.document.sha256 == text_sha256(letter.text)
    write_standoff(gold, tmp_path / "gold" / "t5.gold.json")
    (found,) = read_any_gold(tmp_path / "gold", replies=tmp_path / "letters")
    assert content([found]) == content([letter])
    assert found.meta["form"] == "real"
    with pytest.raises(FanzhaError, match=r"not beside it \(set REPLIES_DIR to their folder\)"):
        read_any_gold(tmp_path / "gold")


def test_folder_without_gold_is_an_error(tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FanzhaError, match="holds no letters"):
            read_any_gold(source)


def training(*letters: str, calibrated_on: list[str] | None = None) -> TrainingFacts:
    return TrainingFacts(
        recipe={}, seed=1, letters=list(letters), characters=0, calibrated_on=calibrated_on or [], tools={}
    )


def test_letters_of_the_training_are_refused(tiny: Tiny) -> None:
    letters = read_letters(tiny.letters)
    refuse_seen(letters[3:], training("t1", "t2"), Path("model"))
    with pytest.raises(FanzhaError, match=r"model: .* trained on 2 of these letters \(t1, t2\) .*--split test"):
        refuse_seen(letters, training("t2", "t1", "x"), Path("model"))


def test_real_replies_of_the_training_point_to_leave_one_out() -> None:
    reply = GoldLetter("r", Path("r.txt"), "无。", [], [], {"form": "real"})
    with pytest.raises(FanzhaError, match=r"\(r\) \(.*fanzha leave-one-out"):
        refuse_seen([reply], training("r"), Path("model"))


def test_letters_that_scores_were_calibrated_on_are_named(tiny: Tiny) -> None:
    letters = read_letters(tiny.letters)
    assert calibration_note(letters[4:], training(calibrated_on=["t4"])) is None
    assert "1 of these letters" in (calibration_note(letters, training(calibrated_on=["t4"])) or "")


def test_two_letters_of_one_name_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    file = FORMATS["doccano"].write(read_letters(tiny.letters)[:1], tmp_path / "gold.jsonl")[0]
    file.write_text(file.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(FanzhaError, match="t1"):
        read_any_gold(file, source_format="doccano")
