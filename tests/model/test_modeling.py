"""The letter tagger: what goes in, what comes out, what it learns, and that it is the same after a save."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import Tiny
from torch.nn import functional

from nlp.annotation.corpus import read_letters
from nlp.clause_chain import clause_emissions
from nlp.evaluation.heldout import predict_gold
from nlp.labels import CATEGORY_LABELS, CLAUSE_STATES, HEADS, IGNORED, STATUS_LABELS, head_slices
from nlp.model.configuration import LetterTaggerConfig
from nlp.model.modeling import LetterTagger, pool_units
from nlp.model.pairs import pair_loss
from nlp.pair_scores import COUNTED, pair_width
from nlp.text.tokenization import TextTokenizer
from nlp.training.configuration import read_recipe
from nlp.training.stages import load_checkpoint, torch_predictor
from nlp.training.trainer import make_collator, make_dataset, new_model, standardise, window_settings

Batch = dict[str, torch.Tensor]


@pytest.fixture
def fresh(tiny: Tiny) -> tuple[LetterTagger, TextTokenizer]:
    """A new tagger on the tiny encoder."""
    model, tokenizer, _ = new_model(read_recipe(tiny.recipe))
    return model.eval(), tokenizer


@pytest.fixture
def batch(tiny: Tiny, fresh: tuple[LetterTagger, TextTokenizer]) -> Batch:
    """All windows of the first two tiny letters."""
    model, tokenizer = fresh
    rows = make_dataset(read_letters(tiny.letters)[:2], tokenizer, window_settings(model.config))
    return make_collator(tokenizer.pad_id)(list(rows))


def plain(batch: Batch) -> Batch:
    return {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids")}


def test_model_output_has_a_column_for_each_label(fresh: Any, batch: Batch) -> None:
    output = fresh[0](**plain(batch))
    assert output.loss is None
    width = sum(map(len, HEADS.values())) + pair_width(fresh[0].config.pair_size)
    assert output.logits.shape == (*batch["input_ids"].shape, width)
    assert fresh[0].config.output_size == width


def test_model_features_are_the_layers_side_by_side(fresh: Any, batch: Batch) -> None:
    model = fresh[0]
    hidden = model.encoder(**plain(batch), output_hidden_states=True).hidden_states
    features = model.features(**plain(batch))
    for i, layer in enumerate(model.config.feature_layers):
        torch.testing.assert_close(features[..., 32 * i : 32 * (i + 1)], hidden[layer])


def test_model_padding_changes_no_logit(fresh: Any, batch: Batch) -> None:
    model = fresh[0]
    together = model(**plain(batch)).logits
    for row, length in enumerate(batch["attention_mask"].sum(1).tolist()):
        alone = model(**{name: values[row : row + 1, :length] for name, values in plain(batch).items()}).logits
        torch.testing.assert_close(alone[0], together[row, :length], rtol=1e-4, atol=1e-5)


def test_model_context_is_told_from_text(fresh: Any, batch: Batch) -> None:
    as_text = {**plain(batch), "token_type_ids": torch.zeros_like(batch["token_type_ids"])}
    assert (fresh[0](**as_text).logits - fresh[0](**plain(batch)).logits).abs().max() > 1e-3


@pytest.mark.parametrize("count", [1, 4, 9])
def test_pool_units_is_the_mean_over_each_unit(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    scores = torch.randn((3, 20, 5), generator=generator)
    units = torch.randint(-1, count, (3, 20), generator=generator)
    expected = torch.zeros((3, count, 5))
    for row in range(3):
        for unit in range(count):
            inside = [scores[row, t] for t in range(20) if units[row, t] == unit]
            if inside:
                expected[row, unit] = sum(inside) / len(inside)
    torch.testing.assert_close(pool_units(scores, units, count), expected)


def clause_loss(model: LetterTagger, batch: Batch, logits: torch.Tensor) -> torch.Tensor:
    """The mean over clauses of the negative log likelihood, from all states one after another."""
    heads = logits.detach().double().numpy()
    columns, transitions = head_slices(), model.transitions.detach().double().numpy()
    total, count = 0.0, 0
    for row in range(len(heads)):
        states, breaks, category, status = [], [], [], []
        for i, label in enumerate(batch["category_labels"][row].tolist()):
            if label == IGNORED:
                continue
            inside = (batch["clauses"][row] == i).numpy()
            category.append(heads[row, inside][:, columns["category"]].mean(0))
            status.append(heads[row, inside][:, columns["status"]].mean(0))
            breaks.append(int(batch["clause_breaks"][row, i]))
            gold = int(batch["status_labels"][row, i])
            wanted = (CATEGORY_LABELS[label], None if gold == IGNORED else STATUS_LABELS[gold])
            states.append(CLAUSE_STATES.index(wanted))
        emissions = clause_emissions(np.array(category), np.array(status))
        score, forward = emissions[0, states[0]], emissions[0]
        for t in range(1, len(states)):
            step = transitions[breaks[t]]
            score += step[states[t - 1], states[t]] + emissions[t, states[t]]
            forward = np.logaddexp.reduce(forward[:, None] + step, axis=0) + emissions[t]
        total += np.logaddexp.reduce(forward) - score
        count += len(states)
    return torch.tensor(total / count, dtype=torch.float32)


def test_loss_is_the_sum_of_the_losses_of_clauses_numbers_tokens_and_pairs(fresh: Any, batch: Batch) -> None:
    model = fresh[0]
    with torch.no_grad():
        model.transitions.normal_(generator=torch.Generator().manual_seed(1))
    output = model(**batch)
    columns = head_slices()
    expected = clause_loss(model, batch, output.logits)
    for name, unit in (("quantity", "numbers"), ("metric", None), ("period", None)):
        losses = []
        for row in range(len(batch["input_ids"])):
            for i, label in enumerate(batch[f"{name}_labels"][row].tolist()):
                if label == IGNORED:
                    continue
                scores = output.logits[row, :, columns[name]]
                score = scores[i] if unit is None else scores[batch[unit][row] == i].mean(0)
                losses.append(functional.cross_entropy(score, torch.tensor(label)))
        expected = expected + torch.stack(losses).mean()
    counts = torch.stack([batch[f"{name}_begun"] for name in COUNTED], dim=1)
    vectors, body = output.logits[..., model.config.label_size :], batch["metric_labels"] != IGNORED
    scores = model.pairs.scores(vectors, batch["numbers"], batch["quantity_labels"].shape[1], counts, body)
    expected = expected + model.config.pair_weight * pair_loss(scores, batch)
    torch.testing.assert_close(output.loss, expected, rtol=1e-4, atol=1e-4)


def test_loss_does_not_depend_on_ignored_labels(fresh: Any, batch: Batch) -> None:
    model = fresh[0]
    without = model(**{**batch, "quantity_labels": torch.full_like(batch["quantity_labels"], IGNORED)})
    without.loss.backward()
    gradient = model.classifier.weight.grad
    assert (gradient[head_slices()["quantity"]] == 0).all()
    assert (gradient[head_slices()["category"]] != 0).any()
    assert (gradient[head_slices()["status"]] != 0).any()
    assert without.loss < model(**batch).loss


def test_loss_of_a_batch_without_labels_is_zero(fresh: Any, batch: Batch) -> None:
    ignored = {name: torch.full_like(v, IGNORED) if name.endswith("_labels") else v for name, v in batch.items()}
    loss = fresh[0](**ignored).loss
    loss.backward()
    assert loss.item() == 0


def test_model_learns_two_letters_by_heart(tiny: Tiny, fresh: Any, batch: Batch) -> None:
    model, tokenizer = fresh
    letters = read_letters(tiny.letters)[:2]
    standardise(model, [batch])
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(80):
        loss = model(**batch).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    for scored in predict_gold(torch_predictor(model, tokenizer), letters):
        found = [(m.start, m.end, m.category, m.status) for m in scored.predicted.measures]
        assert found == [(m.start, m.end, m.category, m.status) for m in scored.gold.measures]


def test_model_saved_and_loaded_gives_the_same_logits(fresh: Any, batch: Batch, tmp_path: Path) -> None:
    model = fresh[0]
    standardise(model, [batch])
    model.save_pretrained(tmp_path)
    again = LetterTagger.from_pretrained(tmp_path).eval()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    assert torch.equal(again.feature_scale, model.feature_scale)
    assert torch.equal(again(**plain(batch)).logits, model(**plain(batch)).logits)


def test_new_model_has_the_weights_of_its_encoder(tiny: Tiny) -> None:
    from safetensors.torch import load_file

    model, _, folder = new_model(read_recipe(tiny.recipe))
    assert folder == tiny.encoder
    stored = load_file(tiny.encoder / "model.safetensors")
    own = model.encoder.state_dict()
    assert stored
    for name, values in stored.items():
        assert torch.equal(own[name], values), name


def test_configuration_comes_back_from_its_file(tiny: Tiny, tmp_path: Path) -> None:
    config = load_checkpoint(tiny.checkpoint)[0].config
    config.save_pretrained(tmp_path)
    again = LetterTaggerConfig.from_pretrained(tmp_path)
    for name in ("encoder", "feature_layers", "projection_size", "dropout", "heads", "window"):
        assert getattr(again, name) == getattr(config, name), name
    assert again.encoder_config.model_type == "bert"
    assert again.encoder_config.hidden_size == 32
    assert again.window == {"max_tokens": 96, "overlap": 24, "context": 16}
    assert again.heads == {name: list(labels) for name, labels in HEADS.items()}
