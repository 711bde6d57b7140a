"""Gold → format → gold is the same gold, in every format, on hard letters, committed letters and made-up ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exchange_letters import ROOT, committed_letters, gold, hard_letters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp.annotation.corpus import GoldLetter, read_marked
from nlp.annotation.exchange.formats import FORMATS
from nlp.annotation.exchange.parts import Assembly, bio_spans, write_letters
from nlp.cli.exchange import FormatName
from nlp.errors import FanzhaError

TARGETS = [
    ("label-studio", "tasks.json"),
    ("doccano", "gold.jsonl"),
    ("brat", "brat"),
    ("conll", "gold.conll"),
    ("datasets", "gold.jsonl"),
    ("datasets", "gold.parquet"),
]


def by_id(letters: list[GoldLetter]) -> list[GoldLetter]:
    return sorted(letters, key=lambda x: x.id)


@pytest.mark.parametrize(("name", "target"), TARGETS)
def test_gold_survives(name: str, target: str, tmp_path: Path) -> None:
    if target.endswith(".parquet"):
        pytest.importorskip("datasets")
    letters = by_id(hard_letters() + committed_letters())
    written = FORMATS[name].write(letters, tmp_path / target)
    assert all(path.is_file() for path in written)
    assert gold(by_id(FORMATS[name].read(tmp_path / target))) == gold(letters)


@pytest.mark.parametrize(("name", "target"), TARGETS)
def test_import_writes_the_marked_up_source(name: str, target: str, tmp_path: Path) -> None:
    if target.endswith(".parquet"):
        pytest.importorskip("datasets")
    letters = by_id(hard_letters() + committed_letters()[:1])
    FORMATS[name].write(letters, tmp_path / target)
    paths = write_letters(FORMATS[name].read(tmp_path / target), tmp_path / "gold")
    assert gold(by_id([read_marked(path) for path in paths])) == gold(letters)


def test_a_committed_letter_comes_back_byte_for_byte_where_its_source_is_in_normal_form(tmp_path: Path) -> None:
    (first,) = write_letters(hard_letters()[1:2], tmp_path / "first")
    FORMATS["brat"].write([read_marked(first)], tmp_path / "brat")
    (second,) = write_letters(FORMATS["brat"].read(tmp_path / "brat"), tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()
    assert b"\r\n" in second.read_bytes()


def test_the_command_line_knows_every_format() -> None:
    assert {name.value for name in FormatName} == set(FORMATS)


# Every kind of character that formats trip over: astral, line ends of all sorts, blanks, marks, what looks like markup.
PIECES = st.sampled_from(
    [*"年月抓获村，。；：＃", "𠮷", "😀", "👨\u200d👩\u200d👧", "e\u0301"]
    + [
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\v",
        "\f",
        " ",
        "\u3000",
        "\xa0",
        "\u200b",
        "\u2028",
        "\x85",
        "\ufeff",
        "\x00",
        "\x1b",
    ]
    + [*"#[]{}|\\<>&'\"/;=-_", "\\n", "\\u{41}", "---\n", "O", "B-打击", "\u202e"]
)
QUANTITIES: list[tuple[str, str, dict[str, Any]]] = [
    ("36名", "count", {}),
    ("近2.5万元", "money", {}),
    ("3-5个", "count", {}),
    ("第一", "rank", {}),
    ("44.57%", "change", {"direction": "down", "basis": "同比"}),
    ("12起", "change", {"direction": "up"}),
    ("十来个", "count", {"figures": {"value": 12, "unit": "个", "approx": None}}),
    ("7家", "count", {"figures": {"value": 7.5}}),
    ("三分之二", "percent", {"figures": {"approx": "about"}}),
]


@st.composite
def letters(draw: st.DrawFn) -> GoldLetter:
    """A letter whose spans lie anywhere that the marked-up source allows."""
    text, spans = "", []

    def add(low: int) -> tuple[int, int]:
        nonlocal text
        start = len(text)
        text += "".join(draw(st.lists(PIECES, min_size=low, max_size=6)))
        return start, len(text)

    def quantity() -> tuple[int, int, dict[str, Any]]:
        nonlocal text
        surface, kind, more = draw(st.sampled_from(QUANTITIES))
        start = len(text)
        text += surface
        return start, len(text), {"kind": kind, **more}

    for _ in range(draw(st.integers(0, 3))):
        add(0)
        opened, period = len(text), add(1)
        metric = draw(st.sampled_from(["after", "around"]))
        inner = add(1)
        found = [quantity() for _ in range(draw(st.integers(1, 2)))]
        add(0)
        around = (period[0], inner[1])
        spans.append((opened, len(text), period, inner if metric == "after" else around, found))
    add(1)
    made = Assembly(Path("made"), "", "made", text, {"year": 2024})
    for index, (start, end, period, metric, found) in enumerate(spans):
        if draw(st.booleans()):
            made.measure(
                start, end, draw(st.sampled_from(["打击", "治理"])), draw(st.sampled_from(["done", "planned"])), ""
            )
        wanted = [draw(st.sampled_from(["metric", "period", "both", "none"])) for _ in found]
        for kind, span in (("metric", metric), ("period", period)):
            if any(w in (kind, "both") for w in wanted):
                made.part(f"{kind}{index}", kind, *span, "")
        for number, ((q_start, q_end, more), which) in enumerate(zip(found, wanted, strict=True)):
            key = f"q{index}.{number}"
            made.quantity(key, q_start, q_end, more["kind"], "", **{k: v for k, v in more.items() if k != "kind"})
            for kind in ("metric", "period"):
                if which in (kind, "both"):
                    made.link(key, f"{kind}{index}", "")
    return made.letter()


@pytest.mark.parametrize(("name", "target"), TARGETS[:5])
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(letter=letters())
def test_any_gold_survives(name: str, target: str, tmp_path: Path, letter: GoldLetter) -> None:
    FORMATS[name].write([letter], tmp_path / target)
    (again,) = FORMATS[name].read(tmp_path / target)
    assert gold([again]) == gold([letter])
    (path,) = write_letters([again], tmp_path / "gold", replace=True)
    assert gold([read_marked(path)]) == gold([letter])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from("ab")), max_size=6))
def test_bio_tags_give_their_spans_back(plan: list[tuple[int, int, str]]) -> None:
    tags: list[str] = []
    spans = []
    for gap, length, label in plan:
        tags += ["O"] * gap
        spans.append((len(tags), len(tags) + length, label))
        tags += [f"B-{label}", *[f"I-{label}"] * (length - 1)]
    assert bio_spans("字" * len(tags), tags) == spans


@pytest.mark.parametrize(("tags", "at"), [(["O", "I-a"], 1), (["B-a", "I-b"], 1), (["X"], 0), (["B-"], 0), (["O"], 1)])
def test_bio_tags_that_cannot_stand(tags: list[str], at: int) -> None:
    text = "字" * len(tags) if tags != ["O"] else "字字"
    with pytest.raises(ValueError, match=str(at)):
        bio_spans(text, tags)


class TestWriteLetters:
    def test_refuses_to_write_over_a_letter(self, tmp_path: Path) -> None:
        (path,) = write_letters(hard_letters()[:1], tmp_path)
        before = path.read_bytes()
        with pytest.raises(FanzhaError, match="is there already .*--force"):
            write_letters(hard_letters(), tmp_path)
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["astral.txt"], "all or none"
        assert len(write_letters(hard_letters(), tmp_path, replace=True)) == 3

    def test_refuses_a_quantity_over_a_measure_border(self, tmp_path: Path) -> None:
        made = Assembly(Path("export.json"), "", "made", "破获案件36起，很好")
        made.measure(0, 6, "打击", "done", "")
        made.quantity("q", 4, 7, "count", "")
        with pytest.raises(FanzhaError, match=r"export\.json: the gold of made cannot be written as marked-up source"):
            write_letters([made.letter()], tmp_path)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a b", "a\n", "C:x", None, 3, "x" * 300])
    def test_refuses_an_id_that_is_no_file_name(self, name: object) -> None:
        with pytest.raises(FanzhaError, match="cannot be the id of a letter"):
            Assembly(Path("export.json"), "", name, "文")


@pytest.mark.parametrize(("name", "target"), TARGETS[:5])
def test_command_line(name: str, target: str, tmp_path: Path) -> None:
    import typer
    from typer.testing import CliRunner

    from nlp.cli.exchange import export_letters_command, import_letters_command

    app = typer.Typer()
    app.command("export")(export_letters_command)
    app.command("import")(import_letters_command)
    source = ROOT / "annotations" / "letters" / "a01.txt"
    out = str(tmp_path / target)
    done = CliRunner().invoke(app, ["export", "--to", name, str(source), "-o", out])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["import", "--from", name, out, "-o", str(tmp_path / "gold")])
    assert done.exit_code == 0, done.output
    assert gold([read_marked(tmp_path / "gold" / "a01.txt")]) == gold([read_marked(source)])


def is_read_or_refused(name: str, path: Path, tmp_path: Path) -> None:
    """Reads a file; the only error is one that names a file and a mend."""
    refused = None
    try:
        write_letters(FORMATS[name].read(path), tmp_path / "gold", replace=True)
    except FanzhaError as error:
        refused = error
    assert refused is None or (refused.path and refused.mend)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 200),
    st.floats(),
    st.text(max_size=3),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [1, "打击"]),
)


@pytest.mark.parametrize(("name", "target"), [TARGETS[0], TARGETS[1], TARGETS[4]])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_json_with_anything_anywhere_is_read_or_is_a_named_fault(
    name: str, target: str, tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / target
    FORMATS[name].write(hard_letters()[:1], path)
    content = json.loads(path.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        node, last = content, None
        while isinstance(node, dict | list) and node:
            keys = sorted(node) if isinstance(node, dict) else range(len(node))
            last = (node, data.draw(st.sampled_from(keys)))
            node = node[last[1]]
            if data.draw(st.integers(0, 9)) == 0:
                break
        if last is not None:
            last[0][last[1]] = data.draw(LEAVES)
    path.write_text(json.dumps(content), encoding="utf-8")
    is_read_or_refused(name, path, tmp_path)


@pytest.mark.parametrize("name", ["brat", "conll"])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lines_with_anything_anywhere_are_read_or_are_a_named_fault(
    name: str, tmp_path: Path, data: st.DataObject
) -> None:
    out = tmp_path / "out"
    FORMATS[name].write(hard_letters()[:1], out)
    path = out / "astral.ann" if name == "brat" else out
    content = path.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 3))
        content = content[:start] + data.draw(st.text(alphabet="\t\n #0TARB-I{[:;", max_size=3)) + content[end:]
    path.write_text(content, encoding="utf-8")
    is_read_or_refused(name, out, tmp_path)
