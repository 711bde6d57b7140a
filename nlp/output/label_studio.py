"""Results as Label Studio tasks with predictions, to be put right there and imported again as gold."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from nlp.annotation.exchange.label_studio import labelling_config, to_task
from nlp.files import open_atomically, write_text
from nlp.output.letters import AnnotatedLetter, Letters

_LONGEST_NAME = 50
"""Characters of an id before its hash: with them a file name stays under 255 bytes whatever the characters are."""


def write(letters: Letters, folder: Path) -> list[Path]:
    """Writes `label-studio.json`, a list with one task a line, and `label-studio.config.xml`, the project's labels.

    A task's prediction has the mean of its spans' scores as its score (0 where nothing was found): sorted by it, a
    project shows first what most needs a person's eye.

    Args:
        letters: what was found; gone through once, no letter is held.
        folder: where to; files of these names are replaced.

    Raises:
        FanzhaError: where a file cannot be written.
    """
    tasks, config = folder / "label-studio.json", folder / "label-studio.config.xml"
    with open_atomically(tasks) as file:
        separator = "[\n"
        for letter in letters:
            file.write(f"{separator}{_task(letter)}".encode())
            separator = ",\n"
        file.write(b"[]\n" if separator == "[\n" else b"\n]\n")
    write_text(config, labelling_config())
    return [tasks, config]


def _task(letter: AnnotatedLetter) -> str:
    result, document = letter.result, letter.result.document
    path = document.path or document.id
    facts = {"path": path, "sha256": document.sha256, **document.meta.model_dump(exclude_none=True)}
    version = f"{result.model.name} {result.model.version}"
    task = to_task(letter_id(path), letter.text, result.measures, result.claims, meta=facts, model_version=version)
    scores = [m.score for m in result.measures] + [c.score for c in result.claims]
    task["predictions"][0]["score"] = sum(scores) / len(scores) if scores else 0.0
    return json.dumps(task, ensure_ascii=False)


def letter_id(path: str) -> str:
    """The path itself where it can name a file of gold, which the import asks for; else the like of it, with a hash."""
    name = re.sub(r"[^\w.-]+", "_", path).lstrip(".-")[:_LONGEST_NAME]
    if name == path:
        return path
    return f"{name or 'letter'}-{hashlib.sha256(path.encode('utf-8')).hexdigest()[:10]}"
