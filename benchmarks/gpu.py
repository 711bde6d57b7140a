"""How fast a GPU annotates letters, against the transformers pipeline with the same weights, and how busy it is.

    python benchmarks/gpu.py [--letters 3000] [--device cuda] [--helpers N] [--repeats 3]

Rows: the transformers token-classification pipeline with its default settings (fp32, one window at a time), the same
with the best settings it has (bf16 on a GPU, windows in batches), the model alone on windows that lie ready, and whole
letters end to end through `Predictor`, with helper processes. All take letters as text and run in turn, `--repeats`
times after a warm-up; medians and spreads are printed. The pipelines get a part of the letters, and give no more than
a label for each token: no clauses, claims or links.

First it is checked that labels and results are those of fp32 on the CPU, and that handing over a batch never waits for
the GPU. The share of time in which the GPU is busy is the time of its kernels by torch's profiler, in a run of its own,
over the time of the same letters without the profiler. Needs no more than torch, transformers, tokenizers, numpy,
pydantic and PyYAML. `--device torch-cpu` tries the script without a GPU. Exits with 1 where a check fails.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# Helpers import this file too, so torch and transformers are imported where they are used.
import numpy as np  # noqa: E402

from nlp.annotation.corpus import as_document, read_letters  # noqa: E402
from nlp.documents.reading import Document  # noqa: E402
from nlp.inference.backends import available_cores  # noqa: E402
from nlp.inference.loading import load_predictor, shipped_model  # noqa: E402
from nlp.inference.predictor import Predictor  # noqa: E402
from nlp.inference.torch_backend import TorchBackend  # noqa: E402
from nlp.labels import HEADS, head_slices  # noqa: E402
from nlp.schema import Result  # noqa: E402

TOKENS_AGREE, SPANS_AGREE = 0.995, 0.98
"""What is asked of bf16 against fp32: of the labels of tokens, of the spans of results (F1)."""

Step = Callable[[], None]


def main() -> None:
    """Reads the arguments, checks, measures, prints."""
    import torch

    options = arguments()
    began = time.monotonic()
    gpu = options.device.startswith("cuda")
    letters = [as_document(letter) for letter in read_letters(ROOT / "annotations" / "letters")]
    many = [letters[i % len(letters)] for i in range(options.letters)]
    folder = options.model or shipped_model()
    print(f"device: {name_of(options.device)}; {available_cores()} cores; torch {torch.__version__}")
    if gpu:
        torch.cuda.reset_peak_memory_stats()
    ours = load_predictor(folder, device=options.device, helpers=options.helpers)
    backend = ours._backend
    assert isinstance(backend, TorchBackend)
    passed = agreement(ours, load_predictor(folder, device="torch-cpu"), letters[7 :: max(1, 244 // options.check)])
    if gpu:
        passed &= never_waits(backend, ready(ours, letters[:60]))

    few, some = many[: options.pipeline], many[: 4 * options.pipeline]
    part = many[: len(letters)]
    windows, copies = ready(ours, part), max(1, len(many) // len(part))
    default, best = pipeline(folder, options.device, best=False), pipeline(folder, options.device, best=True)
    rows: list[tuple[str, int, Step]] = [
        ("pipeline, default (fp32)", characters(few), lambda: run_pipeline(default, few, 1)),
        ("pipeline, best settings", characters(some), lambda: run_pipeline(best, some, 128 if gpu else 8)),
        (f"model alone ({backend.name})", copies * characters(part), lambda: drain(backend, windows * copies)),
        (f"letters to results, {options.helpers} helpers", characters(many), lambda: end_to_end(ours, many)),
    ]
    for _, _, step in rows[:3]:
        step()
    end_to_end(ours, many[: options.letters // 4])
    seconds: list[list[float]] = [[] for _ in rows]
    for _ in range(options.repeats):
        for times, (_, _, step) in zip(seconds, rows, strict=True):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
    table(rows, seconds)
    whole = statistics.median(seconds[3])
    print(f"{len(many)} letters, {characters(many)} characters, {whole:.2f} s, {len(many) / whole:.0f} letters/s")
    if gpu:
        busy(lambda: end_to_end(ours, many), whole, "letters to results")
        busy(lambda: drain(backend, windows * copies), statistics.median(seconds[2]), "model alone")
        print(f"GPU memory, peak: {torch.cuda.max_memory_allocated() / 1e6:.0f} MB used by tensors", end="")
        print(f", {torch.cuda.max_memory_reserved() / 1e6:.0f} MB held")
    helpers = [peak_memory(process) for process in ours._with_helpers()._pool._processes]
    print(f"memory, peak: this process {peak_memory(os.getpid()):.0f} MB, each helper at most {max(helpers):.0f} MB")
    ours.close()
    print(f"{time.monotonic() - began:.0f} s in all; checks {'passed' if passed else 'FAILED'}")
    sys.exit(0 if passed else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, default=3000)
    parser.add_argument("--device", default="cuda:0", help="cuda:N, or torch-cpu")
    parser.add_argument("--model", type=Path, help="a model folder; without it, the shipped one")
    parser.add_argument("--helpers", type=int, default=max(1, available_cores() - 1))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pipeline", type=int, default=32, help="letters that the default pipeline gets")
    parser.add_argument("--check", type=int, default=40, help="letters that are compared with fp32 on the CPU")
    options = parser.parse_args()
    if options.device == "cuda":
        options.device = "cuda:0"
    return options


def name_of(device: str) -> str:
    """A device in words."""
    import torch

    if not device.startswith("cuda"):
        return "CPU"
    facts = torch.cuda.get_device_properties(device)
    return f"{facts.name} ({facts.total_memory / 2**30:.0f} GiB)"


def peak_memory(process: int) -> float:
    """The largest resident set of a process so far, in MB (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0]) / 1e3


