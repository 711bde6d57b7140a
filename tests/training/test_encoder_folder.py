"""Encoders from elsewhere: what they lack is said with the way to convert them, and that way works."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import torch
from tiny import Tiny
from transformers import AutoModel

from nlp.errors import FanzhaError
from nlp.training.configuration import Recipe, read_recipe
from nlp.training.trainer import new_model

CONFIGS = Path(__file__).parents[2] / "configs"


def recipe_for(tiny: Tiny, path: Path | str, source: str = "local") -> Recipe:
    recipe = read_recipe(tiny.recipe)
    encoder = recipe.encoder.model_copy(update={"source": source, "path": str(path)})
    return recipe.model_copy(update={"encoder": encoder})


@pytest.fixture
def pickled(tiny: Tiny, tmp_path: Path) -> Path:
    """The tiny encoder as old checkpoints are: its weights in a pickle."""
    folder = Path(shutil.copytree(tiny.encoder, tmp_path / "pickled"))
    torch.save(AutoModel.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def test_encoder_of_pickled_weights_is_refused_and_converts_as_the_fault_says(
    tiny: Tiny, pickled: Path, tmp_path: Path
) -> None:
    with pytest.raises(FanzhaError, match="the encoder has no weights in safetensors; pickled weights") as caught:
        new_model(recipe_for(tiny, pickled))
    assert caught.value.mend is not None
    found = re.fullmatch(r'python -c "(.+)", then set encoder\.source: local and encoder\.path: DIR', caught.value.mend)
    assert found is not None
    exec(found[1].replace("'DIR'", repr(str(tmp_path / "converted"))))
    model, tokenizer, _ = new_model(recipe_for(tiny, tmp_path / "converted"))
    expected, tokens, _ = new_model(recipe_for(tiny, tiny.encoder))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), expected.parameters(), strict=True))
    assert tokenizer("公安机关12起").ids.tolist() == tokens("公安机关12起").ids.tolist()


def test_encoder_without_a_fast_tokenizer_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny.encoder, tmp_path / "slow"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(FanzhaError, match=r"no fast tokenizer \(tokenizer\.json\).*AutoTokenizer\.from_pretrained"):
        new_model(recipe_for(tiny, folder))
    (folder / "model.safetensors").unlink()
    with pytest.raises(FanzhaError, match="no weights in safetensors and no fast tokenizer"):
        new_model(recipe_for(tiny, folder))
    with pytest.raises(FanzhaError, match="fanzha build-encoder"):
        new_model(recipe_for(tiny, folder, "embedded"))


@pytest.mark.parametrize("name", ["macbert", "roberta-wwm", "bert-base-chinese"])
def test_encoder_of_the_hub_that_is_pickled_is_refused_by_its_name(
    tiny: Tiny, pickled: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    encoder = read_recipe(CONFIGS / f"{name}.yaml").encoder
    assert encoder.source == "hub"
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(pickled))
    with pytest.raises(FanzhaError, match=re.escape(f"AutoModel.from_pretrained('{encoder.path}')")):
        new_model(recipe_for(tiny, encoder.path, "hub"))


def test_encoder_of_the_hub_in_safetensors_is_taken(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tiny.encoder))
    assert new_model(recipe_for(tiny, "somebody/encoder", "hub"))[2] == tiny.encoder
