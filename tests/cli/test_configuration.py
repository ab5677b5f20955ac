import json
from pathlib import Path

from tests.cli.conftest import Hookline, hookline_with


def test_check_counts_forms_and_locations(hookline_offline: Hookline) -> None:
    result = hookline_offline("check")

    assert result.exit_code == 0
    assert result.stdout == "The configuration is fine: 1 form, 1 location.\n"


def test_check_names_every_fault_and_exits_with_1(hookline_offline: Hookline, configuration: Path) -> None:
    configuration.write_text('[forms.a]\nprovider = "nobody"\nlocation = "main"\nauth = "none"\n')

    result = hookline_offline("check")

    assert result.exit_code == 1
    assert "'nobody' is not a provider" in result.stderr
    assert "'main' is not a location" in result.stderr


def test_check_gives_its_faults_as_json(hookline_offline: Hookline, configuration: Path) -> None:
    configuration.write_text('[locations.main]\nlocation_id = "1"\n')

    result = hookline_offline("check", "--json")

    assert result.exit_code == 1
    checked = json.loads(result.stdout)
    assert not checked["ok"]
    [fault] = checked["faults"]
    assert fault == {
        "file": "",
        "table": "locations.main",
        "key": "",
        "problem": "needs either a token or an oauth table",
        "remedy": 'See "Configuration" in the README.',
    }


def test_check_counts_and_checks_the_locations_of_the_tokens_file(configuration: Path) -> None:
    tokens = configuration.with_name("tokens.toml")
    hookline = hookline_with({"HOOKLINE_CONFIG": str(configuration), "HOOKLINE_TOKENS_FILE": str(tokens)})
    tokens.write_text('[berlin]\nlocation_id = "loc-2"\ntoken = "pit-2"\n')
    counted = hookline("check")
    tokens.write_text('main = "pit-2"\n')

    told = hookline("check")
    [fault] = json.loads(hookline("check", "--json").stdout)["faults"]

    assert counted.stdout == "The configuration is fine: 1 form, 2 locations.\n"
    assert f"{tokens}: [locations.main] token: is set in hookline.toml too." in told.stderr
    assert (fault["file"], fault["table"], fault["key"]) == (str(tokens), "locations.main", "token")


def test_a_bad_environment_is_told_in_one_message() -> None:
    result = hookline_with({"REDIS_URL": "http://x"})("check")

    assert result.exit_code == 1
    assert "REDIS_URL: must begin with redis://" in result.stderr


def test_the_schema_is_json(hookline_offline: Hookline) -> None:
    assert "forms" in json.loads(hookline_offline("schema").stdout)["properties"]


def test_the_version_is_that_of_the_project(hookline_offline: Hookline) -> None:
    assert hookline_offline("version").stdout == "0.1.0\n"
