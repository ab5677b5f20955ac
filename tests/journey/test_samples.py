import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.local_redis import free_port
from tests.faults.stage import Stage, a_stage, wait_until

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
PROVIDERS = ("typeform", "generic_json", "html_form")
TOKEN = "url-token-of-the-journey-test"

CONFIG = f"""
[locations.main]
location_id = "L1"
token = "pit-1"

[forms.typeform]
provider = "typeform"
secret = "demo-typeform-secret-01"
location = "main"

[forms.generic-json]
provider = "generic_json"
secret = "demo-generic-hmac-secret"
signature = {{ header = "X-Signature-256", prefix = "sha256=" }}
location = "main"

[forms.html-form]
provider = "html_form"
url_token = "{TOKEN}"
location = "main"
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside this clone")
    with a_stage(tmp_path_factory.mktemp("journey"), CONFIG) as stage:
        port = free_port()
        stage.start_sandbox()
        stage.start_worker()
        stage.start_web(port)
        yield stage, f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_real_delivery_becomes_the_expected_contact(stage: tuple[Stage, str], provider: str) -> None:
    running, web = stage
    sample = json.loads((SAMPLES / f"{provider}.json").read_text())
    path = f"/hooks/{provider.replace('_', '-')}" + (f"/{TOKEN}" if provider == "html_form" else "")

    answer = httpx.post(web + path, content=sample["body_text"].encode(), headers=sample["headers"], trust_env=False)

    assert answer.status_code == 200
    assert answer.json()["status"] == "accepted"
    contact = the_contact_of(running, sample["expect"]["email"])
    expected = sample["expect"]
    assert (contact["firstName"], contact["lastName"]) == (expected["first_name"], expected["last_name"])
    assert digits(contact["phone"]).endswith(digits(expected["phone"]))
    everything = json.dumps(contact, ensure_ascii=False)
    for value in plain_values(list(expected["answers"].values())):
        assert value in everything or digits(value) in everything


def the_contact_of(stage: Stage, email: str) -> dict[str, Any]:
    def found() -> list[dict[str, Any]]:
        return [contact for contact in stage.contacts() if contact["email"] == email and contact["notes"]]

    wait_until(lambda: bool(found()), 20)
    [contact] = found()
    return contact


def plain_values(values: list[Any]) -> list[str]:
    """Return the texts and numbers in some answers, however deep."""
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
                texts.append(str(value))
    return texts


def digits(text: str) -> str:
    return re.sub(r"\D", "", text) or text
