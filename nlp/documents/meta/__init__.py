"""A letter's own facts, as it states them: title, 文号, issuer, addressee, proposal, session, date and class."""

from nlp.documents.meta.facts import read_meta

__all__ = ["read_meta"]
