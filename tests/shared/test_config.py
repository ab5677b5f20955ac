"""hookline.toml: what is taken, and what is said of what is not."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from shared.checks import check_config, checked_config
from shared.config import Config, ConfigError, json_schema, load_config
from shared.providers import PROVIDERS

TOKEN = "abcdefghijklmnopqrstuvwxyz"
GOOD = f"""
[locations.main]
location_id = "loc1"
token = "${{HIGHLEVEL_TOKEN}}"

[forms.contact]
provider = "generic_json"
location = "main"
url_token = "{TOKEN}"
"""
ENVIRONMENT = {"HIGHLEVEL_TOKEN": " pit-1\n"}
README = 'See "Configuration" in the README.'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hookline.toml"


def load(file: Path, text: str, **environment: str) -> Config:
    file.write_text(text, encoding="utf-8")
    return load_config(file, {**ENVIRONMENT, **environment})


def faults(file: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, text, **environment)
    assert str(caught.value) == "\n".join(f"{file}: {fault}" for fault in caught.value.faults)
    return [str(fault) for fault in caught.value.faults]


def test_a_form_needs_a_provider_a_proof_and_a_location(file: Path) -> None:
    config = load(file, GOOD)

    form, location = config.forms["contact"], config.locations["main"]
    assert (form.provider, form.location, form.unmapped, form.max_body) == ("generic_json", "main", "note", 1048576)
    assert [token.get_secret_value() for token in form.url_token or ()] == [TOKEN]
    assert location.token
    assert (location.token.get_secret_value(), location.default_region) == ("pit-1", "US")


def test_a_secret_is_one_or_a_list(file: Path) -> None:
    text = GOOD.replace(f'url_token = "{TOKEN}"', 'bearer = ["${NEW}", "old"]')

    config = load(file, text, NEW="new")

    assert [token.get_secret_value() for token in config.forms["contact"].bearer or ()] == ["new", "old"]


def test_no_secret_is_shown_by_printing_the_configuration(file: Path) -> None:
    assert TOKEN not in repr(load(file, GOOD))
    assert "pit-1" not in repr(load(file, GOOD))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('provider = "nope"', "provider: 'nope' is not a provider; known are"),
        ('location = "other"', "location: 'other' is not a location. Use one of main."),
        ("location = 5", "location: must be text. Write it as text in quotes."),
        ('location = ""', "location: must not be empty. Fill it in, or remove the line."),
        ('url_token = "short"', f"url_token: has 5 characters, a URL token needs at least 24. {README}"),
        (
            'url_token = "abcdefghijklmnopqrstuvwx/z"',
            "url_token: has characters that a URL changes; use letters, digits, '-', '_', '.' and '~' only. " + README,
        ),
        ('bearer = ""', f"bearer: must not be empty. {README}"),
        ('bearer = ["one", ""]', f"bearer: must not be empty. {README}"),
        ('bearer = "one\\n"', f"bearer: begins or ends with a blank or a line break; copy it again. {README}"),
        ("bearer = 5", f"bearer: must be text, or a list of texts. {README}"),
        ('header_token = "x"', f"header_token: must be a table. {README}"),
        ('header_token = {name = "X-Key"}', "header_token.value: is missing. Add it."),
        ('tags = "website"', 'tags: must be a list. Write it in brackets, for example ["one", "two"].'),
        ('unmapped = "nowhere"', f'unmapped: must be "note", "drop" or "custom_field:<name>". {README}'),
        (
            'redirect = "/thanks"',
            "redirect: must be an address. Write it whole, for example https://example.com/thanks.",
        ),
        (
            'origins = ["https://example.com/page"]',
            "origins.0: must be an origin. Write it as https://example.com, without a path.",
        ),
        ('max_body = "big"', "max_body: must be a whole number. Write it without quotes."),
        ("max_body = 10", f"max_body: must be greater than or equal to 1024. {README}"),
        ('operation = "delete"', f"operation: must be 'upsert' or 'create'. {README}"),
        ('urltoken = "x"', 'urltoken: is not a key that Hookline knows. Did you mean "url_token"?'),
        ('zzz = "x"', "zzz: is not a key that Hookline knows. Remove it, or check its spelling."),
        ('consent = {emails = "Q"}', 'consent.emails: is not a key that Hookline knows. Did you mean "email"?'),
        (
            'provider = "typefrom"',
            f"provider: 'typefrom' is not a provider; known are {', '.join(sorted(PROVIDERS))}. "
            'Did you mean "typeform"?',
        ),
        ('location = "Mian"', "location: 'Mian' is not a location. Did you mean \"main\"?"),
        ('source = "${NOBODY}"', "source: NOBODY is not set. Set the environment variable NOBODY."),
        ('origins = ["${NOBODY}"]', "origins.0: NOBODY is not set. Set the environment variable NOBODY."),
        ('fields = {companyName = ""}', "fields.companyName: must not be empty. Fill it in, or remove the line."),
        (
            'signature = {header = "X-Sig", signed = "{timestamp}"}\nsecret = "x"',
            f'signature: signed must contain {{body}}, for example "{{timestamp}}.{{body}}". {README}',
        ),
    ],
)
def test_a_wrong_value_names_its_key_and_the_way_out(file: Path, line: str, fault: str) -> None:
    key = line.partition(" ")[0]
    kept = "".join(row for row in GOOD.splitlines(keepends=True) if not row.startswith(f"{key} = "))
    if key == "bearer":
        kept = kept.replace(f'url_token = "{TOKEN}"', "")

    [found] = faults(file, kept + line + "\n")

    assert found.startswith(f"[forms.contact] {fault}")


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            "",
            "has no proof of who sends it; set secret, url_token, header_token, bearer, basic or body_token, "
            'or say auth = "none"',
        ),
        ('auth = "none"\nbearer = "x"', 'says auth = "none" and sets a proof; remove one of the two'),
        (
            'bearer = "x"\nsignature = {header = "X-Sig"}',
            "sets signature without secret; set secret to the key that signs",
        ),
        ('secret = "x"', "sets secret, but generic_json does not sign; set signature or use another proof"),
    ],
)
def test_proofs_that_do_not_fit_are_said_of_the_form(file: Path, lines: str, fault: str) -> None:
    text = GOOD.replace(f'url_token = "{TOKEN}"', lines)

    assert faults(file, text) == [f"[forms.contact]: {fault}. {README}"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("", "needs either a token or an oauth table"),
        (
            'token = "x"\noauth = {client_id = "a", client_secret = "b"}',
            "has both a token and an oauth table; keep one",
        ),
        ('location_id = ""\ntoken = "x"', "has no location_id; HighLevel shows it at Settings > Business Profile"),
        (
            'oauth = {client_id = "a", client_secret = "b"}\napi = "v1"',
            "has an oauth table, which the v1 API does not take; use its location key as token",
        ),
    ],
)
def test_what_opens_a_location_is_checked_beside_its_other_faults(file: Path, lines: str, problem: str) -> None:
    location_id = "" if "location_id" in lines else 'location_id = "L1"\n'
    text = f"[locations.main]\n{location_id}{lines}\n"

    assert faults(file, text) == [f"[locations.main]: {problem}. {README}"]
    assert faults(file, f'{text}default_region = "Germany"\n')[1:] == [f"[locations.main]: {problem}. {README}"]


def test_a_v1_key_may_stand_beside_a_location_id(file: Path) -> None:
    load(file, '[locations.main]\nlocation_id = "L1"\ntoken = "x"\napi = "v1"\n')


def test_all_faults_are_found_at_once(file: Path) -> None:
    text = """
