"""Names of output files: safe everywhere, one for each path, and the same each time."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp.output.names import output_name

ANY = st.text(st.characters() | st.sampled_from("./\\:. ~"), max_size=300)


@pytest.mark.parametrize("path", ["常德.txt", "2023/答复 (1).docx", "包.zip/二级/a.pdf", "l.jsonl/line-12"])
def test_names_that_can_stay_do(path: str) -> None:
    assert output_name(path) == path


@given(ANY)
@example("../../etc/passwd")
@example("/etc/passwd")
@example("C:\\Windows\\x")
@example("con.txt")
@example("a\nb")
@example("")
@example("x/" * 3000)
@example("x" * 5000 + ".docx")
@example("\ud800")
def test_names_stay_inside_their_folder_and_fit_every_file_system(path: str) -> None:
    name = output_name(path)
    assert name == output_name(path)
    assert len(name.encode("utf-8")) <= 200
    for kind in (PurePosixPath(name), PureWindowsPath(name)):
        assert not kind.is_absolute()
        assert not kind.drive
        assert kind.parts
        assert not {"..", "."} & set(kind.parts)
    for part in name.split("/"):
        assert part
        assert len(part.encode("utf-8")) <= 120
        assert not set('<>:"|?*\\') & set(part)
        assert part[-1] not in ". "


@given(st.lists(ANY | st.sampled_from(["a", "a.txt/b", "a.TXT", "a:b", "a_b", "x" * 300, "x" * 301]), unique=True))
def test_names_are_never_shared(paths: list[str]) -> None:
    names = [f"{output_name(path)}.txt" for path in paths]
    assert len(set(names)) == len(paths)
    folders = {name.rpartition("/")[0] for name in names}
    assert not folders & set(names)
