"""Where the real replies are, which are no part of the project."""

from __future__ import annotations

import os
from pathlib import Path


def replies_folder() -> Path | None:
    """The folder that the variable REPLIES_DIR names; None where it is not set."""
    folder = os.environ.get("REPLIES_DIR")
    return Path(folder) if folder else None