def characters(documents: list[Document]) -> int:
    """Of all documents together."""
    return sum(len(document.text) for document in documents)


def ready(predictor: Predictor, documents: list[Document]) -> list[Any]:
    """The windows of documents, as a backend takes them."""
    steps = predictor._steps
    return [window for document in documents for window in steps.inputs(steps.prepare(document))]


def drain(backend: TorchBackend, windows: list[Any]) -> None:
    """Runs the model on windows and lets the scores go."""
    for _ in backend.logits(windows):
        pass


def end_to_end(predictor: Predictor, documents: list[Document]) -> None:
    """From documents to results."""
    count = sum(1 for _ in predictor.predict(iter(documents)))
    assert count == len(documents)


def agreement(ours: Predictor, reference: Predictor, documents: list[Document]) -> bool:
    """Labels and results against fp32 on the CPU; and with helpers or without, all alike."""
    scores = [np.concatenate([scores for *_, scores in one.logits(documents)]) for one in (ours, reference)]
    labels = {name: [part[:, columns].argmax(1) for part in scores] for name, columns in head_slices().items()}
    shares = {name: float((a == b).mean()) for name, (a, b) in labels.items()}
    print(f"labels of {len(scores[0])} tokens as in fp32 on the CPU:", end=" ")
    print(", ".join(f"{name} {share:.3%}" for name, share in shares.items()))
    found, expected = (spans(list(one.predict(documents))) for one in (ours, reference))
    f1 = 2 * len(found & expected) / max(1, len(found) + len(expected))
    print(
        f"measures and claims of {len(documents)} letters, every field alike: F1 {f1:.4f} of {len(expected)};", end=" "
    )
    print(f"largest difference of a logit {np.abs(scores[0] - scores[1]).max():.3f}")
    # Asked directly: there are too few letters for the predictor to start helpers by itself.
    helped = spans(list(ours._with_helpers().predict(documents, ours._backend)))  # type: ignore[arg-type]
    same = 2 * len(found & helped) / max(1, len(found) + len(helped))
    print(f"with helpers, in other batches: F1 {same:.4f} against without")
    return min(shares.values()) >= TOKENS_AGREE and min(f1, same) >= SPANS_AGREE


