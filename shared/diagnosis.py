"""
A refusal, field by field: what HighLevel objects to, and a way out.

HighLevel's validation speaks class-validator's English, its phone check libphonenumber's, and v1 names a field before
its message. Where one edit mends the fault, the diagnosis proposes it: a value that HighLevel takes, or else the note.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256

from pydantic import JsonValue

from shared.field_names import CUSTOM, WRITABLE_FIELDS
from shared.highlevel.contact import COUNTRIES
from shared.highlevel.numbers import normal_amount
from shared.highlevel.values import Refused
from shared.mapping.normalise import normalise
from shared.submission import Diagnosis, Edit, Reason, as_text
from shared.yes_no import said_yes

PHONE = re.compile(r"phone number|calling code|the string supplied", re.IGNORECASE)
NO_IDENTIFIER = re.compile(r"pass at least one of number, email|without email, phone|^email or phone\b", re.IGNORECASE)
UNKNOWN_PROPERTY = re.compile(r"(?:([\w.\[\]]+)\.)?property (\S+) should not exist")
NAMED_FIELD = re.compile(
    r"(?:each value in (?:nested property )?)?([A-Za-z][\w.\[\]]*)(?::| (?:must|should|has|is|can)\b)"
)
CUSTOM_FIELD = re.compile(r"customFields?[.\[](\w+)")
ONE_OF = re.compile(r"must be one of(?: the following values)?:? (.+)")
NUMBER = re.compile(r"must be (?:a number|an integer)")
# How HighLevel's generations call the value of a custom field.
VALUE_NAMES = ("field_value", "fieldValue", "value")
IDENTIFIERS = ("email", "phone")
UNKNOWN_REGION = "ZZ"
# What may stand in a message and tell letters of one cause apart: emails, phone numbers and dates, ids and tokens.
PERSONAL = re.compile(
    r"""[^\s"'<>(),;]*@[^\s"'<>(),;]*|\+?\d[\d ().\-/]{5,}\d|\b(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}""", re.ASCII
)
SHORTEST_MASKED = 3
MASK = "…"
PLAIN_WORD = re.compile(r"[\w@%+=:./-]+", re.ASCII)

UPDATE_HOOKLINE = "a fault of Hookline, which writes this itself: update it, then replay"
BY_CONSENT = "this comes from the form's consent table: look there, or update Hookline, then replay"
# What no edit of a contact can mend.
NOT_THE_VISITORS: Mapping[str, str] = {
    "locationId": "correct location_id of the location in hookline.toml, restart, then replay",
    "tags": "correct the form's tags in hookline.toml, restart, then replay",
    "dnd": BY_CONSENT,
    "dndSettings": BY_CONSENT,
    "inboundDndSettings": BY_CONSENT,
    "customFields": UPDATE_HOOKLINE,
    "customField": UPDATE_HOOKLINE,
    "createNewIfDuplicateAllowed": UPDATE_HOOKLINE,
}
READ_THE_ANSWER = "read the answer of HighLevel in the attempts, mend the answer or the mapping, then replay"


@dataclass(frozen=True)
class _Fault:
    """One message, and the field that it is about; none where it does not say."""

    field: str
    message: str
    value: JsonValue = None

    @property
    def is_editable(self) -> bool:
        return self.field in WRITABLE_FIELDS or self.field.startswith(CUSTOM)

    @property
    def is_unknown(self) -> bool:
        return "should not exist" in self.message


@dataclass(frozen=True)
class _Identity:
    """Of what identifies the contact: what nothing is said of, and what is refused."""

    sound: tuple[str, ...]
    refused: tuple[str, ...]

    def without(self, field: str) -> "_Identity":
        return _Identity(*(tuple(name for name in names if name != field) for names in (self.sound, self.refused)))


@dataclass(frozen=True)
class _Remedy:
    fix: str
    proposal: Edit | None = None


def diagnose(messages: str | Iterable[str], sent: JsonValue) -> tuple[Diagnosis, ...]:
    """Return one diagnosis for each message about the contact that was sent."""
    body = sent if isinstance(sent, dict) else {}
    faults = [_fault(message, body) for message in ([messages] if isinstance(messages, str) else messages)]
    refused = {fault.field for fault in faults}
    sent_ones = [name for name in IDENTIFIERS if body.get(name)]
    identity = _Identity(
        sound=tuple(name for name in sent_ones if name not in refused),
        refused=tuple(name for name in sent_ones if name in refused),
    )
    region = _region(body)
    return tuple(_diagnosis(fault, identity, region) for fault in faults)


def group_of(reason: Reason, diagnosis: Iterable[Diagnosis]) -> str:
    """Return a short name for all dead letters that share a cause."""
    found = sorted(causes(diagnosis))
    return f"{reason}-{sha256(repr(found).encode()).hexdigest()[:6]}" if found else str(reason)


def causes(diagnosis: Iterable[Diagnosis]) -> list[str]:
    """Return each field with the rule that was broken, without what a visitor filled in."""
    found = list(diagnosis)
    values = [item.value for item in found]
    return [f"{item.field}: {masked(item.rule, values)}".removeprefix(": ") for item in found]


