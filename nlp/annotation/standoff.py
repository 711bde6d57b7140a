"""Composed letters as bare text with stand-off gold beside it, and back.

A letter becomes three files: `ID.txt`, the text byte for byte; `ID.gold.json`, the `Gold` of the schema; and
`ID.meta.json`, the facts of its front matter. Only the names of metrics and periods are lost; they mean nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp.annotation.corpus import GoldLetter, read_letters, text_sha256
from nlp.annotation.exchange.parts import check_ids, plain_meta
from nlp.errors import FanzhaError
from nlp.files import read_json, read_text, write_text
from nlp.schema import Gold, GoldDocumentInfo

_GOLD = ".gold.json"


def gold_of(letter: GoldLetter) -> Gold:
    """A letter's gold as the schema has it; the SHA-256 is of the text in UTF-8."""
    info = GoldDocumentInfo(id=letter.id, sha256=text_sha256(letter.text), characters=len(letter.text))
    return Gold(document=info, measures=letter.measures, claims=letter.claims)


def write_built(letters: Sequence[GoldLetter], folder: Path) -> list[Path]:
    """Writes letters as text, gold and facts.

    Args:
        letters: letters with ids of their own.
        folder: is made if need be; files of the same names are replaced.

    Returns:
        The files written, in order.
    """
    check_ids(letters)
    written = []
    for letter in letters:
        gold = gold_of(letter).model_dump(mode="json")
        for suffix, content in (
            (".txt", letter.text),
            (_GOLD, json.dumps(gold, ensure_ascii=False, indent=1) + "\n"),
            (".meta.json", json.dumps(plain_meta(letter), ensure_ascii=False, indent=1) + "\n"),
        ):
            path = folder / f"{letter.id}{suffix}"
            write_text(path, content)
            written.append(path)
    return written


def read_built(folder: Path) -> list[GoldLetter]:
    """Reads what `write_built` wrote (the facts may be missing), in the order of the names.

    Raises:
        FanzhaError: for a folder without gold, gold that does not fit its text, or facts that are none.
    """
    paths = sorted(folder.glob(f"*{_GOLD}"))
    if not paths:
        raise FanzhaError(f"holds no *{_GOLD}", path=folder, mend="name a folder that fanzha corpus build wrote")
    return [read_built_letter(path) for path in paths]


def read_gold(folder: Path) -> list[GoldLetter]:
    """The letters of a folder, marked up (`ID.txt`) or as stand-off gold (`ID.gold.json` beside `ID.txt`).

    Raises:
        FanzhaError: for a folder without letters, or the first faulty letter.
    """
    return read_built(folder) if any(folder.glob(f"*{_GOLD}")) else read_letters(folder)


def read_built_letter(path: Path) -> GoldLetter:
    """One letter that `write_built` wrote, by its `ID.gold.json`.

    Raises:
        FanzhaError: as `read_built`.
    """
    name = path.name.removesuffix(_GOLD)
    source = path.with_name(f"{name}.txt")
    text = read_text(source, keep_bom=True)
    try:
        gold = Gold.model_validate(read_json(path))
        gold.check_against(text)
    except ValueError as error:  # pydantic's ValidationError, too
        message = f"is no gold of {source.name}: {' '.join(str(error).split())[:200]}"
        raise FanzhaError(message, path=path, mend="build it anew") from None
    if text_sha256(text) != gold.document.sha256 or gold.document.id != name:
        raise FanzhaError(f"is not for {source.name} (SHA-256 or id differs)", path=path, mend="build it anew")
    facts = path.with_name(f"{name}.meta.json")
    meta: Any = read_json(facts) if facts.is_file() else {}
    if not isinstance(meta, dict):
        raise FanzhaError("is no object of facts", path=facts, mend="build it anew")
    return GoldLetter(name, source, text, gold.measures, gold.claims, {"id": name, **meta})
