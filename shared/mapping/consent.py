"""
Consent: what a visitor answered to "May we contact you?", as HighLevel's do-not-disturb.

In do-not-disturb "active" means that the contact must not be disturbed: a yes makes it inactive. A legal state is never
guessed: what is not configured counts only where the question names its channel (or contact as such) and the answer is
plainly yes or no. The answers themselves stay in the note, as the evidence.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from shared.config import Consent
from shared.mapping.draft import Draft
from shared.mapping.labels import LONGEST_QUESTION, consent_asked, is_about_someone_else
from shared.mapping.lookup import Found, same
from shared.mapping.mapped import Origin
from shared.submission import Answer, as_text
from shared.words import folded
from shared.yes_no import said_yes

# What the configuration calls it -> HighLevel's field.
FIELDS: Mapping[str, str] = {
    "all": "dnd",
    "call": "dndSettings.Call",
    "email": "dndSettings.Email",
    "sms": "dndSettings.SMS",
    "whatsapp": "dndSettings.WhatsApp",
    "gmb": "dndSettings.GMB",
    "fb": "dndSettings.FB",
    "inbound": "inboundDndSettings.all",
}
UNCLEAR = "the answer is neither a yes nor a no"
CONTRADICTORY = "the answers say both yes and no"
RULE = "consent, by its question"
FEWEST_WORDS = 3  # of what a ticked box says: fewer may be anything
NEGATIONS = frozenset(
    {"not", "no", "don", "never", "stop", "unsubscribe", "out", "without", "decline", "refuse", "nicht"}
)


def consent_fields(consent: Consent) -> dict[str, str]:
    """Return HighLevel's field for each channel that a form asks about."""
    return {channel: FIELDS[channel] for channel, question in consent if question}


def apply_consent(draft: Draft, consent: Consent) -> None:
    """Set do-not-disturb by the answers; a question without an answer changes nothing."""
    for channel, question in consent:
        found = _answer(draft, question) if question else None
        if found:
            _set(draft, FIELDS[channel], found, Origin(answer=question, rule=f"consent: {channel}"))


def map_consent(draft: Draft, configured: Consent) -> None:
    """Set do-not-disturb by the questions that plainly ask for consent, for channels that are not configured."""
    known = {FIELDS[channel] for channel, question in configured if question}
    if FIELDS["all"] in known:
        return
    said: dict[str, list[_Said]] = {}
    for found in _consents(draft):
        for channel in asked_channels(found.answer):
            said.setdefault(FIELDS[channel], []).append(found)
    for target, answers in said.items():
        if target not in known:
            _set_by_question(draft, target, answers)


def body_of(draft: Draft) -> dict[str, JsonValue]:
    """Return the fields of do-not-disturb as the contact has them."""
    body: dict[str, JsonValue] = {}
    settings: dict[str, JsonValue] = {}
    for target, may_disturb in draft.disturb.items():
        status: JsonValue = {"status": "inactive" if may_disturb else "active"}
        name, _, channel = target.partition(".")
        if name == "dndSettings":
            settings[channel] = status
        else:
            body[name] = {channel: status} if channel else not may_disturb
    return {**body, "dndSettings": settings} if settings else body


def agreed(value: JsonValue) -> bool | None:
    """Return whether a value says yes; a box that is ticked does, whatever stands beside it."""
    if not isinstance(value, list):
        return said_yes(value)
    meanings = {said_yes(item) for item in value}
    if False in meanings:
        return False if len(meanings) == 1 else None
    return bool(value)


def _answer(draft: Draft, question: str) -> Found | None:
    found = draft.names.find(question)
    if found:
        return found
    # A list of boxes of which none is ticked says no; to the rest of the mapping it is no answer.
    unticked = (
        Found(place, [])
        for place, answer in enumerate(draft.answers)
        if answer.value == [] and same(question) in (same(answer.label), same(answer.key))
    )
    return next(unticked, None)


