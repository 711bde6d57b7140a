"""What is done with a letter before and after the model: both in Python, and in any process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nlp.claims.linking import link_claims
from nlp.claims.resolution import resolve_claims
from nlp.decoding import decode
from nlp.documents.meta import read_meta
from nlp.documents.reading import Document
from nlp.inference.backends import FloatArray, Scores
from nlp.labels import LABEL_COUNT
from nlp.schema import DocumentInfo, ModelInfo, Result
from nlp.text.segmentation import Structure, segment
from nlp.text.tokenization import IntArray, TextTokenizer, Tokens
from nlp.text.windows import Window, WindowSettings, make_windows

LinkedBy = Literal["both", "rules", "model"]


@dataclass(frozen=True)
class Prepared:
    """A letter as the model takes it."""

    document: Document
    structure: Structure
    tokens: Tokens
    windows: list[Window]


@dataclass
class Steps:
    """The steps of one model around its backend; can be pickled.

    Args:
        tokenizer: the model's tokenizer.
        settings: the windows the model was trained with.
        transitions, places, temperatures: see `nlp.decoding.decode`.
        model: for the results.
        linked_by: what joins quantities to metrics and periods: the rules for metrics and the pair scorer for periods
            (`both`), or one of the two alone; for a model without a pair scorer, always the rules.
    """

    tokenizer: TextTokenizer
    settings: WindowSettings
    transitions: npt.NDArray[np.float64] | None
    places: npt.NDArray[np.float64] | None
    temperatures: dict[str, float] | None
    model: ModelInfo
    linked_by: LinkedBy = "both"

    def prepare(self, document: Document) -> Prepared:
        """Cuts a document into tokens and windows."""
        structure = segment(document.text)
        tokens = self.tokenizer(document.text, structure.page_numbers)
        windows = make_windows(document.text, structure, tokens, self.tokenizer, self.settings)
        return Prepared(document, structure, tokens, windows)

    def inputs(self, prepared: Prepared) -> list[tuple[IntArray, int]]:
        """The windows of a document as a backend takes them."""
        return [(w.input_ids(prepared.tokens, self.tokenizer), w.body_start) for w in prepared.windows]

    def finish(self, document: Document, structure: Structure, tokens: Tokens, logits: FloatArray) -> Result:
        """The result of a document from its [tokens, labels and pair columns]."""
        found = decode(document.text, structure, tokens, logits, self.transitions, self.places, self.temperatures)
        claims = link_claims(
            document.text,
            structure,
            found.quantities,
            found.metrics,
            found.periods,
            found.measures,
            None if self.linked_by == "rules" else found.pointed,
            constrained=self.linked_by == "both",
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
        return result


def own_rows(window: Window) -> slice:
    """The rows of a window's logits that are the tokens it answers for.

    Those of all windows of a document, one after the other, are the document's tokens.
    """
    first = window.body_start + window.own_first - window.first
    return slice(first, first + window.own_last - window.own_first)


def joined(own: Sequence[Scores]) -> FloatArray:
    """[tokens, labels and pair columns] in fp32, from those of windows, one after the other."""
    return np.concatenate(own, dtype=np.float32) if own else np.zeros((0, LABEL_COUNT), dtype=np.float32)
