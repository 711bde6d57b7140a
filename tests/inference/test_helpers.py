"""Helpers: the same results with processes around the model, in order, whatever is among the letters."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from tiny import Tiny

from nlp.annotation.corpus import read_letters
from nlp.documents.reading import Document
from nlp.errors import FanzhaError
from nlp.inference import helpers
from nlp.inference import predictor as predictor_module
from nlp.inference.helpers import Helpers
from nlp.inference.loading import load_predictor
from nlp.inference.predictor import Predictor
from nlp.schema import Result


def document(text: str, name: str) -> Document:
    return Document(id=name, path=None, text=text, sha256="0" * 64, encoding="utf-8")


@pytest.fixture(scope="module")
def documents(tiny: Tiny) -> list[Document]:
    """Letters of several chunks, with some that have no tokens."""
    texts = [letter.text for letter in read_letters(tiny.letters)]
    chance = random.Random(2)
    letters = [document("".join(chance.sample(texts, chance.randint(1, 4))), f"l{i}") for i in range(40)]
    return [document("", "first"), *letters[:20], document("\n", "middle"), *letters[20:], document("", "last")]


@pytest.fixture(scope="module")
def predictor(tiny: Tiny) -> Iterator[Predictor]:
    predictor = load_predictor(tiny.model, device="torch-cpu", helpers=2)
    yield predictor
    predictor.close()


@pytest.fixture(autouse=True)
def small(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few letters, batches of a few windows."""
    monkeypatch.setattr(helpers, "_CHUNK_CHARACTERS", 1000)
    monkeypatch.setattr(predictor._backend, "_budget", 400)


def helpers_of(predictor: Predictor) -> Helpers:
    return predictor._with_helpers()


def by_helpers(predictor: Predictor, documents: list[Document]) -> list[Result]:
    return list(helpers_of(predictor).predict(documents, predictor._backend))  # type: ignore[arg-type]


def same(found: Result, expected: Result) -> None:
    left, right = found.model_dump(), expected.model_dump()
    for part in ("measures", "claims"):
        for x, y in zip(left[part], right[part], strict=True):
            assert x.pop("score") == pytest.approx(y.pop("score"), abs=1e-3)
    assert left == right


def test_results_with_helpers_are_those_without(tiny: Tiny, predictor: Predictor, documents: list[Document]) -> None:
    alone = load_predictor(tiny.model, device="torch-cpu")
    assert len(list(helpers._chunks(documents))) > 10
    found = by_helpers(predictor, documents)
    assert [result.document.id for result in found] == [one.id for one in documents]
    for result, one in zip(found, documents, strict=True):
        (expected,) = alone.predict([one])
        same(result, expected)
    assert any(result.claims for result in found)


@pytest.mark.parametrize("texts", [[], [""], ["", "\n", ""]])
def test_helpers_take_letters_without_tokens(predictor: Predictor, texts: list[str]) -> None:
    found = by_helpers(predictor, [document(text, str(i)) for i, text in enumerate(texts)])
    assert [result.document.characters for result in found] == [len(text) for text in texts]


def test_predictor_asks_helpers_only_where_there_are_letters_enough(
    predictor: Predictor, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Spy:
        def predict(self, documents: Iterator[Document], backend: object) -> Iterator[str]:
            asked.append(len(list(documents)))
            yield "result"

    monkeypatch.setattr(predictor, "_with_helpers", Spy)
    monkeypatch.setattr(predictor_module, "_BATCH_CHARACTERS", 3000)
    assert [result.document.id for result in predictor.predict(documents[:2])] == ["first", "l0"]
    assert asked == []
    assert list(predictor.predict(iter(documents))) == ["result"]
    assert asked == [len(documents)]


def test_helpers_import_no_torch(predictor: Predictor) -> None:
    by_helpers(predictor, [document("公安机关破案3起。", "one")])
    pool = helpers_of(predictor)._pool
    modules = pool.submit(eval, "sorted(m for m in __import__('sys').modules if m in ('torch', 'transformers'))")
    assert modules.result() == []


def test_letters_are_asked_for_as_results_are_taken(predictor: Predictor, documents: list[Document]) -> None:
    asked = 0

    def endless() -> Iterator[Document]:
        nonlocal asked
        while True:
            asked += 1
            yield documents[1 + asked % 20]

    results = helpers_of(predictor).predict(endless(), predictor._backend)  # type: ignore[arg-type]
    first = [next(results) for _ in range(5)]
    assert [one.document.id for one in first] == [documents[1 + i % 20].id for i in range(1, 6)]
    assert asked < 400
    results.close()  # type: ignore[attr-defined]
    assert len(by_helpers(predictor, documents)) == len(documents), "what was left undone is in nobody's way"


def test_helper_that_ends_by_itself_is_one_line(tiny: Tiny, documents: list[Document]) -> None:
    predictor = load_predictor(tiny.model, device="torch-cpu", helpers=1)
    helpers_of(predictor)._pool.submit(eval, "__import__('os')._exit(3)")
    with pytest.raises(FanzhaError, match="ended by itself") as caught:
        by_helpers(predictor, documents)
    assert caught.value.retryable
    predictor.close()


def test_a_letter_that_cannot_be_prepared_raises_as_it_does_alone(predictor: Predictor) -> None:
    broken = Document(id="x", path=None, text=None, sha256="0" * 64, encoding="utf-8")  # type: ignore[arg-type]
    with pytest.raises((TypeError, AttributeError)):
        list(helpers_of(predictor).predict(iter([broken]), predictor._backend))  # type: ignore[arg-type]
