import json
from typing import Any

import pytest
from pydantic import JsonValue

from shared.config import Consent
from shared.mapping import LeftOut, Unmappable, edited_by, unknown_fields, unmatched
from shared.submission import Answer, AnswerType, Edit
from tests.shared.mapping.factories import CATALOGUE, US, a_form, an_answer, mapped

CUSTOM_ID = "MgobCB14YMVKuE4Ka8p1"


def fields_of(*answers: Answer, **options: Any) -> dict[str, JsonValue]:
    """Return the contact's body without the email that every contact here has."""
    body = mapped(*answers, **options).contact.body()
    body.pop("email", None)
    return body


LABELLED = [
    ({"First name": "Ada", "Last name": "Lovelace"}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ({"Name": "Ada Lovelace"}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ({"Name": "Ada"}, {"firstName": "Ada"}),
    ({"Full name": "Ada King of Lovelace"}, {"firstName": "Ada", "lastName": "King of Lovelace"}),
    ({"First name": "Ada", "Full name": "Ada King Lovelace"}, {"firstName": "Ada", "lastName": "King Lovelace"}),
    ({"Vorname": "Ada", "Name": "Lovelace"}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ({"Name": "Lovelace", "Vorname": "Ada"}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ({"Nombre": "Ada", "Apellidos": "Byron King"}, {"firstName": "Ada", "lastName": "Byron King"}),
    ({"Name": "Ada", "First name": "Ada"}, {"firstName": "Ada"}),
    ({"Phone": "(206) 555-0161"}, {"phone": "+12065550161"}),
    ({"Phone": 2065550161}, {"phone": "+12065550161"}),
    ({"Country": ["Germany"]}, {"country": "DE"}),
    ({"Company": "Fjord & Field LLC"}, {"companyName": "Fjord & Field LLC"}),
    ({"Street": "1 High St", "City": "York", "Postcode": "YO1"}, {"address1": "1 High St", "city": "York"}),
    ({"Date of birth": "1990-12-25"}, {"dateOfBirth": "1990-12-25"}),
    ({"Date of birth": "12/25/1990"}, {"dateOfBirth": "1990-12-25"}),
    ({"Date of birth": "25/12/1990"}, {}),
    ({"Date of birth": ["1990_12_25"]}, {"dateOfBirth": "1990-12-25"}),
    ({"Birthday": "soon", "Date of birth": "1990.12.25"}, {"dateOfBirth": "1990-12-25"}),
    ({"Website": "example.com"}, {"website": "example.com"}),
    ({"Website": "we have none"}, {}),
    ({"name": {"first": "Ada", "last": "Lovelace"}}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ({"Pet name": "Rex", "How can we email you?": "yes", "Company": True}, {}),
    ({"Emergency contact phone": "206 555 0161", "Fax": "206 555 0162"}, {}),
    ({"Message": "call me", "Subject": "Hi"}, {}),
    ({"Adresse": ["12 rue des Lilas", "Lyon"]}, {"address1": "12 rue des Lilas, Lyon"}),
    ({"Company": "yes", "City": ["Nein"], "Empresa": "Não"}, {}),
    ({"State": "OK", "Country": "NO"}, {"state": "OK", "country": "NO"}),
    ({"Phone": {"countryCode": "+44", "number": "7911 123456"}}, {"phone": "+447911123456"}),
    ({"Order number": "206 555 0161", "Rechnung": "206 555 0161"}, {}),
]


@pytest.mark.parametrize(("values", "expected"), LABELLED)
def test_labels_say_which_field_is_meant(values: dict[str, JsonValue], expected: dict[str, JsonValue]) -> None:
    fields = fields_of(*[an_answer(label, value) for label, value in values.items()])

    fields.pop("postalCode", None)
    assert fields == expected


TYPED: list[tuple[AnswerType, JsonValue, dict[str, JsonValue]]] = [
    ("phone", "206 555 0161", {"phone": "+12065550161"}),
    ("country", "Deutschland", {"country": "DE"}),
    ("name", "Ada Lovelace", {"firstName": "Ada", "lastName": "Lovelace"}),
    ("name", {"first": "Ada", "last": "Lovelace"}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ("address", "1 High St, York", {"address1": "1 High St, York"}),
    (
        "address",
        {"street": "1 High St", "line2": "Flat 2", "city": "York", "state": "N", "zip": "YO1", "country": "UK"},
        {"address1": "1 High St, Flat 2", "city": "York", "state": "N", "postalCode": "YO1", "country": "GB"},
    ),
    ("text", "206 555 0161", {"phone": "+12065550161"}),
    ("text", "(206) 555-0161", {"phone": "+12065550161"}),
    ("text", "2065550161", {}),
    ("text", "206 555", {}),
    ("text", "1 234 567 890", {}),
    ("text", "123-45-6789", {}),
    ("text", "2024-05-01", {}),
    ("choice", "206 555 0161", {}),
    ("hidden", "206 555 0161", {}),
    ("text", "+1 206 555 0161", {"phone": "+12065550161"}),
]


@pytest.mark.parametrize(("kind", "value", "expected"), TYPED)
def test_types_and_values_say_which_field_is_meant(
    kind: AnswerType, value: JsonValue, expected: dict[str, JsonValue]
) -> None:
    assert fields_of(an_answer("Question 7", value, kind)) == expected


def test_the_first_answer_wins_and_the_others_are_noted() -> None:
    found = mapped(an_answer("Home phone", "206 555 0161"), an_answer("Work phone", "206 555 0162"))

    assert found.contact.phone == "+12065550161"
    assert found.note == "Work phone: 206 555 0162"


def test_a_confirmation_of_the_same_email_is_not_noted() -> None:
    found = mapped(an_answer("Email address", " ADA@example.com "))

    assert found.contact.email == "ada@example.com"
    assert found.note == ""


def test_another_persons_email_never_becomes_the_contacts_own() -> None:
    with pytest.raises(Unmappable):
        mapped(an_answer("Friend's email", "byron@example.com", "email"), email=False)


def test_what_the_visitor_typed_goes_before_what_the_page_knew() -> None:
    found = mapped(
        an_answer("email", "shop@example.com", "hidden"),
        an_answer("name", "The Shop", "hidden"),
        an_answer("Your e-mail", "ada@example.com"),
        an_answer("Your full name", "Ada Lovelace"),
        email=False,
    ).contact

    assert (found.email, found.first_name, found.last_name) == ("ada@example.com", "Ada", "Lovelace")


def test_a_hidden_value_is_only_taken_by_its_name() -> None:
    with pytest.raises(Unmappable):
        mapped(an_answer("shop", "shop@example.com", "hidden"), email=False)

    found = mapped(an_answer("email", "ada@example.com", "hidden"), email=False)
    assert found.contact.email == "ada@example.com"


def test_an_email_is_recognised_by_its_value_alone() -> None:
    found = mapped(an_answer("Q1", "call me"), an_answer("Q2", "Ada@Example.com"), email=False)

    assert found.contact.email == "ada@example.com"
    assert str(found.provenance["email"]) == 'answer "Q2" → value looks like an email → trimmed, in lower case'


def test_the_provenance_names_the_source_of_each_field() -> None:
    found = mapped(
        an_answer("Best phone number?", "206 555 0161", "phone"),
        an_answer("Who pays?", "Fjord LLC"),
        an_answer("first_name", "Ada"),
        an_answer("Q9", "Lovelace", key="last_name"),
        form=a_form(fields={"companyName": "who pays?"}, custom_fields={"payer": "Who pays?"}, source="Web"),
        edit=Edit(fields={"city": "York"}),
    )

    assert {name: str(origin) for name, origin in found.provenance.items()} == {
        "companyName": 'answer "who pays?" → configuration: fields.companyName',
        "customFields.payer": 'answer "Who pays?" → configuration: custom_fields.payer',
        "source": "configuration: source",
        "email": 'answer "Email" → type email',
        "phone": 'answer "Best phone number?" → type phone → in E.164',
        "firstName": 'answer "first_name" → label says firstName (en), score 1.00',
        "lastName": 'answer "Q9" → key "last_name" says lastName (en), score 1.00',
        "city": "edit",
    }


# Configuration


def test_a_configured_field_takes_an_answer_by_label_key_or_template() -> None:
    found = mapped(
        an_answer("Which company are you with?", "Fjord LLC", key="q1"),
        an_answer("Town of work", "York", key="q2"),
        an_answer("Campaign", "autumn"),
        form=a_form(fields={"companyName": "which company are you with?", "city": "Q2", "source": "Web {Campaign}"}),
    )

    assert (found.contact.company_name, found.contact.city) == ("Fjord LLC", "York")
    assert found.contact.source == "Web autumn"
    assert found.note == ""


def test_a_configured_field_wins_over_what_maps_itself() -> None:
    found = mapped(
        an_answer("Phone", "206 555 0161"), an_answer("Q2", "206 555 0162"), form=a_form(fields={"phone": "Q2"})
    )

    assert found.contact.phone == "+12065550162"
    assert found.note == "Phone: 206 555 0161"


def test_a_configured_name_is_split_unless_its_parts_are_known() -> None:
    whole = an_answer("Who are you?", "Ada Lovelace")
    form = a_form(fields={"name": "Who are you?"})

    assert fields_of(whole, form=form) == {"firstName": "Ada", "lastName": "Lovelace"}
    known = a_form(fields={"name": "Who are you?", "lastName": "Family"})
    assert fields_of(whole, an_answer("Family", "Lovelace"), form=known) == {"firstName": "Ada", "lastName": "Lovelace"}
    parts = a_form(fields={"name": "Who are you?", "firstName": "Nick"})
    assert fields_of(whole, an_answer("Nick", "A."), form=parts) == {"firstName": "A.", "name": "Ada Lovelace"}


@pytest.mark.parametrize(
    ("source", "assigned_to", "sent"),
    [
        ("Web", "user1", {"source": "Web", "assignedTo": "user1"}),
        ("Web {Page}", "{Owner}", {"source": "Web home", "assignedTo": "user2"}),
        (" ", "{Nobody}", {}),
    ],
)
def test_the_source_and_the_user_are_constants_or_templates(
    source: str, assigned_to: str, sent: dict[str, JsonValue]
) -> None:
    answers = [an_answer("Page", "home"), an_answer("Owner", "user2")]

    found = mapped(*answers, form=a_form(source=source, assigned_to=assigned_to))

    assert {name: value for name, value in found.contact.body().items() if name != "email"} == sent
    assert str(found.provenance.get("assignedTo", "configuration: assigned_to")) == "configuration: assigned_to"


def test_an_answer_that_feeds_a_configured_field_feeds_no_other() -> None:
    assert fields_of(an_answer("Name", "Fjord LLC"), form=a_form(fields={"companyName": "Name"})) == {
        "companyName": "Fjord LLC"
    }


def test_an_email_that_a_custom_field_copies_stays_the_contacts_email() -> None:
    found = mapped(form=a_form(custom_fields={"mail_copy": "Email"}))

    assert found.contact.email == "ada@example.com"
    assert [field.field_value for field in found.contact.custom_fields] == ["ada@example.com"]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("text ", "text"),
        (2500, 2500),
        (0, 0),
        (1.5, 1.5),
        (True, "yes"),
        (False, "no"),
        (["a", 2, ""], ["a", "2"]),
        ({"a": 1, "b": "x"}, "a: 1, b: x"),
    ],
)
def test_a_custom_field_keeps_numbers_and_lists(value: JsonValue, sent: JsonValue) -> None:
    found = mapped(an_answer("Q", value), form=a_form(custom_fields={"key": "Q", CUSTOM_ID: "Q", "text": "<{Q}>"}))

    by_key, by_id, template = found.contact.custom_fields
    assert (by_key.key, by_key.field_value) == ("key", sent)
    assert (by_id.id, by_id.field_value) == (CUSTOM_ID, sent)
    assert isinstance(template.field_value, str)
    assert found.note == ""


def test_a_part_of_an_answer_can_be_named_and_the_answer_stays_in_the_note() -> None:
    found = mapped(
        an_answer("utm", {"source": "google", "medium": "cpc"}), form=a_form(custom_fields={"src": "utm.source"})
    )

    assert found.contact.custom_fields[0].field_value == "google"
    assert found.note == "utm: source: google, medium: cpc"


TAGS: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("website", " Website "), ("website",)),
    (("{Topic}",), ("Pottery", "Weaving")),
    (("topic {Topic}",), ("topic Pottery, Weaving",)),
    (("{Nothing}", "x-{Nothing}", "{Plan} {Nothing}"), ()),
    (("pottery", "{Topic}", "{Plan}"), ("pottery", "Weaving", "Growth")),
    (("{utm.source}",), ("google",)),
    (("{Vegan?}",), ("yes",)),
]


@pytest.mark.parametrize(("templates", "tags"), TAGS)
def test_tags_are_constants_and_answers(templates: tuple[str, ...], tags: tuple[str, ...]) -> None:
    found = mapped(
        an_answer("Topic", ["Pottery", "Weaving"]),
        an_answer("Plan", "Growth"),
        an_answer("utm", {"source": "google"}),
        an_answer("Vegan?", True),
        form=a_form(tags=templates),
    )

    assert found.tags == tags
    assert "Topic: Pottery, Weaving" in found.note  # a tag does not take the answer


def test_unknown_fields_are_named() -> None:
    form = a_form(fields={"companyName": "Q", "companyname": "Q", "tags": "Q"})

    assert unknown_fields(form) == ["companyname", "tags"]
    assert mapped(an_answer("Q", "x"), form=form).contact.company_name == "x"


# The note and what was left out


def test_the_note_holds_every_answer_that_no_field_took_in_order() -> None:
    found = mapped(
        an_answer("Message:", "First line\nsecond line"),
        an_answer("Nothing", " "),
        an_answer("Seats", 0),
        an_answer("Vegan?", False),
        an_answer("", "unnamed", key="q7"),
    )

    assert found.note == "Message: First line\nsecond line\nSeats: 0\nVegan? no\nq7: unnamed"


def test_unmapped_answers_can_be_dropped_or_sent_to_a_custom_field() -> None:
    message = an_answer("Message", "Hello")

    assert mapped(message, form=a_form(unmapped="drop")).note == ""
    found = mapped(message, form=a_form(unmapped="custom_field:details"))
    assert found.note == ""
    assert found.contact.custom_fields[0].field_value == "Message: Hello"


def test_a_refused_value_is_left_out_and_noted() -> None:
    found = mapped(an_answer("Phone", "12"), an_answer("Country", "Atlantis"))

    assert found.contact.body() == {"email": "ada@example.com"}
    assert found.note == "Phone: 12\nCountry: Atlantis"
    assert found.left_out == (
        LeftOut(field="phone", value="12", why="the value is too short for a phone number of US"),
        LeftOut(field="country", value="Atlantis", why="the value is no country that HighLevel knows"),
    )


def test_an_ambiguous_date_is_left_out_and_noted() -> None:
    birthday = an_answer("Date of birth", "03/04/1990", "date")

    found = mapped(birthday, region="GB")

    assert found.contact.date_of_birth is None
    assert found.note == "Date of birth: 03/04/1990"
    assert found.left_out == (
        LeftOut(
            field="dateOfBirth",
            value="03/04/1990",
            why="the value may be two dates: write it year first, such as 1990-12-25",
        ),
    )
    assert mapped(birthday, region="US").contact.date_of_birth == "1990-03-04"


def test_a_field_that_the_api_does_not_have_is_left_out_and_noted() -> None:
    form = a_form(fields={"gender": "Sex", "assignedTo": "Who?"}, assigned_to="user1")
    answers = [an_answer("Sex", "Female"), an_answer("Who?", "user2")]

    found = mapped(*answers, form=form, api="v1")

    assert found.contact.body() == {"email": "ada@example.com"}
    assert found.note == "Sex: Female\nWho? user2"
    assert [(left.field, left.value, left.why) for left in found.left_out] == [
        ("gender", "Female", "the v1 API has no such field"),
        ("assignedTo", "user2", "the v1 API has no such field"),
        ("assignedTo", "user1", "the v1 API has no such field"),
    ]
    assert (mapped(*answers, form=form).contact.gender, mapped(*answers, form=form, api="v3").note) == ("female", "")


def test_a_phone_extension_is_noted() -> None:
    found = mapped(an_answer("Phone", "206 555 0161 ext 12"))

    assert found.contact.phone == "+12065550161"
    assert found.note == "Phone: 206 555 0161 ext 12"
    assert found.left_out[0].why == "the extension 12 is not part of the number"


def test_a_template_that_fits_in_part_keeps_its_answers_in_the_note() -> None:
    found = mapped(
        an_answer("Q", "byron@example.com; ada@example.com"), form=a_form(fields={"email": "{Q}"}), email=False
    )

    assert found.contact.email == "byron@example.com"
    assert found.note == "Q: byron@example.com; ada@example.com"
    assert found.left_out[0].why == "only a part of it fits the field"


def test_parts_of_an_address_that_do_not_fit_are_noted() -> None:
    found = mapped(an_answer("Home", {"street": "1 High St", "floor": 3, "country": "Atlantis"}, "address"))

    assert found.contact.address1 == "1 High St"
    assert found.note == "Home: floor: 3, country: Atlantis"


@pytest.mark.parametrize("answers", [[], [an_answer("Message", "Hi")], [an_answer("Email", "")]])
def test_without_an_identifier_there_is_no_contact(answers: list[Answer]) -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(*answers, email=False)

    [found] = caught.value.diagnosis
    assert (found.field, found.value) == ("email", "")


def test_the_diagnosis_names_each_refused_identifier_but_the_message_does_not() -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(an_answer("Email", "ada@example"), an_answer("Phone", "555-0142"), email=False)

    assert [(found.field, found.value) for found in caught.value.diagnosis] == [
        ("email", "ada@example"),
        ("phone", "555-0142"),
    ]
    assert "ada" not in str(caught.value)


# Edits


def test_an_edit_replaces_and_adds_answers() -> None:
    found = mapped(
        an_answer("Email", "ada@example", key="mail"),
        an_answer("Phone", ""),
        edit=Edit(answers={"MAIL": "ada@example.com", "phone": "206 555 0161", "Extra": "x"}),
        email=False,
    )

    assert (found.contact.email, found.contact.phone) == ("ada@example.com", "+12065550161")
    assert found.note == "Extra: x"


def test_an_edit_sets_fields_last() -> None:
    found = mapped(
        an_answer("City", "Jork"),
        an_answer("Q", 5),
        form=a_form(custom_fields={"seats": "Q"}),
        edit=Edit(fields={"city": "York", "phone": "206 555 0161", "seats": "6", CUSTOM_ID: "x", "name": "Ada King"}),
    )

    assert found.contact.body() == {
        "email": "ada@example.com",
        "city": "York",
        "phone": "+12065550161",
        "firstName": "Ada",
        "lastName": "King",
        "customFields": [{"key": "seats", "field_value": "6"}, {"id": CUSTOM_ID, "field_value": "x"}],
    }
    assert {str(found.provenance[name]) for name in ("city", "phone", "customFields.seats", "lastName")} == {"edit"}
    assert found.left_out == ()


def test_what_an_edit_gives_a_value_is_not_left_out() -> None:
    birthday = an_answer("Date of birth", "03/04/1990", "date")

    found = mapped(birthday, region="GB", edit=Edit(fields={"dateOfBirth": "1990-04-03"}))

    assert (found.contact.date_of_birth, found.left_out) == ("1990-04-03", ())


def test_an_edit_puts_values_into_the_note() -> None:
    found = mapped(
        an_answer("City", "York"),
        an_answer("Phone", "206 555 0161"),
        an_answer("Message", "Hi"),
        an_answer("What for?", "about ten k"),
        an_answer("Texts?", "yes"),
        form=a_form(custom_fields={"How much?": "What for?"}, consent=Consent(sms="Texts?")),
        edit=Edit(to_note=("phone", "customFields.How much?", "city", "dndSettings.SMS", "postalCode", "zzz")),
    )

    assert found.contact.body() == {"email": "ada@example.com"}
    assert found.note.splitlines() == [
        "Message: Hi",
        "Phone: +12065550161",
        "How much? about ten k",
        "City: York",
        "dndSettings.SMS (may be contacted): yes",
    ]
    assert {left.why for left in found.left_out} == {"put into the note by an edit"}


@pytest.mark.parametrize("unmapped", ["drop", "custom_field:rest"])
def test_an_edit_puts_values_into_the_note_whatever_becomes_of_other_answers(unmapped: str) -> None:
    answers = [an_answer("City", "York"), an_answer("Message", "Hi")]

    assert mapped(*answers, form=a_form(unmapped=unmapped), edit=Edit(to_note=("city",))).note == "City: York"


@pytest.mark.parametrize(
    ("edit", "doubts"),
    [
        (Edit(answers={"CITY": "Graz", "q_1": "x", "Empty": "y"}, drop=("website", "plan", "dnd")), ()),
        (Edit(to_note=("customFields.plan", "id-seats", "seats"), fields={"anything": "x"}), ()),
        (Edit(answers={"pln": "x"}), ("no answer is called 'pln'; it is added",)),
        (Edit(fields={"customFields.companyName": "x", "seats": "5"}), ()),
        (
            Edit(fields={"Company": "x"}),
            ("'Company' is no standard field, so it is taken for a custom one. Did you mean \"companyName\"?",),
        ),
        (Edit(drop=("nonsense",)), ("'nonsense' is no field of this contact",)),
        (Edit(to_note=("customFields.pln",)), ("'customFields.pln' is no field of this contact",)),
    ],
)
def test_an_edit_of_what_is_not_there_is_doubted(edit: Edit, doubts: tuple[str, ...]) -> None:
    answers = [an_answer("City", "York"), an_answer("Which?", "x", key="q_1"), an_answer("Empty", "")]

    assert unmatched(edit, answers, ["Plan", "customFields.Old"], CATALOGUE) == doubts


def test_an_edit_drops_fields() -> None:
    found = mapped(
        an_answer("City", "York"),
        an_answer("Q", 5),
        form=a_form(custom_fields={"seats": "Q"}),
        edit=Edit(drop=("city", "customFields.seats")),
    )

    assert found.contact.body() == {"email": "ada@example.com"}
    assert found.provenance.keys() == {"email"}
    assert [left.value for left in found.left_out] == ["York", "5"]


def test_an_edit_that_drops_the_only_identifier_leaves_no_contact() -> None:
    with pytest.raises(Unmappable):
        mapped(edit=Edit(drop=("email",)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ada@example"),
        ("phone", "12"),
        ("country", "Atlantis"),
        ("tags", "a"),
        ("locationId", "x"),
        ("dnd", "y"),
        ("dndSettings.Email", "active"),
        ("dateOfBirth", "25 December"),
        ("timezone", "EST"),
        ("website", "none yet"),
    ],
)
def test_an_edit_that_a_field_cannot_hold_is_shown_to_the_operator(field: str, value: str) -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(edit=Edit(fields={field: value, "city": "York"}))

    [found] = caught.value.diagnosis
    assert (found.field, found.value) == (field, value)
    assert found.rule
    assert found.fix


def test_an_edit_of_a_field_that_the_api_does_not_have_is_shown_to_the_operator() -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(edit=Edit(fields={"gender": "female"}), api="v1")

    [found] = caught.value.diagnosis
    assert (found.field, found.rule) == ("gender", "the v1 API has no such field")
    assert found.proposal
    assert mapped(edit=Edit(fields={"gender": "female"}).merged(found.proposal), api="v1").contact.body()


EDITED: list[tuple[Edit, tuple[str, ...]]] = [
    (Edit(), ()),
    (Edit(fields={"city": "York"}), ("city",)),
    (Edit(fields={"city": "Leeds"}), ("city",)),
    (Edit(fields={"name": "Ada King"}), ("firstName", "lastName")),
    (Edit(fields={"customFields.SEATS": "5"}), ("customFields.id-seats",)),
    (Edit(answers={"Q": 6}), ("customFields.id-seats",)),
    (Edit(answers={"Q": 5, "City": "Leeds"}), ()),
    (Edit(answers={"City": "York"}), ("city",)),
    (Edit(answers={"Texts?": "no"}), ("dndSettings.SMS",)),
    (Edit(drop=("city",)), ()),
]


@pytest.mark.parametrize(("edit", "names"), EDITED)
def test_the_fields_that_an_edit_changed_are_named(edit: Edit, names: tuple[str, ...]) -> None:
    form = a_form(custom_fields={"Seats": "Q"}, consent=Consent(sms="Texts?"))

    answers = [an_answer("City", "Leeds"), an_answer("Q", 5)]
    found = edited_by(answers, form, US, [edit], CATALOGUE)

    assert tuple(sorted(found)) == names


def test_the_other_fields_of_a_contact_that_only_an_edit_made_possible_are_not_edited() -> None:
    changes = [Edit(answers={"Name": "Ada"}), Edit(fields={"email": "ada@example.com"})]
    found = edited_by([an_answer("City", "Leeds")], a_form(), US, changes)

    assert found == {"firstName": 0, "email": 1}


def test_the_last_change_of_a_field_counts() -> None:
    changes = [Edit(fields={"city": "Rome"}), Edit(fields={"state": "X"}), Edit(fields={"city": "Rome"})]
    found = edited_by([an_answer("City", "Leeds")], a_form(), US, changes)

    assert found == {"city": 2, "state": 1}


def test_a_mapped_submission_survives_json() -> None:
    found = mapped(an_answer("Q", [1, "b"]), form=a_form(custom_fields={"q": "Q"}))

    assert type(found).model_validate(json.loads(found.model_dump_json(by_alias=True))) == found
