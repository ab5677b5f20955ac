from pathlib import Path
from typing import Any

import pytest

from shared.checks import check_config, checked_config
from shared.config import Config
from shared.tables import ConfigError, Fault


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
        {"fields": {"frstName": "Q", "zip": "Q", "tags": "Q"}},
        [
            'fields.frstName: is not a field of a HighLevel contact. Did you mean "firstName"?',
            'fields.zip: is not a field of a HighLevel contact. Did you mean "postalCode"?',
            'fields.tags: is not a field of a HighLevel contact. See "Configuration" in the README.',
        ],
    ),
    (
        "v2",
        {
            "tags": ("a", "{b}", "{x", "{y {z}"),
            "source": "{utm",
            "fields": {"city": "{City", "state": "State}"},
            "custom_fields": {"Plan": "{a} {b"},
        },
        [
            f'{key}: has a "{{" without its "}}". Close it: "{{Question}}" stands for an answer.'
            for key in ("tags.2", "tags.3", "source", "fields.city", "custom_fields.Plan")
        ],
    ),
    (
        "v2",
        {"on_duplicate": "dead_letter"},
        [
            'on_duplicate: is "dead_letter", but an upsert updates the contact that it finds. '
            'Set operation = "create", or remove it.'
        ],
    ),
    ("v2", {"on_duplicate": "update"}, []),
    ("v2", {"on_duplicate": "dead_letter", "operation": "create"}, []),
    (
        "v2",
        {"custom_fields": {"My Budget": "Q", "my  budget": "Q", "contact.mybudget": "Q", "other": "Q"}},
        [
            "custom_fields.my  budget: names the same custom field as custom_fields.My Budget. Keep one of them.",
            "custom_fields.contact.mybudget: names the same custom field as custom_fields.My Budget. Keep one of them.",
        ],
    ),
]


GERMANY, NOWHERE = {"value": "Germany"}, {"value": "Germanyy"}
CASES += [
    ("v2", {"fields": {"country": GERMANY, "city": {"value": "{Berlin"}}, "custom_fields": {"Plan": GERMANY}}, []),
    (
        "v2",
        {"fields": {"country": NOWHERE, "timezone": {"value": "Berlin"}}},
        [
            "fields.country: the value is no country that HighLevel knows. Write a value that HighLevel takes.",
            "fields.timezone: the value is no time zone by its IANA name, such as America/New_York. "
            "Write a value that HighLevel takes.",
        ],
    ),
    (
        "v2",
        {"fields": {"email": {"value": "ada@example.com"}, "phone": {"value": "+12065550161"}}},
        [
            f"fields.{key}: is a constant: all submissions would be one contact. Name the answer that holds it."
            for key in ("email", "phone")
        ],
    ),
    (
        "v2",
        {"fields": {"contry": GERMANY}},
        ['fields.contry: is not a field of a HighLevel contact. Did you mean "country"?'],
    ),
    (
        "v1",
        {"fields": {"gender": GERMANY}},
        [f"fields.gender: {NOT_IN_V1}"],
    ),
    ("v2", {"tags": ("{{a", "{{{b}}}"), "source": "{{utm}}"}, []),
    ("v2", {"location": "{Office}", "locations": ["main"]}, []),
    (
        "v2",
        {"location": "{Office", "locations": ["main"]},
        ['location: has a "{" without its "}". Close it: "{Question}" stands for an answer.'],
    ),
    (
        "v2",
        {"location": "{{main}}", "locations": ["main"]},
        ['location: has braces and names no answer. Write "{Question}" for the answer.'],
    ),
]


@pytest.mark.parametrize(("api", "keys", "expected"), CASES)
def test_what_the_api_of_a_form_does_not_have_is_named(api: str, keys: dict[str, Any], expected: list[str]) -> None:
    assert faults(api, **keys) == expected


def a_routed_config(apis: dict[str, str], **form: Any) -> Config:
    """Return a configuration whose form goes to locations with these APIs."""
    tables = {alias: {"location_id": f"loc-{alias}", "token": "pit", "api": api} for alias, api in apis.items()}
    routed = {"provider": "html_form", "auth": "none", "location": "{Office}", "locations": list(apis), **form}
    return Config.model_validate({"locations": tables, "forms": {"a": routed}})


def test_what_one_of_a_forms_locations_lacks_is_said_once_for_each_api() -> None:
    apis = {"main": "v2", "old": "v1", "older": "v1"}

    found = [str(fault) for fault in check_config(a_routed_config(apis, fields={"gender": "Q"}))]

    assert found == [f"[forms.a] fields.gender: {NOT_IN_V1.replace('main', 'old')}"]


def test_one_answer_cannot_mean_two_locations() -> None:
    meant = {"Berlin": "main", "berlin ": "other", "BERLIN": "main"}

    [found] = check_config(a_routed_config({"main": "v2", "other": "v2"}, locations=meant))

    assert (found.key, found.problem) == ("locations.berlin ", 'is the same as "Berlin", which means another location')


def test_answers_that_are_fetched_later_cannot_name_a_location() -> None:
    config = a_routed_config({"main": "v2"}, provider="surveymonkey")

    assert [str(fault) for fault in check_config(config) if fault.key == "location"] == [
        "[forms.a] location: is a template, but surveymonkey sends no answers: they are fetched later. "
        "Name one location; use a form for each."
    ]


