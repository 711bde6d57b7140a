"""Letters of a user for the tiny model (tests/tiny.py): variants of its own, each with an ending of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tiny import LETTERS

UNSEEN = ("t4", "t5")
"""What the tiny checkpoint was not trained on."""
SEEN = ("t1", "t2", "t3")
"""What it knows by heart."""


def write_own_letters(folder: Path, sources: Sequence[str], variants: int) -> Path:
    """Writes `u-SOURCE-N.txt`: `variants` letters of each source, marked up, no two with the same text."""
    folder.mkdir(parents=True)
    for source in sources:
        for n in range(variants):
            name = f"u-{source}-{n}"
            body = LETTERS[source] + "感谢您对公安工作的关心。\n" * (n + 1)
            (folder / f"{name}.txt").write_text(f"---\nid: {name}\n---\n{body}", encoding="utf-8", newline="")
    return folder
