"""brat: offsets against the bytes of the .txt, pieces over a line end, and faults by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_letters import ASTRAL, CRLF, NESTED, gold, letter

from nlp.annotation.exchange.brat import annotation_conf, read_folder, to_ann, visual_conf, write_folder
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES


def folder_of(source: str, tmp_path: Path, *changes: tuple[str, str]) -> Path:
    source_letter = letter(source)
    write_folder([source_letter], tmp_path)
    path = tmp_path / f"{source_letter.id}.ann"
    ann = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in ann, old
        ann = ann.replace(old, new)
    path.write_text(ann, encoding="utf-8")
    return tmp_path


def test_the_text_is_the_letter_byte_for_byte(tmp_path: Path) -> None:
    folder = folder_of(CRLF, tmp_path)
    assert (folder / "crlf.txt").read_bytes() == letter(CRLF).text.encode("utf-8")


def test_an_annotation_takes_one_line_whatever_its_text() -> None:
    source = letter(CRLF)
    (line,) = [x for x in to_ann(source).splitlines() if x.startswith("T1\t")]
    measure = source.measures[0]
    assert line == f"T1\tControl {measure.start} {measure.end}\t全市各银行压降  长期不动个人账户1.2万户"


def test_the_configuration_names_every_type() -> None:
    conf = annotation_conf()
    for line in to_ann(letter(NESTED)).splitlines():
        name = line.split("\t")[1].split(" ")[0]
        assert name in conf or name == "AnnotatorNotes"
    assert all(category in visual_conf() for category in CATEGORIES)


def test_pieces_over_a_line_end_are_one_span(tmp_path: Path) -> None:
    start, end = letter(CRLF).measures[0].start, letter(CRLF).measures[0].end
    at = letter(CRLF).text.index("\r\n", start)
    folder = folder_of(CRLF, tmp_path, (f"Control {start} {end}", f"Control {start} {at};{at + 2} {end}"))
    assert gold(read_folder(folder)) == gold([letter(CRLF)])


def test_one_file_without_facts(tmp_path: Path) -> None:
    folder = folder_of(ASTRAL, tmp_path)
    (folder / "astral.meta.json").unlink()
    (found,) = read_folder(folder / "astral.ann")
    assert found.meta == {"id": "astral"}
    assert found.measures == letter(ASTRAL).measures


NUMBER = letter(ASTRAL).claims[0].start
FAULTS = [
    (
        f"Quantity {NUMBER} {NUMBER + 3}",
        f"Quantity {NUMBER} {NUMBER + 1};{NUMBER + 2} {NUMBER + 3}",
        "is discontinuous",
    ),
    (
        f"Quantity {NUMBER} {NUMBER + 3}",
        f"Quantity {NUMBER + 2} {NUMBER + 5}",
        r"astral\.ann:\d+: the text at .*code points",
    ),
    (f"Quantity {NUMBER} {NUMBER + 3}", f"Quantity {NUMBER} 5000", r"astral\.ann:\d+: .* is no stretch of a text"),
    ("Strike", "Arrest", r"astral\.ann:1: 'Arrest' is no type of the scheme .*annotation.conf"),
    ("Status T1 done", "Status T1 over", r"astral\.ann:1: the measure .* has the status 'over'"),
    ("Status T1 done", "Certain T1", r"astral\.ann:1: the measure .* has no status"),
    ("Type T6 count", "Type T6 number", "'number' is no type of quantity"),
    ("Type T6 count", "Type T6 count\nA99\tType T6 rank", "T6 has two attributes Type"),
    ("Type T6 count", "Type T66 count", "the attribute Type is of T66, which is not there"),
    ("Direction T7 up", "Direction T7 sideways", "'sideways' is no direction"),
    ("basis=同比", "不清楚", r"astral\.ann:\d+: the note of T7: '不清楚' is none of"),
    ("basis=同比", "basis=同比 basis=环比", "two times basis="),
    ("R1\tMetric", "R1\tCauses", "'Causes' is no relation of the scheme"),
    ("Arg2:T", "Arg2:Q", "a relation does not lead from a quantity"),
    ("R1\tMetric", "E1\tMetric", "is no line of the scheme"),
    ("T2\t", "T1\t", "T1 is there twice"),
]


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_faults(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match=message) as caught:
        read_folder(folder_of(ASTRAL, tmp_path, (old, new)))
    assert caught.value.mend


def test_a_missing_text_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match="holds no .ann files"):
        read_folder(tmp_path)
    (tmp_path / "x.ann").write_text("", encoding="utf-8")
    with pytest.raises(FanzhaError, match=r"x\.txt: cannot be read"):
        read_folder(tmp_path)
