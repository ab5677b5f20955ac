"""Many locations' tokens in a file of their own: what is taken of it, and what is said of what is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.checks import checked_config
from shared.config import Config
from shared.tables import ConfigError

HOOKLINE = """
[locations.main]
location_id = "loc-main"
token = "pit-main"

[locations.berlin]
location_id = "loc-berlin"
default_region = "DE"

[forms.contact]
provider = "html_form"
location = "berlin"
auth = "none"
"""
BOTH = "Keep one of the two."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.toml"


def load(file: Path, text: str, hookline: str = HOOKLINE, **environment: str) -> Config:
    file.write_text(text, encoding="utf-8")
    path = file.with_name("hookline.toml")
    path.write_text(hookline, encoding="utf-8")
    return checked_config(path, {"HOOKLINE_TOKENS_FILE": str(file), **environment})


def faults(file: Path, text: str, hookline: str = HOOKLINE, **environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, text, hookline, **environment)
    return str(caught.value).splitlines()


def opened(config: Config) -> dict[str, Any]:
    return {
        alias: (location.location_id, location.token and location.token.get_secret_value(), location.default_region)
        for alias, location in config.locations.items()
    }


def test_a_text_is_the_token_of_a_location_and_a_table_may_be_one_of_its_own(file: Path) -> None:
    text = 'berlin = "pit-berlin"\n[munich]\nlocation_id = "loc-munich"\ntoken = "${MUNICH}"\ndefault_region = "DE"\n'

    assert opened(load(file, text, MUNICH="pit-munich")) == {
        "main": ("loc-main", "pit-main", "US"),
        "berlin": ("loc-berlin", "pit-berlin", "DE"),
        "munich": ("loc-munich", "pit-munich", "DE"),
    }


def test_a_file_that_is_called_json_is_json(tmp_path: Path) -> None:
    text = json.dumps({"berlin": {"token": "pit-berlin"}, "munich": {"location_id": "loc-munich", "token": "pit-m"}})

    config = load(tmp_path / "tokens.JSON", text)

    assert opened(config)["berlin"] == ("loc-berlin", "pit-berlin", "DE")
    assert set(config.locations) == {"main", "berlin", "munich"}


def test_nothing_is_read_where_no_file_is_named(file: Path) -> None:
    hookline = HOOKLINE.replace('default_region = "DE"', 'token = "pit-berlin"')

    assert set(load(file, "not even TOML", hookline, HOOKLINE_TOKENS_FILE="").locations) == {"main", "berlin"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('main = "pit-2"', f"[locations.main] token: is set in hookline.toml too. {BOTH}"),
        (
            '[main]\nlocation_id = "x"\ndefault_region = "DE"',
            f"[locations.main] location_id: is set in hookline.toml too. {BOTH}",
        ),
        (
            'brlin = "pit-2"',
            "[locations.brlin] token: is no location of hookline.toml, and a token alone does not make one. "
            'Did you mean "berlin"?',
        ),
        (
            'paris = "pit-2"',
            "[locations.paris] token: is no location of hookline.toml, and a token alone does not make one. "
            "Add [locations.paris] with its location_id to hookline.toml, or write a table here: "
            'paris = { location_id = "…", token = "…" }.',
        ),
        (
            "paris = 5",
            "[locations.paris]: must be a token or a table. "
            'Write the token in quotes, or a table: { location_id = "…", token = "…" }.',
        ),
        (
            '[paris]\ntoken = "x"',
            "[locations.paris]: has no location_id; HighLevel shows it at Settings > Business Profile. "
            'See "Configuration" in the README.',
        ),
        (
            '[paris]\ntoken = "x"\nlocation_id = "loc-main"',
            "[locations.paris] location_id: is the same as in [locations.main]: they would share one rate limit. "
            "Keep one alias and use it in all forms.",
        ),
        (
            '[paris]\ntoken = "x"\nlocation_id = "y"\nregion = "FR"',
            '[locations.paris] region: is not a key that Hookline knows. Did you mean "default_region"?',
        ),
        (
            '["Pa ris"]\ntoken = "x"\nlocation_id = "y"',
            "[locations.Pa ris]: the name cannot stand in a URL or a key. "
            "Use small letters, digits, '-' and '_', beginning with a letter or digit, at most 64.",
        ),
        ('main.api = "${NOBODY}"', "[locations.main] api: NOBODY is not set. Set the environment variable NOBODY."),
        (
            '[paris]\nlocation_id = "y"\noauth = { client_id = "a", client_secret = "b" }',
            "[locations.paris] oauth: its tokens are stored encrypted with SECRET_KEY, which is not set or too short. "
            "Set the environment variable SECRET_KEY to 32 random characters or more.",
        ),
    ],
)
def test_a_fault_names_the_file_the_key_and_the_way_out(file: Path, text: str, fault: str) -> None:
    hookline = HOOKLINE.replace('default_region = "DE"', 'token = "pit-berlin"')

    assert faults(file, text, hookline) == [f"{file}: {fault}"]


def test_a_token_does_not_open_what_an_app_opens_already(file: Path) -> None:
    oauth = '[locations.berlin.oauth]\nclient_id = "a"\nclient_secret = "b"\n'

    assert faults(file, 'berlin = "pit-2"', HOOKLINE + oauth, SECRET_KEY="k" * 32) == [
        f"{file}: [locations.berlin] token: has an oauth table in hookline.toml, which opens it already. {BOTH}"
    ]


def test_a_location_that_neither_file_opens_is_a_fault_of_hookline_toml(file: Path) -> None:
    path = file.with_name("hookline.toml")

    assert faults(file, "") == [
        f'{path}: [locations.berlin]: needs either a token or an oauth table. See "Configuration" in the README.'
    ]


def test_faults_of_both_files_are_named_at_once(file: Path) -> None:
    found = faults(file, 'main = "pit-2"', HOOKLINE + "max_body = 1\n")

    assert [line.partition(": ")[0] for line in found] == [
        str(file),
        str(file.with_name("hookline.toml")),
        str(file.with_name("hookline.toml")),
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("tokens.json", "[]", "not valid JSON: it must be an object. Mend that line."),
        ("tokens.json", '{"a": "x", "a": "y"}', "not valid JSON: 'a' is there twice. Mend that line."),
        ("tokens.json", '{"a": ', "not valid JSON: Expecting value"),
        ("tokens.json", "[" * 100_000, "not valid JSON: "),
        ("tokens.toml", "a = ", "not valid TOML: "),
    ],
)
def test_a_file_that_makes_no_sense_says_so(tmp_path: Path, name: str, text: str, says: str) -> None:
    [found] = faults(tmp_path / name, text)

    assert found.startswith(f"{tmp_path / name}: [file]: {says}")


def test_a_file_that_is_not_there_says_so(file: Path) -> None:
    missing = str(file.with_name("missing.toml"))

    assert faults(file, "", HOOKLINE_TOKENS_FILE=missing) == [
        f"{missing}: [file]: the file does not exist. Set HOOKLINE_TOKENS_FILE to a file that is there, or to nothing."
    ]


@pytest.mark.parametrize("text", ['main = "pit-secret"', 'paris = "pit-secret"', 'berlin = "pit-secret\u200b"'])
def test_no_fault_prints_a_token(file: Path, text: str) -> None:
    assert "pit-secret" not in "\n".join(faults(file, text))
