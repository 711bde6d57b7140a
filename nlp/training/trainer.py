"""Training of a letter tagger with the transformers Trainer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from datasets import Dataset, concatenate_datasets
from torch.utils.data import DataLoader
from transformers import AutoConfig, AutoModel, TrainerCallback, TrainingArguments, set_seed

from nlp.annotation.corpus import GoldLetter
from nlp.errors import FanzhaError
from nlp.files import write_bytes
from nlp.labels import IGNORED
from nlp.model.configuration import LetterTaggerConfig
from nlp.model.modeling import LetterTagger
from nlp.pair_scores import COUNTED
from nlp.text.tokenization import TextTokenizer
from nlp.text.windows import WindowSettings
from nlp.training.augmentation import augmented_epoch
from nlp.training.configuration import Recipe
from nlp.training.features import gold_transitions, training_windows
from nlp.training.letter_trainer import ENCODER_INPUTS, LetterTrainer, WeightAveraging

_PADDING = {"token_type_ids": 0, "clauses": -1, "numbers": -1, **{f"{name}_begun": 0 for name in COUNTED}}
_STATISTICS_WINDOWS = 64


def make_dataset(letters: Iterable[GoldLetter], tokenizer: TextTokenizer, settings: WindowSettings) -> Dataset:
    """The windows of all letters, one row a window, in the order of the letters."""
    rows = [row for letter in letters for row in training_windows(letter, tokenizer, settings)]
    return Dataset.from_list(rows)


def make_augmented_dataset(
    recipe: Recipe, letters: Sequence[GoldLetter], tokenizer: TextTokenizer, settings: WindowSettings
) -> Dataset:
    """The windows of all epochs, one after the other, each with its own variants of the letters and its own order.

    They are made beforehand, since a variant may have more windows than its letter and the rates follow the steps.
    """
    assert recipe.augmentation is not None
    seed = recipe.training.seed
    epochs = []
    for epoch in range(recipe.training.epochs):
        variants = augmented_epoch(letters, recipe.augmentation, seed=seed, epoch=epoch)
        epochs.append(make_dataset(variants, tokenizer, settings).shuffle(seed=seed + epoch))
    return concatenate_datasets(epochs)


def make_collator(pad_id: int) -> Callable[[Sequence[dict[str, Any]]], dict[str, torch.Tensor]]:
    """Pads rows of `training_windows` to tensors."""

    def collate(rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = {}
        for name in rows[0]:
            filler = pad_id if name == "input_ids" else _PADDING.get(name, IGNORED)
            length = max(1, *(len(row[name]) for row in rows)) if len(rows) > 1 else max(1, len(rows[0][name]))
            batch[name] = torch.tensor([row[name] + [filler] * (length - len(row[name])) for row in rows])
        length = batch["input_ids"].shape[1]
        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        batch["attention_mask"] = (torch.arange(length).unsqueeze(0) < lengths.unsqueeze(1)).long()
        return batch

    return collate


def new_model(recipe: Recipe) -> tuple[LetterTagger, TextTokenizer, Path]:
    """An untrained tagger on the recipe's encoder, its tokenizer, and the folder of the encoder.

    Raises:
        FanzhaError: where the encoder cannot be had.
    """
    folder = _encoder_folder(recipe)
    set_seed(recipe.training.seed)
    encoder_config = AutoConfig.from_pretrained(folder)
    _check_fit(recipe, encoder_config, folder)
    encoder_config.hidden_dropout_prob = encoder_config.attention_probs_dropout_prob = recipe.encoder.dropout
    config = LetterTaggerConfig(
        encoder=encoder_config.to_dict(),
        feature_layers=recipe.heads.layers,
        projection_size=recipe.heads.projection_size,
        dropout=recipe.heads.dropout,
        pair_size=recipe.heads.pair_size,
        pair_weight=recipe.heads.pair_weight,
        window=recipe.window.model_dump(),
    )
    model = LetterTagger(config)
    options = {"add_pooling_layer": False} if encoder_config.model_type == "bert" else {}
    model.encoder = AutoModel.from_pretrained(
        folder, config=encoder_config, dtype=torch.float32, use_safetensors=True, **options
    )
    if recipe.encoder.keep_layers is not None:
        _keep_layers(model, recipe.encoder.keep_layers)
    return model, TextTokenizer.from_folder(folder), folder


def _keep_layers(model: LetterTagger, layers: Sequence[int]) -> None:
    """Cuts an encoder to some of its layers (1-based); the heads read the last third, two thirds and all of them."""
    encoder = model.encoder.encoder
    encoder.layer = torch.nn.ModuleList(encoder.layer[layer - 1] for layer in layers)
    model.encoder.config.num_hidden_layers = model.config.encoder["num_hidden_layers"] = len(layers)


def _check_fit(recipe: Recipe, encoder: Any, folder: Path) -> None:
    """Refuses a recipe that asks of the encoder what it has not; torch would say so by an index in mid-training."""
    for key, wanted, there in (
        ("heads.layers", max(recipe.heads.layers), len(recipe.encoder.keep_layers or range(encoder.num_hidden_layers))),
        ("encoder.keep_layers", max(recipe.encoder.keep_layers or [0]), encoder.num_hidden_layers),
        ("window.max_tokens", recipe.window.max_tokens, encoder.max_position_embeddings),
    ):
        if wanted > there:
            raise FanzhaError(
                f"{key}: the recipe wants {wanted}, the encoder has {there}", path=folder, mend="lower it"
            )


def _encoder_folder(recipe: Recipe) -> Path:
    folder = _fetched(recipe)
    missing = []
    if not any((folder / name).is_file() for name in ("model.safetensors", "model.safetensors.index.json")):
        missing.append("weights in safetensors")
    if not (folder / "tokenizer.json").is_file():
        missing.append("fast tokenizer (tokenizer.json)")
    if missing:
        name, mend = recipe.encoder.path, f"fanzha build-encoder {folder}"
        if recipe.encoder.source != "embedded":
            convert = (
                "from transformers import AutoModel, AutoTokenizer; "
                f"AutoModel.from_pretrained({name!r}).save_pretrained('DIR', safe_serialization=True); "
                f"AutoTokenizer.from_pretrained({name!r}, use_fast=True).save_pretrained('DIR')"
            )
            mend = f'python -c "{convert}", then set encoder.source: local and encoder.path: DIR'
        raise FanzhaError(
            f"the encoder has no {' and no '.join(missing)}; pickled weights (*.bin) are not read",
            path=folder,
            mend=mend,
        )
    return folder


def _fetched(recipe: Recipe) -> Path:
    path = Path(recipe.encoder.path)
    if recipe.encoder.source == "hub":
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        try:
            return Path(snapshot_download(recipe.encoder.path, allow_patterns=["*.json", "*.safetensors", "*.txt"]))
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            raise FanzhaError(
                f"the encoder {recipe.encoder.path} is not to be had from the hub ({type(error).__name__})",
                mend="copy it to a folder and set encoder.source: local and encoder.path",
            ) from None
    if not (path / "config.json").is_file():
        how = (
            f"fanzha build-encoder {path}"
            if recipe.encoder.source == "embedded"
            else "set encoder.path to a checkpoint folder"
        )
        raise FanzhaError("holds no encoder", path=path, mend=how)
    return path


def train(
    recipe: Recipe,
    letters: Sequence[GoldLetter],
    output: Path,
    *,
    start: tuple[LetterTagger, TextTokenizer],
    fresh: bool = False,
    on_progress: Callable[[int, int, float], None] | None = None,
) -> LetterTagger:
    """Trains a tagger on all windows of `letters`, or, where the recipe has an augmentation, of variants of them.

    Args:
        recipe: how.
        letters: the gold; a letter that is to be tested on must not be among them.
        output: a folder for the Trainer's state.
        start: the tagger to train, and its tokenizer.
        fresh: the tagger is new: its features are standardised by the letters first.
        on_progress: called with the step, all steps and the loss, every ten steps.

    Returns:
        The trained model, in evaluation mode.
    """
    if not letters:
        raise FanzhaError("there is no letter to train on", mend="name a folder of gold letters in data.letters")
    model, tokenizer = start
    set_seed(recipe.training.seed)
    settings = WindowSettings(**recipe.window.model_dump())
    augmented = recipe.augmentation is not None
    dataset = (
        make_augmented_dataset(recipe, letters, tokenizer, settings)
        if augmented
        else make_dataset(letters, tokenizer, settings)
    )
    collate = make_collator(tokenizer.pad_id)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    if fresh:
        sample = dataset.shuffle(seed=0).select(range(min(len(dataset), _STATISTICS_WINDOWS)))
        if recipe.heads.clauses == "chain":
            model.transitions.data.copy_(torch.from_numpy(gold_transitions(letters)))
        if recipe.heads.standardise:
            standardise(model, DataLoader(sample, batch_size=8, collate_fn=collate))
    choose_trained(model, recipe)
    options = recipe.training
    arguments = TrainingArguments(
        output_dir=str(output),
        num_train_epochs=1 if augmented else options.epochs,
        per_device_train_batch_size=options.batch_size,
        lr_scheduler_type="linear",
        warmup_steps=options.warmup,
        max_grad_norm=options.max_grad_norm,
        bf16=options.bf16,
        seed=options.seed,
        logging_steps=10,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        use_cpu=not torch.cuda.is_available(),
    )
    averaging = WeightAveraging(model, options.averaging) if options.averaging else None
    trainer = LetterTrainer(
        ordered=augmented,
        adversarial=options.adversarial,
        r_drop=options.r_drop,
        **_teacher(recipe),
        model=model,
        args=arguments,
        train_dataset=dataset,
        data_collator=collate,
        optimizers=(make_optimiser(model, recipe), None),
        callbacks=[_Progress(on_progress), *([averaging] if averaging is not None else [])],
    )
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    trainer.train()
    if averaging is not None:
        averaging.put_into(model)
    return model.eval()


def choose_trained(model: LetterTagger, recipe: Recipe) -> None:
    """Says of each weight whether it is trained: the chain and the word embeddings only where the recipe says so."""
    model.transitions.requires_grad = recipe.heads.clauses == "chain"
    for parameter in model.encoder.embeddings.word_embeddings.parameters():
        parameter.requires_grad = not recipe.encoder.freeze_embeddings


def _teacher(recipe: Recipe) -> dict[str, Any]:
    """What the trainer is told of the recipe's teacher."""
    if recipe.distillation is None:
        return {}
    told = recipe.distillation
    teacher = LetterTagger.from_pretrained(told.teacher, use_safetensors=True)
    return {"teacher": teacher, "teaching": (told.weight, told.temperature)}


