"""`predict` as people run it: a process with files, pipes and keys that are pressed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tiny import LETTERS, PLAIN, Tiny

from nlp.annotation.corpus import read_letters
from nlp.schema import Result

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[bytes]]

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00\x00\xff\xdb\x00\x43\x00" + bytes(range(256)) * 8
)


@pytest.fixture(scope="module")
def letters(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The tiny letters as plain text files."""
    folder = tmp_path_factory.mktemp("letters")
    paths = []
    for letter in read_letters(tiny.letters):
        paths.append(folder / f"{letter.id}.txt")
        paths[-1].write_text(letter.text, encoding="utf-8", newline="")
    return paths


@pytest.fixture
def predict(tiny: Tiny, fanzha: Run) -> Run:
    """Runs `fanzha predict` with the tiny model on the CPU."""

    def run(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
        return fanzha("predict", "--model", tiny.model, "--device", "cpu", *arguments, **options)

    return run


def complaints(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    """The lines on stderr, none of which is a traceback's."""
    text = done.stderr.decode()
    assert "Traceback" not in text
    return text.splitlines()


def test_predict_writes_one_valid_object_a_line(predict: Run, letters: list[Path]) -> None:
    done = predict(*letters)
    assert (done.returncode, done.stderr) == (0, b"")
    schema = json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    lines = done.stdout.decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(letters)
    claims = 0
    for line, path in zip(lines, letters, strict=True):
        validator.validate(json.loads(line))
        result = Result.model_validate_json(line)
        result.check_against(path.read_text(encoding="utf-8"))
        assert result.document.path == str(path)
        assert result.document.id == path.stem
        assert result.model.backend == "onnxruntime-int8"
        claims += len(result.claims)
    assert claims > 5


def test_predict_to_read_shows_measures_and_claims(predict: Run, letters: list[Path]) -> None:
    done = predict("--format", "text", letters[0])
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("utf-8")
    assert "\x1b" not in text
    for shown in ("打击·已做", "86名", "12.5%", "同比↑", "3,500,000", "抓获诈骗嫌疑人", "t1.txt"):
        assert shown in text


def test_predict_to_read_on_a_terminal_without_chinese_still_ends_well(predict: Run, letters: list[Path]) -> None:
    done = predict("--format", "text", letters[0], variables={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"86?" in done.stdout


def test_predict_reads_standard_input_for_a_dash(predict: Run, letters: list[Path]) -> None:
    done = predict("-", stdin=letters[0].read_bytes())
    from_file = predict(letters[0])
    assert (done.returncode, done.stderr) == (0, b"")
    piped, read = json.loads(done.stdout), json.loads(from_file.stdout)
    assert (piped["document"]["id"], piped["document"]["path"]) == ("stdin", None)
    assert {**piped["document"], "id": "t1", "path": str(letters[0])} == read["document"]
    assert piped["claims"] == read["claims"]
    assert piped["measures"] == read["measures"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_predict_reads_other_encodings(predict: Run, letters: list[Path], tmp_path: Path, encoding: str) -> None:
    text = letters[0].read_text(encoding="utf-8")
    (tmp_path / "t1.txt").write_bytes(text.encode(encoding))
    done = predict(tmp_path / "t1.txt", letters[0])
    assert (done.returncode, done.stderr) == (0, b"")
    other, utf8 = map(json.loads, done.stdout.splitlines())
    assert other["document"]["sha256"] != utf8["document"]["sha256"]
    assert other["document"]["characters"] == len(text)
    assert other["claims"] == utf8["claims"]
    assert other["measures"] == utf8["measures"]


def test_predict_names_each_bad_file_in_a_line_and_does_the_rest(
    predict: Run, letters: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "photo.txt").write_bytes(JPEG)
    (tmp_path / "noise.txt").write_bytes(JPEG[5:])
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "blank.txt").write_bytes(b" \r\n\t\n")
    (tmp_path / "large.txt").write_bytes("诈".encode() * 2000)
    (tmp_path / "folder").mkdir()
    bad = {
        "photo.txt": ("a JPEG picture", "save the letter as text, HTML, Word or PDF"),
        "noise.txt": ("no text", "save it as UTF-8 text"),
        "empty.txt": ("is empty", "save the letter into it"),
        "blank.txt": ("is empty", "save the letter into it"),
        "missing.txt": ("no such file", "check the name"),
        "folder": ("is a folder", "name its files"),
        "large.txt": ("is larger than 0.004 MB", "--max-megabytes"),
    }
    files = [path for name in bad for path in (tmp_path / name, letters[0])]
    done = predict("--max-megabytes", "0.004", *files)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == len(bad)
    lines = complaints(done)
    assert len(lines) == len(bad)
    for line, (name, (fault, mend)) in zip(lines, bad.items(), strict=True):
        assert line.startswith(f"predict: {tmp_path / name}: "), line
        assert fault in line
        assert mend in line


def test_predict_of_nothing_but_bad_files_writes_nothing(predict: Run, tmp_path: Path) -> None:
    done = predict(tmp_path / "none.txt")
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(complaints(done)) == 1


def test_predict_of_empty_standard_input_is_refused(predict: Run) -> None:
    done = predict("-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaints(done) == ["predict: standard input: is empty (save the letter into it)"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_predict_takes_file_names_of_any_bytes(predict: Run, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    names = [b"two\nlines.txt", b"latin\xe9.txt", "信件 (1).txt".encode(), b"-dash.txt", b"\x1b[31mred.txt"]
    try:
        for name in names:
            Path(os.fsdecode(folder + b"/" + name)).write_text(PLAIN, encoding="utf-8")
    except OSError:
        pytest.skip("the file system has no names of any bytes")
    done = predict(*(folder + b"/" + name for name in names))
    assert (done.returncode, done.stderr) == (0, b"")
    results = [Result.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [r.document.id for r in results] == ["two\nlines", "latin\\udce9", "信件 (1)", "-dash", "\x1b[31mred"]
    shown = predict("--format", "text", *(folder + b"/" + name for name in names))
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert b"\x1b" not in shown.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_predict_complains_of_an_odd_name_in_one_line(predict: Run, tmp_path: Path, kind: str) -> None:
    name = os.fsencode(tmp_path) + b"/two\nlines \xe9\x1b[31m"
    if kind == "folder":
        try:
            Path(os.fsdecode(name)).mkdir()
        except OSError:
            pytest.skip("the file system has no names of any bytes")
    done = predict(name)
    assert done.returncode == 2
    (line,) = complaints(done)
    assert "two\\nlines \\udce9\\x1b[31m" in line
    assert "\x1b" not in line


def test_predict_takes_a_name_that_begins_with_a_dash_after_two(predict: Run, tmp_path: Path) -> None:
    (tmp_path / "-f.txt").write_text(PLAIN, encoding="utf-8")
    done = predict("--", "-f.txt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["document"]["path"] == "-f.txt"


@pytest.fixture
def flood(tiny: Tiny, command: list[str], environment: dict[str, str], letters: list[Path]) -> Any:
    """A running prediction that has much more to write than a pipe holds."""
    process = subprocess.Popen(
        [*command, "predict", "--model", str(tiny.model), "--device", "cpu", *map(str, letters * 400)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment,
        # A test runner in the background may ignore Ctrl-C, and its children with it.
        preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.default_int_handler)) if os.name != "nt" else None,
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        stream.close()


def test_predict_closes_quietly_when_its_reader_has_gone(flood: Any) -> None:
    first = flood.stdout.readline()
    flood.stdout.close()
    assert json.loads(first)["document"]["id"] == "t1"
    assert flood.stderr.read() == b""
    assert flood.wait(timeout=120) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_predict_ends_at_ctrl_c_without_a_traceback(flood: Any) -> None:
    assert flood.stdout.readline()
    flood.send_signal(signal.SIGINT)
    out, err = flood.communicate(timeout=120)
    assert flood.returncode == 130
    assert b"Traceback" not in err
    assert all(json.loads(line) for line in out.splitlines())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full to write to")
@pytest.mark.parametrize("form", ["json", "text"])
def test_predict_says_that_the_disk_is_full(
    tiny: Tiny, command: list[str], environment: dict[str, str], letters: list[Path], form: str
) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*command, "predict", "--model", str(tiny.model), "--device", "cpu", "--format", form, str(letters[0])],
            stdout=full, stderr=subprocess.PIPE, cwd=ROOT, env=environment, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"fanzha: No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "nowhere"], "nowhere: is no model folder"),
        (["--device", "tpu"], "there is no device 'tpu'"),
    ],
    ids=["model", "device"],
)
def test_predict_that_cannot_start_says_why_in_one_line(
    tiny: Tiny, fanzha: Run, letters: list[Path], arguments: list[str], said: str
) -> None:
    model = [] if "--model" in arguments else ["--model", tiny.model]
    done = fanzha("predict", *model, *arguments, letters[0])
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = complaints(done)
    assert line.startswith("fanzha: ")
    assert said in line


def test_predict_refuses_a_spoilt_model(tiny: Tiny, fanzha: Run, letters: list[Path], tmp_path: Path) -> None:
    shutil.copytree(tiny.model, tmp_path / "model")
    with open(tmp_path / "model" / "model.int8.onnx", "r+b") as file:
        file.truncate(1000)
    done = fanzha("predict", "--model", tmp_path / "model", "--device", "cpu", letters[0])
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = complaints(done)
    assert "SHA-256 differs" in line


def test_predict_is_a_command_of_its_own(tiny: Tiny, environment: dict[str, str], letters: list[Path]) -> None:
    start = "import sys; from nlp.cli.main import predict_main; sys.argv[0] = 'predict'; predict_main()"
    done = subprocess.run(
        [sys.executable, "-c", start, "--model", str(tiny.model), "--device", "cpu", str(letters[0]), "nowhere.txt"],
        capture_output=True, cwd=ROOT, env=environment, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["document"]["id"] == "t1"
    assert len(complaints(done)) == 1


def test_letters_are_marked_up_and_texts_are_not(letters: list[Path]) -> None:
    assert all("{q:" in body for body in LETTERS.values())
    assert not any("{" in path.read_text(encoding="utf-8") for path in letters)
