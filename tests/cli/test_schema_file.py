"""The JSON Schema in docs/ is the one that the package has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlp.schema import json_schema

FILE = Path(__file__).parents[2] / "docs" / "result.schema.json"


def test_schema_file_is_up_to_date(fanzha: Callable[..., Any]) -> None:
    done = fanzha("schema", variables={"PYTHONIOENCODING": "utf-8"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == json_schema()
    assert FILE.read_text(encoding="utf-8") == done.stdout.decode("utf-8").replace("\r\n", "\n"), (
        "mend it with: fanzha schema > docs/result.schema.json"
    )
