"""What HubSpot's two ways of sending contacts share: how the properties of a contact are answers."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.providers.flat import numbered, pruned
from shared.submission import Answer, AnswerType

TYPES: dict[str, AnswerType] = {
    "email": "email",
    "work_email": "email",
    "phone": "phone",
    "mobilephone": "phone",
    "hs_whatsapp_phone_number": "phone",
    "country": "country",
    "website": "url",
    "date_of_birth": "date",
    "message": "long_text",
}
# HubSpot keeps books on each contact in properties of its own. Those that a form may ask for are left.
OWN = ("hs_", "hubspot_", "ip_", "num_", "notes_", "recent_", "first_conversion_", "first_deal_", "associatedcompany")
ASKED = frozenset({"hs_language", "hs_legal_basis", "hs_persona", "hs_whatsapp_phone_number"})
NOISE = frozenset({"createdate", "lastmodifieddate", "lifecyclestage", "currentlyinworkflow", "closedate"})


def answers_of(properties: Mapping[str, JsonValue]) -> tuple[Answer, ...]:
    """Return the properties of a contact that somebody may have filled in."""
    return numbered(_answers(properties))


def _answers(properties: Mapping[str, JsonValue]) -> Iterator[Answer]:
    for name, value in properties.items():
        if name in NOISE or (name.startswith(OWN) and name not in ASKED):
            continue
        if (said := pruned(value)) is not None:
            yield Answer(key=name, label=name, type=TYPES.get(name, "text"), value=said)
