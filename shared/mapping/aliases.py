"""
What people call HighLevel's fields, in the languages that most forms are written in.

A label matches as a whole, once the words that say nothing ("What is your …?") are gone. A label that only contains an
alias does not match: "pet name" is no name.
"""

import re
import unicodedata

ALIASES: dict[str, str] = {
    "email": """
        email, mail, email address, mail address, email id, reply to, work email, work email address, business
        email, business email address, company email, contact email, primary email, personal email, email
        adresse, mail adresse, emailadres, mailadres, adresse email, adresse mail, adresse electronique,
        courriel, correo, correo electronico, direccion de correo, direccion de correo electronico, direccion
        de email, indirizzo email, indirizzo mail, posta elettronica, endereco de email, correio eletronico
    """,
    "phone": """
        phone, phone number, phone no, telephone, telephone number, tel, tel no, mobile, mobile number, mobile
        phone, mobile phone number, cell, cell number, cell phone, cell phone number, contact number, contact
        phone, contact phone number, work phone, work phone number, business phone, office phone, home phone,
        daytime phone, whatsapp, whatsapp number, telefon, telefonnummer, rufnummer, handy, handynummer,
        mobil, mobilnummer, mobiltelefon, numero de telephone, telephone portable, numero de portable,
        telefono, telefono movil, movil, celular, numero de telefono, cellulare, numero di telefono, numero di
        cellulare, telefone, telemovel, numero de telefone, telefoon, telefoonnummer, mobiel, mobiele nummer,
        mobiel nummer, gsm
    """,
    "firstName": """
        first name, fname, given name, forename, vorname, prenom, primer nombre, nombre de pila, primeiro
        nome, voornaam
    """,
    "lastName": """
        last name, lname, surname, family name, nachname, familienname, nom de famille, apellido, apellidos,
        cognome, sobrenome, apelido, achternaam, familienaam
    """,
    "name": """
        name, full name, contact name, customer name, first and last name, first last name, name and surname,
        name surname, vor und nachname, vollstandiger name, nom, nom complet, nombre, nombre completo, nombre
        y apellido, nombre y apellidos, nome, nome completo, nome e cognome, nome e sobrenome, naam, volledige
        naam
    """,
    "companyName": """
        company, company name, business, business name, organisation, organisation name, organization,
        organization name, firma, firmenname, unternehmen, unternehmensname, entreprise, nom de l entreprise,
        societe, nom de la societe, empresa, nombre de la empresa, nome da empresa, azienda, nome azienda,
        ragione sociale, bedrijf, bedrijfsnaam
    """,
    "address1": """
        address, address 1, address line 1, street, street address, home address, mailing address, postal
        address, street and number, strasse, strasse hausnummer, strasse und hausnummer, anschrift, adresse,
        adresse postale, rue, direccion, domicilio, indirizzo, endereco, morada, adres, straat, straat en
        huisnummer
    """,
    "city": """
        city, town, city town, town city, ort, wohnort, stadt, ville, ciudad, citta, cidade, stad, plaats,
        woonplaats
    """,
    "state": """
        state, province, state province, state or province, state region, province state, bundesland,
        provincia, estado, provincie
    """,
    "postalCode": """
        zip, zip code, postal code, post code, postal, zip postal code, zip or postal code, postal zip code,
        plz, postleitzahl, code postal, codigo postal, cap, codice postale, cep
    """,
    "country": "country, country name, country region, country of residence, land, pays, pais, paese, nazione",
    "website": """
        website, website url, website address, company website, homepage, webseite, internetseite, site web,
        site internet, sitio web, pagina web, sito, sito web
    """,
    "dateOfBirth": """
        date of birth, dob, birthday, birth date, geburtsdatum, geburtstag, date de naissance, fecha de
        nacimiento, data di nascita, data de nascimento, geboortedatum
    """,
}

# A bare "name" beside a first name is the last name (German, French, Dutch forms), beside a last name the first one.
BARE_NAMES = frozenset({"name", "nom", "nombre", "nome", "naam"})

# Words of a question that do not say what is asked for.
_FILLERS = """
    what is s whats which and the a an please enter provide tell us me we i you your yours my required optional
    wie lautet ihr ihre dein deine ist bitte und welche
    quel quelle est votre ton ta vos
    cual es tu su por favor
    qual e il tuo la tua suo sua
    seu o
    wat je jouw uw
"""
FILLERS = frozenset(_FILLERS.split())

# More such words, but only for email and phone, whose values give a wrong guess away: "Where can we email you?" is
# about an email, while "May we visit your company?" must not make a company called "yes".
_ASKING = "may can could should would do like to best good preferred main at on by for in where how reach contact here"
ASKING = frozenset(_ASKING.split())
IDENTIFIERS = ("email", "phone")
LONGEST_LABEL = 300  # what stands behind is not read: it is a text, not a name

# An email or phone with one of these words in its label may be another person's: as the contact's own it would make
# HighLevel update the wrong person.
_OTHERS = """
    emergency friend friends spouse partner partners wife husband child childs kid mother
    father referrer referral referred referee reference colleague manager supervisor employer landlord assistant
    agent rep recipient owner assigned cc bcc secondary second alternate alternative other another additional
    backup old previous fax notfall freund partnerin
"""
OTHERS = frozenset(_OTHERS.split())


def field_called(name: str) -> str | None:
    """Return the HighLevel field that a label or key names, if it names one."""
    words = folded(name)
    told = [word for word in words if word not in FILLERS]
    if field := FIELDS.get("".join(words)) or FIELDS.get("".join(told)):
        return field
    identifier = FIELDS.get("".join(word for word in told if word not in ASKING))
    return identifier if identifier in IDENTIFIERS else None


def is_bare_name(name: str) -> bool:
    """Say whether a label is just "name", which may mean a part of the name."""
    return "".join(folded(name)) in BARE_NAMES


def is_plainly(field: str, name: str) -> bool:
    """Say whether a label is a field's name and nothing else."""
    return FIELDS.get("".join(folded(name))) == field


def is_about_someone_else(name: str) -> bool:
    """Say whether a label speaks of somebody or something besides the visitor."""
    return not OTHERS.isdisjoint(folded(name))


def folded(name: str) -> list[str]:
    """Return the words of a label or key: lower case, without accents and punctuation, camelCase split."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name[:LONGEST_LABEL])
    plain = unicodedata.normalize("NFKD", split.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", kept).split()


def _fields() -> dict[str, str]:
    return {"".join(folded(alias)): field for field, aliases in ALIASES.items() for alias in aliases.split(",")}


FIELDS = _fields()