[locations.main]
location_id = "loc1"
token = "${HIGHLEVEL_TOKEN}"

[locations.second]
location_id = "loc1"
token = "${SECOND_TOKEN}"
default_region = "Germany"

[forms.contact]
provider = "generic_json"
location = "third"
max_body = "big"

[forms."Kontakt Formular"]
provider = "telepathy"
location = "main"
auth = "none"

[form.typo]
"""
    found = faults(file, text)

    assert [fault.partition(":")[0] for fault in found] == [
        "[locations.second] token",
        "[locations.second] default_region",
        "[forms.contact] max_body",
        "[forms.Kontakt Formular] provider",
        "[form]",
        "[forms.Kontakt Formular]",
        "[forms.contact] location",
        "[locations.second] location_id",
        "[forms.contact]",
    ]


def test_a_missing_variable_is_said_once(file: Path) -> None:
    text = GOOD.replace(f'"{TOKEN}"', '["${URL_TOKEN}"]')

    assert faults(file, text) == [
        "[forms.contact] url_token.0: URL_TOKEN is not set. Set the environment variable URL_TOKEN."
    ]


def test_a_token_with_a_strange_character_is_a_fault(file: Path) -> None:
    found = faults(file, GOOD, HIGHLEVEL_TOKEN="pit-1\u200b")

    assert found == [f"[locations.main] token: has characters that no token has; copy it again. {README}"]


def test_a_file_that_cannot_be_read_says_why(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"the file does not exist\. Set HOOKLINE_CONFIG"):
        load_config(file)

    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="the file cannot be read"):
        load_config(file)

    [fault] = faults(file, "[forms\n")
    assert fault.startswith("[file]: not valid TOML: ")
    assert "line 1" in fault


def test_a_field_that_highlevel_does_not_have_is_a_fault(file: Path) -> None:
    text = GOOD + '[forms.contact.fields]\ncompany_nam = "Company"\ncompanyName = "Company"\n'
    load(file, text)

    with pytest.raises(ConfigError) as caught:
        checked_config(file, ENVIRONMENT)

    [fault] = caught.value.faults
    assert str(fault).startswith("[forms.contact] fields.company_nam: is not a field of a HighLevel contact.")
    assert check_config(load(file, GOOD)) == []


def test_the_json_schema_describes_every_key() -> None:
    schema = json_schema()

    for name in ("Form", "Location", "HeaderToken", "Basic", "BodyToken", "SignatureScheme"):
        for key, described in schema["$defs"][name]["properties"].items():
            assert described.get("description"), f"{name}.{key}"
    json.dumps(schema)


def test_the_json_schema_takes_what_the_loader_takes() -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    text = (
        GOOD
        + 'redirect = "${REDIRECT}"\nunmapped = "custom_field:rest"\norigins = ["${ORIGIN}"]\nbearer = ["a", "b"]\n'
    )

    jsonschema.validate(tomllib.loads(text), json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text + "unknown = 1\n"), json_schema())


@pytest.mark.parametrize("line", ['on_identity_change = "bury"', 'source_on = "new"'])
def test_a_form_that_always_makes_contacts_has_no_known_ones_to_look_at(file: Path, line: str) -> None:
    [found] = faults(file, GOOD + f"allow_duplicates = true\n{line}\n")

    assert "which is about contacts that are known" in found