def _set(draft: Draft, target: str, found: Found, origin: Origin) -> None:
    may_disturb = agreed(found.value)
    if may_disturb is None or draft.lacks(target):
        draft.leave_out(target, as_text(found.value), UNCLEAR if may_disturb is None else draft.no_such_field)
        return
    draft.disturb[target] = may_disturb
    draft.provenance[target] = origin
    if found.whole and (isinstance(found.value, bool) or said_yes(as_text(found.value)) is not None):
        draft.copy(found.place)  # the label of a ticked box is what was agreed to: that stays in the note


class _Said(NamedTuple):
    """An answer that says yes or no."""

    answer: Answer
    meaning: bool


def _consents(draft: Draft) -> list[_Said]:
    """Return the visitor's own answers that may be a consent, and what they say."""
    free = [
        answer
        for place, answer in enumerate(draft.answers)
        if answer.type != "hidden" and place not in draft.claimed and place not in draft.copied
    ]
    return [_Said(answer, meaning) for answer in free if (meaning := _meant(answer)) is not None]


def _meant(answer: Answer) -> bool | None:
    """Return whether an answer is plainly a yes or a no; the text of a ticked box is a yes."""
    value = answer.value[0] if isinstance(answer.value, list) and len(answer.value) == 1 else answer.value
    meaning = said_yes(value)
    if meaning is not None or answer.type not in ("consent", "boolean") or not isinstance(value, str):
        return meaning
    words = folded(value)
    return True if len(words) >= FEWEST_WORDS and NEGATIONS.isdisjoint(words) else None


def _set_by_question(draft: Draft, target: str, said: list[_Said]) -> None:
    if len({found.meaning for found in said}) > 1 or draft.lacks(target):
        why = draft.no_such_field if draft.lacks(target) else CONTRADICTORY
        draft.leave_out(target, as_text([found.answer.value for found in said]), why)
        return
    answer = said[0].answer
    draft.disturb[target] = said[0].meaning
    draft.provenance[target] = Origin(answer=answer.label or answer.key, rule=RULE)


# Questions


