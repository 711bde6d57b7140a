"""The batch predictor: documents in, results out, in the same order, whatever the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.claims.linking import link_claims
from nlp.claims.resolution import resolve_claims
from nlp.decoding import decode
from nlp.documents.meta import read_meta
from nlp.documents.reading import Document
from nlp.inference.backends import Backend, FloatArray
from nlp.labels import HEADS
from nlp.schema import DocumentInfo, ModelInfo, Result
from nlp.text.segmentation import Structure, segment
from nlp.text.tokenization import TextTokenizer, Tokens
from nlp.text.windows import Window, WindowSettings, make_windows

_BATCH_CHARACTERS = 200_000
_WIDTH = sum(len(labels) for labels in HEADS.values())


@dataclass(frozen=True)
class _Prepared:
    document: Document
    structure: Structure
    tokens: Tokens
    windows: list[Window]


class Predictor:
    """Predicts measures and claims.

    Args:
        backend: what runs the model.
        tokenizer: the model's tokenizer.
        settings: the windows the model was trained with.
        name, version: of the model, for the results.
        transitions, temperatures: see `nlp.decoding.decode`.
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
        temperatures: dict[str, float] | None = None,
    ) -> None:
        self._backend, self._tokenizer, self._settings = backend, tokenizer, settings
        self.transitions = transitions
        self._temperatures = temperatures
        self.model = ModelInfo(name=name, version=version, backend=backend.name, device=backend.device)

    def predict(self, documents: Iterable[Document]) -> Iterator[Result]:
        """The result of each document, in order; a few documents are held at a time, never all."""
        batch: list[Document] = []
        characters = 0
        for document in documents:
            batch.append(document)
            characters += len(document.text)
            if characters >= _BATCH_CHARACTERS:
                yield from self._predict_batch(batch)
                batch, characters = [], 0
        yield from self._predict_batch(batch)

    def logits(self, documents: Sequence[Document]) -> Iterator[tuple[Structure, Tokens, FloatArray]]:
        """What each document is decoded from: its structure, its tokens, and [tokens, labels of all heads]."""
        prepared = [self._prepare(document) for document in documents]
        scores = self._backend.logits(
            [(w.input_ids(p.tokens, self._tokenizer), w.body_start) for p in prepared for w in p.windows]
        )
        for one in prepared:
            yield one.structure, one.tokens, _stitch(one, scores)
        # The iterator is run to its end here: in one that is thrown away half-way, Ctrl-C would be swallowed.
        if next(scores, None) is not None:
            raise RuntimeError("the backend gave scores for more windows than there are")

    def _predict_batch(self, documents: Sequence[Document]) -> Iterator[Result]:
        for document, (structure, tokens, logits) in zip(documents, self.logits(documents), strict=True):
            found = decode(document.text, structure, tokens, logits, self.transitions, self._temperatures)
            claims = link_claims(
                document.text, structure, found.quantities, found.metrics, found.periods, found.measures
            )
            meta = read_meta(document.text)
            claims = resolve_claims(claims, document.text, structure, meta.date)
            info = DocumentInfo(
                id=document.id,
                path=document.path,
                sha256=document.sha256,
                characters=len(document.text),
                meta=meta,
            )
            result = Result(document=info, model=self.model, measures=found.measures, claims=claims)
            result.check_against(document.text)
            yield result

    def _prepare(self, document: Document) -> _Prepared:
        structure = segment(document.text)
        tokens = self._tokenizer(document.text, structure.page_numbers)
        windows = make_windows(document.text, structure, tokens, self._tokenizer, self._settings)
        return _Prepared(document, structure, tokens, windows)


def _stitch(prepared: _Prepared, scores: Iterator[FloatArray]) -> FloatArray:
    """The logits of a whole document, each token's from the window that answers for it."""
    logits = np.zeros((len(prepared.tokens), _WIDTH), dtype=np.float32)
    for window in prepared.windows:
        body = next(scores)[window.body_start : -1]
        offset = window.own_first - window.first
        count = window.own_last - window.own_first
        logits[window.own_first : window.own_last] = body[offset : offset + count]
    return logits
