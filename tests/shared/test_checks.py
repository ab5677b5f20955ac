from pathlib import Path
from typing import Any

import pytest

from shared.checks import check_config, checked_config
from shared.config import Config, ConfigError, Fault


def faults(api: str = "v2", **keys: Any) -> list[str]:
    """Return what is wrong with a form that sets these keys, at a location with this API."""
    form = {"provider": "html_form", "location": "main", "auth": "none", **keys}
    location = {"location_id": "loc", "token": "pit", "api": api}
    config = Config.model_validate({"locations": {"main": location}, "forms": {"a": form}})
    return [str(fault).removeprefix("[forms.a] ") for fault in check_config(config)]


EVERYTHING: dict[str, Any] = {
    "fields": {"gender": "Q", "email": "Q", "dateOfBirth": "Q"},
    "custom_fields": {"Budget": "Q", "Colour": "Q"},
    "consent": {"all": "Q", "sms": "Q", "inbound": "Q"},
    "assigned_to": "user1",
    "source": "Web",
    "allow_duplicates": True,
}
NOT_IN_V1 = "is nothing that the v1 API has for contacts. Remove it, or set another api in [locations.main]."
CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("v2", {}, []),
    ("v2", EVERYTHING, []),
    ("v3", EVERYTHING, []),
    ("v3", {"operation": "create"}, []),
    (
        "v1",
        EVERYTHING,
        [
            f"fields.gender: {NOT_IN_V1}",
            f"consent.sms: {NOT_IN_V1}",
            f"consent.inbound: {NOT_IN_V1}",
            f"assigned_to: {NOT_IN_V1}",
            f"allow_duplicates: {NOT_IN_V1}",
        ],
    ),
    (
        "v1",
        {"operation": "create"},
        [
            'operation: is "create", but the v1 API has one call that creates a contact or updates the person\'s. '
            'Use "upsert", or set another api in [locations.main].'
        ],
    ),
    (
        "v2",
        {"fields": {"companyname": "Q", "tags": "Q"}},
        [
            f'fields.{name}: is not a field of a HighLevel contact. See "Configuration" in the README.'
            for name in ("companyname", "tags")
        ],
    ),
    (
        "v2",
        {"custom_fields": {"My Budget": "Q", "my  budget": "Q", "contact.mybudget": "Q", "other": "Q"}},
        [
            "custom_fields.my  budget: names the same custom field as custom_fields.My Budget. Keep one of them.",
            "custom_fields.contact.mybudget: names the same custom field as custom_fields.My Budget. Keep one of them.",
        ],
    ),
]


@pytest.mark.parametrize(("api", "keys", "expected"), CASES)
def test_what_the_api_of_a_form_does_not_have_is_named(api: str, keys: dict[str, Any], expected: list[str]) -> None:
    assert faults(api, **keys) == expected


def test_a_configuration_with_faults_is_not_given_out(tmp_path: Path) -> None:
    file = tmp_path / "hookline.toml"
    file.write_text(
        '[locations.main]\nlocation_id = "loc"\ntoken = "pit"\n'
        '[forms.a]\nprovider = "html_form"\nlocation = "main"\nauth = "none"\n[forms.a.fields]\nnick = "Q"\n'
    )

    with pytest.raises(ConfigError, match=r"fields\.nick: is not a field"):
        checked_config(file, {})


@pytest.mark.parametrize(("key", "faults"), [("", 1), ("short", 1), ("k" * 32, 0)])
def test_a_location_with_oauth_needs_a_key_to_store_its_tokens_with(tmp_path: Path, key: str, faults: int) -> None:
    path = tmp_path / "hookline.toml"
    path.write_text(
        '[locations.main]\nlocation_id = "L1"\n[locations.main.oauth]\nclient_id = "app"\nclient_secret = "secret"\n'
    )

    assert len(faults_of(path, {"SECRET_KEY": key})) == faults


def faults_of(path: Path, environment: dict[str, str]) -> list[Fault]:
    try:
        checked_config(path, environment)
    except ConfigError as error:
        return error.faults
    return []
