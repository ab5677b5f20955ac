"""Whatever the answers are: a contact or Unmappable, and each answer is somewhere."""

import re

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.config import Consent, Form, Location
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.values import Refused
from shared.mapping import Mapped, Unmappable, map_answers, sent_fields
from shared.mapping.normalise import normalise
from shared.submission import Answer, Edit, as_text
from shared.yes_no import said_yes
from tests.shared.mapping.factories import CATALOGUE, US, a_catalogue, a_custom_field, a_form

_LABELS = "Email,Phone,Name,First name,Last name,Country,Address,City,Date of birth,Company,Message,Topic,,utm"
_MORE_LABELS = "utm_source,gclid,page,contact,Newsletter,May we call you?,May we contact you?"
LABELS = st.sampled_from([*_LABELS.split(","), *_MORE_LABELS.split(","), "What is your e-mail?", "Friend's email"])
TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "ada@example.com",
        "Ada <ada@example.com>",
        "+1 206 555 0161",
        "206 555 0161 x5",
        "US",
        "Ada Lovelace",
        "1990-01-02",
        "25.12.1990",
        "yes",
        "No",
        "sea green, red",
        "Dr. Ludwig van Beethoven Jr.",
        "Watson, Mary Jane",
        "山田 太郎",
        "Mr. & Mrs. de la Cruz",
        "1 May 1990",
        "https://example.com/?utm_source=google&gclid=x",
        *(f"{text} " * times for text in ("long", "Fjord & Field") for times in (70, 2_000)),
        "x" * 6_000,
    ]
)
SCALARS: st.SearchStrategy[JsonValue] = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
_KEYS = "first,last,middle,full,name,street,line2,city,country,zip,other,1.3,1.6,6.1,6.2,email,phone,source,year,url"
KEYS = st.sampled_from(_KEYS.split(",")) | st.text(max_size=5)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=6
)
_TYPES = "text,email,phone,name,address,country,choices,hidden,boolean,contact,consent,date"
TYPES = st.sampled_from(_TYPES.split(","))
ANSWERS = st.lists(
    st.builds(Answer, key=LABELS, label=LABELS | st.text(max_size=8), type=TYPES, value=VALUES), max_size=8
)
FORMS = st.sampled_from(
    [
        a_form(),
        a_form(fields={"companyName": "Topic", "name": "Name", "address1": "utm"}, custom_fields={"a": "Message"}),
        a_form(fields={"email": "{Topic}", "city": "{City} {utm.city}"}, tags=("{Topic}", "x {utm}")),
        a_form(custom_fields={"copy": "Email", "t": "{Phone}"}, source="{utm}", unmapped="custom_field:rest"),
        a_form(
            fields={"gender": "Topic", "timezone": "City", "website": "utm", "dateOfBirth": "Message"},
            consent=Consent(all="Topic", email="Message", sms="Message", inbound="utm"),
            assigned_to="{Topic}",
        ),
        a_form(
            custom_fields={"Details": "Message", "Colours": "Topic", "Terms": "utm", "customFields.x": "nothing"},
            unmapped="custom_field:CITY",
        ),
    ]
)
LOCATIONS = st.sampled_from([US, US.model_copy(update={"api": "v1", "default_region": "GB"})])
TRACKING = (a_custom_field("utm_source"), a_custom_field("UTM Medium"), a_custom_field("gclid", "NUMERICAL"))
CATALOGUES = st.sampled_from([None, CATALOGUE, a_catalogue(*CATALOGUE.fields, *TRACKING)])
EDITS = st.just(Edit()) | st.builds(
    Edit,
    answers=st.dictionaries(LABELS, VALUES, max_size=2),
    fields=st.dictionaries(
        st.sampled_from(["email", "name", "city", "a", "tags", "Seats", "gender"]), TEXTS, max_size=2
    ),
    drop=st.lists(st.sampled_from(["phone", "email", "a", "customFields.Colours", "dnd"]), max_size=1).map(tuple),
    to_note=st.lists(st.sampled_from(["phone", "city", "Seats", "id-colours", "dndSettings"]), max_size=2).map(tuple),
)


@given(ANSWERS, FORMS, EDITS, LOCATIONS, CATALOGUES)
def test_mapping_gives_a_clean_contact_or_says_why_not(
    answers: list[Answer], form: Form, edit: Edit, location: Location, catalogue: Catalogue | None
) -> None:
    found = result(answers, form, edit, location, catalogue)

    if found:
        body = found.contact.body()
        assert body.get("email") or body.get("phone")
        assert all(value not in ("", [], {}, None) for value in body.values())
        assert all(field.field_value not in ("", [], {}, None) for field in found.contact.custom_fields)
        assert found.contact.phone is None or re.fullmatch(r"\+\d{7,15}", found.contact.phone)
        assert found.contact.date_of_birth is None or re.fullmatch(r"\d{4}-\d\d-\d\d", found.contact.date_of_birth)
        assert all(tag.strip() for tag in found.tags)
        assert found.provenance.keys() == sent_fields(found.contact).keys()


@given(ANSWERS, FORMS, LOCATIONS, CATALOGUES)
def test_each_answer_is_somewhere(
    answers: list[Answer], form: Form, location: Location, catalogue: Catalogue | None
) -> None:
    found = result(answers, form, Edit(), location, catalogue)

    if found:
        lost = [text for answer in answers for text in texts(answer.value) if not is_kept(text, found)]
        assert lost == []


@given(ANSWERS, FORMS, EDITS, CATALOGUES)
def test_mapping_is_deterministic(answers: list[Answer], form: Form, edit: Edit, catalogue: Catalogue | None) -> None:
    assert result(answers, form, edit, US, catalogue) == result(answers, form, edit, US, catalogue)


def result(
    answers: list[Answer], form: Form, edit: Edit, location: Location, catalogue: Catalogue | None
) -> Mapped | None:
    try:
        return map_answers(answers, form, location, edit, catalogue)
    except Unmappable:
        return None


def texts(value: JsonValue) -> list[str]:
    """Return the texts of all parts of a value."""
    match value:
        case list():
            return [text for item in value for text in texts(item)]
        case dict():
            return [text for item in value.values() for text in texts(item)]
        case _:
            return [as_text(value)]


def is_kept(text: str, found: Mapped) -> bool:
    """Say whether a text is found again, whole or in words, or as the normal form that a field holds."""
    body = found.contact.body()
    written = [as_text(value) for value in body.values()] + [left.value for left in found.left_out]
    everything = letters(" ".join([*written, found.note]))
    if said_yes(text) is not None and any(name.startswith(("dnd", "inbound", "custom")) for name in found.provenance):
        return True  # as a consent, or as the option that stands for it
    return all(word in everything for word in letters(text).split()) or any(
        normal(field, text) == body.get(field) for field in ("email", "phone", "country", "dateOfBirth")
    )


def normal(field: str, text: str) -> str:
    try:
        return normalise(field, text, US.default_region).text
    except Refused:
        return ""


def letters(text: str) -> str:
    return " ".join(text.casefold().split())