# A yes to one of these says nothing of a channel: what a law wants to be read, a copy of the answers, a call back, what
# has happened. Beginnings of words, since languages add endings.
_OTHER_MATTERS = """
    terms condition privacy policy process stored storage cookie gdpr rgpd dsgvo lgpd rodo datenschutz verarbeit agb
    confidentialit privacidad privacidade tratamiento tratamento trattamento gegevens prywatn конфиденц персональн
    copy receipt confirm response quote invoice callback ticket demo appointment already
"""
# What the visitor does about newsletters and calls, in a survey of an agency.
_OWN_BUSINESS = """
    customer client klient kunden business agency campaign kampagn campagn campan software platform automat improve
    build develop manag strateg currently spam competitor integrat design empresa entreprise azienda unternehmen bedrijf
"""
OTHER_MATTERS = (*_OTHER_MATTERS.split(), *_OWN_BUSINESS.split())
_ASKS_OTHERWISE = """
    back did have has was were how when where which what best does use uses using need needs needed sends sending
"""
ASKS_OTHERWISE = frozenset(_ASKS_OTHERWISE.split())
# A yes to a label that begins so means no, and so does one to a label with a word of the second kind anywhere.
_BEGIN_REFUSALS = """
    no not never stop without kein keine keinen nicht ohne sans pas aucun aucune ne sin senza sem bez bes без не нет
    uden utan inga ingen nej nei nein nee geen niet ei yok לא בלי لا
"""
BEGIN_REFUSALS = frozenset(" ".join(folded(_BEGIN_REFUSALS)).split())
_REFUSALS = """
    refuse refuses exclude abbestellen widerspruch widersprechen baja refuser rifiuto rifiutare weigeren
"""
REFUSALS = frozenset(_REFUSALS.split())
# How a consent is taken back, and what it is not needed for: that is no refusal.
SENTENCE_ENDS = re.compile(r"[.!?;()\n]+")
_ASSURANCES = """
    reply stop, text stop, not a condition, not required, will not share, never share, not be shared, not sell,
    no spam, never spam
"""
ASSURANCES = tuple(" ".join(folded(phrase)) for phrase in _ASSURANCES.split(","))
_AT_ANY_TIME = """
    any time, anytime, jederzeit, tout moment, cualquier momento, qualsiasi momento, qualquer momento, elk moment,
    każdej chwili, när som helst, når som helst, любое время, любой момент
"""
AT_ANY_TIME = tuple(" ".join(folded(phrase)) for phrase in _AT_ANY_TIME.split(","))
_TAKEN_BACK = """
    unsubscri withdraw revo opt cancel abmeld abbestell widerruf désabonn désinscri retir baja disiscri annull
    uitschrij afmeld rezygn wypis avregistrer avmeld afmeld отпис отозва
"""
TAKEN_BACK = tuple(folded(_TAKEN_BACK))
# Offers are no contact as such: who wants none may still be written to.
_OFFERS = """
    marketing offer promo news update advert werb angebot neuigkeit aktion offre nouveaut actualit oferta novedad
    novidad publicid noticia offert novit aanbieding nieuws reclame ofert handlow erbjudand tilbud markkin предложен
    новост акци реклам
"""
OFFERS = tuple(_OFFERS.split())
# What means contact in whatever way.
_CONTACT = """
    contact you, be contacted, contact me, get in touch with you, Sie kontaktieren, dich kontaktieren,
    kontaktiert werden, vous contacter, me contacter, être contacté, contactarte, contactarle, contactarme,
    ser contactado, ser contactada, entrar em contato, entrar em contacto, contattarti, contattarla, contattarmi,
    essere contattato, essere contattata, contact met u opnemen, contact met je opnemen, skontaktować się
"""
CONTACT = tuple(" ".join(folded(phrase)) for phrase in _CONTACT.split(","))
_CHANNEL_WORDS = {"newsletter": "email", "email": "email", "emails": "email", "phone": "call", "calls": "call"}
CHANNEL_WORDS = {**_CHANNEL_WORDS, "sms": "sms", "text": "sms", "texts": "sms", "whatsapp": "whatsapp"}


def asked_channels(answer: Answer) -> tuple[str, ...]:
    """Return for which channels a question plainly asks consent, as the configuration calls them."""
    whole = answer.label or answer.key
    if len(whole) > LONGEST_QUESTION or is_about_someone_else(whole):
        return ()
    name = _question(whole)
    words = folded(name)
    is_other = any(word.startswith(OTHER_MATTERS) for word in words) or not ASKS_OTHERWISE.isdisjoint(words)
    is_refusal = not BEGIN_REFUSALS.isdisjoint(words[:1]) or not REFUSALS.isdisjoint(words)
    if is_other or is_refusal:
        return ()
    asked = consent_asked(name)
    if "all" in asked:
        text = " ".join(words)
        is_contact = any(phrase in text for phrase in CONTACT)
        return ("all",) if is_contact and not any(word.startswith(OFFERS) for word in words) else ()
    if not asked and answer.type == "consent" and NEGATIONS.isdisjoint(words):
        asked = frozenset(CHANNEL_WORDS[word] for word in words if word in CHANNEL_WORDS)
    return tuple(channel for channel in FIELDS if channel in asked)


def _question(name: str) -> str:
    """Return a label without the sentences that say how to take a consent back, or what it is not needed for."""
    return ". ".join(sentence for sentence in SENTENCE_ENDS.split(name) if not _reassures(" ".join(folded(sentence))))


def _reassures(sentence: str) -> bool:
    takes_back = any(phrase in sentence for phrase in AT_ANY_TIME)
    return any(phrase in sentence for phrase in ASSURANCES) or (
        takes_back and any(word.startswith(TAKEN_BACK) for word in sentence.split())
    )
