"""Hugging Face `datasets`: gold as typed rows, as a `DatasetDict` by split, and as Parquet or JSON Lines.

A row is a letter: `id`, `text`, `meta` (its facts as JSON), `measures` and `claims` as in the scheme, with
`ClassLabel`s where there is a closed list. Offsets are code points in `text`, `end` exclusive. No loading script is
run, and nothing is left in the library's cache. Needs the extra `train`.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.annotation.exchange.parts import (
    PART_KINDS,
    Assembly,
    check_ids,
    plain_meta,
    read_json_lines,
)
from nlp.annotation.figures import APPROXIMATIONS
from nlp.annotation.splits import split_letters
from nlp.errors import FanzhaError
from nlp.files import parse_json, write_text
from nlp.labels import CATEGORIES, CLAIM_TYPES, DIRECTIONS, STATUSES

if TYPE_CHECKING:
    import datasets

SPLITS = ("train", "dev", "test")
_MEND = "write the rows of the export"


def features() -> datasets.Features:
    """The types of a row's fields."""
    import datasets

    def label(names: Sequence[str]) -> Any:
        return datasets.ClassLabel(names=list(names))

    text, number = datasets.Value("string"), datasets.Value("float64")
    span = {"start": datasets.Value("int64"), "end": datasets.Value("int64"), "text": text}
    claim = {
        **span, "type": label(CLAIM_TYPES), "value": number, "value_max": number, "unit": text,
        "approx": label(APPROXIMATIONS), "metric": span, "period": span, "direction": label(DIRECTIONS), "basis": text,
        "measure": datasets.Value("int64"),
    }  # fmt: skip
    measure = {**span, "category": label(CATEGORIES), "status": label(STATUSES)}
    return datasets.Features({"id": text, "text": text, "meta": text, "measures": [measure], "claims": [claim]})


def to_row(letter: GoldLetter) -> dict[str, Any]:
    """A letter as a row; labels by their names."""
    return {
        "id": letter.id,
        "text": letter.text,
        "meta": json.dumps(plain_meta(letter), ensure_ascii=False),
        "measures": [m.model_dump() for m in letter.measures],
        "claims": [c.model_dump() for c in letter.claims],
    }


def from_row(row: Any, path: Path, place: str) -> GoldLetter:
    """A row as a letter; labels may be names or numbers of their `ClassLabel`.

    Raises:
        FanzhaError: naming the file and `place` in it.
    """
    if not isinstance(row, dict):
        raise FanzhaError("is no row", path=f"{path}{place}", mend=_MEND)
    meta = row.get("meta")
    meta = parse_json(meta, f"{path}{place}") if isinstance(meta, str) else meta
    assembly = Assembly(path, place, row.get("id"), row.get("text"), meta)
    for index, m in enumerate(assembly.objects(row.get("measures"), "measures", _MEND)):
        category, status = _name(m.get("category"), CATEGORIES), _name(m.get("status"), STATUSES)
        assembly.measure(m.get("start"), m.get("end"), category, status, f"{place}, measure {index}", m.get("text"))
    for index, c in enumerate(assembly.objects(row.get("claims"), "claims", _MEND)):
        where, key = f"{place}, claim {index}", f"q{index}"
        said = {
            "value": c.get("value"), "max": c.get("value_max"), "unit": c.get("unit"),
            "approx": _name(c.get("approx"), APPROXIMATIONS),
        }  # fmt: skip
        assembly.quantity(
            key, c.get("start"), c.get("end"), _name(c.get("type"), CLAIM_TYPES), where,
            figures=said, stored=c.get("text"), direction=_name(c.get("direction"), DIRECTIONS), basis=c.get("basis"),
        )  # fmt: skip
        for kind in PART_KINDS:
            part = c.get(kind)
            if part is not None:
                part = part if isinstance(part, dict) else {}
                assembly.part(f"{key} {kind}", kind, part.get("start"), part.get("end"), where, part.get("text"))
                assembly.link(key, f"{key} {kind}", where)
    return assembly.letter()


def load_dataset_dict(folder: Path, splits: Path | None = None) -> datasets.DatasetDict:
    """Gold by split, in memory.

    Args:
        folder: marked-up letters (`*.txt`), or files `train`, `dev` and `test` (`.parquet` or `.jsonl`; any of them).
        splits: the YAML file with the lists `dev` and `test`, for marked-up letters; without it all are `train`.

    Raises:
        FanzhaError: for a folder with neither, or a fault in a letter or row.
    """
    import datasets

    candidates = [(name, folder / f"{name}{suffix}") for name in SPLITS for suffix in (".jsonl", ".parquet")]
    files = {name: path for name, path in candidates if path.is_file()}
    if files:
        by_split = {name: read_file(path) for name, path in files.items()}
    elif splits is None:
        by_split = {"train": read_letters(folder)}
    else:
        parts = split_letters(read_letters(folder), splits)
        by_split = {name: getattr(parts, name) for name in SPLITS}
    return datasets.DatasetDict({name: to_dataset(letters) for name, letters in by_split.items()})


def to_dataset(letters: Sequence[GoldLetter]) -> datasets.Dataset:
    """Letters as a data set, in memory."""
    import datasets

    check_ids(letters)
    return datasets.Dataset.from_list([to_row(letter) for letter in letters], features=features())


def write_file(letters: Sequence[GoldLetter], path: Path) -> list[Path]:
    """Writes letters as Parquet (with the features in it) or JSON Lines, by the suffix of `path`."""
    check_ids(letters)
    if _is_parquet(path):
        import datasets

        data = to_dataset(letters)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.part")
        try:
            with _silent(datasets):
                data.to_parquet(str(temporary))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    else:
        write_text(path, "".join(json.dumps(to_row(letter), ensure_ascii=False) + "\n" for letter in letters))
    return [path]


def read_file(path: Path) -> list[GoldLetter]:
    """Reads what `write_file` wrote.

    Raises:
        FanzhaError: naming file and row.
    """
    if _is_parquet(path):
        rows = [(row, f", row {number}") for number, row in enumerate(_parquet_rows(path), 1)]
    else:
        rows = read_json_lines(path)
    letters = [from_row(row, path, place) for row, place in rows]
    check_ids(letters)
    return letters


def _parquet_rows(path: Path) -> list[Any]:
    import datasets

    if not path.is_file():
        raise FanzhaError("is no file", path=path, mend="name a file that is there")
    with tempfile.TemporaryDirectory() as cache, _silent(datasets):
        try:
            data = datasets.Dataset.from_parquet(str(path), cache_dir=cache, keep_in_memory=True)
        except Exception as error:  # whatever the library's many readers raise
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise FanzhaError(f"is no Parquet: {reason}", path=path, mend="export it anew") from None
        return list(data)


@contextlib.contextmanager
def _silent(library: Any) -> Iterator[None]:
    """No progress bars for files that take no time."""
    shown = library.is_progress_bar_enabled()
    library.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            library.enable_progress_bars()


def _is_parquet(path: Path) -> bool:
    if path.suffix not in (".parquet", ".jsonl"):
        raise FanzhaError("has neither the suffix .parquet nor .jsonl", path=path, mend="name it so")
    return path.suffix == ".parquet"


def _name(value: Any, names: Sequence[str]) -> Any:
    return names[value] if type(value) is int and 0 <= value < len(names) else value
