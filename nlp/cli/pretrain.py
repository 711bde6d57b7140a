"""`fanzha pretrain RECIPE`: trains an encoder on with plain text, before it is made a tagger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlp.cli.train import say


def pretrain_command(
    recipe: Annotated[Path, typer.Argument(help="configs/pretraining.yaml or one like it.")],
    output: Annotated[Path, typer.Option(help="The folder for the encoder.")] = Path("models/encoder-pretrained"),
) -> None:
    """Trains the encoder on with masked words, on news and the training letters."""
    from nlp.annotation.corpus import read_letters
    from nlp.annotation.splits import split_letters
    from nlp.training.pretraining import pretrain, read_pretraining
    from nlp.training.texts import read_news

    read = read_pretraining(recipe)
    articles = list(read_news(read.news))[: read.articles]
    letters = [letter.text for letter in split_letters(read_letters(read.letters), read.splits).train]
    pretrain(read, [*articles, *letters * read.letter_weight], output, say)
    say(f"encoder: {output}; name it in a recipe: encoder.path: {output}")
