"""The same letter gives the same measures and claims in every form, with the model that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from letter_forms import FORMS, in_form, said

from nlp.annotation.corpus import read_marked
from nlp.documents.reading import decode_document
from nlp.inference.loading import load_predictor
from nlp.inference.predictor import Predictor

LETTERS = Path(__file__).parents[1] / "annotations" / "letters"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_predictor(device="cpu")


# Of different bodies and layouts, none hard-wrapped already; benchmarks/forms.py has all of them.
@pytest.mark.parametrize("name", ["a01", "b11", "c05", "d07", "e25", "h09"])
def test_forms_say_the_same(predictor: Predictor, name: str) -> None:
    letter = read_marked(LETTERS / f"{name}.txt")
    found = {}
    for form in FORMS:
        document = decode_document(in_form(letter.text, form), path=f"{name}.{form}")
        (result,) = predictor.predict([document])
        result.check_against(document.text)
        found[form] = said(result, document.text)
    assert len(found["txt"][0]) > 5
    assert len(found["txt"][1]) > 2
    assert {form: found[form] == found["txt"] for form in FORMS} == dict.fromkeys(FORMS, True)
