"""hookline.toml: what is taken, and what is said of what is not."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.checks import check_config, checked_config
from shared.config import Config, Constant, json_schema, load_config
from shared.providers import PROVIDERS
from shared.tables import ConfigError

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
            "has no proof of who sends it; set secret, url_token, header_token, bearer, basic or body_token "
            '(generic_json can send: header_token, bearer, basic, body_token, url_token), or say auth = "none"',
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


# Routing --------------------------------------------------------------------------------------------------------------

ROUTED = GOOD + '[locations.berlin]\nlocation_id = "loc2"\ntoken = "pit-2"\n'


def routed(lines: str) -> str:
    """Return a configuration with two locations, whose form has these lines instead of its location."""
    return ROUTED.replace('location = "main"\n', f"{lines}\n")


@pytest.mark.parametrize("locations", ['["main", "berlin"]', '{"The main one" = "main", berlin = "berlin"}'])
def test_a_form_may_go_where_its_answers_say(file: Path, locations: str) -> None:
    form = load(file, routed(f'location = "{{Office}}"\nlocations = {locations}')).forms["contact"]

    assert form.is_routed
    assert set(form.aliases) == {"main", "berlin"}
    assert load(file, GOOD).forms["contact"].aliases == ("main",)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            'location = "{Office}"',
            "locations: is missing, though location is a template. "
            'List the aliases that answers may name, for example locations = ["berlin", "munich"].',
        ),
        (
            'location = "main"\nlocations = ["main"]',
            "locations: is set, but location is no template. "
            'Write location = "{Question}" for an answer that names it, or remove this.',
        ),
        (
            'location = "main"\ndefault_location = "main"',
            "default_location: is set, but location is no template. "
            'Write location = "{Question}" for an answer that names it, or remove this.',
        ),
        (
            'location = "{Office}"\nlocations = ["main", "berlni"]',
            "locations.1: 'berlni' is not a location. Did you mean \"berlin\"?",
        ),
        (
            'location = "{Office}"\nlocations = {"Paris office" = "paris"}',
            "locations.Paris office: 'paris' is not a location. Use one of main, berlin.",
        ),
        (
            'location = "{Office}"\nlocations = ["main"]\ndefault_location = "mian"',
            "default_location: 'mian' is not a location. Did you mean \"main\"?",
        ),
        (
            'location = "{Office}"\nlocations = "main"',
            'locations: must be a list of aliases, or a table: "what an answer says" = "alias". ' + README,
        ),
        (
            'location = "{Office}"\nlocations = [["main"]]',
            'locations: must be a list of aliases, or a table: "what an answer says" = "alias". ' + README,
        ),
        ('location = "${NOBODY}"', "location: NOBODY is not set. Set the environment variable NOBODY."),
    ],
)
def test_a_faulty_route_names_its_key_and_the_way_out(file: Path, lines: str, fault: str) -> None:
    assert faults(file, routed(lines)) == [f"[forms.contact] {fault}"]


# Constants ------------------------------------------------------------------------------------------------------------


def test_a_field_may_be_a_constant(file: Path) -> None:
    form = load(file, GOOD + 'fields.country = { value = "Germany" }\ncustom_fields.Plan = { value = "{x}" }\n').forms[
        "contact"
    ]

    assert form.fields == {"country": Constant(value="Germany")}
    assert form.custom_fields == {"Plan": Constant(value="{x}")}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('{ value = "" }', "fields.city.value: must not be empty. Fill it in, or remove the line."),
        ("{ value = 5 }", "fields.city.value: must be text. Write it as text in quotes."),
        ("{}", "fields.city.value: is missing. Add it."),
        ("5", "fields.city: must be text. Write it as text in quotes."),
        (
            '{ value = "a", valeu = "b" }',
            'fields.city.valeu: is not a key that Hookline knows. Did you mean "value"?',
        ),
        ('{ value = "${NOBODY}" }', "fields.city.value: NOBODY is not set. Set the environment variable NOBODY."),
    ],
)
def test_a_faulty_constant_names_its_key(file: Path, source: str, fault: str) -> None:
    assert faults(file, GOOD + f"fields.city = {source}\n") == [f"[forms.contact] {fault}"]


def test_the_json_schema_takes_routes_and_constants() -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    text = 'location = "{a}"\nlocations = ["main"]\nfields = {city = { value = "a" }, state = "b"}'
    table = 'location = "{a}"\nlocations = {a = "main"}'

    for lines in (text, table):
        jsonschema.validate(tomllib.loads(routed(lines)), json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(routed('location = "{a}"\nlocations = "main"')), json_schema())


# What a builder decides -----------------------------------------------------------------------------------------------


def test_the_refusal_is_the_builders_unless_the_form_has_its_own(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = replace(PROVIDERS["generic_json"], unavailable_status=429)
    plain, own = load(file, GOOD), load(file, GOOD + "unavailable_status = 500\n")
    before = plain.forms["contact"].refusal
    monkeypatch.setitem(PROVIDERS, "generic_json", provider)

    assert (before, plain.forms["contact"].refusal, own.forms["contact"].refusal) == (503, 429, 500)


@pytest.mark.parametrize(
    ("provider", "lines", "grade"),
    [
        ("typeform", 'secret = "x"', "signed"),
        ("generic_json", 'secret = "x"\nsignature = {header = "X-Sig"}', "signed"),
        ("generic_json", f'secret = "x"\nsignature = {{header = "X-Sig"}}\nurl_token = "{TOKEN}"', "signed"),
        ("generic_json", f'url_token = "{TOKEN}"', "token"),
        ("generic_json", 'bearer = "x"', "token"),
        ("generic_json", 'header_token = {name = "X-Key", value = "x"}', "token"),
        ("generic_json", 'basic = {username = "x", password = "y"}', "token"),
        ("generic_json", 'body_token = {field = "key", value = "x"}', "token"),
        ("html_form", f'url_token = "{TOKEN}"', "public"),
        ("html_form", f'url_token = "{TOKEN}"\norigins = ["https://example.com"]\nhoneypot = "x"', "public"),
        ("html_form", 'body_token = {field = "key", value = "x"}', "public"),
        ("html_form", f'url_token = "{TOKEN}"\nbearer = "x"', "token"),
        ("html_form", 'auth = "none"', "none"),
    ],
)
def test_a_forms_proof_is_graded(file: Path, provider: str, lines: str, grade: str) -> None:
    text = GOOD.replace("generic_json", provider).replace(f'url_token = "{TOKEN}"', lines)

    assert load(file, text).forms["contact"].proof_grade == grade


def test_a_builder_has_the_grade_of_its_best_proof() -> None:
    assert [PROVIDERS[name].proof_grade for name in ("typeform", "html_form")] == ["signed", "public"]
    assert replace(PROVIDERS["typeform"], carries=("url_token", "bearer")).proof_grade == "token"
    assert replace(PROVIDERS["typeform"], carries=()).proof_grade == "none"
