"""A fault of ours in one letter costs that letter alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlp.cli import predict as module
from nlp.cli.main import main
from nlp.documents.limits import DEFAULT_LIMITS
from nlp.documents.reading import Document
from nlp.schema import DocumentInfo, ModelInfo, Result

MODEL = ModelInfo(name="m", version="1", backend="b", device="cpu")


class Faulty:
    """A predictor that fails for some letters, each in its way."""

    def predict(self, documents: Iterable[Document]) -> Iterator[Result]:
        for document in documents:
            if document.id == "type":
                raise TypeError("unsupported operand\nof two lines")
            measures: Any = []
            if document.id == "span":  # pydantic refuses it
                measures = [{"start": 5, "end": 1, "text": ""}]
            info = DocumentInfo(id=document.id, path=document.path, sha256=document.sha256, characters=1)
            yield Result(document=info, model=MODEL, measures=measures, claims=[])


@pytest.fixture
def letters(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{name}.txt" for name in ("first", "type", "span", "last")]
    for path in paths:
        path.write_text("甲", encoding="utf-8")
    return list(map(str, paths))


@pytest.mark.parametrize("as_json", [True, False])
def test_predict_a_fault_of_ours_costs_one_letter(
    letters: list[str], as_json: bool, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    predictor: Any = Faulty()
    assert module.predict_files(letters, predictor, as_json=as_json, limits=DEFAULT_LIMITS) == 2
    out, err = (text.decode() for text in capfdbinary.readouterr())
    wrong_type, wrong_span = err.splitlines()
    fault = "internal fault (TypeError: unsupported operand of two lines), please report it"
    assert wrong_type == f"predict: {letters[1]}: {fault}"
    assert wrong_span.startswith(f"predict: {letters[2]}: internal fault (ValidationError: ")
    assert wrong_span.endswith("), please report it")
    if as_json:
        assert [json.loads(line)["document"]["id"] for line in out.splitlines()] == ["first", "last"]
    else:
        shown = "".join(out.split())
        assert "first.txt" in shown
        assert "last.txt" in shown


def test_predict_a_reader_that_has_gone_is_no_fault_of_a_letter(
    letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Any:
        def show(result: Result) -> None:
            raise BrokenPipeError

        return show

    monkeypatch.setattr(module, "_json_lines", gone)
    predictor: Any = Faulty()
    with pytest.raises(BrokenPipeError):
        module.predict_files(letters, predictor, as_json=True, limits=DEFAULT_LIMITS)


def test_predict_loads_no_model_where_all_files_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    monkeypatch.setattr("sys.argv", ["fanzha", "predict", "--model", str(tmp_path / "none"), *names])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [f"predict: {name}: there is no such file (check the name)" for name in names]
    (tmp_path / "b.txt").write_text("甲", encoding="utf-8")
    with pytest.raises(SystemExit):
        main()
    assert "is no model folder" in capsys.readouterr().err