def masked(text: str, values: Iterable[str] = ()) -> str:
    """Return a text without these values, and without what looks like a person's."""
    # HighLevel may name a part only: "the extension 1234".
    parts = [part for value in values for part in (value.strip(), *re.findall(r"\d+", value))]
    said = {part for part in parts if len(part) >= SHORTEST_MASKED and part in text}
    for part in sorted(said, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", MASK, text)
    return PERSONAL.sub(MASK, text)


def options(edit: Edit) -> str:
    """Return an edit as the options of `hookline dead edit`."""
    answers = [("answer", f"{label}={as_text(value)}") for label, value in edit.answers.items()]
    fields = [("field", f"{name}={value}") for name, value in edit.fields.items()]
    notes = [("to-note", name) for name in edit.to_note]
    drops = [("drop", name) for name in edit.drop]
    return " ".join(f"--{option} {_word(text)}" for option, text in (*answers, *fields, *notes, *drops))


def _fault(message: str, body: dict[str, JsonValue]) -> _Fault:
    path = _path(message)
    if custom := CUSTOM_FIELD.match(path):
        name, value = _custom_field(custom[1], body)
        return _Fault(f"customFields.{name}" if name else "customFields", message, value)
    return _Fault(path, message, _at(path, body))


def _path(message: str) -> str:
    """Return which property a message is about."""
    if found := UNKNOWN_PROPERTY.search(message):
        return f"{found[1]}.{found[2]}" if found[1] else found[2]
    if NO_IDENTIFIER.search(message):
        return "email"
    if found := NAMED_FIELD.match(message):
        return found[1]
    return "phone" if PHONE.search(message) else ""


def _custom_field(place: str, body: dict[str, JsonValue]) -> tuple[str, JsonValue]:
    """Return the id, or else the key, and the value of a custom field by its place in the list; in v1, by its id."""
    match body:
        case {"customFields": list(sent)} if place.isdecimal() and int(place) < len(sent):
            entry = sent[int(place)]
            if isinstance(entry, dict):
                return str(entry.get("id") or entry.get("key") or ""), _value_of(entry)
        case {"customField": dict(by_id)} if place in by_id:
            return place, by_id[place]
    return "", None


def _value_of(entry: dict[str, JsonValue]) -> JsonValue:
    return next((entry[name] for name in VALUE_NAMES if name in entry), None)


def _at(path: str, body: dict[str, JsonValue]) -> JsonValue:
    found: JsonValue = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _region(body: dict[str, JsonValue]) -> str:
    """Return the contact's country: guessing another one would make its phone somebody else's."""
    country = body.get("country")
    return country if isinstance(country, str) and country in COUNTRIES else UNKNOWN_REGION


def _diagnosis(fault: _Fault, identity: _Identity, region: str) -> Diagnosis:
    remedy = _remedy(fault, identity.without(fault.field), region)
    value = as_text(fault.value)
    return Diagnosis(field=fault.field, value=value, rule=fault.message, fix=remedy.fix, proposal=remedy.proposal)


def _remedy(fault: _Fault, others: _Identity, region: str) -> _Remedy:
    """Return the way out: a better value, or the note, or advice; `others` identify the contact besides this field."""
    if fix := NOT_THE_VISITORS.get(fault.field.partition(".")[0] if not fault.is_editable else ""):
        return _Remedy(fix)
    if NO_IDENTIFIER.search(fault.message):
        return _Remedy("give the contact an email or a phone: --field email=ada@example.com")
    noting = Edit(to_note=(fault.field,))
    if fault.is_unknown:
        return _Remedy(f"HighLevel does not know this field here; put it into the note: {options(noting)}", noting)
    if not fault.is_editable:
        return _Remedy(READ_THE_ANSWER)
    is_needed = fault.field in IDENTIFIERS and not others.sound
    better = _better(fault, region)
    if better is not None:
        edit = Edit(fields={fault.field: better})
        note = "" if is_needed else f", or put it into the note: {options(noting)}"
        return _Remedy(f"what HighLevel takes is {options(edit)}{note}", edit)
    correct = f"correct it: --field {_word(f'{fault.field}=VALUE')}"
    if not is_needed:
        return _Remedy(f"put it into the note: {options(noting)}, or {correct}", noting)
    if not others.refused:
        return _Remedy(f"{correct}; nothing else identifies the contact")
    instead = f"or correct the {others.refused[0]} and put this into the note: {options(noting)}"
    return _Remedy(f"one of email and phone is enough; {correct}, {instead}")


def _better(fault: _Fault, region: str) -> str | None:
    """Return the value in another form that may be taken; None when there is no such form."""
    for convert in (_normalised, _converted):
        try:
            found = convert(fault, region)
        except Refused:
            continue
        if found and found != fault.value:
            return found
    return None


def _normalised(fault: _Fault, region: str) -> str | None:
    return normalise(fault.field, fault.value, region).text if fault.field in WRITABLE_FIELDS else None


def _converted(fault: _Fault, region: str) -> str | None:
    message, value = fault.message, fault.value
    if listed := ONE_OF.search(message):
        return _closest(as_text(value), [option.strip() for option in listed[1].split(",")])
    if NUMBER.search(message):
        return str(normal_amount(value, region))
    if "must be a boolean" in message:
        meant = said_yes(value)
        return None if meant is None else str(meant).lower()
    return as_text(value) if "must be a string" in message and not isinstance(value, dict) else None


def _closest(text: str, known: list[str]) -> str | None:
    plain = {option.casefold(): option for option in reversed(known)}
    near = get_close_matches(text.strip().casefold()[:200], plain, n=1)
    return plain[near[0]] if near else None


def _word(text: str) -> str:
    """Return a text as one word of a command, which ends at no comma and runs nothing in a shell."""
    return text if PLAIN_WORD.fullmatch(text) else "'" + text.replace("'", "'\"'\"'") + "'"
