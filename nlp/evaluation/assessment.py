"""Everything that an evaluation finds out about a model, and the same for two models side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp.errors import FanzhaError
from nlp.evaluation.bootstrap import BOOTSTRAP_SAMPLES, Difference, Estimate
from nlp.evaluation.calibration import SCORED, Bin, SpanScores
from nlp.evaluation.confusion import Confusion, category_confusion, type_confusion
from nlp.evaluation.figures import ALL, Key, compare_figures, estimate_figures
from nlp.evaluation.groups import group
from nlp.evaluation.heldout import summarise
from nlp.evaluation.mistakes import KINDS, Mistake, mistakes
from nlp.evaluation.scores import Scored

_DETAIL = ("detail", "groups", "confusion", "reliability")
"""What `assessment_json` has beside `summary` and errors."""


@dataclass(frozen=True)
class Assessment:
    """What a model does on some letters.

    Args:
        model: its name, version, backend and device, for people.
        documents: the letters with gold and prediction.
        figures: with intervals.
        groups: how many letters each group of letters has.
        categories, types: confusion of characters and of claims.
        reliability: of the scores of measures and of claims.
        mistakes: all errors, by layer and kind, then by letter.
        notes: what a reader of the figures should know, a line each.
    """

    model: str
    documents: Sequence[Scored]
    figures: Mapping[Key, Estimate]
    groups: Mapping[tuple[str, str], int]
    categories: Confusion
    types: Confusion
    reliability: Mapping[str, Sequence[Bin]]
    mistakes: Sequence[Mistake]
    notes: Sequence[str] = ()

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.documents)


@dataclass(frozen=True)
class Comparison:
    """Two models on the same letters; `made` are the errors of the second alone, `mended` those of the first alone."""

    first: str
    second: str
    documents: Sequence[Scored]
    figures: Mapping[Key, Difference]
    made: Sequence[Mistake]
    mended: Sequence[Mistake]
    notes: Sequence[str] = ()

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.documents)


def assess(documents: Sequence[Scored], *, notes: Sequence[str] = (), samples: int = BOOTSTRAP_SAMPLES) -> Assessment:
    """Scores predictions with their `model` and scores on every span, of at least one document."""
    return Assessment(
        model=_model(documents),
        documents=documents,
        figures=estimate_figures(documents, samples),
        groups={name: len(letters) for name, letters in group(documents).items()},
        categories=category_confusion(documents),
        types=type_confusion(documents),
        reliability={layer: SpanScores.read(documents, layer).reliability() for layer in SCORED},
        mistakes=_sorted([one for document in documents for one in mistakes(document)]),
        notes=notes,
    )


def compare(
    first: Sequence[Scored], second: Sequence[Scored], *, notes: Sequence[str] = (), samples: int = BOOTSTRAP_SAMPLES
) -> Comparison:
    """Compares two predictions of the same letters.

    Raises:
        FanzhaError: where the letters are not the same.
    """
    if [(d.id, d.text) for d in first] != [(d.id, d.text) for d in second]:
        raise FanzhaError("two models are compared on the same letters", mend="predict the same gold with both")
    errors = [{one.identity: one for d in side for one in mistakes(d)} for side in (first, second)]
    return Comparison(
        first=_model(first),
        second=_model(second),
        documents=first,
        figures=compare_figures(first, second, samples),
        made=_sorted([one for name, one in errors[1].items() if name not in errors[0]]),
        mended=_sorted([one for name, one in errors[0].items() if name not in errors[1]]),
        notes=notes,
    )


def assessment_json(found: Assessment) -> dict[str, Any]:
    """All of it as JSON can hold it. Errors quote letters: what goes into a manifest is `summary` alone."""
    return {
        **summary(found),
        "detail": _nested({key: value._asdict() for key, value in found.figures.items()}),
        "groups": [{"group": table, "value": row, "letters": n} for (table, row), n in found.groups.items()],
        "confusion": {"categories_by_character": found.categories, "types_by_claim": found.types},
        "reliability": {layer: [b._asdict() for b in bins] for layer, bins in found.reliability.items()},
        "errors": [_mistake_json(one) for one in found.mistakes],
    }


def without_quotes(content: Any) -> Any:
    """The JSON of an evaluation or a comparison without errors, which quote letters, and without detail."""
    if not isinstance(content, dict):
        return content
    return {name: value for name, value in content.items() if name not in _DETAIL and not name.startswith("errors")}


def summary(found: Assessment) -> dict[str, Any]:
    """The figures of the scheme, their intervals, and those of each letter: no word of a letter is in it."""
    overall = {key.figure: value for key, value in found.figures.items() if key.table == ALL}
    return {
        "model": found.model,
        **summarise(found.documents),
        "figures": {name: value.value for name, value in overall.items()},
        "intervals": {name: None if e.low is None else [e.low, e.high] for name, e in overall.items()},
        "notes": list(found.notes),
    }


def comparison_json(found: Comparison) -> dict[str, Any]:
    """All of it as JSON can hold it."""
    return {
        "first": found.first,
        "second": found.second,
        "documents": len(found.documents),
        "characters": found.characters,
        "notes": list(found.notes),
        "figures": _nested({key: value._asdict() for key, value in found.figures.items()}),
        "errors_of_second_alone": [_mistake_json(one) for one in found.made],
        "errors_of_first_alone": [_mistake_json(one) for one in found.mended],
    }


def _sorted(errors: Sequence[Mistake]) -> list[Mistake]:
    """By layer and kind; the order within a kind is kept, which is that of the letters."""
    return sorted(errors, key=lambda one: (list(KINDS).index(one.layer), KINDS[one.layer].index(one.kind)))


def _nested(figures: Mapping[Key, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for key, value in figures.items():
        tables.setdefault(key.table, {}).setdefault(key.row, {})[key.figure] = value
    return tables


def _mistake_json(one: Mistake) -> dict[str, Any]:
    sides = {"gold": one.gold, "predicted": one.predicted}
    spans = {name: None if span is None else span.model_dump(mode="json") for name, span in sides.items()}
    return {"letter": one.letter, "layer": one.layer, "kind": one.kind, "start": one.start, "end": one.end, **spans}


def _model(documents: Sequence[Scored]) -> str:
    model = documents[0].predicted.model
    return f"{model.name} {model.version} ({model.backend} on {model.device})"
