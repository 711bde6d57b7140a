"""From a model folder to a predictor. The CPU's way imports neither torch nor transformers."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import logging
import re
import warnings
from pathlib import Path

import numpy as np

from nlp.errors import FanzhaError, printable
from nlp.files import read_json
from nlp.inference.backends import Backend, OnnxBackend
from nlp.inference.manifest import Manifest, check_manifest
from nlp.inference.predictor import Predictor
from nlp.inference.torch_backend import TorchBackend, first_line
from nlp.labels import HEADS
from nlp.text.tokenization import TextTokenizer
from nlp.text.windows import WindowSettings

SHIPPED = "fanzha-e5-small"
MANIFEST = "manifest.json"
ONNX_INT8 = "model.int8.onnx"
ONNX_FP32 = "model.fp32.onnx"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"

_log = logging.getLogger(__name__)


def shipped_model() -> Path:
    """The folder of the model that comes with the package: inside the wheel, or `models/` of the repository."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "shipped", package.parent / "models" / SHIPPED):
        if (folder / MANIFEST).is_file():
            return folder
    raise FanzhaError("the package has no model", path=package, mend="install it again, or name one with --model")


def load_predictor(
    folder: Path | None = None, *, device: str = "auto", threads: int | None = None, helpers: int = 0
) -> Predictor:
    """A predictor of a model folder (None: the shipped one).

    Args:
        folder: holds manifest.json and what it names.
        device: `cpu` (ONNX Runtime), `cuda` or `cuda:N` (torch in bf16), `torch-cpu` (torch in fp32, to compare with),
            or `auto`: a GPU where torch and one are there, else `cpu`. Where a GPU is there and cannot be used, `auto`
            logs one line that says why (a warning: on stderr, if nobody has set up logging) and takes `cpu`.
        threads: of ONNX Runtime; None for the cores of the process.
        helpers: processes that prepare and finish letters while torch runs the model, see `Predictor`.

    Raises:
        FanzhaError: where a file is missing or is not what the manifest says, or the device is not there.
    """
    _check_device(device)
    folder = shipped_model() if folder is None else Path(folder)
    manifest = read_manifest(folder)
    gpu = _uses_gpu(manifest, device)
    verify_file(folder, manifest, TOKENIZER)
    tokenizer = TextTokenizer.from_folder(folder)
    backend: Backend | None = None
    if gpu or device == "torch-cpu":
        for file in (CONFIG, WEIGHTS):
            verify_file(folder, manifest, file)
        name = "cpu" if not gpu else device if ":" in device else "cuda:0"
        try:
            backend = TorchBackend.from_folder(folder, device=name, pad_id=tokenizer.pad_id)
        except FanzhaError as error:
            if device != "auto":
                raise
            _say_cpu(error.message)
    if backend is None:
        graph = ONNX_INT8 if ONNX_INT8 in manifest.files else ONNX_FP32
        verify_file(folder, manifest, graph)
        backend = OnnxBackend(folder / graph, threads=threads)
    return Predictor(
        backend,
        tokenizer,
        WindowSettings(**manifest.window.model_dump()),
        name=manifest.name,
        version=manifest.version,
        transitions=np.array(manifest.transitions),
        places=None if manifest.places is None else np.array(manifest.places),
        temperatures=manifest.temperatures.model_dump(),
        helpers=helpers,
    )


def on_gpu(folder: Path | None, device: str) -> bool:
    """Whether `load_predictor` would run the model on a GPU.

    Raises:
        FanzhaError: where there is no device of that name, or the folder is no model.
    """
    _check_device(device)
    if device != "auto":
        return device.startswith("cuda")
    return _uses_gpu(read_manifest(shipped_model() if folder is None else Path(folder)), device)


def _check_device(device: str) -> None:
    if re.fullmatch(r"auto|cpu|torch-cpu|cuda(:\d{1,2})?", device) is None:
        raise FanzhaError(f"there is no device {device!r}", mend="use --device auto, cpu, cuda or cuda:N")


def _uses_gpu(manifest: Manifest, device: str) -> bool:
    return device.startswith("cuda") or (device == "auto" and WEIGHTS in manifest.files and gpu_ready())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder.

    Raises:
        FanzhaError: where there is none, naming the key that is wrong in it, or where the model was made for other
            labels than this version has.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FanzhaError(
            "is no model folder: it has no manifest.json", path=folder, mend="name a folder made by fanzha export"
        )
    try:
        content = read_json(path)
    except FanzhaError as error:
        raise FanzhaError(error.message, path=path, mend="fetch the model again") from None
    heads = content.get("heads") if isinstance(content, dict) else None
    if isinstance(heads, dict) and heads != {name: list(labels) for name, labels in HEADS.items()}:
        raise FanzhaError(
            "its labels are not those of this version", path=path, mend="train and export it with this version"
        )
    return check_manifest(content, path, mend="fetch the model again")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return (
            hashlib.file_digest(file, "sha256").hexdigest()
            if hasattr(hashlib, "file_digest")
            else hashlib.sha256(file.read()).hexdigest()
        )


def verify_file(folder: Path, manifest: Manifest, name: str) -> None:
    """Makes sure that a file of a model folder is what its manifest names.

    Raises:
        FanzhaError: where it is missing, or its SHA-256 is another.
    """
    path = folder / name
    if not path.is_file():
        raise FanzhaError("is missing from the model", path=path, mend="fetch the model again, or use another --device")
    facts = manifest.files.get(name)
    if facts is None or sha256_of(path) != facts.sha256:
        raise FanzhaError(
            "is not the file that the manifest names (SHA-256 differs)", path=path, mend="fetch the model again"
        )


def gpu_ready() -> bool:
    """Whether the extra `gpu` is installed and an NVIDIA driver has a device; imports torch only then.

    Where the device is there and torch cannot use it, the first process says so in one line.
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")) or not _has_cuda_driver():
        return False
    from multiprocessing import parent_process

    import torch

    with warnings.catch_warnings(record=True) as said:  # torch says there that a driver is too old
        warnings.simplefilter("always")
        if torch.cuda.is_available():
            return True
    if parent_process() is None:  # not once more in every worker
        no_cuda = "the torch that is installed has no CUDA" if torch.version.cuda is None else "torch sees no GPU"
        _say_cpu(first_line(said[0].message) if said else no_cuda)
    return False


@functools.cache  # a reason is said once
def _say_cpu(reason: str) -> None:
    _log.warning("%s", printable(f"the GPU is not used, the CPU is: {reason}"))


def _has_cuda_driver() -> bool:
    for library in ("libcuda.so.1", "nvcuda.dll"):
        try:
            driver = ctypes.CDLL(library)
        except OSError:
            continue
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    return False
