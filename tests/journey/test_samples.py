"""Every builder's deliveries through real processes: web, worker, Redis, and a local HighLevel."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomli_w

from bench.stage import Stage, a_stage, wait_until
from shared.local_redis import free_port
from shared.mapping.countries import country_code
from shared.providers import PROVIDERS
from tests.samples import SAMPLES, Sample, load

# Real-shaped deliveries that are kept beside the repository; a clone without them has only its own.
BESIDE = [load(path) for path in sorted((Path(__file__).parents[3] / "shared" / "samples").glob("*.json"))]
CASES = {
    f"{place}-{one.name}".replace("_", "-"): one
    for place, some in (("ours", SAMPLES), ("beside", BESIDE))
    for one in some
}
LEADS = {
    name: sample
    for name, sample in CASES.items()
    if sample.method == "POST" and sample.expect.email and sample.events == 1
}
UNFETCHED = {name: sample for name, sample in LEADS.items() if not sample.fetched}
AGES = 10**9  # seconds


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    config = {
        "locations": {name: {"location_id": f"loc-{name}", "token": "pit-1"} for name in UNFETCHED},
        "forms": {name: a_form(name, sample) for name, sample in UNFETCHED.items()},
    }
    with a_stage(tmp_path_factory.mktemp("journey"), tomli_w.dumps(config)) as stage:
        port = free_port()
        stage.start_sandbox()
        stage.start_worker()
        stage.start_web(port)
        yield stage, f"http://127.0.0.1:{port}"


def a_form(name: str, sample: Sample) -> dict[str, Any]:
    """Return a sample's form, at a location of its own; a signature with a time is good for ages."""
    table = sample.table(location=name, partials="deliver")
    scheme = PROVIDERS[sample.provider].signature
    if scheme and scheme.has_url:  # it was signed for another address than that of this stage
        return {**{key: value for key, value in table.items() if key != "secret"}, "auth": "none"}
    if "secret" in table and "signature" not in table and scheme and scheme.has_timestamp:
        table["signature"] = scheme.model_dump(exclude_defaults=True, mode="json") | {"tolerance": AGES}
    return table


@pytest.mark.parametrize("name", UNFETCHED)
def test_a_delivery_becomes_the_expected_contact(stage: tuple[Stage, str], name: str) -> None:
    (running, web), sample = stage, UNFETCHED[name]
    path = f"/hooks/{name}" + (f"/{sample.url_token}" if sample.url_token else "")

    answer = httpx.post(web + path, content=sample.body, headers=sample.headers, trust_env=False)

    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    contact, expected = the_contact_at(running, f"loc-{name}"), sample.expect
    found = (contact["email"], contact.get("firstName"), contact.get("lastName"))
    assert found == (expected.email, expected.first_name, expected.last_name)
    assert digits(contact.get("phone") or "").endswith(digits(expected.phone or "").lstrip("0"))
    assert {field: contact.get(field) for field in expected.contact} == expected.contact
    for value in plain_values(list(expected.answers.values())):
        assert is_in(contact, value), value


def the_contact_at(stage: Stage, location_id: str) -> dict[str, Any]:
    """Return the location's only contact, once its submission has been delivered."""
    wait_until(stage.settled, 30)
    [contact] = [contact for contact in stage.contacts() if contact["locationId"] == location_id]
    return contact


def is_in(contact: dict[str, Any], value: str) -> bool:
    """Say whether a value is in the contact or its note, as it was sent or as HighLevel takes it."""
    everything = json.dumps(contact, ensure_ascii=False).casefold()
    is_country = contact.get("country") is not None and contact["country"] == country_code(value)
    return value.casefold() in everything or digits(value) in everything or is_country


def plain_values(values: list[Any]) -> list[str]:
    """Return the lines of the texts, and the numbers, in some answers, however deep."""
    texts: list[str] = []
    for value in values:
        match value:
            case bool():
                continue
            case list():
                texts += plain_values(value)
            case dict():
                texts += plain_values(list(value.values()))
            case _:
                texts += [json.dumps(line, ensure_ascii=False)[1:-1] for line in str(value).splitlines()]
    return texts


def digits(text: str) -> str:
    return re.sub(r"\D", "", text) or text
