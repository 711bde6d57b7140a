"""The batch predictor: documents in, results out, in the same order, whatever the batch."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nlp.documents.reading import Document
from nlp.errors import FanzhaError
from nlp.inference.backends import Backend, FloatArray
from nlp.inference.steps import LinkedBy, Steps, joined, own_rows
from nlp.inference.torch_backend import TorchBackend
from nlp.schema import ModelInfo, Result
from nlp.text.segmentation import Structure
from nlp.text.tokenization import TextTokenizer, Tokens
from nlp.text.windows import WindowSettings

if TYPE_CHECKING:
    from nlp.inference.helpers import Helpers

_BATCH_CHARACTERS = 200_000


class Predictor:
    """Predicts measures and claims.

    Args:
        backend: what runs the model.
        tokenizer: the model's tokenizer.
        settings: the windows the model was trained with.
        name, version: of the model, for the results.
        transitions, places, temperatures: see `nlp.decoding.decode`.
        helpers: how many processes do what is to be done around the model, where there are letters enough for it to
            pay: see `nlp.inference.helpers`. The results are the same. Other backends than torch's have none.
    """

    def __init__(
        self,
        backend: Backend,
        tokenizer: TextTokenizer,
        settings: WindowSettings,
        *,
        name: str,
        version: str,
        transitions: npt.NDArray[np.float64] | None = None,
        places: npt.NDArray[np.float64] | None = None,
        temperatures: dict[str, float] | None = None,
        helpers: int = 0,
    ) -> None:
        self.transitions, self.places = transitions, places
        self.model = ModelInfo(name=name, version=version, backend=backend.name, device=backend.device)
        self._backend = backend
        self._steps = Steps(tokenizer, settings, transitions, places, temperatures, self.model)
        self._helpers: Helpers | None = None
        self._helper_count = helpers

    def with_temperatures(self, temperatures: dict[str, float]) -> Predictor:
        """The same model, whose scores are calibrated by other temperatures."""
        return self._with_steps(temperatures=temperatures)

    def with_links(self, by: LinkedBy) -> Predictor:
        """The same model, whose metrics and periods are linked by the rules alone or by the pair scorer alone."""
        return self._with_steps(linked_by=by)

    def _with_steps(self, **changes: Any) -> Predictor:
        other = copy.copy(self)
        other._steps, other._helpers = replace(self._steps, **changes), None
        return other

    def predict(self, documents: Iterable[Document]) -> Iterator[Result]:
        """The result of each document, in order; a few documents are held at a time, never all."""
        documents = iter(documents)
        batch: list[Document] = []
        characters = 0
        for document in documents:
            batch.append(document)
            characters += len(document.text)
            if characters < _BATCH_CHARACTERS:
                continue
            if self._helper_count and isinstance(self._backend, TorchBackend):
                try:
                    yield from self._with_helpers().predict(chain(batch, documents), self._backend)
                except FanzhaError:
                    self.close()  # the next letters get new ones
                    raise
                return
            yield from self._predict_batch(batch)
            batch, characters = [], 0
        yield from self._predict_batch(batch)

    def logits(self, documents: Sequence[Document]) -> Iterator[tuple[Structure, Tokens, FloatArray]]:
        """What each document is decoded from: its structure, its tokens, and [tokens, labels and pair columns]."""
        prepared = [self._steps.prepare(document) for document in documents]
        scores = self._backend.logits([window for one in prepared for window in self._steps.inputs(one)])
        for one in prepared:
            own = [next(scores)[own_rows(window)] for window in one.windows]
            yield one.structure, one.tokens, joined(own)
        # The iterator is run to its end here: in one that is thrown away half-way, Ctrl-C would be swallowed.
        if next(scores, None) is not None:
            raise RuntimeError("the backend gave scores for more windows than there are")

    def close(self) -> None:
        """Ends the helpers, where there are any; they also end with the process."""
        if self._helpers is not None:
            self._helpers.close()
            self._helpers = None

    def _with_helpers(self) -> Helpers:
        if self._helpers is None:
            from nlp.inference.helpers import Helpers

            self._helpers = Helpers(self._steps, self._helper_count)
        return self._helpers

    def _predict_batch(self, documents: Sequence[Document]) -> Iterator[Result]:
        for document, found in zip(documents, self.logits(documents), strict=True):
            yield self._steps.finish(document, *found)
