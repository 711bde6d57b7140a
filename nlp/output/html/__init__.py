"""Results as a static site: a page for each letter and an index, with no script and nothing from the network."""

from nlp.output.html.pages import write

__all__ = ["write"]