def test_a_faulty_constant_hides_no_fault_of_its_form(tmp_path: Path) -> None:
    path = tmp_path / "hookline.toml"
    path.write_text(
        '[locations.main]\nlocation_id = "L1"\ntoken = "x"\n'
        '[forms.a]\nprovider = "html_form"\nlocation = "main"\nauth = "none"\n'
        'fields = { city = { value = "" }, frstName = "Q" }\n'
    )

    assert [fault.key for fault in faults_of(path, {})] == ["fields.city.value", "fields.frstName"]


def test_a_configuration_with_faults_is_not_given_out(tmp_path: Path) -> None:
    file = tmp_path / "hookline.toml"
    file.write_text(
        '[locations.main]\nlocation_id = "loc"\ntoken = "pit"\n'
        '[forms.a]\nprovider = "html_form"\nlocation = "main"\nauth = "none"\n[forms.a.fields]\nnick = "Q"\n'
    )

    with pytest.raises(ConfigError, match=r"fields\.nick: is not a field"):
        checked_config(file, {})


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        ('auth = "none"\nmax_body = "big"', ["max_body", "fields.frstName"]),
        ('auth = "none"\nproviders = "x"', ["provider", "providers", "fields.frstName"]),
        ("", ["", "fields.frstName"]),
        ('auth = "none"\noperation = "creat"\non_duplicate = "dead_letter"', ["operation", "fields.frstName"]),
        ('auth = "none"\noperation = "create"\nallow_duplicates = true', ["", "fields.frstName"]),
        ('auth = "none"\nlocation = "mian"', ["location", "fields.frstName"]),
        ('auth = "none"\nfields.city = ""', ["fields.city", "fields.frstName"]),
    ],
)
def test_an_unknown_field_is_named_together_with_the_other_faults(tmp_path: Path, lines: str, keys: list[str]) -> None:
    path = tmp_path / "hookline.toml"
    provider = "" if "providers" in lines else 'provider = "html_form"\n'
    location = "" if "location" in lines else 'location = "main"\n'
    path.write_text(
        f'[locations.main]\nlocation_id = "L1"\ntoken = "x"\n'
        f'[forms.a]\n{provider}{location}{lines}\nfields.frstName = "Q"\n'
    )

    assert [fault.key for fault in faults_of(path, {})] == keys


def test_a_faulty_location_hides_no_fault_of_its_forms(tmp_path: Path) -> None:
    path = tmp_path / "hookline.toml"
    path.write_text(
        '[locations.main]\napi = "v1"\ndefault_region = "Germany"\n'
        '[forms.a]\nprovider = "html_form"\nlocation = "main"\nauth = "none"\noperation = "create"\n'
    )

    assert [fault.key for fault in faults_of(path, {})] == ["default_region", "", "operation"]


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


FETCH = {"token": "page-token"}


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (
            {"provider": "hubspot"},
            "fetch: is missing: HubSpot app sends ids only, and the answers are fetched. "
            "Add [forms.a.fetch] with a token for crm.objects.contacts.read.",
        ),
        ({"fetch": FETCH}, "fetch: is idle: HTML form sends the answers. Remove it."),
        (
            {"provider": "facebook_lead_ads", "fetch": {**FETCH, "properties": ["budget"]}},
            "fetch.properties: is idle: Meta Lead Ads has none to ask for. Remove it.",
        ),
        ({"verify_token": "token"}, "verify_token: is idle: HTML form does not ask for one. Remove it."),
    ],
)
def test_what_is_fetched_in_vain_or_not_at_all_is_a_fault(keys: dict[str, Any], fault: str) -> None:
    assert faults(**keys) == [fault]


def test_a_form_that_fetches_and_shakes_hands_is_none() -> None:
    assert faults(provider="facebook_lead_ads", fetch=FETCH, verify_token="token") == []
    assert faults(provider="hubspot", fetch={**FETCH, "properties": ["budget"]}) == []


URL_SIGNED = 'provider = "generic_json"\nsecret = "s"\nsignature = {header = "X", signed = "{url}{body}"}'


@pytest.mark.parametrize(
    ("lines", "address", "keys"),
    [
        ('provider = "hubspot_workflow"\nsecret = "s"', "", ["secret"]),
        ('provider = "hubspot_workflow"\nsecret = "s"', "https://hooks.example.com", []),
        ('provider = "hubspot_workflow"\nurl_token = "abcdefghijklmnopqrstuvwxyz"', "", []),
        (URL_SIGNED, "", ["secret"]),
        (URL_SIGNED, "https://hooks.example.com", []),
        ('provider = "typeform"\nsecret = "s"', "", []),
    ],
)
def test_who_signs_the_address_needs_it_known(tmp_path: Path, lines: str, address: str, keys: list[str]) -> None:
    path = tmp_path / "hookline.toml"
    path.write_text(f'[locations.main]\nlocation_id = "L1"\ntoken = "x"\n[forms.a]\nlocation = "main"\n{lines}\n')

    assert [fault.key for fault in faults_of(path, {"PUBLIC_URL": address})] == keys


@pytest.mark.parametrize(("secret", "count"), [("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0), ("no base64!", 1)])
def test_a_secret_is_written_as_its_signature_says(tmp_path: Path, secret: str, count: int) -> None:
    path = tmp_path / "hookline.toml"
    path.write_text(
        f'[locations.main]\nlocation_id = "L1"\ntoken = "x"\n[forms.a]\nprovider = "generic_json"\nlocation = "main"\n'
        f'secret = ["c2VjcmV0", "{secret}"]\nsignature = {{header = "X", key_format = "base64"}}\n'
    )

    found = faults_of(path, {})

    assert len(found) == count
    assert all("is not base64" in str(fault) and secret not in str(fault) for fault in found)
