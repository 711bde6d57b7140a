"""From a document's text to paragraphs, sentences, clauses, sections and token windows; offsets never shift."""
