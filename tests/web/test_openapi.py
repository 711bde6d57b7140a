"""The API's own description: true to the schema, and nothing that it allows, or forbids, brings the server down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from serving import client_of

from nlp.documents.limits import Limits
from nlp.schema import json_schema
from nlp.web.settings import ServerLimits, WebSettings

_EXAMPLES = 15
"""Of each call: under 40 seconds for all."""


def document_of(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/api/openapi.json").json()
    return document


def test_openapi_results_are_those_of_the_schema(client: TestClient) -> None:
    schemas = document_of(client)["components"]["schemas"]
    wanted = json_schema()
    parts = wanted.pop("$defs")
    for name, part in [*parts.items(), ("Result", {k: v for k, v in wanted.items() if not k.startswith("$")})]:
        assert _plain(schemas[name]) == _plain(part), name


def _plain(schema: Any) -> Any:
    """Without what only says where the parts are, and without defaults of null, which FastAPI leaves out."""
    if isinstance(schema, dict):
        kept = {k: v for k, v in schema.items() if (k, v) != ("default", None)}
        return {k: v.rpartition("/")[2] if k == "$ref" else _plain(v) for k, v in kept.items()}
    return [_plain(one) for one in schema] if isinstance(schema, list) else schema


def test_openapi_names_every_call(client: TestClient) -> None:
    calls = {(path, method) for path, methods in document_of(client)["paths"].items() for method in methods}
    assert calls == {
        ("/api/info", "get"), ("/api/predict", "post"), ("/api/batch", "post"), ("/api/batch/{batch_id}", "get"),
        ("/api/batch/{batch_id}", "delete"), ("/api/batch/{batch_id}/letters", "get"),
        ("/api/batch/{batch_id}/download/{form}", "get"), ("/api/gold", "post"), ("/api/gold/saved", "post"),
        ("/healthz", "get"), ("/metrics", "get"),
    }  # fmt: skip


def test_openapi_references_lead_somewhere(client: TestClient) -> None:
    document = document_of(client)

    def check(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert value["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
            for one in value.values():
                check(one)
        elif isinstance(value, list):
            for one in value:
                check(one)

    check(document)


@pytest.fixture(scope="module")
def open_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application that nothing fills up."""
    settings = WebSettings(
        limits=Limits(file_bytes=20_000, characters=5000),
        server=ServerLimits(jobs=10_000),
        gold=tmp_path_factory.mktemp("gold"),
    )
    with client_of(tmp_path_factory.mktemp("private"), settings) as client:
        yield client


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_openapi_schemathesis_finds_no_fault(mode: str, open_client: TestClient) -> None:
    """What it makes of the description, allowed and forbidden, gets an answer as described, and no 5xx."""
    seen: set[int] = set()
    for found in schemathesis.openapi.from_dict(document_of(open_client)).get_all_operations():
        try:
            run(found.ok().as_strategy(generation_mode=schemathesis.GenerationMode(mode)), open_client, seen)
        except Unsatisfiable:  # nothing is forbidden where nothing is asked
            assert mode == "negative"
    assert seen >= ({200, 201, 202, 404} if mode == "positive" else {400, 404, 422})


def run(cases: SearchStrategy[Any], client: TestClient, seen: set[int]) -> None:
    @settings(
        max_examples=_EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def validated(case: Any) -> None:
        made = requests.Request(**case.as_transport_kwargs(base_url=str(client.base_url))).prepare()
        answer = client.request(str(made.method), str(made.url), content=made.body, headers=dict(made.headers))
        seen.add(answer.status_code)
        # Which bytes are a letter, no description says.
        case.validate_response(answer, excluded_checks=[schemathesis.checks.positive_data_acceptance])

    validated()
