import json
from pathlib import Path

from cli.providers import markdown
from shared.providers import PROVIDERS
from tests.cli.conftest import Hookline

README = Path(__file__).parents[2] / "README.md"
# Every name that the configuration has promised.
NAMES = """
    typeform tally jotform webflow_v1 webflow_v2 gravity_forms wpforms elementor contact_form_7 formidable fluent_forms
    ninja_forms netlify formspree fillout cognito_forms framer paperform formstack wufoo google_forms hubspot
    hubspot_workflow facebook_lead_ads unbounce clickfunnels squarespace basin getform formbricks heyflow opnform
    surveymonkey standard_webhooks html_form generic_json instapage leadpages
"""


def test_every_builder_is_there() -> None:
    assert set(PROVIDERS) == set(NAMES.split())


def test_the_readme_has_the_table_of_builders_as_it_is() -> None:
    assert markdown() in README.read_text(encoding="utf-8"), "bin/hookline providers --markdown prints it anew"


def test_builders_are_listed_with_the_proof_that_each_form_has(hookline_offline: Hookline) -> None:
    said = hookline_offline("providers")
    found = json.loads(hookline_offline("providers", "--json").stdout)

    assert "typeform" in said.stdout
    assert "contact-us  html_form  public  a token that stands in a public page" in said.stdout
    assert found["forms"] == [{"form": "contact-us", "provider": "html_form", "proof": "public"}]
    assert {item["name"]: item["proof"] for item in found["items"]}["typeform"] == "signed"


def test_builders_are_listed_without_a_configuration(hookline_offline: Hookline, configuration: Path) -> None:
    configuration.unlink()

    said = hookline_offline("providers")

    assert said.exit_code == 0
    assert "Your forms" not in said.stdout


def test_one_builder_tells_how_it_is_connected(hookline_offline: Hookline) -> None:
    said = hookline_offline("providers", "typeform")

    assert "https://YOUR-HOST/hooks/FORM" in said.stdout
    assert "secret" in said.stdout


def test_a_builder_that_sends_no_other_proof_gets_the_url_with_its_token(hookline_offline: Hookline) -> None:
    assert "paste https://YOUR-HOST/hooks/FORM/TOKEN" in hookline_offline("providers", "jotform").stdout


def test_an_unknown_builder_is_named(hookline_offline: Hookline) -> None:
    said = hookline_offline("providers", "typoform")

    assert said.exit_code == 1
    assert "'typoform' is not a provider" in said.stderr
    assert 'Did you mean "typeform"?' in said.stderr


def test_every_builder_tells_what_its_user_must_know() -> None:
    for provider in PROVIDERS.values():
        assert "{url}" in provider.setup, provider.name
        assert provider.recognised, provider.name
        assert provider.retries, provider.name
        assert provider.carries, provider.name
        assert ("secret" in provider.carries) == (provider.signature is not None), provider.name