def standardise(model: LetterTagger, batches: Iterable[dict[str, torch.Tensor]]) -> None:
    """Sets the mean and scale of the head's features from windows of the training set."""
    total = squares = torch.zeros_like(model.feature_mean, dtype=torch.float64)
    count = 0
    with torch.inference_mode(), _evaluating(model):
        for batch in batches:
            inputs = {name: batch[name].to(model.device) for name in ENCODER_INPUTS}
            real = model.features(**inputs)[inputs["attention_mask"].bool()].double()
            total = total + real.sum(0)
            squares = squares + real.square().sum(0)
            count += len(real)
    mean = total / count
    deviation = (squares / count - mean.square()).clamp(min=1e-8).sqrt()
    model.feature_mean.copy_(mean.float())
    model.feature_scale.copy_(deviation.reciprocal().float())


@contextlib.contextmanager
def _evaluating(model: LetterTagger) -> Any:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def make_optimiser(model: LetterTagger, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW with its own rate for the encoder; biases and layer norms are not decayed."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = (
            recipe.training.encoder_learning_rate if name.startswith("encoder.") else recipe.training.head_learning_rate
        )
        decay = 0.0 if parameter.ndim < 2 else recipe.training.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW([{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in groups.items()])


class _Progress(TrainerCallback):
    def __init__(self, report: Callable[[int, int, float], None] | None) -> None:
        self._report = report

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if self._report is not None and logs is not None and "loss" in logs:
            self._report(state.global_step, state.max_steps, float(logs["loss"]))


def copy_tokenizer(source: Path, output: Path) -> None:
    """Copies the tokenizer's files, and the licence and notice beside them, from one checkpoint to another."""
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "LICENSE", "NOTICE"):
        if (source / name).is_file():
            write_bytes(output / name, (source / name).read_bytes())


def window_settings(config: LetterTaggerConfig) -> WindowSettings:
    """The windows a model was trained with."""
    return WindowSettings(**{name: config.window[name] for name in asdict(WindowSettings())})


def model_transitions(model: LetterTagger) -> npt.NDArray[np.float64]:
    """The matrices of the model's chain over clauses, as `nlp.clause_chain` takes them."""
    return model.transitions.detach().cpu().double().numpy()


def model_places(model: LetterTagger) -> npt.NDArray[np.float64] | None:
    """The places' table of the model's pair scorer, as `nlp.pair_scores` takes it; None where it has none."""
    return None if model.pairs is None else model.pairs.places.detach().cpu().double().numpy()
