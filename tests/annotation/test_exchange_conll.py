"""CoNLL: every character has its line, and the columns agree with the claims."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_letters import ASTRAL, CRLF, NESTED, gold, hard_letters, letter
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation.exchange.conll import escape_character, from_conll, to_conll, unescape_character
from nlp.errors import FanzhaError


@given(st.characters(exclude_categories=["Cs"]))
def test_a_character_comes_back_from_its_cell(character: str) -> None:
    cell = escape_character(character)
    assert cell
    assert not cell.startswith("#")
    assert not any(c.isspace() for c in cell)
    assert unescape_character(cell) == character


@pytest.mark.parametrize("cell", ["", "ab", "\\", "\\x", "\\u{}", "\\u{110000}", "\\u{G}", "\\u3000"])
def test_cells_that_are_no_character(cell: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the cell itself is the message
        unescape_character(cell)


def rows(source: str) -> list[list[str]]:
    return [line.split("\t") for line in to_conll([letter(source)]).split("\n") if "\t" in line]


def test_one_row_a_character_and_six_columns() -> None:
    for source in (ASTRAL, CRLF, NESTED):
        found = rows(source)
        assert "".join(unescape_character(row[0]) for row in found) == letter(source).text
        assert {len(row) for row in found} == {6}


def test_the_columns_hold_both_layers() -> None:
    found = rows(ASTRAL)
    begins = [(row[0], tag) for row in found for tag in row[1:5] if tag.startswith("B-")]
    assert begins == [
        ("2", "B-period"),
        ("𠮷", "B-打击-done"),
        ("抓", "B-metric"),
        ("3", "B-count"),
        ("1", "B-change"),
        ("镇", "B-宣传-planned"),
        ("发", "B-metric"),
        ("近", "B-count"),
    ]


def test_of_metrics_that_overlap_the_column_shows_the_longer_one() -> None:
    assert sum(row[3] == "B-metric" for row in rows(NESTED)) == 3
    assert len({c.metric.start for c in letter(NESTED).claims if c.metric}) == 4


def test_empty_lines_stand_between_sentences() -> None:
    blocks = to_conll([letter(ASTRAL)]).strip().split("\n\n")
    assert len(blocks) == 4


def test_seqeval_reads_the_tags() -> None:
    seqeval = pytest.importorskip("seqeval.metrics.sequence_labeling")
    found = seqeval.get_entities([row[1] for row in rows(ASTRAL)])
    assert [(name, start, end + 1) for name, start, end in found] == [
        (f"{m.category}-{m.status}", m.start, m.end) for m in letter(ASTRAL).measures
    ]


def test_windows_line_ends_and_other_comments(tmp_path: Path) -> None:
    path = tmp_path / "gold.conll"
    path.write_bytes(("# 说明\n" + to_conll(hard_letters())).replace("\n", "\r\n").encode("utf-8"))
    assert gold(from_conll(path)) == gold(hard_letters())


def test_a_number_sign_of_another_hand_is_a_character(tmp_path: Path) -> None:
    path = tmp_path / "gold.conll"
    path.write_text("# id = x\n#\tO\tO\tO\tO\t_\n \tO\tO\tO\tO\t_\n", encoding="utf-8")
    assert from_conll(path)[0].text == "# "


CLAIM_LINE = next(line for line in to_conll([letter(ASTRAL)]).split("\n") if line.startswith("近"))
FAULTS = [
    ("# id = astral\n", "", ":2: a character before any letter"),
    ("𠮷\tO", "𠮷岭\tO", ":3: '𠮷岭' is not one character"),
    ("B-打击-done", "I-打击-done", r":\d+: the measure tag 'I-打击-done' cannot stand here .*B-"),
    ("-打击-done", "-打击-over", r":\d+: the measure .* has the status 'over'"),
    ("-打击-done", "-打法-done", "'打法' is no category"),
    ("B-period", "O", ":32: the column period says O, the claims say B-period"),
    ("B-metric", "O", ":48: the column metric says O, the claims say B-metric"),
    (
        "\tB-metric\tO\t_\n放\tI-宣传-planned\tO\tI-metric",
        "\tO\tO\t_\n放\tI-宣传-planned\tO\tB-metric",
        "the claims say B-metric",
    ),
    (CLAIM_LINE, CLAIM_LINE.split("{")[0] + "_", "the column metric says B-metric, the claims say O"),
    (CLAIM_LINE, CLAIM_LINE.split("{")[0] + "{", r":\d+: is no JSON"),
    (CLAIM_LINE, CLAIM_LINE.split("{")[0] + '{"metric": 3}', "metric 3 is no span"),
    (CLAIM_LINE, CLAIM_LINE.split("{")[0] + '{"metrics": [1, 2]}', "is no claim"),
    (CLAIM_LINE, CLAIM_LINE.replace('"metric": [', '"metric": [1'), "is no stretch of a text of 95 characters"),
    ("建\tO\tO\tO\tO\t_", '建\tO\tO\tO\tO\t{"basis": "同比"}', "a claim where no quantity begins"),
    ("建\tO\tO\tO\tO\t_", "建\tO\tO\tO\t_", ":15: has 5 columns"),
]


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_faults_name_the_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    source = to_conll([letter(ASTRAL)])
    assert old in source
    path = tmp_path / "gold.conll"
    path.write_text(source.replace(old, new), encoding="utf-8")
    with pytest.raises(FanzhaError, match=message) as caught:
        from_conll(path)
    assert str(caught.value).startswith(f"{path}:")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "gold.conll"
    path.write_text("", encoding="utf-8")
    with pytest.raises(FanzhaError, match="holds no letters"):
        from_conll(path)
