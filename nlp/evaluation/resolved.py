"""Gold letters as resolved results: what indicators, days and comparison make of claims that are right."""

from __future__ import annotations

from nlp.annotation.corpus import GoldLetter, text_sha256
from nlp.claims.resolution import resolved
from nlp.documents.meta import read_meta
from nlp.schema import Claim, DocumentInfo, Measure, ModelInfo, Result

_GOLD = ModelInfo(name="gold", version="0", backend="none", device="none")


def gold_result(letter: GoldLetter) -> Result:
    """The result that a model without fault would give of a letter, every score 1."""
    info = DocumentInfo(
        id=letter.id,
        path=letter.path.name,
        sha256=text_sha256(letter.text),
        characters=len(letter.text),
        meta=read_meta(letter.text),
    )
    measures = [Measure(**dict(measure), score=1.0) for measure in letter.measures]
    claims = [Claim(**dict(claim), score=1.0) for claim in letter.claims]
    return resolved(Result(document=info, model=_GOLD, measures=measures, claims=claims), letter.text)
