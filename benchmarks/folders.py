"""Folders of letters for benchmarks: the composed letters, cut and numbered so that no two are the same."""

from __future__ import annotations

from pathlib import Path

from nlp.annotation.corpus import read_letters

ROOT = Path(__file__).resolve().parent.parent


def write_folder(folder: Path, count: int, characters: int) -> int:
    """Writes `count` letters of about `characters` characters each as text files, a thousand to a folder.

    Returns:
        Their characters in all.
    """
    texts = [letter.text for letter in read_letters(ROOT / "annotations" / "letters")]
    total = 0
    for i in range(count):
        text = texts[i % len(texts)]
        start = (i // len(texts)) * 97 % max(1, len(text) - characters)
        part = f"第{i}件\n{text[start : start + characters]}\n"
        path = folder / f"{i // 1000:03d}" / f"{i:06d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(part, encoding="utf-8", newline="")
        total += len(part)
    return total
