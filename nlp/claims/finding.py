"""The numbers of a whole document: as `find_quantities`, but a number goes on behind a hard wrap or a page break."""

from __future__ import annotations

from nlp.claims.candidates import Candidate, find_quantities
from nlp.text.segmentation import Structure, unwrap


def find_possible_claims(text: str, structure: Structure) -> list[Candidate]:
    """The candidates of a document that the grammar does not rule out: what the model decides about."""
    return [candidate for candidate in find_document_quantities(text, structure) if candidate.veto is None]


def find_document_quantities(text: str, structure: Structure) -> list[Candidate]:
    """All candidates of a document in order, with offsets in `text`.

    Args:
        text: the document.
        structure: how `nlp.text.segmentation.segment` cuts it, which knows the line breaks that end no paragraph.
    """
    unwrapped, offsets = unwrap(text, structure)
    if len(unwrapped) == len(text):
        return find_quantities(text)
    return [Candidate(offsets[c.start], offsets[c.end - 1] + 1, c.quantity, c.veto) for c in find_quantities(unwrapped)]
