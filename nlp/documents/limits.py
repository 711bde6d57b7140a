"""What a letter may cost at most. A file over a limit is refused with a line that names the option to raise."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.errors import FanzhaError


@dataclass(frozen=True)
class Limits:
    """The limits of reading; each is an option of `fanzha annotate` and `predict`.

    Args:
        file_bytes: of one file, or of one member of an archive.
        characters: of one letter's text, in code points.
        unpacked_bytes: of all that an archive or a packed document (.zip, .docx) holds.
        ratio: of unpacked to packed bytes, for a member of more than a megabyte.
        members: of one archive, or lines of one JSON Lines file.
        pages: of one PDF.
        seconds: that `fanzha annotate` gives a letter; LibreOffice has four fifths of it for one document.
    """

    file_bytes: int = 50_000_000
    characters: int = 200_000
    unpacked_bytes: int = 1_000_000_000
    ratio: int = 200
    members: int = 20_000
    pages: int = 500
    seconds: float = 300.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise FanzhaError(f"the limit {name} is {value}", mend="give a number above zero")


DEFAULT_LIMITS = Limits()
