"""Folders of letters: every one is annotated once and recorded, whatever happens on the way."""
