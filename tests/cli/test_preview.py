import json
from pathlib import Path
from typing import Any

import pytest

from shared.ids import new_id
from shared.journal import Journal
from tests.cli.conftest import Hookline
from tests.cli.letters import a_body
from tests.samples import SAMPLES
from tests.shared.journal.factories import Bench


def test_preview_shows_contact_and_provenance_without_redis(hookline_offline: Hookline, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(a_body(question="Tuesday?"))

    result = hookline_offline("preview", "contact-us", str(file), "--json")

    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["status"] == "mapped"
    assert found["contact"] == {"firstName": "Ada", "email": "ada@example.com"}
    assert set(found["provenance"]) == {"firstName", "email"}
    assert found["tags"] == ["website"]
    assert found["note"] == "question: Tuesday?"
    assert found["left_out"] == []
    assert [answer["label"] for answer in found["answers"]] == ["first_name", "email", "question"]


def test_preview_says_that_custom_fields_are_not_checked(hookline_offline: Hookline, configuration: Path) -> None:
    plain = hookline_offline("preview", "contact-us", "-", input=a_body())
    configuration.write_text(configuration.read_text() + 'custom_fields = {Budget = "budget"}\n')

    said = hookline_offline("preview", "contact-us", "-", input=a_body(budget="about ten k"))
    shown = json.loads(hookline_offline("preview", "contact-us", "-", "--json", input=a_body()).stdout)

    assert "Not checked" not in plain.stdout
    assert "Budget: custom fields are not checked offline: `hookline doctor` looks whether they exist" in said.stdout
    assert shown["unchecked"] == ["Budget"]


def test_preview_says_what_may_go_to_custom_fields_of_the_same_name(hookline_offline: Hookline) -> None:
    said = hookline_offline("preview", "contact-us", "-", input=a_body(utm_source="google"))
    shown = json.loads(hookline_offline("preview", "contact-us", "-", "--json", input=a_body(utm_source="x")).stdout)

    assert "utm_source: goes to the custom field of that name, if the location has one" in " ".join(said.stdout.split())
    assert (shown["if_there"], shown["unchecked"]) == (["utm_source"], [])


def test_preview_takes_a_delivery_file_from_standard_input(hookline_offline: Hookline) -> None:
    delivery = {
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
        "body_text": '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n--x--\r\n',
    }

    result = hookline_offline("preview", "contact-us", "-", input=json.dumps(delivery))

    assert result.exit_code == 0
    assert "ada@example.com" in result.stdout


def test_preview_says_why_there_is_no_contact(hookline_offline: Hookline) -> None:
    result = hookline_offline("preview", "contact-us", "-", "--json", input="first_name=Ada")

    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["status"] == "unmappable"
    assert found["diagnosis"][0]["field"] == "email"


def test_preview_says_that_a_body_cannot_be_read(hookline_offline: Hookline) -> None:
    result = hookline_offline("preview", "contact-us", "-", "--json", input="{broken")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "unreadable"


def test_preview_says_that_a_test_event_is_ignored(hookline_offline: Hookline) -> None:
    result = hookline_offline("preview", "contact-us", "-", "--json", input='{"test": true}')

    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "ignored"


def preview_of(hookline: Hookline, configuration: Path, form: str, body: bytes) -> dict[str, Any]:
    configuration.write_text(f'[locations.main]\nlocation_id = "loc-1"\ntoken = "pit-1"\n[forms.x]\n{form}')
    found: dict[str, Any] = json.loads(hookline("preview", "x", "-", "--json", input=body).stdout)
    return found


@pytest.mark.parametrize(
    ("partials", "status", "rule"),
    [
        (
            "ignore",
            "ignored",
            'this is no submission but one that is not finished: set partials = "deliver" to take it',
        ),
        ("deliver", "mapped", ""),
    ],
)
def test_preview_takes_what_is_unfinished_as_the_form_does(
    hookline_offline: Hookline, configuration: Path, partials: str, status: str, rule: str
) -> None:
    [sample] = [sample for sample in SAMPLES if sample.name == "typeform_partial"]
    form = f'provider = "typeform"\nlocation = "main"\nauth = "none"\npartials = "{partials}"\n'

    found = preview_of(hookline_offline, configuration, form, sample.body)

    assert (found["status"], [why["rule"] for why in found["diagnosis"]]) == (status, [rule] if rule else [])


def test_preview_says_that_a_robot_fell_for_the_honeypot(hookline_offline: Hookline, configuration: Path) -> None:
    form = 'provider = "html_form"\nlocation = "main"\nauth = "none"\nhoneypot = "website"\n'

    found = preview_of(hookline_offline, configuration, form, b"email=a%40example.com&website=spam")

    assert found["status"] == "ignored"
    assert found["diagnosis"][0]["rule"] == "this is no submission but a robot's: the honeypot is filled"


@pytest.mark.parametrize("name", ["facebook_lead_ads_batch", "hubspot_batch"])
def test_preview_reads_a_request_with_many_submissions(
    hookline_offline: Hookline, configuration: Path, name: str
) -> None:
    [sample] = [sample for sample in SAMPLES if sample.name == name]
    form = f'provider = "{sample.provider}"\nlocation = "main"\nauth = "none"\nfetch = {{token = "t"}}\n'

    assert preview_of(hookline_offline, configuration, form, sample.body)["status"] == "unfetched"


def test_preview_shows_no_secret_of_the_body(hookline_offline: Hookline, configuration: Path) -> None:
    form = 'provider = "generic_json"\nlocation = "main"\nbody_token = {field = "key", value = "open sesame"}\n'

    found = preview_of(hookline_offline, configuration, form, b'{"email": "a@example.com", "key": "open sesame"}')

    assert found["status"] == "mapped"
    assert "sesame" not in json.dumps(found)


def test_preview_names_the_forms_when_it_knows_not_this_one(hookline_offline: Hookline) -> None:
    result = hookline_offline("preview", "contact", "-", input="email=a@example.com")

    assert result.exit_code == 1
    assert "known are: contact-us" in result.stderr


def test_values_cannot_steer_the_terminal(hookline_offline: Hookline) -> None:
    result = hookline_offline("preview", "contact-us", "-", input=a_body(question="\x1b[2J[red]hello"))

    assert "\x1b" not in result.stdout
    assert "\\x1b[2J[red]hello" in result.stdout


def test_long_values_are_whole_when_piped(hookline_offline: Hookline) -> None:
    long = "x" * 400

    result = hookline_offline("preview", "contact-us", "-", input=a_body(question=long))

    assert f"text  {long}" in result.stdout


def test_a_delivery_file_with_a_cut_emoji_is_no_accident(hookline_offline: Hookline, tmp_path: Path) -> None:
    file = tmp_path / "delivery.json"
    file.write_text('{"headers": {}, "body_text": "email=ada%40example.com&a=\\ud83d"}')

    assert "ada@example.com" in hookline_offline("preview", "contact-us", str(file)).output


def test_preview_says_where_a_body_would_go(hookline_offline: Hookline, configuration: Path) -> None:
    berlin = '[locations.berlin]\nlocation_id = "loc-2"\ntoken = "pit"\n'
    routed = 'location = "{Office}"\nlocations = ["berlin", "main"]\n'
    plain = hookline_offline("preview", "contact-us", "-", input=a_body())
    configuration.write_text(configuration.read_text().replace('location = "main"\n', routed) + berlin)

    found = hookline_offline("preview", "contact-us", "-", "--json", input=a_body(Office="Berlin"))
    nowhere = hookline_offline("preview", "contact-us", "-", input=a_body(Office="Paris"))

    assert "Location: main\n" in plain.stdout
    assert json.loads(found.stdout)["location"] == "berlin"
    assert (nowhere.exit_code, "Status: unrouted" in nowhere.stdout) == (1, True)
    assert 'none of berlin, main is named by "Office"' in nowhere.stdout
    assert "Location:" not in nowhere.stdout


def test_a_body_with_ids_only_has_nothing_to_preview_until_its_answers_were_fetched(
    hookline: Hookline, configuration: Path, journal: Journal
) -> None:
    configuration.write_text(
        '[locations.main]\nlocation_id = "loc-1"\ntoken = "pit-1"\n'
        '[forms.contact]\nprovider = "hubspot"\nlocation = "main"\nauth = "none"\nfetch = {token = "pat-1"}\n'
    )
    event = b'[{"subscriptionType": "contact.creation", "objectId": 7, "portalId": 5}]'
    email = {"key": "email", "label": "email", "type": "email", "value": "ada@example.com"}
    submission_id = new_id("sub", 1_790_000_000)
    lease = Bench(journal).leased(submission_id, body=event, provider="hubspot")

    before = hookline("preview", "contact", "-", input=event)
    lease.store(fetched=[email])
    after = json.loads(hookline("preview", "contact", submission_id, "--json").stdout)

    assert before.exit_code == 1
    assert "it holds ids only: the answers are fetched when it is delivered" in " ".join(before.stdout.split())
    assert after["status"] == "mapped"
    assert after["contact"]["email"] == "ada@example.com"
