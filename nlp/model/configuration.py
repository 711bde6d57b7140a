"""What a trained model is made of; saved as config.json beside its weights."""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, BertConfig, PretrainedConfig

from nlp.labels import HEADS
from nlp.pair_scores import pair_width


class LetterTaggerConfig(PretrainedConfig):
    """Configuration of a `LetterTagger`.

    Args:
        encoder: the configuration of the encoder, as a dictionary with its `model_type`.
        feature_layers: the encoder layers (1-based) whose outputs are concatenated for the heads.
        projection_size: width of the hidden layer that the heads share.
        dropout: before the heads.
        heads: labels of each head in the order of their columns; must be the scheme's.
        pair_size: width of the queries and keys of the pair scorer (`nlp.pair_scores`); 0 for none.
        pair_weight: of the pair scorer's loss beside the others, which are smaller by far.
        window: `max_tokens`, `overlap` and `context` that it was trained with.
    """

    model_type = "fanzha-letter-tagger"
    has_no_defaults_at_init = True

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        feature_layers: list[int] | None = None,
        projection_size: int = 384,
        dropout: float = 0.1,
        heads: dict[str, list[str]] | None = None,
        pair_size: int = 0,
        pair_weight: float = 1.0,
        window: dict[str, int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder if encoder is not None else BertConfig().to_dict()
        self.feature_layers = feature_layers if feature_layers is not None else [int(self.encoder["num_hidden_layers"])]
        self.projection_size = projection_size
        self.dropout = dropout
        self.heads = heads if heads is not None else {name: list(labels) for name, labels in HEADS.items()}
        self.pair_size = pair_size
        self.pair_weight = pair_weight
        self.window = window if window is not None else {"max_tokens": 256, "overlap": 64, "context": 40}
        super().__init__(**kwargs)

    @property
    def encoder_config(self) -> PretrainedConfig:
        """The encoder's own configuration object."""
        values = dict(self.encoder)
        return AutoConfig.for_model(values.pop("model_type"), **values)

    @property
    def output_size(self) -> int:
        """The width of the model's output: the labels of all heads, then the pair vectors."""
        return self.label_size + (pair_width(self.pair_size) if self.pair_size else 0)

    @property
    def label_size(self) -> int:
        """The labels of all heads."""
        return sum(len(labels) for labels in self.heads.values())