def spans(results: list[Result]) -> set[tuple[Any, ...]]:
    """All measures and claims, with every field but the score."""
    return {
        (result.document.id, span.model_dump_json(exclude={"score"}))
        for result in results
        for span in (*result.measures, *result.claims)
    }


def never_waits(backend: TorchBackend, windows: list[Any]) -> bool:
    """Whether batches are handed over without a single wait for the GPU, by torch's own watch."""
    import torch

    batches = list(backend._batches(windows))
    backend._run(batches[0])
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            flights = [backend._run(batch) for batch in batches]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    waits = [str(warning.message) for warning in said if "synchroniz" in str(warning.message)]
    for flight in flights:
        list(backend._receive(flight))
    print(f"{len(batches)} batches handed over, {len(waits)} waits for the GPU on the way")
    for wait in sorted(set(waits)):
        print(f"  {wait.splitlines()[0]}")
    return not waits


def pipeline(folder: Path, device: str, *, best: bool) -> Any:
    """The transformers pipeline with the same weights, over windows of the length that the model was trained with."""
    import torch
    import transformers

    from nlp.model.modeling import LetterTagger

    class PipelineTagger(LetterTagger):
        """The tagger as the pipeline takes a model: one label a token, of the heads' first, the category."""

        def forward(self, *arguments: Any, **inputs: Any) -> Any:
            output: Any = super().forward(*arguments, **inputs)
            output.logits = output.logits[..., head_slices()["category"]]
            return output

    transformers.utils.logging.disable_progress_bar()
    # As an error it logs all classes that it knows, which ours is not among.
    transformers.utils.logging.set_verbosity(logging.CRITICAL)
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    model = PipelineTagger.from_pretrained(folder, dtype=torch.float32)
    tokenizer.model_max_length = model.config.window["max_tokens"]
    if best and device.startswith("cuda"):
        model = model.to(torch.bfloat16)
    model.config.id2label = dict(enumerate(HEADS["category"]))
    model.config.label2id = {label: i for i, label in enumerate(HEADS["category"])}
    return transformers.pipeline(
        "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple",
        stride=model.config.window["overlap"], device=device if device.startswith("cuda") else "cpu",
    )  # fmt: skip


def run_pipeline(tagger: Any, documents: list[Document], batch_size: int) -> None:
    """Over whole letters, which it cuts into windows itself."""
    texts = [document.text for document in documents]
    count = sum(1 for _ in tagger((text for text in texts), batch_size=batch_size))
    assert count == len(texts)


def table(rows: list[tuple[str, int, Step]], seconds: list[list[float]]) -> None:
    """Medians, spreads, and how many times the default pipeline."""
    rates = [[size / one for one in times] for (_, size, _), times in zip(rows, seconds, strict=True)]
    base = statistics.median(rates[0])
    print("| way | characters/s, median | least to most | times the default pipeline |\n|---|---|---|---|")
    for (name, _, _), found in zip(rows, rates, strict=True):
        middle = statistics.median(found)
        print(f"| {name} | {middle:,.0f} | {min(found):,.0f} to {max(found):,.0f} | {middle / base:.1f} |", flush=True)


def busy(step: Step, seconds: float, name: str) -> None:
    """The time of the GPU's kernels and copies in a run, over the time of the run without a profiler."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        step()
        torch.cuda.synchronize()
    found = profiler.key_averages()
    total = sum(event.self_device_time_total for event in found) / 1e6
    copies = sum(event.self_device_time_total for event in found if "memcpy" in event.key.lower()) / 1e6
    print(f"GPU busy, {name}: {total / seconds:.1%} of {seconds:.2f} s ({total:.2f} s, of it {copies:.3f} s copies)")


if __name__ == "__main__":
    main()
