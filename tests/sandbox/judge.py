"""HighLevel's own API descriptions as judges of what is sent to the sandbox, and of what it answers."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from tests.sandbox.conftest import SPEC

Json = dict[str, Any]
Judge = Callable[[httpx.Response], None]

HOST = "https://services.leadconnectorhq.com"
CONTACTS = "highlevel-contacts.judge.openapi.json"
OAUTH = "highlevel-oauth.openapi.json"
CUSTOM_FIELDS = "highlevel-locations-customfields-tags.openapi.json"
COMMON = "highlevel-common-schemas.json"


def judge_by(name: str, *repairs: Callable[[Json], None]) -> Judge:
    """Return what raises when a request or its answer is not as a description says."""
    openapi = OpenAPI.from_dict(_description(name, repairs))

    def check(answer: httpx.Response) -> None:
        request = _judged(answer.request)
        openapi.validate_request(request)
        openapi.validate_response(request, MockResponse(answer.content, answer.status_code))

    return check


def let_bulk_responses_be_objects(description: Json) -> None:
    """Repair what the description calls a list of texts, and shows as a list of objects."""
    description["components"]["schemas"]["UpdateTagsResponseDTO"]["properties"]["responses"]["items"] = {
        "type": "object"
    }


def let_custom_values_be_of_their_type(description: Json) -> None:
    """Repair what the description shows as text only: numbers and lists come back as they were stored."""
    del description["components"]["schemas"]["CustomFieldSchema"]["properties"]["value"]["type"]


def _description(name: str, repairs: tuple[Callable[[Json], None], ...]) -> Json:
    if not (SPEC / name).exists():
        pytest.skip("HighLevel's API descriptions are not beside this folder")
    description: Json = json.loads((SPEC / name).read_text().replace(f"./{COMMON}#", "#"))
    common: Json = json.loads((SPEC / COMMON).read_text())
    components = description["components"]
    components["schemas"] = {**common["components"]["schemas"], **components.get("schemas", {})}
    for scheme in components.get("securitySchemes", {}).values():
        # As published, the bearer schemes say where their header is, which only other kinds of schemes may.
        if scheme["type"] == "http":
            scheme.pop("name", None)
            scheme.pop("in", None)
    for repair in repairs:
        repair(description)
    return description


def _judged(request: httpx.Request) -> MockRequest:
    kept = {name: request.headers[name] for name in ("Authorization", "Version") if name in request.headers}
    return MockRequest(
        HOST,
        request.method.lower(),
        request.url.path,
        args=dict(request.url.params),
        headers=kept,
        data=request.content or None,
        content_type=request.headers.get("Content-Type", "application/json"),
    )
