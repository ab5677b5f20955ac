import pytest

from shared.field_names import WRITABLE_FIELDS
from shared.mapping.aliases import ALIASES, FIELDS, field_called, folded, is_about_someone_else

NAMED = [
    ("email", "email"),
    ("E-Mail", "email"),
    ("E-Mail-Adresse *", "email"),
    ("your-email", "email"),
    ("emailAddress", "email"),
    ("What's your email address?", "email"),
    ("Where can we email you?", "email"),
    ("Work email", "email"),
    ("Adresse e-mail", "email"),
    ("Courriel", "email"),
    ("Correo electrónico", "email"),
    ("Indirizzo e-mail", "email"),
    ("Endereço de e-mail", "email"),
    ("Best phone number?", "phone"),
    ("PHONE", "phone"),
    ("Mobile No.", None),
    ("mobile_number", "phone"),
    ("Telefonnummer", "phone"),
    ("Numéro de téléphone", "phone"),
    ("Teléfono móvil", "phone"),
    ("Cellulare", "phone"),
    ("Telemóvel", "phone"),
    ("Mobiel nummer", "phone"),
    ("first_name", "firstName"),
    ("firstName", "firstName"),
    ("fname", "firstName"),
    ("What is your first name?", "firstName"),
    ("Vorname", "firstName"),
    ("Prénom", "firstName"),
    ("And your last name?", "lastName"),
    ("Nachname", "lastName"),
    ("Apellidos", "lastName"),
    ("Achternaam", "lastName"),
    ("your name", "name"),
    ("Full name (required)", "name"),
    ("Wie ist Ihr Name?", "name"),
    ("Nome e cognome", "name"),
    ("Company", "companyName"),
    ("company name", "companyName"),
    ("Firma", "companyName"),
    ("Nom de l'entreprise", "companyName"),
    ("Street address", "address1"),
    ("Straße", "address1"),
    ("City/Town", "city"),
    ("Città", "city"),
    ("State / Province", "state"),
    ("ZIP", "postalCode"),
    ("PLZ", "postalCode"),
    ("Código postal", "postalCode"),
    ("Country", "country"),
    ("País", "country"),
    ("Website URL", "website"),
    ("Date of birth", "dateOfBirth"),
    ("Geburtsdatum", "dateOfBirth"),
    ("pet name", None),
    ("Name of your dog", None),
    ("Domain name", None),
    ("User name", None),
    ("Business type", None),
    ("Company size", None),
    ("May we visit your company?", None),
    ("Preferred city", None),
    ("Page URL", None),
    ("Email preferences", None),
    ("Best time to phone", None),
    ("message", None),
    ("", None),
    ("???", None),
    ("名前", None),
]


@pytest.mark.parametrize(("label", "field"), NAMED)
def test_a_label_names_a_field_only_as_a_whole(label: str, field: str | None) -> None:
    assert field_called(label) == field


def test_no_alias_stands_for_two_fields() -> None:
    aliases = ["".join(folded(alias)) for listed in ALIASES.values() for alias in listed.split(",")]

    assert len(aliases) == len(set(aliases)) == len(FIELDS)


def test_each_alias_names_a_field_that_can_be_written() -> None:
    assert ALIASES.keys() <= WRITABLE_FIELDS


@pytest.mark.parametrize("label", ["Emergency contact phone", "Friend's email", "secondary_email", "Fax"])
def test_a_label_can_speak_of_somebody_else(label: str) -> None:
    assert is_about_someone_else(label)


@pytest.mark.parametrize("label", ["Your phone", "Work email", "Parent email", "Contact phone"])
def test_most_labels_speak_of_the_visitor(label: str) -> None:
    assert not is_about_someone_else(label)
