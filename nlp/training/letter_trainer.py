"""The transformers Trainer with what a recipe may ask for besides: a fixed order, FGM, R-Drop, a teacher."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback

from nlp.labels import head_slices
from nlp.model.modeling import LetterTagger

ENCODER_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""What the encoder is called with."""


class WeightAveraging(TrainerCallback):
    """A moving average of the trained weights (Polyak & Juditsky, 1992); it begins with the step after the warm-up.

    Args:
        model: whose weights are averaged.
        decay: what of the average stays in a step.
    """

    def __init__(self, model: LetterTagger, decay: float) -> None:
        self._model, self._decay = model, decay
        self._average: dict[str, Tensor] = {}

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step <= args.get_warmup_steps(state.max_steps):
            return
        for name, parameter in self._model.named_parameters():
            if not parameter.requires_grad:
                continue
            if name in self._average:
                self._average[name].lerp_(parameter.detach(), 1 - self._decay)
            else:
                self._average[name] = parameter.detach().clone()

    def put_into(self, model: LetterTagger) -> None:
        """Gives a model the averaged weights."""
        for name, parameter in model.named_parameters():
            if name in self._average:
                parameter.data.copy_(self._average[name])


class LetterTrainer(Trainer):
    """Trains a `LetterTagger`.

    Args:
        ordered: takes the rows as they come: the dataset holds all epochs, each in an order of its own.
        adversarial: the length of the step that the embeddings are moved against the model, before a second pass (the
            fast gradient method: Miyato et al., "Adversarial Training Methods for Semi-Supervised Text
            Classification", 2017); 0 for none.
        r_drop: the weight of the divergence between two passes with different dropout (Liang et al., "R-Drop", 2021).
        teacher: a tagger with the same labels whose distributions are learned too (Hinton et al., "Distilling the
            Knowledge in a Neural Network", 2015).
        teaching: the weight of that, and the temperature of the distributions.
    """

    def __init__(
        self,
        *args: Any,
        ordered: bool = False,
        adversarial: float = 0.0,
        r_drop: float = 0.0,
        teacher: LetterTagger | None = None,
        teaching: tuple[float, float] = (1.0, 2.0),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._ordered, self._adversarial, self._r_drop = ordered, adversarial, r_drop
        self._teacher = None if teacher is None else teacher.to(self.args.device).eval()
        self._teaching = teaching

    def get_train_dataloader(self) -> Any:
        if not self._ordered:
            return super().get_train_dataloader()
        loader = DataLoader(
            self.train_dataset, batch_size=self.args.train_batch_size, collate_fn=self.data_collator, shuffle=False
        )
        return self.accelerator.prepare(loader)

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], *args: Any, **kwargs: Any) -> Tensor:
        output = model(**inputs)
        loss: Tensor = output.loss
        if self._r_drop:
            again = model(**inputs)
            apart = _divergence(output.logits, again.logits, inputs, 1.0, both=True)
            loss = (loss + again.loss) / 2 + self._r_drop * apart
        if self._teacher is not None:
            weight, temperature = self._teaching
            with torch.no_grad():
                taught = self._teacher(**{name: inputs[name] for name in ENCODER_INPUTS}).logits
            loss = loss + weight * _divergence(output.logits, taught, inputs, temperature, both=False)
        return loss

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Tensor:
        if not self._adversarial:
            return super().training_step(model, inputs, *args, **kwargs)
        kept: list[Tensor] = []

        def keep(module: Any, given: Any, embedded: Tensor) -> Tensor:
            kept.append(embedded.detach().requires_grad_() if not embedded.requires_grad else embedded)
            kept[-1].retain_grad()
            return kept[-1]

        embeddings = self.accelerator.unwrap_model(model).encoder.embeddings
        hook = embeddings.register_forward_hook(keep)
        try:
            loss = super().training_step(model, inputs, *args, **kwargs)
        finally:
            hook.remove()
        gradient = kept[0].grad
        assert gradient is not None
        against = self._adversarial * gradient / gradient.norm(dim=(1, 2), keepdim=True).clamp(min=1e-12)
        hook = embeddings.register_forward_hook(lambda module, given, embedded: embedded + against)
        try:
            super().training_step(model, inputs, *args, **kwargs)
        finally:
            hook.remove()
        return loss


def _divergence(own: Tensor, other: Tensor, inputs: dict[str, Tensor], temperature: float, *, both: bool) -> Tensor:
    """The sum over the heads of the mean Kullback-Leibler divergence of a token's labels, from `other` to `own`."""
    body = inputs["attention_mask"].bool()
    total = own.new_zeros(())
    for part in head_slices().values():
        a = functional.log_softmax(own[..., part][body].float() / temperature, dim=-1)
        b = functional.log_softmax(other[..., part][body].float() / temperature, dim=-1)
        one = functional.kl_div(a, b, log_target=True, reduction="batchmean")
        if both:
            one = (one + functional.kl_div(b, a, log_target=True, reduction="batchmean")) / 2
        total = total + one * temperature**2
    return total
