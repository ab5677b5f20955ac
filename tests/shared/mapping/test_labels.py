import string
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.field_names import WRITABLE_FIELDS
from shared.mapping.labels import (
    LONGEST_LABEL,
    consent_asked,
    field_called,
    is_about_someone_else,
    is_bare_name,
    is_plainly,
    nearest,
    recognise,
)
from shared.mapping.phrases import NO_FIELDS, STEMS, TABLE, phrases

SAMPLES = tomllib.loads(Path(__file__).with_name("label_samples.toml").read_text("utf-8"))
ASKED = [(language, label, field) for language, labels in SAMPLES["asked"].items() for label, field in labels.items()]
CASES: list[Callable[[str], str]] = [str, str.upper, str.title]


@pytest.mark.parametrize(("language", "label", "field"), ASKED)
def test_a_label_names_a_field_in_many_languages(language: str, label: str, field: str) -> None:
    found = recognise(label)

    assert found is not None
    assert found.field == field


@pytest.mark.parametrize("label", SAMPLES["not_asked"]["labels"])
def test_a_label_about_something_else_names_no_field(label: str) -> None:
    assert recognise(label) is None


@pytest.mark.parametrize("language", sorted({language for language, _, _ in ASKED} - {"keys"}))
def test_each_language_is_tried_with_at_least_eight_fields(language: str) -> None:
    assert len({field for spoken, _, field in ASKED if spoken == language}) >= 8


def test_each_language_of_the_table_is_tried() -> None:
    assert set(phrases().languages) <= {language for language, _, _ in ASKED}


@given(
    st.sampled_from([label for _, label, _ in ASKED]),
    st.sampled_from(["", "*", " *", ":", "：", " \u200f", "\u200b", " 📧", "？", "..."]),
    st.sampled_from(["", "1. ", "Q3: ", "• ", "\u202b", "👉 ", "* ", "\ufeff"]),
    st.sampled_from(CASES),
)
def test_marks_numbering_and_case_change_nothing(
    label: str, after: str, before: str, cased: Callable[[str], str]
) -> None:
    plain, marked = recognise(label), recognise(f"{before}{cased(label)}{after}")

    assert marked is not None
    assert plain is not None
    assert (marked.field, marked.language) == (plain.field, plain.language)


@given(st.text(max_size=2 * LONGEST_LABEL))
def test_any_text_is_read(label: str) -> None:
    found = nearest(label)

    assert found is None or 0 <= found.score <= 1
    assert isinstance(consent_asked(label), frozenset)


@given(st.text(string.ascii_lowercase + " ", min_size=7, max_size=40))
def test_strange_words_around_a_name_make_it_another_name(text: str) -> None:
    found = recognise(f"xq{text.replace(' ', 'qx')}xq name")

    assert found is None


@pytest.mark.parametrize(
    ("label", "field", "language"),
    [
        ("¿Cuál es tu email?", "email", "es"),
        ("Adresse", "address1", "fr"),
        ("Ihre Adresse", "address1", "de"),
        ("Podaj telefon", "phone", "pl"),
        ("Telefonnummer", "phone", "de"),
        ("Email", "email", "any"),
    ],
)
def test_the_language_is_told_by_the_words_around(label: str, field: str, language: str) -> None:
    found = recognise(label)

    assert found is not None
    assert (found.field, found.language) == (field, language)


def test_the_score_falls_with_what_stands_beside() -> None:
    labels = ["Email", "Your email", "Please enter your email here", "Email town", "Email of the town hall"]

    scores = [found.score for label in labels if (found := nearest(label))]

    assert scores[0] == 1
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(labels)


def test_what_was_recognised_says_so() -> None:
    assert str(recognise("¿Cuál es tu correo electrónico?")) == "email (es), score 0.97"
    assert str(recognise("E-Mail")) == "email, score 1.00"


@pytest.mark.parametrize(
    "label", ["Name / Nom", "Prénom / First name", "お名前 (Name)", "City/Stadt", "Email / Correo"]
)
def test_a_label_in_two_languages_is_read_in_both(label: str) -> None:
    assert recognise(label) is not None


@pytest.mark.parametrize("label", ["Name and email", "City, ZIP", "Name, company", "Address and phone"])
def test_a_label_that_asks_for_two_things_names_neither(label: str) -> None:
    assert recognise(label) is None


def test_only_the_fields_of_highlevel_have_a_name() -> None:
    second = recognise("Address line 2")

    assert second is not None
    assert second.field == "address2"
    assert field_called("Address line 2") is None
    assert field_called("Vorname") == "firstName"


@pytest.mark.parametrize(
    "label",
    [
        "Name",
        "Votre nom",
        "Nombre",
        "Nome",
        "Naam",
        "Имя",
        "Ваше имя",
        "Ім'я",
        "Ad",
        "Adınız",
        "الاسم",
        "नाम",
        "お名前",
        "ชื่อ",
        "Tên",
        "Ime",
    ],
)
def test_a_bare_name_may_be_a_part_of_it(label: str) -> None:
    assert is_bare_name(label)


