"""The tiny model, see tests/tiny.py."""

from __future__ import annotations

from tiny import tiny

__all__ = ["tiny"]
