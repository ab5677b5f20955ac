"""
Consent: what a visitor answered to "May we contact you?", as HighLevel's do-not-disturb.

In do-not-disturb "active" means that the contact must not be disturbed: a yes makes it inactive.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from shared.config import Consent
from shared.mapping.draft import Draft
from shared.mapping.lookup import Found, find, same
from shared.submission import as_text
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


def consent_fields(consent: Consent) -> dict[str, str]:
    """Return HighLevel's field for each channel that a form asks about."""
    return {channel: FIELDS[channel] for channel, question in consent if question}


def apply_consent(draft: Draft, consent: Consent) -> None:
    """Set do-not-disturb by the answers; a question without an answer changes nothing."""
    for channel, question in consent:
        found = _answer(draft, question) if question else None
        if found:
            _set(draft, FIELDS[channel], found, f"consent: {channel}")


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
    found = find(draft.answers, question)
    if found:
        return found
    # A list of boxes of which none is ticked says no; to the rest of the mapping it is no answer.
    unticked = (
        Found(place, [])
        for place, answer in enumerate(draft.answers)
        if answer.value == [] and same(question) in (same(answer.label), same(answer.key))
    )
    return next(unticked, None)


def _set(draft: Draft, target: str, found: Found, origin: str) -> None:
    may_disturb = agreed(found.value)
    if may_disturb is None or draft.lacks(target):
        draft.leave_out(target, as_text(found.value), UNCLEAR if may_disturb is None else draft.no_such_field)
        return
    draft.disturb[target] = may_disturb
    draft.provenance[target] = origin
    if found.whole and (isinstance(found.value, bool) or said_yes(as_text(found.value)) is not None):
        draft.copy(found.place)  # the label of a ticked box is what was agreed to: that stays in the note
