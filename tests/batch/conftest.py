"""The tiny model (tests/tiny.py)."""

from tiny import tiny

__all__ = ["tiny"]
