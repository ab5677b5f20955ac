import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from tests.cli.conftest import Hookline
from tests.samples import SAMPLES, Sample

BODY = "your+name=Ada+King&E-mail=ada%40example.com&address[street]=Elm+St+1&address[city]=York&tea=green"
MAPPED = [sample for sample in SAMPLES if sample.expect.email and not sample.fetched and sample.events == 1]


def test_a_mapping_is_pinned_by_the_names_of_the_answers(hookline_offline: Hookline) -> None:
    said = hookline_offline("suggest", "contact-us", "-", input=BODY)

    tables = tomllib.loads(said.stdout)["forms"]["contact-us"]
    assert tables["fields"] == {"name": "your name", "email": "E-mail", "address1": "address"}


def test_what_is_configured_stays_in_what_is_suggested(hookline_offline: Hookline, configuration: Path) -> None:
    configuration.write_text(configuration.read_text() + 'fields = { companyName = "{tea} House" }\n')

    said = hookline_offline("suggest", "contact-us", "-", "--json", input=BODY)

    assert json.loads(said.stdout)["forms"]["contact-us"]["fields"]["companyName"] == "{tea} House"


def test_where_nothing_is_mapped_there_is_nothing_to_pin(hookline_offline: Hookline) -> None:
    said = hookline_offline("suggest", "contact-us", "-", input="tea=green")

    assert said.exit_code == 1
    assert "There is nothing to pin: HighLevel needs an email or a phone" in said.stderr


@pytest.mark.parametrize("sample", MAPPED, ids=lambda sample: sample.name)
def test_a_pinned_mapping_gives_the_same_contact(
    hookline_offline: Hookline, configuration: Path, tmp_path: Path, sample: Sample
) -> None:
    configuration.write_text(a_config(sample.table()))
    delivery = tmp_path / "delivery.json"
    delivery.write_text(json.dumps({"headers": sample.headers, "body_text": sample.body_text}))
    before = json.loads(hookline_offline("preview", "contact-us", str(delivery), "--json").stdout)
    pinned = json.loads(hookline_offline("suggest", "contact-us", str(delivery), "--json").stdout)["forms"]
    configuration.write_text(a_config({**sample.table(), **pinned["contact-us"]}))

    after = json.loads(hookline_offline("preview", "contact-us", str(delivery), "--json").stdout)

    assert after["contact"] == before["contact"]
    assert all(origin["rule"].startswith(("configuration", "consent")) for origin in after["provenance"].values())


def a_config(form: dict[str, Any]) -> str:
    """Return a configuration with this form."""
    locations = {"main": {"location_id": "loc-1", "token": "pit-1"}}
    return tomli_w.dumps({"locations": locations, "forms": {"contact-us": form}})
