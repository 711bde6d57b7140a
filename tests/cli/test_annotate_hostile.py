"""A folder of hostile files: an answer for each, no traceback, nothing outside the output folder."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hostile import FAILED, RESULT, TEXT, write_hostile
from tiny import Tiny

from nlp.schema import Result


def without_privileges() -> list[str]:
    """What makes a process of root obey permissions, as people's processes do."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv (util-linux) where it runs as root: root can read everything")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


@pytest.mark.skipif(os.name != "posix", reason="files of POSIX")
def test_annotate_gives_one_answer_for_each_hostile_file(
    tiny: Tiny, command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "escaped.txt").write_bytes(b"untouched")
    expected = write_hostile(place / "in")
    assert len(expected) >= 40
    before = snapshot(place)
    home = tmp_path / "home"
    home.mkdir()
    start = [
        *without_privileges(),
        *command,
        "annotate",
        "in",
        "-o",
        "out",
        "--model",
        str(tiny.model),
        "--device",
        "cpu",
    ]
    formats = [word for name in ("csv", "xlsx", "html", "parquet", "label-studio") for word in ("--to", name)]
    done = subprocess.run(
        [*start, "--max-seconds", "60", *formats], cwd=place, capture_output=True, timeout=500,
        env={**environment, "HOME": str(home), "TMPDIR": str(home)},
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 2, said
    assert "Traceback" not in said
    assert "Error" not in said
    results = [Result.model_validate_json(line) for line in (place / "out/results.jsonl").read_bytes().splitlines()]
    failed = [json.loads(line) for line in (place / "out/failed.jsonl").read_bytes().splitlines()]
    answers = {str(result.document.path): RESULT for result in results} | {one["path"]: FAILED for one in failed}
    assert answers == expected
    assert len(results) + len(failed) == len(expected)
    for one in failed:
        assert one["reason"], one
        assert one["mend"], one
        assert "internal fault" not in one["reason"], one
        assert one["reason"].isprintable(), one
        assert "took longer" not in one["reason"], one
    check_outputs(place / "out", results)
    shutil.rmtree(place / "out")
    assert snapshot(place) == before
    assert [path for path in home.rglob("*") if path.is_file() and TEXT in path.read_bytes()] == []


def check_outputs(output: Path, results: list[Result]) -> None:
    """The outputs are inside, and none holds what would run."""
    texts = [path.read_bytes().decode() for path in (output / "texts").rglob("*.txt") if path.is_file()]
    assert sorted(map(len, texts)) == sorted(result.document.characters for result in results)
    for name in ("letters.csv", "measures.csv", "claims.csv"):
        with open(output / name, encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                assert not [cell for cell in row if cell.lstrip().startswith(("=", "@", "+"))]
    for page in output.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "<img" not in text


def snapshot(folder: Path) -> dict[str, object]:
    """Every file below a folder but the output, and what it is; links are not followed."""
    found: dict[str, object] = {}
    for below, _, names in os.walk(folder):
        for name in names:
            path = Path(below, name)
            if "out" not in path.relative_to(folder).parts[:1]:
                facts = path.lstat()
                found[str(path)] = (facts.st_size, facts.st_mtime_ns, facts.st_mode)
    return found


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
@pytest.mark.parametrize("blocks", [0, 24, 60])
def test_annotate_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    tiny: Tiny, command: list[str], environment: dict[str, str], tmp_path: Path, blocks: int
) -> None:
    """A limit on the size of a file stands in for a disk: a write beyond it fails in the same way."""
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(40):
        (folder / f"{i}.txt").write_bytes(TEXT + os.urandom(300).hex().encode())
    arguments = [*command, "annotate", "in", "-o", "out", "--model", str(tiny.model), "--device", "cpu", "--to", "csv"]
    done = subprocess.run(
        ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *arguments],
        cwd=tmp_path, capture_output=True, env=environment, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    (line,) = [line for line in done.stderr.decode().splitlines() if " of 40 letters" not in line]
    assert line.startswith("fanzha: out")
    assert "cannot be" in line
    again = subprocess.run(arguments, cwd=tmp_path, capture_output=True, env=environment, timeout=120)
    assert again.returncode == 0, again.stderr
    assert "40 letters annotated" in again.stdout.decode()
    assert len((tmp_path / "out" / "results.jsonl").read_bytes().splitlines()) == 40
