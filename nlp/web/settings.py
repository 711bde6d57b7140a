"""What a server is allowed to take, and where it listens."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from nlp.documents.limits import Limits
from nlp.errors import FanzhaError


@dataclass(frozen=True)
class ServerLimits:
    """What clients may ask of a server; each is an option of `fanzha serve`.

    Args:
        files: of one batch.
        total_bytes: of one upload.
        letters: of one batch, with those in its archives and JSON Lines files.
        jobs: batches that are uploaded or annotated at a time.
        waiting: single letters that wait for a process; one more is refused.
    """

    files: int = 1000
    total_bytes: int = 500_000_000
    letters: int = 20_000
    jobs: int = 8
    waiting: int = 256

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise FanzhaError(f"the limit {name} is {value}", mend="give a number above zero")


@dataclass(frozen=True)
class WebSettings:
    """How the server answers.

    Args:
        limits: of one letter.
        server: of clients.
        gold: the folder for corrected letters; None: they are refused.
        token: what clients must show, in printable ASCII without blanks; None: none.
        hosts: the names by which the server may be called beside addresses and `localhost`, in lower case.
        loopback: whether it listens to this machine alone; then no other address is right either.
    """

    limits: Limits = field(default_factory=Limits)
    server: ServerLimits = field(default_factory=ServerLimits)
    gold: Path | None = None
    token: str | None = None
    hosts: frozenset[str] = frozenset()
    loopback: bool = True

    def __post_init__(self) -> None:
        if self.token is not None and re.fullmatch(r"[!-~]+", self.token) is None:
            raise FanzhaError("the token is empty or has other characters than ASCII", mend="use letters and digits")


def is_loopback(host: str) -> bool:
    """Whether a name or an address is that of the machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
