"""A refusal, field by field: what HighLevel objects to, and a way out."""

import re
from collections.abc import Iterable
from hashlib import sha256

from pydantic import JsonValue

from shared.submission import Diagnosis, Reason, as_text

PHONE = re.compile(r"phone number|calling code|the string supplied", re.IGNORECASE)
UNKNOWN_PROPERTY = re.compile(r"property (\S+) should not exist")
NAMED_FIELD = re.compile(r"(?:each value in )?([A-Za-z][A-Za-z0-9_.\[\]]*) (?:must|should|has|is|can)\b")
NO_IDENTIFIER = re.compile(r"pass at least one of number, email|without email, phone", re.IGNORECASE)


def diagnose(messages: Iterable[str], sent: JsonValue) -> tuple[Diagnosis, ...]:
    """Return one diagnosis for each message about the contact that was sent."""
    body = sent if isinstance(sent, dict) else {}
    return tuple(_diagnosis(message, body) for message in messages)


def group_of(reason: Reason, diagnosis: Iterable[Diagnosis]) -> str:
    """Return a short name for all dead letters that share a cause."""
    causes = sorted(f"{item.field}: {item.rule}" for item in diagnosis)
    return f"{reason}-{sha256(repr(causes).encode()).hexdigest()[:6]}" if causes else str(reason)


def _diagnosis(message: str, body: dict[str, JsonValue]) -> Diagnosis:
    name, fix = _field_and_fix(message)
    return Diagnosis(field=name, value=as_text(body.get(name.split(".")[0])), rule=message, fix=fix)


def _field_and_fix(message: str) -> tuple[str, str]:
    if found := UNKNOWN_PROPERTY.search(message):
        return found[1], f"HighLevel does not know this field here: --drop {found[1]}"
    if PHONE.search(message):
        return "phone", "correct it: --field phone=+15551234567, or leave it out: --drop phone"
    if NO_IDENTIFIER.search(message):
        return "email", "give the contact an email or a phone: --field email=ada@example.com"
    if found := NAMED_FIELD.match(message):
        return found[1], f"correct it: --field {found[1]}=VALUE, or leave it out: --drop {found[1]}"
    return "", "read the answer of HighLevel in the attempts, mend the answer or the mapping, then replay"
