"""Continued pre-training of an encoder on plain text, by masked language modelling (Devlin et al., "BERT", 2019;
Gururangan et al., "Don't Stop Pretraining", 2020).

The word embeddings stay as they are, and stand behind the prediction too, so that what is learned is the layers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, set_seed

from nlp.errors import FanzhaError, first_fault
from nlp.files import write_json
from nlp.text.tokenization import TextTokenizer
from nlp.training.trainer import copy_tokenizer

PRETRAINING = "pretraining.json"
"""The file of an encoder's folder that says how its pre-training went on."""
_MASK = "[MASK]"

Ids = npt.NDArray[np.int32]


class PretrainingRecipe(BaseModel):
    """How an encoder is trained on.

    `letter_weight` says how often the training letters are read while the news is read once. `share` is masked; of that
    8 in 10 tokens give way to the mask, one to another token, one stays.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: Path
    news: Path | None = None
    letters: Path = Path("annotations/letters")
    splits: Path = Path("annotations/splits.yaml")
    letter_weight: int = Field(3, ge=0)
    articles: int | None = Field(None, gt=0, description="only so many articles of the news; None: all")
    epochs: float = Field(gt=0)
    length: int = Field(256, ge=32, le=512, description="tokens of a row")
    rows: int = Field(128, gt=0, description="rows of a step")
    share: float = Field(0.15, gt=0, lt=1)
    learning_rate: float = Field(3e-4, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.05, ge=0, lt=1)
    max_grad_norm: float = Field(1.0, gt=0)
    seed: int = 42


def read_pretraining(path: Path) -> PretrainingRecipe:
    """Reads and checks a recipe.

    Raises:
        FanzhaError: naming the key that is wrong.
    """
    try:
        return PretrainingRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise FanzhaError(first_fault(error), path=path, mend="compare with configs/pretraining.yaml") from None
    except (OSError, yaml.YAMLError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise FanzhaError(f"cannot be read: {first}", path=path, mend="name configs/pretraining.yaml") from None


class MaskedLanguageModel(nn.Module):
    """An encoder and the head that names the masked tokens, through the word embeddings."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        words = encoder.embeddings.word_embeddings
        words.weight.requires_grad = False
        width = words.embedding_dim
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.scale = nn.Parameter(torch.ones(()))
        self.bias = nn.Parameter(torch.zeros(words.num_embeddings))

    def forward(self, ids: Tensor, masked: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of the masked tokens.

        Args:
            ids: [rows, tokens], some of them masked.
            masked: [rows, tokens], true where a token is to be named.
            targets: [masked tokens], in the order of the rows.
        """
        hidden = self.encoder(input_ids=ids).last_hidden_state[masked]
        scores = functional.linear(self.transform(hidden) * self.scale, self.encoder.embeddings.word_embeddings.weight)
        return functional.cross_entropy(scores.float() + self.bias, targets)


@dataclass(frozen=True)
class Rows:
    """Text as rows of equal length, [CLS] … [SEP]; articles follow one another with a [SEP] between."""

    ids: Ids
    vocabulary: int
    mask: int


def make_rows(texts: Iterable[str], tokenizer: TextTokenizer, folder: Path, length: int) -> Rows:
    """Packs the tokens of texts into rows; what does not fill a last row is left out."""
    from tokenizers import Tokenizer

    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    mask = whole.token_to_id(_MASK)
    if mask is None:
        mask = whole.token_to_id("<mask>")
    if mask is None:
        raise FanzhaError("has no mask token", path=folder, mend="name an encoder with a [MASK]")
    parts: list[Ids] = []
    for text in texts:
        parts += [tokenizer(text).ids.astype(np.int32), np.array([tokenizer.sep_id], dtype=np.int32)]
    flat = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
    body = length - 2
    count = len(flat) // body
    if not count:
        raise FanzhaError("there is not enough text for a row of the pre-training", mend="lower length, or add text")
    ids = np.empty((count, length), dtype=np.int32)
    ids[:, 0], ids[:, -1] = tokenizer.cls_id, tokenizer.sep_id
    ids[:, 1:-1] = flat[: count * body].reshape(count, body)
    return Rows(ids, whole.get_vocab_size(), mask)


def mask_rows(ids: Tensor, rows: Rows, special: Sequence[int], share: float, random: torch.Generator) -> Any:
    """Hides a share of the tokens.

    Returns:
        The ids with some hidden, where, and what stood there.
    """
    drawn = torch.rand(ids.shape, generator=random, device=ids.device)
    masked = (drawn < share) & ~torch.isin(ids, torch.tensor(special, device=ids.device))
    how = torch.rand(ids.shape, generator=random, device=ids.device)
    others = torch.randint(len(special), rows.vocabulary, ids.shape, generator=random, device=ids.device)
    hidden = torch.where(how < 0.8, rows.mask, torch.where(how < 0.9, others, ids))
    return torch.where(masked, hidden, ids), masked, ids[masked]


def pretrain(
    recipe: PretrainingRecipe, texts: Iterable[str], output: Path, report: Callable[[str], None]
) -> dict[str, Any]:
    """Trains the recipe's encoder on texts and writes it as a checkpoint folder like the one it came from.

    Runs in bf16 on a GPU, in fp32 on a CPU.

    Returns:
        The facts that the folder's pretraining.json holds.
    """
    set_seed(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    encoder = AutoModel.from_pretrained(recipe.encoder, dtype=torch.float32, add_pooling_layer=False)
    tokenizer = TextTokenizer.from_folder(recipe.encoder)
    rows = make_rows(texts, tokenizer, recipe.encoder, recipe.length)
    model = MaskedLanguageModel(encoder).to(device).train()
    order = np.random.default_rng(recipe.seed)
    random = torch.Generator(device).manual_seed(recipe.seed)
    steps = max(1, int(recipe.epochs * len(rows.ids) / recipe.rows))
    optimiser = _optimiser(model, recipe)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps, recipe.warmup))
    report(f"{len(rows.ids)} rows of {recipe.length} tokens, {steps} steps of {recipe.rows} rows, on {device}")
    special = (tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id, rows.mask)
    waiting: list[int] = []
    started = time.monotonic()
    losses: list[Tensor] = []
    for step in range(1, steps + 1):
        while len(waiting) < recipe.rows:
            waiting += order.permutation(len(rows.ids)).tolist()
        chosen, waiting = waiting[: recipe.rows], waiting[recipe.rows :]
        ids = torch.from_numpy(rows.ids[chosen]).to(device, torch.long, non_blocking=True)
        hidden, masked, targets = mask_rows(ids, rows, special, recipe.share, random)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = model(hidden, masked, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.max_grad_norm)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        if step % 50 == 0 or step == steps:
            mean = float(torch.stack(losses[-50:]).mean())
            report(f"step {step}/{steps}, loss {mean:.3f}, {time.monotonic() - started:.0f} s")
    facts = {
        "recipe": recipe.model_dump(mode="json"),
        "rows": len(rows.ids),
        "steps": steps,
        "last_loss": round(float(torch.stack(losses[-50:]).mean()), 4),
        "seconds": round(time.monotonic() - started),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
    }
    output.mkdir(parents=True, exist_ok=True)
    model.encoder.float().cpu().save_pretrained(output)
    copy_tokenizer(recipe.encoder, output)
    write_json(output / PRETRAINING, facts)
    return facts


def _optimiser(model: nn.Module, recipe: PretrainingRecipe) -> torch.optim.Optimizer:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98))


def _rate(step: int, steps: int, warmup: float) -> float:
    """The share of the learning rate: up to 1 over the warm-up, then down to 0, both in a straight line."""
    begin = max(1.0, warmup * steps)
    return min((step + 1) / begin, max(0.0, (steps - step) / max(1.0, steps - begin)))
