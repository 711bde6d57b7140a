"""`fanzha schema`: the JSON Schema of a result."""

from __future__ import annotations

import typer


def schema_command() -> None:
    """Prints the JSON Schema of the objects that predict gives (also in docs/result.schema.json)."""
    import json

    from nlp.schema import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
