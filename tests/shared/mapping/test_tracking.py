import pytest
from pydantic import JsonValue

from shared.highlevel.custom_fields import Catalogue
from shared.mapping import same_named
from shared.submission import AnswerType, Edit
from tests.shared.mapping.factories import a_catalogue, a_custom_field, a_form, an_answer, mapped

FIELDS = a_catalogue(
    a_custom_field("UTM Source"),
    a_custom_field("utm_campaign"),
    a_custom_field("gclid"),
    a_custom_field("Medium", field_id="utm-medium").model_copy(update={"key": "utm_medium"}),
    a_custom_field("utm_term", "NUMERICAL"),
    a_custom_field("Landing Page"),
    a_custom_field("Referrer"),
)
ADDRESS = "https://example.com/a?utm_source=news%20letter&utm_medium=email&x=1#top"


def sent(
    found_of: list[tuple[str, JsonValue, AnswerType]], fields: Catalogue | None = FIELDS
) -> tuple[dict[str, JsonValue], str]:
    """Return the custom fields by name and the note that such answers give."""
    found = mapped(*(an_answer(*answer) for answer in found_of), catalogue=fields)
    names = {field.id: field.name for field in fields.fields} if fields else {}
    return {names[field.id or ""]: field.field_value for field in found.contact.custom_fields}, found.note


SAID: list[tuple[str, JsonValue, AnswerType, dict[str, JsonValue], str]] = [
    ("utm_source", "google", "hidden", {"UTM Source": "google"}, ""),
    ("UTM Source", "google", "text", {"UTM Source": "google"}, ""),
    ("utm.source", "google", "text", {"UTM Source": "google"}, ""),
    ("utmMedium", "cpc", "hidden", {"Medium": "cpc"}, ""),
    ("GCLID", "Cj0", "hidden", {"gclid": "Cj0"}, ""),
    ("utm", {"source": "google", "medium": "cpc"}, "text", {"UTM Source": "google", "Medium": "cpc"}, ""),
    ("tracking", {"utm_source": "google", "fbclid": "x"}, "text", {"UTM Source": "google"}, "tracking: fbclid: x"),
    ("page", ADDRESS, "text", {"UTM Source": "news letter", "Medium": "email"}, f"page: {ADDRESS}"),
    ("q7", ADDRESS, "hidden", {"UTM Source": "news letter", "Medium": "email"}, f"q7: {ADDRESS}"),
    ("landing_page", "https://example.com", "hidden", {"Landing Page": "https://example.com"}, ""),
    # What the location has no field for, what does not fit its field, and what is no tracking.
    ("utm_content", "a", "hidden", {}, "utm_content: a"),
    ("utm_term", "shoes", "hidden", {}, "utm_term: shoes"),
    ("Landing page", "https://example.com", "text", {}, "Landing page: https://example.com"),
    ("Referrer", "Grace", "text", {}, "Referrer: Grace"),
    ("Your page", ADDRESS, "text", {}, f"Your page: {ADDRESS}"),
    ("Message", {"source": "google"}, "text", {}, "Message: source: google"),
    ("page", "http://[broken?utm_source=x", "hidden", {}, "page: http://[broken?utm_source=x"),
]


@pytest.mark.parametrize(("label", "value", "kind", "fields", "note"), SAID)
def test_tracking_goes_to_the_custom_fields_of_its_names(
    label: str, value: JsonValue, kind: AnswerType, fields: dict[str, JsonValue], note: str
) -> None:
    assert sent([(label, value, kind)]) == (fields, note)


def test_an_answer_comes_before_an_address() -> None:
    fields, note = sent([("page", ADDRESS, "hidden"), ("utm_source", "google", "hidden")])

    assert fields == {"UTM Source": "google", "Medium": "email"}
    assert note == f"page: {ADDRESS}"


def test_without_a_catalogue_tracking_stays_in_the_note() -> None:
    assert sent([("utm_source", "google", "hidden")], None) == ({}, "utm_source: google")


def test_two_custom_fields_of_one_name_get_nothing() -> None:
    twins = a_catalogue(
        a_custom_field("UTM Source", field_id="a").model_copy(update={"key": "x"}),
        a_custom_field("utm_source", field_id="b").model_copy(update={"key": "y"}),
    )

    assert sent([("utm_source", "google", "hidden")], twins) == ({}, "utm_source: google")


def test_a_configured_custom_field_wins() -> None:
    form = a_form(custom_fields={"UTM Source": "Campaign"})

    found = mapped(an_answer("utm_source", "google", "hidden"), an_answer("Campaign", "x"), form=form, catalogue=FIELDS)

    assert [field.field_value for field in found.contact.custom_fields] == ["x"]
    assert found.note == "utm_source: google"


def test_the_provenance_names_the_part_of_an_object() -> None:
    found = mapped(an_answer("utm", {"source": "google"}), catalogue=FIELDS)

    assert str(found.provenance["customFields.id-utm_source"]) == (
        'answer "utm", part "source" → custom field of the same name'
    )


def test_what_may_go_to_custom_fields_is_known_without_a_catalogue() -> None:
    answers = [an_answer("utm_source", "google"), an_answer("q", "x", "hidden"), an_answer("page", ADDRESS)]

    assert same_named(answers) == ("utm_source", "utm_medium")
    assert same_named([], Edit(answers={"gclid": "x"})) == ("gclid",)
    assert same_named([an_answer("Message", "utm_source")]) == ()
