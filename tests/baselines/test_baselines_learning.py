"""Every baseline on a few letters: it learns them, says the same twice, and takes letters of any kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import spacy

from nlp.annotation.corpus import GoldLetter
from nlp.baselines import crf, linear, rules, spacy_pipeline
from nlp.baselines.choosing import Component, Example, Trained, train
from nlp.baselines.reading import Labels, predict, read
from nlp.evaluation.scores import score

Make = Callable[[], list[Component]]
# The least quantity F1 and character F1 on the letters that were learned.
LEARNERS = {
    "rules": (rules.components, 0.9, 0.5),
    "crf": (crf.components, 0.9, 0.9),
    "linear": (lambda: linear.components(5), 0.9, 0.9),
    "spacy": (lambda: spacy_pipeline.components(5, epochs=2), 0.0, 0.0),
}


@pytest.fixture(scope="module", params=LEARNERS)
def learner(request: pytest.FixtureRequest, trained: Callable[[list[Component]], Trained]) -> tuple[str, Trained]:
    return request.param, trained(LEARNERS[request.param][0]())


def test_baseline_knows_what_it_learned(learner: tuple[str, Trained], letters: list[GoldLetter]) -> None:
    name, model = learner
    _, quantity, characters = LEARNERS[name]
    figures = score(model.predict(letters[:3])).figures()
    assert figures["quantity F1"] >= quantity
    assert figures["measures, character micro F1"] >= characters


def test_baseline_says_the_same_twice(
    learner: tuple[str, Trained], trained: Callable[[list[Component]], Trained], letters: list[GoldLetter]
) -> None:
    name, model = learner
    again = trained(LEARNERS[name][0]())
    assert again.chosen == model.chosen
    assert [d.predicted for d in again.predict(letters)] == [d.predicted for d in model.predict(letters)]


@pytest.mark.parametrize("text", ["", "\n", "12", "云溪县公安局\n", "抓获" * 300, "一、\n（一）\n1.\n"])
def test_baseline_takes_any_letter(learner: tuple[str, Trained], text: str) -> None:
    reading = read(text)
    predict(reading, learner[1].label(reading))


def test_spacy_docs_hold_what_is_to_be_learned(read_examples: list[Example]) -> None:
    vocabulary = spacy.blank("zh").vocab
    for example in read_examples:
        for component in spacy_pipeline.components(5):
            sentences = spacy_pipeline.split(example.reading, component.parts)
            docs = [spacy_pipeline.gold_doc(vocabulary, example.reading, one, example.gold) for one in sentences]
            found = spacy_pipeline.labels_of(example.reading, sentences, docs)
            for part in component.parts:
                assert found[part].tolist() == getattr(example.gold, part).tolist(), part


def test_spacy_learns(read_examples: list[Example]) -> None:
    component, _ = spacy_pipeline.components(5, epochs=40)
    *_, (name, tagger) = component.settings(read_examples[:1])
    assert name == "40 epochs"
    gold, found = read_examples[0].gold.states, tagger(read_examples[0].reading)["states"]
    assert (gold == found)[gold > 0].mean() > 0.4


def constant(part: str, value: int) -> Callable[..., dict[str, np.ndarray]]:
    return lambda reading: {part: np.full(len(getattr(reading, "numbers")), value, dtype=np.int64)}  # noqa: B009


def test_the_best_setting_on_dev_is_kept_and_patience_ends_the_search(read_examples: list[Example]) -> None:
    tried = []

    def settings(learning: list[Example]):  # type: ignore[no-untyped-def]
        assert [example.letter.id for example in learning] == ["t1", "t2", "t3"]
        for name, label in (("none", 0), ("all count", 1), ("all money", 2), ("all percent", 3), ("never", 1)):
            tried.append(name)
            yield name, constant("quantities", label)

    said: list[str] = []
    model = train([Component(("quantities",), settings, 2)], read_examples[:3], read_examples[3:4], said.append)
    assert model.chosen == ["quantities: all count"]
    assert tried == ["none", "all count", "all money", "all percent"]
    assert said[0].startswith("quantities, none: 0.000 on dev")


def test_labels_of_all_parts_are_joined(read_examples: list[Example]) -> None:
    gold = read_examples[0].gold
    model = Trained([lambda reading, part=part: {part: getattr(gold, part)} for part in vars(gold)], [])
    assert model.label(read_examples[0].reading) == Labels(**vars(gold))
