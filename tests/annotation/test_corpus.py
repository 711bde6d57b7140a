"""Gold on disk: marked-up letters, and stand-off gold that carries no word of its letter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp.annotation.corpus import attach_standoff, read_letters, read_marked, read_replies, write_standoff
from nlp.errors import FanzhaError
from nlp.schema import Gold

SOURCE = "---\nid: {id}\n---\n县局\r\n{{t1:今年}}[打击|{{k1:抓获涉诈人员}}{{q:31名|count k1 t1}}]。\n"


def write_letter(folder: Path, name: str, source: str = SOURCE) -> Path:
    path = folder / f"{name}.txt"
    path.write_bytes(source.format(id=name).encode())
    return path


def test_corpus_read_marked(tmp_path: Path) -> None:
    letter = read_marked(write_letter(tmp_path, "a01"))
    assert (letter.id, letter.first_line, letter.meta) == ("a01", 4, {"id": "a01"})
    assert letter.text == "县局\r\n今年抓获涉诈人员31名。\n"
    assert [m.text for m in letter.measures] == ["抓获涉诈人员31名"]
    assert [c.text for c in letter.claims] == ["31名"]


def test_corpus_read_marked_with_windows_line_ends_and_dashes_in_the_facts(tmp_path: Path) -> None:
    path = write_letter(tmp_path, "a01", "---\r\nid: {id}\r\nnote: a---\r\n---\r\n甲\r\n---\r\n")
    letter = read_marked(path)
    assert (letter.text, letter.first_line) == ("甲\r\n---\r\n", 5)


def test_corpus_read_marked_refuses_another_id(tmp_path: Path) -> None:
    path = write_letter(tmp_path, "a01", "---\nid: b02\n---\n甲")
    with pytest.raises(FanzhaError) as caught:
        read_marked(path)
    assert str(caught.value) == f"{path}:2: its id is 'b02' (name the file b02.txt)"


def test_corpus_read_marked_refuses_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a01.txt"
    path.write_bytes("---\nid: a01\n---\n反诈".encode("gb18030"))
    with pytest.raises(FanzhaError) as caught:
        read_marked(path)
    assert str(caught.value) == f"{path}: is no UTF-8 text (save it as UTF-8 without a byte order mark)"


def test_corpus_read_letters_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b01", "a02", "a01"):
        write_letter(tmp_path, name)
    (tmp_path / "notes.md").write_text("no letter", encoding="utf-8")
    assert [letter.id for letter in read_letters(tmp_path)] == ["a01", "a02", "b01"]


def test_corpus_read_letters_of_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError) as caught:
        read_letters(tmp_path)
    mend = "name a folder of marked-up letters, e.g. annotations/letters"
    assert str(caught.value) == f"{tmp_path}: holds no letters ({mend})"


@pytest.fixture
def reply(tmp_path: Path) -> tuple[Path, Path, Gold]:
    """A folder with one letter's stand-off gold, the folder with the letter, and the gold."""
    letter = read_marked(write_letter(tmp_path, "a01"))
    gold_folder, replies = tmp_path / "gold", tmp_path / "replies"
    gold_folder.mkdir()
    replies.mkdir()
    data = letter.text.encode()
    (replies / "real-1.txt").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    document = {"id": "real-1", "sha256": sha256, "characters": len(letter.text)}
    gold = Gold.model_validate({"document": document, "measures": letter.measures, "claims": letter.claims})
    write_standoff(gold, gold_folder / "real-1.gold.json")
    return gold_folder, replies, gold


def test_corpus_standoff_gold_holds_offsets_and_no_text(reply: tuple[Path, Path, Gold]) -> None:
    gold_folder, _, gold = reply
    written = (gold_folder / "real-1.gold.json").read_text(encoding="utf-8")
    assert '"text"' not in written
    assert "抓获" not in written
    measure = json.loads(written)["measures"][0]
    assert measure == {"start": 6, "end": 15, "category": "打击", "status": "done"}
    text = "县局\r\n今年抓获涉诈人员31名。\n"
    assert attach_standoff(gold_folder / "real-1.gold.json", text, gold.document.sha256) == gold


def spoil(change: Callable[[Any], object]) -> Callable[[str], str]:
    def spoiled(written: str) -> str:
        data = json.loads(written)
        change(data)
        return json.dumps(data)

    return spoiled


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda written: written[:40], "is no JSON: "),
        (lambda written: f"[{written}]", "is no gold without texts: list indices"),
        (spoil(lambda data: data.pop("document")), "is no gold without texts: 'document' is missing (restore it)"),
        (spoil(lambda data: data["document"].pop("sha256")), "is no gold without texts: 1 validation error for"),
        (spoil(lambda data: data.pop("claims")), "is no gold without texts: 'claims' is missing (restore it)"),
        (spoil(lambda data: data.update(measures=3)), "is no gold without texts: "),
        (spoil(lambda data: data["measures"].append(3)), "is no gold without texts: "),
        (spoil(lambda data: data["measures"][0].pop("end")), "is no gold without texts: 'end' is missing (restore it)"),
        (spoil(lambda data: data["measures"][0].update(start="6")), "is no gold without texts: slice indices"),
        (spoil(lambda data: data["measures"][0].update(end=999)), "is no gold without texts: 1 validation error for"),
        (spoil(lambda data: data["claims"][0].update(type="sum")), "is no gold without texts: 1 validation error for"),
        (spoil(lambda data: data["claims"][0].update(metric=[1])), "is no gold without texts: "),
    ],
)
def test_corpus_standoff_gold_that_is_none_is_refused(
    reply: tuple[Path, Path, Gold], change: Callable[[str], str], message: str
) -> None:
    gold_folder, replies, _ = reply
    path = gold_folder / "real-1.gold.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(FanzhaError) as caught:
        read_replies(gold_folder, replies)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert caught.value.mend


def test_corpus_read_replies(reply: tuple[Path, Path, Gold]) -> None:
    gold_folder, replies, gold = reply
    (letter,) = read_replies(gold_folder, replies)
    assert (letter.id, letter.measures, letter.claims) == ("real-1", gold.measures, gold.claims)
    assert letter.text == "县局\r\n今年抓获涉诈人员31名。\n"
    assert letter.meta == {"id": "real-1", "form": "real"}


@pytest.mark.parametrize("data", ["县局\n今年抓获涉诈人员31名。\n".encode(), "反诈中心另一封信件".encode("gb18030")])
def test_corpus_read_replies_refuses_another_letter(reply: tuple[Path, Path, Gold], data: bytes) -> None:
    gold_folder, replies, _ = reply
    (replies / "real-1.txt").write_bytes(data)
    with pytest.raises(FanzhaError) as caught:
        read_replies(gold_folder, replies)
    message = "its letter is not the one that was annotated: SHA-256 differs (restore it)"
    assert str(caught.value) == f"{gold_folder}/real-1.gold.json: {message}"


def test_corpus_read_replies_refuses_a_missing_letter(reply: tuple[Path, Path, Gold]) -> None:
    gold_folder, replies, _ = reply
    (replies / "real-1.txt").unlink()
    with pytest.raises(FanzhaError) as caught:
        read_replies(gold_folder, replies)
    message = "is missing (set REPLIES_DIR to the folder of the real replies)"
    assert str(caught.value) == f"{replies}/real-1.txt: {message}"
