"""The gold on disk: composed letters in `annotations/letters`, stand-off gold of real ones in `annotations/replies`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlp.annotation.markup import parse
from nlp.documents.reading import Document, read_document
from nlp.errors import FanzhaError
from nlp.files import read_json, write_json
from nlp.schema import Gold, GoldClaim, GoldDocumentInfo, GoldMeasure


@dataclass(frozen=True)
class GoldLetter:
    """A letter with its gold: everything that training and evaluation need of it."""

    id: str
    path: Path
    text: str
    measures: list[GoldMeasure]
    claims: list[GoldClaim]
    meta: dict[str, Any] = field(default_factory=dict)
    first_line: int = 1
    """The line of `path` on which the text begins."""

    def line(self, at: int) -> int:
        """The line of `path` on which the character `at` of the text stands."""
        return self.first_line + self.text.count("\n", 0, at)


def as_document(letter: GoldLetter) -> Document:
    """A gold letter as the predictor takes it; the SHA-256 is of the text in UTF-8."""
    sha256 = text_sha256(letter.text)
    return Document(id=letter.id, path=str(letter.path), text=letter.text, sha256=sha256, encoding="utf-8")


def text_sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_marked(path: Path) -> GoldLetter:
    """Reads one composed letter.

    Raises:
        FanzhaError: naming `path:line`.
    """
    try:
        source = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise FanzhaError("is no UTF-8 text", path=path, mend="save it as UTF-8 without a byte order mark") from None
    letter = parse(source, path=path)
    if letter.meta["id"] != path.stem:
        where = f"{path}:{2 + list(letter.meta).index('id')}"
        raise FanzhaError(f"its id is {letter.meta['id']!r}", path=where, mend=f"name the file {letter.meta['id']}.txt")
    return GoldLetter(path.stem, path, letter.text, letter.measures, letter.claims, letter.meta, letter.first_line)


def marked_paths(folder: Path) -> list[Path]:
    """The files of the composed letters of a folder, in the order of their names.

    Raises:
        FanzhaError: where there is none.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise FanzhaError(
            "holds no letters", path=folder, mend="name a folder of marked-up letters, e.g. annotations/letters"
        )
    return paths


def read_letters(folder: Path) -> list[GoldLetter]:
    """All composed letters of a folder, in the order of their names.

    Raises:
        FanzhaError: for a folder without letters, or the first faulty letter.
    """
    return [read_marked(path) for path in marked_paths(folder)]


def write_standoff(gold: Gold, path: Path) -> None:
    """Writes gold without the texts of its spans: a real letter's words do not go into the project."""
    data = gold.model_dump(mode="json")
    for part in _spans(data):
        del part["text"]
    write_json(path, data, indent=1)


def attach_standoff(path: Path, text: str, sha256: str) -> Gold:
    """Reads gold without texts and fills them in from the letter it is for.

    Raises:
        FanzhaError: where the file is no such gold, or the letter is another one than the gold was made for.
    """
    try:
        data = read_json(path)
        document = GoldDocumentInfo.model_validate(data["document"])
        if document.sha256 != sha256 or document.characters != len(text):
            message = "its letter is not the one that was annotated: SHA-256 differs"
            raise FanzhaError(message, path=path, mend="restore it")
        for part in _spans(data):
            part["text"] = text[part["start"] : part["end"]]
        return Gold.model_validate(data)
    except KeyError as error:
        reason = f"{error} is missing"
    except (ValueError, TypeError, AttributeError) as error:  # pydantic's ValidationError, too
        reason = " ".join(str(error).split())[:200]
    raise FanzhaError(f"is no gold without texts: {reason}", path=path, mend="restore it")


def _spans(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The spans of gold as JSON: measures, claims, and the metrics and periods of claims."""
    for span in (*data["measures"], *data["claims"]):
        yield span
        yield from (span[name] for name in ("metric", "period") if span.get(name) is not None)


def read_replies(gold_folder: Path, replies: Path) -> list[GoldLetter]:
    """The real replies: stand-off gold joined to the letters in `replies` (the folder `REPLIES_DIR` names).

    Raises:
        FanzhaError: where a letter is missing or is not the annotated one.
    """
    return [read_reply(path, replies) for path in sorted(gold_folder.glob("*.gold.json"))]


def read_reply(path: Path, replies: Path) -> GoldLetter:
    """One real reply: the stand-off gold `path` joined to its letter in `replies`.

    Raises:
        FanzhaError: as `read_replies`.
    """
    name = path.name.removesuffix(".gold.json")
    letter = replies / f"{name}.txt"
    if not letter.is_file():
        raise FanzhaError("is missing", path=letter, mend="set REPLIES_DIR to the folder of the real replies")
    document = read_document(letter)
    gold = attach_standoff(path, document.text, document.sha256)
    return GoldLetter(name, letter, document.text, gold.measures, gold.claims, {"id": name, "form": "real"})
