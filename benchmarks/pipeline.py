"""The same weights in the transformers token-classification pipeline, to compare with; as a program, started cold.

    python benchmarks/pipeline.py MODEL FILE

The pipeline knows one label a token, so it gets the logits of one head; the encoder, nearly all of the work, is whole.
Windows are as long as the model's and overlap as much; they carry no context, so the pipeline does a little less work.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = "metric"


def load_pipeline(folder: Path, *, attention: str | None = None, batch_size: int = 1) -> Any:
    """A `pipeline("token-classification")` of a model folder's safetensors weights, in fp32 on the CPU.

    Args:
        folder: of the model.
        attention: `sdpa` or `eager`; None for what transformers takes by itself.
        batch_size: of windows.
    """
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast, TokenClassificationPipeline
    from transformers import logging as transformers_logging
    from transformers.modeling_outputs import TokenClassifierOutput

    from nlp.labels import head_slices
    from nlp.model.configuration import LetterTaggerConfig
    from nlp.model.modeling import LetterTagger

    class OneHead(PreTrainedModel):
        """The letter tagger as a token classifier."""

        config_class = LetterTaggerConfig

        def __init__(self, tagger: LetterTagger) -> None:
            super().__init__(tagger.config)
            self.tagger = tagger
            self.columns = head_slices()[HEAD]

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            token_type_ids: torch.Tensor | None = None,
            **_: Any,
        ) -> TokenClassifierOutput:
            types = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
            logits = self.tagger(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=types).logits
            return TokenClassifierOutput(logits=logits[..., self.columns])

    transformers_logging.set_verbosity(transformers_logging.CRITICAL)  # it knows our class by no name, and says so
    transformers_logging.disable_progress_bar()
    tagger = LetterTagger.from_pretrained(folder).float().eval()
    if attention is not None:
        tagger.encoder.set_attn_implementation(attention)
    model = OneHead(tagger)
    labels = tagger.config.heads[HEAD]
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: i for i, label in enumerate(labels)}
    window = tagger.config.window
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, model_max_length=window["max_tokens"])
    return TokenClassificationPipeline(
        model=model, tokenizer=tokenizer, device="cpu", aggregation_strategy="simple", stride=window["overlap"],
        batch_size=batch_size,
    )  # fmt: skip


def main() -> None:
    """Prints the spans of one file as JSON."""
    folder, file = map(Path, sys.argv[1:])
    found = load_pipeline(folder)(file.read_text(encoding="utf-8"))
    print(json.dumps([{"start": span["start"], "end": span["end"], "label": span["entity_group"]} for span in found]))


if __name__ == "__main__":
    main()
