from typing import Any

import pytest
from pydantic import JsonValue

from shared.config import Consent
from shared.highlevel.contact import DndSettings
from shared.highlevel.generations import Api
from shared.mapping import LeftOut, consent_fields
from shared.submission import Answer, AnswerType, Edit
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
    assert found.provenance["dndSettings.Email"].rule == "consent: email"
    assert found.provenance["dndSettings.WhatsApp"].rule == "consent: whatsapp"


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


# Questions that nobody has configured

ASKED: list[tuple[str, JsonValue, AnswerType, dict[str, JsonValue]]] = [
    ("May we call you?", "Yes", "text", {"dndSettings": {"Call": {"status": "inactive"}}}),
    ("May we call you?", "No", "choice", {"dndSettings": {"Call": {"status": "active"}}}),
    ("May we call you?", ["No"], "choices", {"dndSettings": {"Call": {"status": "active"}}}),
    ("Subscribe to our newsletter", True, "boolean", {"dndSettings": {"Email": {"status": "inactive"}}}),
    ("Subscribe to our newsletter", False, "boolean", {"dndSettings": {"Email": {"status": "active"}}}),
    ("Möchten Sie unseren Newsletter erhalten?", "Nein", "text", {"dndSettings": {"Email": {"status": "active"}}}),
    (
        "I agree to receive text messages",
        "I agree to receive text messages",
        "consent",
        {"dndSettings": {"SMS": {"status": "inactive"}}},
    ),
    ("SMS", True, "consent", {"dndSettings": {"SMS": {"status": "inactive"}}}),
    (
        "I agree to receive messages on WhatsApp",
        "yes",
        "consent",
        {"dndSettings": {"WhatsApp": {"status": "inactive"}}},
    ),
    (
        "May we contact you by phone or email?",
        "no",
        "text",
        {"dndSettings": {"Call": {"status": "active"}, "Email": {"status": "active"}}},
    ),
    ("May we email you? (yes/no)", "no", "text", {"dndSettings": {"Email": {"status": "active"}}}),
    (
        "I agree to receive text messages. Msg & data rates may apply. Consent is not a condition of purchase. "
        "Reply STOP to opt out.",
        True,
        "boolean",
        {"dndSettings": {"SMS": {"status": "inactive"}}},
    ),
    (
        "I agree to receive emails (you can unsubscribe at any time)",
        "yes",
        "text",
        {"dndSettings": {"Email": {"status": "inactive"}}},
    ),
    ("You may call me at any time", "yes", "text", {"dndSettings": {"Call": {"status": "inactive"}}}),
    ("May we contact you?", "no", "text", {"dnd": True}),
    ("Dürfen wir Sie kontaktieren?", "ja", "text", {"dnd": False}),
]


@pytest.mark.parametrize(("label", "value", "kind", "fields"), ASKED)
def test_a_question_that_plainly_asks_for_consent_counts_by_itself(
    label: str, value: JsonValue, kind: AnswerType, fields: dict[str, JsonValue]
) -> None:
    answer = an_answer(label, value, kind)

    found = mapped(answer)

    body = found.contact.body()
    assert body.pop("email")
    assert body == fields
    assert found.note.endswith(answer.text)  # it is the evidence


UNASKED: list[tuple[str, JsonValue, AnswerType]] = [
    ("May we call you?", "maybe", "text"),
    ("May we call you?", "Yes, after five", "text"),
    ("May we call you?", ["Yes", "No"], "choices"),
    ("I agree to receive text messages", "I agree to receive text messages", "text"),
    ("I agree to receive text messages", "not ticked by me", "consent"),
    ("May we call you?", "yes", "hidden"),
    # A yes would mean no.
    ("Do not email me", True, "boolean"),
    ("Unsubscribe from the newsletter", True, "boolean"),
    ("No marketing emails please", True, "boolean"),
    ("Sans newsletter", True, "boolean"),
    ("Exclude me from the newsletter", True, "boolean"),
    ("Newsletter abbestellen", True, "boolean"),
    ("May we email you? (Tick to refuse)", True, "boolean"),
    # What the visitor does, and not what may be done to the visitor.
    ("Does your company send newsletters?", "no", "text"),
    ("Do you currently use email marketing?", "no", "text"),
    ("Do you receive a lot of spam calls?", "no", "text"),
    ("Would you like to receive calls from your customers?", "no", "text"),
    # No channel, and no contact in whatever way.
    ("I agree to receive marketing communications", False, "consent"),
    ("Would you like to hear about offers?", "no", "text"),
    ("Consent", True, "consent"),
    # Something else.
    ("I agree to the terms and the privacy policy, also by email", True, "consent"),
    ("Yes, email me a copy of my answers", False, "boolean"),
    ("Did you get our email?", "no", "text"),
    ("Would you like us to call you back?", "no", "text"),
    ("May we contact your employer?", "no", "text"),
    ("How may we contact you?", "no", "text"),
    ("Pets", "no", "text"),
    (f"May we call you? {'blah ' * 400} Tick to say no.", "yes", "text"),
]


@pytest.mark.parametrize(("label", "value", "kind"), UNASKED)
def test_a_legal_state_is_never_guessed(label: str, value: JsonValue, kind: AnswerType) -> None:
    answer = an_answer(label, value, kind)

    found = mapped(answer)

    assert found.contact.body() == {"email": "ada@example.com"}
    assert found.note.endswith(answer.text)


def test_configured_consent_wins() -> None:
    answers = [an_answer("May we call you?", "no"), an_answer("Newsletter", True), an_answer("Calls are fine", "yes")]

    one = fields_of(*answers, consent=Consent(call="Calls are fine"))
    every = fields_of(*answers, consent=Consent(all="Calls are fine"))

    assert one == {"dndSettings": {"Call": {"status": "inactive"}, "Email": {"status": "inactive"}}}
    assert every == {"dnd": False}


def test_answers_that_contradict_each_other_change_nothing() -> None:
    found = mapped(an_answer("May we call you?", "yes"), an_answer("May we phone you?", "no"))

    assert found.contact.body() == {"email": "ada@example.com"}
    assert found.left_out == (
        LeftOut(field="dndSettings.Call", value="yes, no", why="the answers say both yes and no"),
    )


def test_a_question_of_a_channel_that_the_api_lacks_is_left_out() -> None:
    found = mapped(an_answer("May we call you?", "no"), api="v1")

    assert found.contact.body() == {"email": "ada@example.com"}
    assert [left.why for left in found.left_out] == ["the v1 API has no such field"]
