"""The letter tagger: a BERT-like encoder and heads on several of its layers.

The heads stand on concatenated layers, each feature standardised with the training set's mean and deviation, because
the last layer of the embedded encoder is nearly constant: a head on it alone hardly trains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, PreTrainedModel
from transformers.modeling_outputs import ModelOutput

from nlp.clause_chain import clause_states
from nlp.labels import CLAUSE_STATES, IGNORED, head_slices
from nlp.model.chain import chain_loss, clause_emissions
from nlp.model.configuration import LetterTaggerConfig
from nlp.model.pairs import PairHead, pair_loss
from nlp.pair_scores import COUNTED

UNIT_HEADS = {"category": "clauses", "status": "clauses", "quantity": "numbers"}
"""The heads that decide about a unit, and the input that says which unit a token is in."""
TOKEN_HEADS = ("metric", "period")


@dataclass
class LetterTaggerOutput(ModelOutput):
    """`loss`: scalar or None; `logits`: [batch, tokens, labels of all heads]."""

    loss: Tensor | None = None
    logits: Tensor | None = None


class LetterTagger(PreTrainedModel):
    """One pass over a window gives, for every token, the logits of all heads."""

    config_class = LetterTaggerConfig
    base_model_prefix = "encoder"

    def __init__(self, config: LetterTaggerConfig) -> None:
        super().__init__(config)
        self.encoder = AutoModel.from_config(config.encoder_config, **_encoder_options(config))
        width = config.encoder["hidden_size"] * len(config.feature_layers)
        self.register_buffer("feature_mean", torch.zeros(width))
        self.register_buffer("feature_scale", torch.ones(width))
        self.dropout = nn.Dropout(config.dropout)
        self.projection = nn.Linear(width, config.projection_size)
        self.classifier = nn.Linear(config.projection_size, config.label_size)
        self.pairs = PairHead(config.projection_size, config.pair_size) if config.pair_size else None
        self.transitions = nn.Parameter(torch.zeros(2, len(CLAUSE_STATES), len(CLAUSE_STATES)))
        self.post_init()

    def features(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """The concatenated layers: [batch, tokens, width], not standardised."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids, output_hidden_states=True
        ).hidden_states
        return torch.cat([hidden[layer] for layer in self.config.feature_layers], dim=-1)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        clauses: Tensor | None = None,
        numbers: Tensor | None = None,
        **labels: Any,
    ) -> LetterTaggerOutput:
        """Logits for every token, and with labels the loss.

        Args:
            input_ids, attention_mask, token_type_ids: [batch, tokens]; type 1 marks the context before the text.
            clauses, numbers: [batch, tokens], the index of the token's clause or number in its window, -1 for none.
            labels: `category_labels`, `status_labels`, `clause_breaks` (1 where a clause begins another sentence than
                the one before it) [batch, clauses], `quantity_labels` [batch, numbers], `metric_labels`,
                `period_labels` [batch, tokens]; for the pair scorer `clauses_begun`, `sentences_begun` … [batch,
                tokens] (see `nlp.pair_scores.token_counts`) and `metric_start_labels`, `metric_end_labels` …
                [batch, numbers], the token, -1 for none; -100 is ignored.
        """
        features = (self.features(input_ids, attention_mask, token_type_ids) - self.feature_mean) * self.feature_scale
        hidden = functional.gelu(self.projection(self.dropout(features)))
        logits = self.columns(self.dropout(hidden))
        loss = None
        if labels.get("category_labels") is not None:
            loss = self._loss(logits.float(), {"clauses": clauses, "numbers": numbers}, labels)
        return LetterTaggerOutput(loss=loss, logits=logits)

    def columns(self, hidden: Tensor) -> Tensor:
        """The output for what the heads share: [batch, tokens, projection] to [batch, tokens, columns]."""
        labels: Tensor = self.classifier(hidden)
        return labels if self.pairs is None else torch.cat([labels, self.pairs(hidden)], dim=-1)

    def _loss(self, logits: Tensor, units: dict[str, Tensor | None], labels: dict[str, Tensor]) -> Tensor:
        """The sum over the heads of the mean loss of a clause (by the chain), a number, a token, and of links."""
        columns = head_slices()
        pooled = {}
        for name, unit_name in UNIT_HEADS.items():
            unit = units[unit_name]
            assert unit is not None
            pooled[name] = pool_units(logits[..., columns[name]], unit, labels[f"{name}_labels"].shape[1])
        losses = [self._clause_loss(pooled["category"], pooled["status"], labels)]
        for name, scores in (
            ("quantity", pooled["quantity"]),
            *((name, logits[..., columns[name]]) for name in TOKEN_HEADS),
        ):
            target = labels[f"{name}_labels"]
            if (target != IGNORED).any():
                losses.append(functional.cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=IGNORED))
        if self.pairs is not None:
            vectors = logits[..., self.config.label_size : self.config.output_size]
            losses.append(self.config.pair_weight * self._pair_loss(vectors, units["numbers"], labels))
        return torch.stack(losses).sum()

    def _pair_loss(self, columns: Tensor, numbers: Tensor | None, labels: dict[str, Tensor]) -> Tensor:
        assert self.pairs is not None
        assert numbers is not None
        counts = torch.stack([labels[f"{name}_begun"] for name in COUNTED], dim=1)
        body = labels["metric_labels"] != IGNORED
        count = labels["quantity_labels"].shape[1]
        return pair_loss(self.pairs.scores(columns, numbers, count, counts, body), labels)

    def _clause_loss(self, category: Tensor, status: Tensor, labels: dict[str, Tensor]) -> Tensor:
        present = labels["category_labels"] != IGNORED
        states = clause_states(labels["category_labels"], labels["status_labels"])
        return chain_loss(
            clause_emissions(category, status), states, labels["clause_breaks"], present, self.transitions
        )


def pool_units(scores: Tensor, units: Tensor, count: int) -> Tensor:
    """The mean of the token scores of each unit.

    Args:
        scores: [batch, tokens, labels].
        units: [batch, tokens], the unit of each token in 0…count-1, or -1.
        count: the number of units.

    Returns:
        [batch, count, labels]; zeros for a unit without tokens.
    """
    inside = (units.unsqueeze(1) == torch.arange(count, device=units.device).view(1, -1, 1)).to(scores.dtype)
    return torch.bmm(inside, scores) / inside.sum(-1, keepdim=True).clamp(min=1)


def _encoder_options(config: LetterTaggerConfig) -> dict[str, Any]:
    return {"add_pooling_layer": False} if config.encoder["model_type"] == "bert" else {}
