"""File names in an output folder, from the paths that letters have in the input folder."""

from __future__ import annotations

import hashlib
import re

_UNSAFE = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST_PART = 120
_LONGEST = 200
"""Bytes of UTF-8. With a suffix and a hash a part stays under 255, the limit of file systems, and a whole name leaves
room for the folder in the 260 characters that Windows takes."""


def output_name(path: str) -> str:
    """A relative path, parts joined by `/`, that every file system takes and that stays inside its folder.

    Parts that can stay as they are do. What had to be changed is told apart by a hash, so that two paths never share a
    name (where capitals are told from small letters), nor is one the folder of another once `.txt` or `.html` is added.
    """
    parts = path.split("/")
    safe = [_safe(part, "/".join(parts[: i + 1]), folder=i + 1 < len(parts)) for i, part in enumerate(parts)]
    name = "/".join(safe)
    return name if len(name.encode("utf-8")) <= _LONGEST else _hashed(safe[-1], path)


def _safe(part: str, path: str, *, folder: bool) -> str:
    safe = _cut(_UNSAFE.sub("_", part), _LONGEST_PART)
    plain = safe == part and safe and not safe.startswith((".", " ")) and not safe.endswith((".", " "))
    if plain and not _RESERVED.fullmatch(safe) and not (folder and safe.lower().endswith((".txt", ".html"))):
        return part
    return _hashed(safe, path)


def _hashed(part: str, path: str) -> str:
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{digest}-{_cut(part.strip('. '), 60)}".rstrip("- .")


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")
