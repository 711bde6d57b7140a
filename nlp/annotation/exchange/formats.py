"""The formats by name: how to write letters in one, and how to read them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.exchange import brat, conll, doccano, huggingface, label_studio
from nlp.files import write_text


@dataclass(frozen=True)
class Format:
    """A format: `write(letters, out)` gives the files it wrote, `read(path)` the letters with their gold."""

    write: Callable[[Sequence[GoldLetter], Path], list[Path]]
    read: Callable[[Path], list[GoldLetter]]


def _write_tasks(letters: Sequence[GoldLetter], path: Path) -> list[Path]:
    config = path.with_suffix(".config.xml")
    write_text(path, label_studio.to_tasks(letters))
    write_text(config, label_studio.labelling_config())
    return [path, config]


def _in_one_file(dump: Callable[[Sequence[GoldLetter]], str]) -> Callable[[Sequence[GoldLetter], Path], list[Path]]:
    def write(letters: Sequence[GoldLetter], path: Path) -> list[Path]:
        write_text(path, dump(letters))
        return [path]

    return write


FORMATS: dict[str, Format] = {
    "label-studio": Format(_write_tasks, label_studio.from_export),
    "doccano": Format(_in_one_file(doccano.to_jsonl), doccano.from_jsonl),
    "brat": Format(brat.write_folder, brat.read_folder),
    "conll": Format(_in_one_file(conll.to_conll), conll.from_conll),
    "datasets": Format(huggingface.write_file, huggingface.read_file),
}
