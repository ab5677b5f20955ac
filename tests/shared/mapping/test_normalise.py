import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.field_names import WRITABLE_FIELDS
from shared.highlevel.values import Refused
from shared.mapping.normalise import normalise

EMAILS = [
    ("ada@example.com", "ada@example.com"),
    ("  Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"),
    ("ada+forms@sub.example.co.uk", "ada+forms@sub.example.co.uk"),
    ("ada@form.test", "ada@form.test"),
    ("o'brien@example.com", "o'brien@example.com"),
    ("jörg@exämple.de", "jörg@exämple.de"),
    (["ada@example.com"], "ada@example.com"),
    ("mailto:ada@example.com", "ada@example.com"),
    ("\u200bada@example.com\u202c", "ada@example.com"),
    ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"),
    ({"value": "ada@example.com"}, "ada@example.com"),
    ("ada @example.com", None),
    ("ada@example", None),
    ("ada@@example.com", None),
    ("not an email", None),
    ("", None),
    (True, None),
    ("a" * 400 + "@example.com", None),
]
PHONES = [
    ("(206) 555-0161", "US", "+12065550161"),
    ("206.555.0161", "US", "+12065550161"),
    ("1 206 555 0161", "US", "+12065550161"),
    (2065550161, "US", "+12065550161"),
    (2065550161.0, "US", "+12065550161"),
    (14155550142, "US", "+14155550142"),
    ("+14155550142", "DE", "+14155550142"),
    ("＋８１９０１１１１２２２２", "US", "+819011112222"),
    ("+52 1 55 1234 5678", "US", "+525512345678"),  # Mexican mobiles had a 1 behind the country code until 2019
    ("+44 (0)20 7946 0958", "US", "+442079460958"),
    ("0049 30 901820", "US", "+4930901820"),
    ("030 901820", "DE", "+4930901820"),
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("+39 06 698 12345", "US", "+390669812345"),
    ("1 (206) 555-0161", "CA", "+12065550161"),
    ("555 123 4567", "US", "+15551234567"),
    ("07700 900123", "GB", "+447700900123"),
    ("49 171 1234567", "DE", "+491711234567"),
    ("171 1234567", "DE", "+491711234567"),
    ({"countryCode": "+44", "number": "7911 123456"}, "US", "+447911123456"),
    ({"country": "GB", "phone": "07911 123456"}, "US", "+447911123456"),
    ({"area": "206", "phone": "555-0161"}, "US", "+12065550161"),
    ({"code": "+1", "number": "+44 7911 123456"}, "US", "+447911123456"),
    ({"full": "(206) 555-0161"}, "US", "+12065550161"),
    # Another country's form: with the region's code it would be somebody else's number.
    ("06 12 34 56 78", "US", None),
    ("1234567890", "US", None),
    ("(206) 555-0161", "GB", None),
    ({"countryCode": "+44"}, "US", None),
    ("555-0142", "US", None),
    ("12", "US", None),
    ("+1 415 555 0142 0142 0142", "US", None),
    ("+999 123456789", "US", None),
    ("none", "US", None),
    ("call 415 555 0142 after 5", "US", None),
    ("030 901820 nach 5", "DE", None),
    ("1-800-FLOWERS", "US", None),
    ("(206) 555-0161", "ZZ", None),
    (True, "US", None),
    (-2065550161, "US", None),
    (206555016.5, "US", None),
    ("", "US", None),
    ("+" * 10_000, "US", None),
]
COUNTRIES = [
    ("US", "US"),
    ("us", "US"),
    ("USA", "US"),
    ("U.S.A.", "US"),
    ("United States", "US"),
    ("United States (US)", "US"),
    ("United States of America", "US"),
    ("UK", "GB"),
    ("England", "GB"),
    ("United Kingdom", "GB"),
    ("DEU", "DE"),
    ("Germany", "DE"),
    ("Deutschland", "DE"),
    ("KSA", "SA"),
    ("Österreich", "AT"),
    ("Suisse", "CH"),
    ("España", "ES"),
    ("Italia", "IT"),
    ("Pays-Bas", "NL"),
    ("Brasil", "BR"),
    ("Kosovo", "XK"),
    ("Czech Republic", "CZ"),
    ("Türkiye", "TR"),
    ("Vietnam", "VN"),
    ("Côte d'Ivoire", "CI"),
    ("South Sudan", None),
    ("CW", None),
    ("Atlantis", None),
    ("", None),
]


