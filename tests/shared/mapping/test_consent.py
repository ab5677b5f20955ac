from typing import Any

import pytest
from pydantic import JsonValue

from shared.config import Consent
from shared.highlevel.contact import DndSettings
from shared.highlevel.generations import Api
from shared.mapping import LeftOut, consent_fields
from shared.submission import Answer, Edit
from tests.shared.mapping.factories import a_form, an_answer, mapped

CHANNELS = [
    ("call", "Call"),
    ("email", "Email"),
    ("sms", "SMS"),
    ("whatsapp", "WhatsApp"),
    ("gmb", "GMB"),
    ("fb", "FB"),
]


def fields_of(*answers: Answer, consent: Consent, **options: Any) -> dict[str, JsonValue]:
    """Return the contact's body without its email."""
    body = mapped(*answers, form=a_form(consent=consent), **options).contact.body()
    body.pop("email")
    return body


@pytest.mark.parametrize(("value", "status"), [("Yes", "inactive"), ("No", "active")])
@pytest.mark.parametrize(("channel", "name"), CHANNELS)
def test_a_yes_switches_do_not_disturb_off_and_a_no_on(channel: str, name: str, value: str, status: str) -> None:
    consent = Consent.model_validate({channel: "May we?"})

    assert fields_of(an_answer("May we?", value), consent=consent) == {"dndSettings": {name: {"status": status}}}


@pytest.mark.parametrize(("value", "is_on"), [("yes", False), (False, True)])
def test_one_question_may_be_about_all_channels_or_about_what_comes_in(value: JsonValue, is_on: bool) -> None:
    question = an_answer("May we?", value, key="q1")

    assert fields_of(question, consent=Consent(all="may WE?")) == {"dnd": is_on}
    assert fields_of(question, consent=Consent(inbound="q1")) == {
        "inboundDndSettings": {"all": {"status": "active" if is_on else "inactive"}}
    }


def test_each_channel_has_its_own_answer() -> None:
    found = mapped(
        an_answer("Emails?", True),
        an_answer("Texts?", "Nein, danke"),
        an_answer("Calls?", "nein"),
        form=a_form(consent=Consent(email="Emails?", sms="Texts?", call="Calls?", whatsapp="Texts?")),
    )

    settings = found.contact.body()["dndSettings"]
    assert isinstance(settings, dict)
    assert {name: state["status"] for name, state in settings.items() if isinstance(state, dict)} == {
        "Call": "active",
        "Email": "inactive",
        "SMS": "active",
        "WhatsApp": "active",
    }
    assert found.note == ""
    assert found.provenance["dndSettings.Email"] == "consent: email"
    assert found.provenance["dndSettings.WhatsApp"] == "consent: whatsapp"


TICKED: list[tuple[JsonValue, str | None]] = [
    ("on", "inactive"),
    (["I agree to receive messages"], "inactive"),
    (["Offers", "News"], "inactive"),
    (["No"], "active"),
    (["None of the above"], "active"),
    ([], "active"),
    (["News", "No"], None),
    ("", None),
    (None, None),
    ({}, None),
    ("maybe", None),
    ("Yes, text me at 5", None),
    ({"agreed": True}, None),
]


@pytest.mark.parametrize(("value", "status"), TICKED)
def test_a_ticked_box_is_a_yes_and_no_answer_changes_nothing(value: JsonValue, status: str | None) -> None:
    found = fields_of(an_answer("May we?", value), consent=Consent(sms="May we?"))

    assert found == ({"dndSettings": {"SMS": {"status": status}}} if status else {})


def test_an_unclear_answer_is_left_out_and_noted() -> None:
    found = mapped(an_answer("May we?", "perhaps"), form=a_form(consent=Consent(all="May we?")))

    assert found.left_out == (LeftOut(field="dnd", value="perhaps", why="the answer is neither a yes nor a no"),)
    assert found.note == "May we? perhaps"


def test_what_was_agreed_to_stays_in_the_note() -> None:
    found = mapped(an_answer("Terms", ["I agree to receive SMS"]), form=a_form(consent=Consent(sms="Terms")))

    assert found.note == "Terms: I agree to receive SMS"


@pytest.mark.parametrize(("api", "sent"), [("v1", {"dnd": True}), ("v3", None)])
def test_an_api_without_channels_gets_none(api: Api, sent: dict[str, JsonValue] | None) -> None:
    form = a_form(consent=Consent(all="May we?", sms="Texts?"))

    found = mapped(an_answer("May we?", "no"), an_answer("Texts?", "no"), form=form, api=api)

    body = found.contact.body()
    assert body.pop("email")
    assert body == (sent or {"dnd": True, "dndSettings": {"SMS": {"status": "active"}}})
    assert found.note == ("Texts? no" if api == "v1" else "")
    assert [left.why for left in found.left_out] == (["the v1 API has no such field"] if api == "v1" else [])


@pytest.mark.parametrize("name", ["dndSettings.SMS", "dndSettings"])
def test_an_edit_can_drop_do_not_disturb_and_change_the_answer(name: str) -> None:
    consent, answer = Consent(sms="Texts?", all="May we?"), an_answer("Texts?", "no")

    assert fields_of(answer, consent=consent, edit=Edit(drop=(name,))) == {}
    changed = fields_of(answer, consent=consent, edit=Edit(answers={"Texts?": "yes"}))
    assert changed == {"dndSettings": {"SMS": {"status": "inactive"}}}


def test_every_channel_of_the_configuration_has_its_field() -> None:
    fields = consent_fields(Consent.model_validate(dict.fromkeys(Consent.model_fields, "Q")))

    assert fields.keys() == Consent.model_fields.keys()
    assert set(fields.values()) >= {f"dndSettings.{found.alias}" for found in DndSettings.model_fields.values()}
