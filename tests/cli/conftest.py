"""The tiny model (tests/tiny.py), and the command line as a process of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny

from nlp.cli.main import main

__all__ = ["tiny"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def command() -> list[str]:
    """`fanzha` as the first words of a command line."""
    return [sys.executable, "-m", "nlp"]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The environment of the processes: the package of this checkout, and nothing that colours the output."""
    kept = {k: v for k, v in os.environ.items() if k not in ("REPLIES_DIR", "FORCE_COLOR", "PYTHONIOENCODING")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


@pytest.fixture(scope="session")
def fanzha(command: list[str], environment: dict[str, str]) -> Callable[..., Any]:
    """Runs `fanzha ARGUMENTS…` to its end and gives what it wrote, as bytes."""

    def run(
        *arguments: Any, stdin: bytes = b"", cwd: Path = ROOT, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*command, *(a if isinstance(a, bytes) else str(a) for a in arguments)],
            input=stdin, capture_output=True, cwd=cwd, env={**environment, **(variables or {})}, timeout=300,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def fanzha_here() -> Callable[..., Any]:
    """Runs `fanzha ARGUMENTS…` in this process, which has torch in memory already; gives status, stdout, stderr."""

    def run(*arguments: Any) -> tuple[int, str, str]:
        out, err, before = io.StringIO(), io.StringIO(), sys.argv
        status: Any = 0
        try:
            sys.argv = ["fanzha", *map(str, arguments)]
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main()
        except SystemExit as ended:
            status = ended.code or 0
        finally:
            sys.argv = before
        return status, out.getvalue(), err.getvalue()

    return run