@pytest.mark.parametrize(("value", "expected"), EMAILS)
def test_emails_are_checked_and_lowered(value: JsonValue, expected: str | None) -> None:
    assert result("email", value) == expected


@pytest.mark.parametrize(("value", "region", "expected"), PHONES)
def test_phones_become_e164(value: JsonValue, region: str, expected: str | None) -> None:
    assert result("phone", value, region) == expected


@pytest.mark.parametrize(("value", "expected"), COUNTRIES)
def test_countries_become_codes_that_highlevel_knows(value: JsonValue, expected: str | None) -> None:
    assert result("country", value) == expected


OTHERS: list[tuple[str, JsonValue, str | None]] = [
    ("dateOfBirth", " 12/25/1990 ", "1990-12-25"),
    ("dateOfBirth", "30/02/1990", None),
    ("dateOfBirth", "yes", None),
    ("timezone", "America/New_York", "America/New_York"),
    ("timezone", "america/new york", "America/New_York"),
    ("timezone", "EUROPE/BERLIN", "Europe/Berlin"),
    ("timezone", "utc", "UTC"),
    ("timezone", "EST", None),
    ("timezone", "Eastern Standard Time", None),
    ("timezone", "GMT+1", None),
    ("timezone", "localtime", None),
    ("website", "https://www.example.com/a?b=c", "https://www.example.com/a?b=c"),
    ("website", " Example.com ", "Example.com"),
    ("website", "http://exämple.de:8080", "http://exämple.de:8080"),
    ("website", "www.example.co.uk/", "www.example.co.uk/"),
    ("website", "none", None),
    ("website", "n/a", None),
    ("website", "see my profile.com", None),
    ("website", "ada@example.com", None),
    ("website", "https://", None),
    ("website", "example.com/" + "x" * 5000, None),
    ("gender", " Male ", "male"),
    ("gender", "Non-binary", "Non-binary"),
    ("postalCode", 35061, "35061"),
    ("state", " AL", "AL"),
    ("assignedTo", "y0BeYjuRIlDwsDcOHOJo", "y0BeYjuRIlDwsDcOHOJo"),
]


@pytest.mark.parametrize(("field", "value", "expected"), OTHERS)
def test_the_other_fields_have_their_forms(field: str, value: JsonValue, expected: str | None) -> None:
    assert result(field, value) == expected


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("email", "Ada <ada@example.com>", "ada@example.com"),
        ("email", "ada@example.com, byron@example.com", "ada@example.com"),
        ("email", ["nobody", "ada@example.com"], "ada@example.com"),
        ("email", "my email is ada@example.com.", "ada@example.com"),
        ("email", "ada@example.com (work)", "ada@example.com"),
        ("email", {"value": "ada@example.com", "verified": True}, "ada@example.com"),
        ("email", {"to": "ada@example.com", "copy": "bob@example.com"}, "ada@example.com"),
        ("phone", {"number": "415 555 0142", "type": "mobile"}, "+14155550142"),
        ("phone", "415 555 0142 / 212 555 0199", "+14155550142"),
        ("phone", "415 555 0142 ext. 12", "+14155550142"),
        ("phone", "+1 415 555 0142 (mobile)", "+14155550142"),
        ("phone", "Tel. (415) 555-0142, ask for Ada", "+14155550142"),
    ],
)
def test_a_value_that_fits_in_part_says_that_something_is_lost(field: str, value: JsonValue, text: str) -> None:
    found = normalise(field, value, "US")

    assert found.text == text
    assert found.lost


def test_other_fields_take_any_text_up_to_their_length() -> None:
    fits = normalise("companyName", "  Fjord & Field\n" + "x" * 241, "US")
    longer = normalise("companyName", "Fjord & Field " * 100_000, "US")

    assert (fits.text[-1], fits.lost) == ("x", "")
    assert (len(longer.text) <= 255, longer.text[-6:], longer.lost) == (True, "Field…", "cut at 255 characters")


@given(st.text(), st.sampled_from(sorted(WRITABLE_FIELDS)), st.sampled_from(["US", "DE", "ZZ"]))
def test_any_text_is_normal_or_refused(text: str, field: str, region: str) -> None:
    result(field, text, region)


@given(st.text(alphabet="+0123456789 ()-./x#ext,;", max_size=40))
def test_an_accepted_phone_is_e164(text: str) -> None:
    phone = result("phone", text)

    assert phone is None or re.fullmatch(r"\+\d{7,15}", phone)


def result(field: str, value: JsonValue, region: str = "US") -> str | None:
    try:
        return normalise(field, value, region).text
    except Refused:
        return None
