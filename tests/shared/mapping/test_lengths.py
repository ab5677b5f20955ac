import pytest

from shared.mapping import LeftOut, cut_note
from shared.mapping.lengths import LONGEST_CUSTOM, LONGEST_FIELD, LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, cut
from shared.submission import Edit
from tests.shared.mapping.factories import CATALOGUE, a_form, an_answer, mapped

LONG = "Fjord and Field " * 100


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Ada Lovelace", 12, "Ada Lovelace"),
        ("Ada Lovelace", 11, "Ada Lovela…"),
        ("Augusta Ada Lovelace", 12, "Augusta Ada…"),
        ("Augusta Ada Lovelace", 13, "Augusta Ada…"),
        ("AdaLovelace", 5, "AdaL…"),
        ("A daughter", 8, "A daugh…"),
        ("", 5, ""),
    ],
)
def test_a_text_is_cut_at_a_word_where_one_ends_late_enough(text: str, most: int, expected: str) -> None:
    assert cut(text, most) == expected
    assert len(cut(text, most)) <= most


@pytest.mark.parametrize("field", ["companyName", "city", "address1", "source", "gender", "name"])
def test_a_long_text_is_cut_for_its_field_and_whole_in_the_note(field: str) -> None:
    found = mapped(an_answer("Q", LONG), form=a_form(fields={field: "Q"}))

    sent = [value for name, value in found.contact.body().items() if name != "email" and isinstance(value, str)]
    assert len(sent[-1]) in range(LONGEST_FIELD - 20, LONGEST_FIELD + 1)
    assert sent[-1].endswith("…")
    assert found.note == f"Q: {LONG.strip()}"
    assert any(origin.change.endswith("cut at 255 characters") for origin in found.provenance.values())
    assert {left.why for left in found.left_out} == {"cut at 255 characters"}


def test_constants_templates_and_edits_are_cut_too() -> None:
    form = a_form(source=LONG, fields={"city": "in {Q}"})

    found = mapped(an_answer("Q", LONG), form=form, edit=Edit(fields={"companyName": LONG}))

    contact = found.contact
    assert all(text and len(text) <= LONGEST_FIELD for text in (contact.source, contact.city, contact.company_name))
    assert found.note == f"Q: {LONG.strip()}"
    assert {left.field for left in found.left_out} == {"source", "city", "companyName"}


@pytest.mark.parametrize(("name", "kind"), [("City", "TEXT"), ("Details", "LARGE_TEXT")])
def test_a_custom_field_has_its_own_length(name: str, kind: str) -> None:
    most = LONGEST_CUSTOM[kind]
    form = a_form(custom_fields={name: "Q"})

    fits = mapped(an_answer("Q", "x" * most), form=form, catalogue=CATALOGUE)
    longer = mapped(an_answer("Q", "x" * (most + 1)), form=form, catalogue=CATALOGUE)

    assert (fits.contact.custom_fields[0].field_value, fits.note) == ("x" * most, "")
    assert longer.contact.custom_fields[0].field_value == "x" * (most - 1) + "…"
    assert longer.note == "Q: " + "x" * (most + 1)
    assert longer.left_out == (
        LeftOut(field=f"customFields.{name}", value="x" * (most + 1), why=f"cut at {most:,} characters"),
    )


def test_what_a_custom_field_of_unmapped_answers_cannot_hold_stays_in_the_note() -> None:
    found = mapped(an_answer("Q", "x" * 40_000), form=a_form(unmapped="custom_field:Details"), catalogue=CATALOGUE)

    assert len(str(found.contact.custom_fields[0].field_value)) == LONGEST_CUSTOM["LARGE_TEXT"]
    assert found.note == "Q: " + "x" * 40_000


def test_a_tag_that_is_too_long_is_left_out_and_so_are_too_many() -> None:
    topics = an_answer("Topics", ["x" * (LONGEST_TAG + 1), *(f"t{number}" for number in range(MOST_TAGS + 5))])

    found = mapped(topics, form=a_form(tags=("{Topics}", "T0")))

    assert found.tags == tuple(f"t{number}" for number in range(MOST_TAGS))
    assert [left.why for left in found.left_out] == [
        "a tag has at most 100 characters",
        *["a submission gives at most 100 tags"] * 5,
    ]
    assert "t104" in found.note


def test_a_note_that_is_too_long_says_where_the_rest_is() -> None:
    short, long = "word " * 10, "word " * LONGEST_NOTE

    assert cut_note(short, "sub_1") == short
    assert len(cut_note(long, "sub_1")) < LONGEST_NOTE + 200
    assert cut_note(long, "sub_1").splitlines()[-1] == (
        "(cut at 60,000 characters; whole: hookline submissions show sub_1)"
    )


def test_thousands_of_answers_are_mapped_and_noted() -> None:
    answers = [an_answer("Phone", f"no number {number}") for number in range(5_000)]

    found = mapped(*answers)

    assert len(found.note.splitlines()) == len(found.left_out) == len(answers)
