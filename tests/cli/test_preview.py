import json
from pathlib import Path

from tests.cli.conftest import Hookline
from tests.cli.letters import a_body


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
