"""`fanzha annotate`: what it reads beside folders, and what it says where a cluster cannot be used."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import PLAIN, Tiny

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(PLAIN, encoding="utf-8")
    return folder


@pytest.fixture
def say(fanzha_here: Callable[..., Any], tiny: Tiny, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs it with a cheap set of options and gives the status and what it wrote on stderr."""

    def run(*arguments: Any) -> tuple[int, str]:
        options = ("-o", tmp_path / "out", "--model", tiny.model, "--to", "csv", "--workers", 1)
        status, _, err = fanzha_here("annotate", *options, *arguments)
        return status, err

    return run


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@needs_ray
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            ["--address", "ray://h:10001"],
            "fanzha: ray://h:10001: is the address of a Ray client, not of a cluster (on ",
        ),
        (["--address", "somewhere"], "fanzha: somewhere: is no address (name HOST:PORT of the head node"),
        (["--address", "h:70000"], "fanzha: h:70000: no Ray cluster can be reached there: "),
        (["--device", "cuda:1"], "fanzha: Ray gives out the GPUs, so there is no cuda:1 (use --device cuda)"),
    ],
)
def test_annotate_on_a_cluster_that_cannot_be_used_says_why(
    say: Callable[..., tuple[int, str]], folder: Path, more: list[str], message: str
) -> None:
    status, err = say(folder, "--engine", "ray", *more)
    assert (status, len(err.splitlines())) == (2, 1)
    assert err.startswith(message)


@needs_ray
def test_annotate_on_a_cluster_where_nobody_listens_says_so(say: Callable[..., tuple[int, str]], folder: Path) -> None:
    port = free_port()
    status, err = say(folder, "--engine", "ray", "--address", f"127.0.0.1:{port}")
    assert status == 2
    assert err == (
        f"fanzha: 127.0.0.1:{port}: no Ray cluster can be reached there: Connection refused "
        f"(start one: ray start --head --port={port}; is the port open?)\n"
    )


def test_annotate_without_ray_names_what_brings_it(
    say: Callable[..., tuple[int, str]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else find(name))
    status, err = say(folder, "--engine", "ray")
    assert status == 2
    assert err == "fanzha: --engine ray needs ray, which is not installed (pip install 'fanzha-nlp[ray]')\n"


@pytest.mark.parametrize("more", [["--address", "h:6379"], ["--shared"]])
def test_annotate_refuses_options_of_a_cluster_without_one(
    say: Callable[..., tuple[int, str]], folder: Path, more: list[str]
) -> None:
    status, err = say(folder, *more)
    assert (status, err) == (2, "fanzha: --address and --shared are for a cluster (add --engine ray)\n")


def test_annotate_reads_addresses_and_tables_on_one_machine_too(
    say: Callable[..., tuple[int, str]], folder: Path, tmp_path: Path
) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"path": ["b.txt"], "text": [PLAIN]}), folder / "t.parquet")
    output = tmp_path / "out" / "results.jsonl"
    results = []
    for place in (folder, folder.as_uri(), f"local://{folder}"):
        assert say(place) == (0, "")
        results.append(output.read_bytes())
    assert len(results[0].splitlines()) == 2
    assert results[1:] == results[:1] * 2


def test_annotate_does_not_watch_an_address(say: Callable[..., tuple[int, str]], folder: Path) -> None:
    status, err = say(f"local://{folder}", "--watch")
    assert (status, err.startswith("fanzha: --watch looks at folders, not at addresses (")) == (2, True)