def test_a_name_with_a_number_is_no_part_of_another_name() -> None:
    assert recognise("name2")
    assert not is_bare_name("name2")


@pytest.mark.parametrize(
    "label", ["Full name", "Nom complet", "Ad Soyad", "氏名", "姓名", "First name", "Email", "ФИО"]
)
def test_other_names_are_what_they_say(label: str) -> None:
    assert not is_bare_name(label)


def test_a_label_is_plain_when_nothing_stands_beside() -> None:
    assert is_plainly("email", "E-Mail-Adresse *")
    assert not is_plainly("email", "Your email")
    assert not is_plainly("phone", "Email")


@pytest.mark.parametrize(
    "label",
    [
        "Emergency contact phone",
        "Friend's email",
        "secondary_email",
        "Fax",
        "Notfallkontakt",
        "Correo de tu amiga",
        "緊急連絡先",
        "紧急联系人",
    ],
)
def test_a_label_can_speak_of_somebody_else(label: str) -> None:
    assert is_about_someone_else(label)


@pytest.mark.parametrize("label", ["Your phone", "Work email", "Parent email", "Contact phone", "Année", "Alter", "友"])
def test_most_labels_speak_of_the_visitor(label: str) -> None:
    assert not is_about_someone_else(label)


@pytest.mark.parametrize(("language", "label", "field"), ASKED)
def test_no_field_of_the_visitor_is_taken_for_somebody_elses(language: str, label: str, field: str) -> None:
    assert not is_about_someone_else(label)


# Consent

CONSENTS = [
    ("May we call you?", {"call"}),
    ("May we email you?", {"email"}),
    ("I agree to receive SMS messages", {"sms"}),
    ("I agree to receive text messages and phone calls", {"sms", "call"}),
    ("Can we contact you on WhatsApp?", {"whatsapp"}),
    ("May we contact you?", {"all"}),
    ("Newsletter", {"email"}),
    ("Sign me up for the newsletter", {"email"}),
    ("I would like to receive marketing", {"all"}),
    ("¿Podemos llamarte?", {"call"}),
    ("Acepto recibir correos electrónicos", {"email"}),
    ("Aceito receber SMS", {"sms"}),
    ("J'accepte de recevoir des e-mails", {"email"}),
    ("Pouvons-nous vous contacter ?", {"all"}),
    ("Dürfen wir Sie anrufen?", {"call"}),
    ("Ich möchte den Newsletter erhalten", {"email"}),
    ("Acconsento a ricevere comunicazioni", {"all"}),
    ("Mogen we je bellen?", {"call"}),
    ("Wyrażam zgodę na otrzymywanie informacji handlowych", {"all"}),
    ("SMS almak istiyorum", {"sms"}),
    ("Får vi ringa dig?", {"call"}),
    ("Согласен получать рассылку", {"all"}),
    ("أوافق على تلقي رسائل نصية", {"sms"}),
    ("メールでのご案内を希望する", {"email"}),
    ("我同意接收短信", {"sms"}),
    ("문자 수신 동의", {"sms"}),
    ("Unsubscribe from the newsletter", set()),
    ("Do not call me", set()),
    ("Ich möchte keinen Newsletter", set()),
    ("I agree to the terms", set()),
    ("May we visit your company?", set()),
    ("Email", set()),
    ("Message", set()),
    ("", set()),
]


@pytest.mark.parametrize(("question", "channels"), CONSENTS)
def test_a_question_of_consent_names_its_channels(question: str, channels: set[str]) -> None:
    assert consent_asked(question) == channels


# The table


def test_no_phrase_stands_for_two_fields() -> None:
    ambiguous = {phrase: set(fields) for phrase, fields in phrases().fields.items() if len(fields) > 1}

    assert ambiguous == {}


def test_each_section_is_a_field_that_can_be_written() -> None:
    sections = tomllib.loads(TABLE.read_text("utf-8")).keys() - NO_FIELDS

    assert sections <= WRITABLE_FIELDS | {"address2"}


def test_each_language_is_known() -> None:
    table = tomllib.loads(TABLE.read_text("utf-8"))
    sections = [table[name] for name in table.keys() - {"languages", "consent"}] + list(table["consent"].values())

    spoken = {language for section in sections for languages in section for language in languages.split()}
    assert spoken <= {*table["languages"], "any"}


def test_words_about_somebody_else_mean_nothing_else() -> None:
    table = phrases()
    small = {*table.fillers, *table.asking, *table.fields}

    assert table.others & small == set()
    assert {word for word in small for end in STEMS if word[:end] in table.stems} == set()


def test_bare_names_are_names() -> None:
    assert {phrase for phrase in phrases().bare if "name" not in phrases().fields.get(phrase, {})} == set()


def test_the_beginnings_of_words_are_as_long_as_they_are_looked_for() -> None:
    assert all(len(stem) in STEMS for stem in phrases().stems)
