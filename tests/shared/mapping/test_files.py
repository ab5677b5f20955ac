import random
from base64 import b64encode
from string import ascii_letters

import pytest
from pydantic import JsonValue

from shared.highlevel.custom_fields import LocationField
from shared.mapping import LeftOut
from shared.mapping.files import file_address, without_files
from tests.shared.mapping.factories import a_catalogue, a_custom_field, a_form, an_answer, mapped

PNG = b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9).decode()
UNKNOWN = b64encode(random.Random(1).randbytes(2000)).decode()
WRAPPED = "\r\n".join(PNG[at : at + 76] for at in range(0, len(PNG), 76))
DATA_URL = f"data:image/png;base64,{PNG}"
MENTION = "image/png, 2 kB, not kept"


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (DATA_URL, f"Photo: {MENTION}"),
        (PNG, f"Photo: {MENTION}"),
        (WRAPPED, f"Photo: {MENTION}"),
        (f"data:image/png;base64,{WRAPPED}", f"Photo: {MENTION}"),
        (UNKNOWN, "Photo: a file, 2 kB, not kept"),
        ("data:text/plain;charset=utf-8;base64,aGVsbG8=", "Photo: text/plain, 6 bytes, not kept"),
        ([DATA_URL, "https://example.com/a.png"], f"Photo: https://example.com/a.png, {MENTION}"),
        ({"name": "a.png", "content": PNG}, f"Photo: name: a.png, {MENTION}"),
        (f'see <img src="{DATA_URL}"> above', f'Photo: see <img src="(a file)"> above, {MENTION}'),
    ],
)
def test_a_file_in_an_answer_is_only_mentioned(value: JsonValue, note: str) -> None:
    found = mapped(an_answer("Photo", value))

    assert found.note == note
    assert [left.field for left in found.left_out] == ["note"]
    assert PNG not in found.model_dump_json()


TEXTS = [
    "x" * 3000,
    "deadbeef" * 300,
    "data: nothing of the kind, base64 or so",
    ascii_letters * 40,
    "Lovelace/Byron+2 " * 200,
    b64encode(b"a long text in plain English, no file at all. " * 40).decode(),
    "https://example.com/" + PNG,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_long_text_is_no_file(text: str) -> None:
    answer = an_answer("Message", text)

    assert without_files(answer) == (answer, ())


def test_a_file_never_goes_to_a_field_or_a_tag() -> None:
    form = a_form(fields={"companyName": "Photo"}, custom_fields={"Details": "Photo"}, tags=("{Photo}",))

    found = mapped(an_answer("Photo", DATA_URL), form=form)

    assert (found.contact.body(), found.tags) == ({"email": "ada@example.com"}, ())
    assert found.note == f"Photo: {MENTION}"
    assert found.left_out == (
        LeftOut(
            field="note", value=f"Photo: {MENTION}", why="a file that stands in the answer itself is only mentioned"
        ),
    )


def test_what_stands_beside_a_file_is_mapped() -> None:
    home: JsonValue = {"street": "1 High St", "plan": PNG}

    found = mapped(an_answer("Home", home, "address"))

    assert (found.contact.address1, found.note) == ("1 High St", f"Home: {MENTION}")


CV: JsonValue = {"name": "cv.pdf", "url": "https://example.com/1", "type": "application/pdf", "size": 9}


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (CV, "https://example.com/1"),
        ([CV, "https://example.com/2"], ["https://example.com/1", "https://example.com/2"]),
        ({"url": "no address", "name": "x"}, {"url": "no address", "name": "x"}),
        ({"url": "https://example.com", "question": "x"}, {"url": "https://example.com", "question": "x"}),
        ("https://example.com/1", "https://example.com/1"),
    ],
)
def test_a_file_that_is_described_is_its_address(value: JsonValue, address: JsonValue) -> None:
    assert file_address(value) == address


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        (a_custom_field("CV"), "https://example.com/1"),
        (a_custom_field("CV", "FILE_UPLOAD"), "cv.pdf"),
    ],
)
def test_a_text_field_takes_the_address_of_a_file_and_a_file_field_all_of_it(field: LocationField, sent: str) -> None:
    found = mapped(an_answer("Your CV", CV), form=a_form(custom_fields={"CV": "Your CV"}), catalogue=a_catalogue(field))

    assert sent in str(found.contact.custom_fields[0].field_value)
    assert ("cv.pdf" in found.note) is (field.type == "TEXT")
