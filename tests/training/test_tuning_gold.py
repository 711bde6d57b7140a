"""A user's gold: what is refused and in which words, and which letters are held out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import LETTERS
from tuning_letters import SEEN, UNSEEN, write_own_letters

from nlp.annotation.corpus import read_letters
from nlp.annotation.standoff import write_built
from nlp.errors import FanzhaError
from nlp.training.tuning_gold import FaultyGold, read_mixed, read_tuning_gold


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Ten letters with 45 measures."""
    return write_own_letters(tmp_path / "own", UNSEEN, 5)


def mark(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.txt"
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8", newline="")


def test_a_fifth_is_held_out_whatever_the_names_and_the_form(letters: Path, tmp_path: Path) -> None:
    gold = read_tuning_gold(letters)
    assert (len(gold.train), len(gold.held_out), gold.known) == (8, 2, [])
    texts = {letter.text for letter in gold.held_out}
    assert texts.isdisjoint(letter.text for letter in gold.train)
    write_built(read_letters(letters), tmp_path / "built")
    assert {letter.text for letter in read_tuning_gold(tmp_path / "built").held_out} == texts
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for n, path in enumerate(sorted(letters.glob("*.txt"), reverse=True)):
        source = path.read_text(encoding="utf-8").replace(f"id: {path.stem}", f"id: n{n:02}")
        (renamed / f"n{n:02}.txt").write_text(source, encoding="utf-8", newline="")
    assert {letter.text for letter in read_tuning_gold(renamed).held_out} == texts


def test_letters_of_the_bases_training_are_told_and_not_held_out(letters: Path) -> None:
    free = read_tuning_gold(letters)
    known = {letter.id for letter in free.held_out}
    gold = read_tuning_gold(letters, known=known | {"elsewhere"})
    assert set(gold.known) == known
    assert len(gold.held_out) == 2
    assert known.isdisjoint(letter.id for letter in gold.held_out)
    every = {letter.id for letter in read_letters(letters)}
    assert len(read_tuning_gold(letters, known=every).held_out) == 2  # there are no others


@given(known=st.sets(st.sampled_from([f"u-{source}-{n}" for source in UNSEEN for n in range(5)])))
def test_every_letter_is_in_one_list(known: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "every-letter"
    if not folder.is_dir():
        write_own_letters(folder, UNSEEN, 5)
    gold = read_tuning_gold(folder, known=known)
    train, held_out = ([letter.id for letter in part] for part in (gold.train, gold.held_out))
    assert sorted([*train, *held_out]) == [path.stem for path in sorted(folder.glob("*.txt"))]
    assert 1 <= len(held_out) <= 2
    assert len(known) == 10 or not known & set(held_out)


@pytest.mark.parametrize(
    ("sources", "variants", "said"),
    [
        (["t4"], 2, "2 letters with 10 measures.*add 2 letters more and 30 measures more"),
        (["t4", "t5"], 3, "6 letters with 27 measures.*add 13 measures more"),
    ],
)
def test_too_little_is_refused_with_what_would_be_enough(
    tmp_path: Path, sources: list[str], variants: int, said: str
) -> None:
    folder = write_own_letters(tmp_path / "own", sources, variants)
    with pytest.raises(FanzhaError, match="of at least 4 letters and 40 measures.*fanzha serve --gold") as raised:
        read_tuning_gold(folder)
    assert re.search(said, str(raised.value))


def test_faults_are_all_told_with_file_line_offset_and_mend(letters: Path) -> None:
    mark(letters, "u-t4-0", "{q:31名|count k3 t1}", "{q:31名|money k3 t1}")
    mark(letters, "u-t5-1", "[打击|全市", "全[打击|市")
    mark(letters, "u-t5-2", "{k2:抓获嫌疑人}", "{k2:抓获嫌疑人")
    with pytest.raises(FaultyGold) as raised:
        read_tuning_gold(letters)
    lines = raised.value.lines
    text = read_letters(write_own_letters(letters.parent / "sound", UNSEEN, 5))[0].text
    (money,) = [line for line in lines if "is money with the unit" in line]
    assert money.startswith(f"{letters / 'u-t4-0.txt'}:8, character {text.index('31名')}: ")
    assert any("u-t5-1.txt:7, character" in line and "does not start where a clause does" in line for line in lines)
    assert any("u-t5-2.txt:" in line for line in lines)
    assert f"has {len(lines)} faults in 3 of its letters" in str(raised.value)
    assert str(letters) in str(raised.value)


def test_faults_beyond_the_twentieth_are_counted(letters: Path) -> None:
    """Each letter has three counts."""
    for n in range(5):
        mark(letters, f"u-t4-{n}", "|count", "|money")
    mark(letters, "u-t5-0", "|count", "|money")
    with pytest.raises(FaultyGold, match=r"has 18 faults in 6 of its letters \(mend"):
        read_tuning_gold(letters)
    mark(letters, "u-t5-1", "|count", "|money")
    with pytest.raises(FaultyGold, match=r"has 21 faults in 7 of its letters; the first 20 are shown") as raised:
        read_tuning_gold(letters)
    assert len(raised.value.lines) == 20


def test_a_letter_that_is_there_twice_is_a_fault(letters: Path) -> None:
    source = (letters / "u-t4-3.txt").read_text(encoding="utf-8")
    (letters / "v.txt").write_text(source.replace("id: u-t4-3", "id: v"), encoding="utf-8", newline="")
    with pytest.raises(FaultyGold) as raised:
        read_tuning_gold(letters)
    assert raised.value.lines == [
        f"{letters / 'v.txt'}: its text is that of {letters / 'u-t4-3.txt'} (take one of the two away)"
    ]


def test_a_letter_that_says_nothing_of_itself_is_a_fault_among_others(letters: Path) -> None:
    (letters / "u-t4-1.txt").write_bytes(b"\xff\xfe\x00")
    (letters / "u-t4-2.txt").write_text("no front matter", encoding="utf-8")
    with pytest.raises(FaultyGold, match="has 2 faults in 2 of its letters") as raised:
        read_tuning_gold(letters)
    assert "u-t4-1.txt: is no UTF-8 text" in raised.value.lines[0]
    assert "u-t4-2.txt" in raised.value.lines[1]


def test_only_letters_of_the_bases_training_are_mixed_in(letters: Path, tmp_path: Path) -> None:
    gold = read_tuning_gold(letters)
    corpus = write_own_letters(tmp_path / "corpus", SEEN, 1)
    (corpus / "again.txt").write_text(f"---\nid: again\n---\n{gold.held_out[0].text}", encoding="utf-8", newline="")
    known = {"u-t1-0", "u-t3-0", "again"}
    assert [letter.id for letter in read_mixed(corpus, gold, known=known)] == ["u-t1-0", "u-t3-0"]
    with pytest.raises(FanzhaError, match="holds no letters of the base's training"):
        read_mixed(corpus, gold, known={"again"})


def test_letters_of_these_tests_are_sound(tmp_path: Path) -> None:
    gold = read_tuning_gold(write_own_letters(tmp_path / "own", list(LETTERS), 2))
    assert len(gold.train) + len(gold.held_out) == 2 * len(LETTERS)
