"""Gravity Forms with its Webhooks add-on (https://docs.gravityforms.com/webhooks-add-on/)."""

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.flat_json import read_fields, read_object
from shared.providers.wordpress import entry_id, revision, typed
from shared.submission import Answer, AnswerType

ENTRY = frozenset({"id", "form_id", "date_created"})  # in every entry: without them the owner has chosen the keys
METADATA = ENTRY | frozenset(
    {"post_id", "date_updated", "is_starred", "is_read", "is_fulfilled", "ip", "source_url", "source_id", "user_agent"}
    | {"currency", "payment_status", "payment_date", "payment_amount", "payment_method", "transaction_id"}
    | {"transaction_type", "created_by", "status", "submission_speeds"}
)
INPUT = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")  # 1.3 is the third input of field 1
NAME = frozenset({2, 3, 4, 6, 8})  # prefix, first, middle, last, suffix
FIRST_AND_LAST = frozenset({3, 6})
ADDRESS = frozenset({1, 2, 3, 4, 5, 6})  # street, second line, city, state, postal code, country
CONSENT = frozenset({1, 2, 3})  # ticked, what was agreed to, the number of its wording
POSTAL_CODE = re.compile(r"(?=.{3,10}$)[A-Z]{0,2}[- ]?[0-9][0-9A-Z]*[- ]?[0-9A-Z]*", re.IGNORECASE)
MASKED_PHONE = re.compile(r"\([0-9]{3}\) ?[0-9]{3}-[0-9]{4}")  # the format that its phone field asks for


def read(body: bytes, content_type: str) -> Reading:
    """Read an entry, whose keys are the numbers of its fields, or the fields that the owner has selected."""
    fields = read_fields(body, content_type)
    if not fields.keys() >= ENTRY:
        return read_object(fields)
    said = {key: value for key, value in fields.items() if key not in METADATA}
    answers = numbered(map(typed, _answers(said)))
    return Reading(answers=answers, submission_id=entry_id(fields["id"]), revision=revision(answers))


def _answers(fields: dict[str, JsonValue]) -> Iterator[Answer]:
    for field, inputs in _by_field(fields).items():
        if inputs.keys() == {field}:
            yield from _answer(field, _listed(inputs[field]))
        else:
            yield from _compound(field, inputs)


def _by_field(fields: dict[str, JsonValue]) -> dict[str, dict[str, JsonValue]]:
    """Return the inputs of each field, with their full keys; most fields have one of their own name."""
    found: dict[str, dict[str, JsonValue]] = {}
    for key, value in fields.items():
        numbers = INPUT.fullmatch(key)
        field = numbers[1] if numbers and numbers[1] not in fields else key
        found.setdefault(field, {})[key] = value
    return found


def _listed(value: JsonValue) -> JsonValue:
    """Return the list that several uploads or chosen options are written as; other JSON stays text."""
    if not isinstance(value, str) or not value.startswith('["'):
        return value
    try:
        items = json.loads(value)
    except ValueError:
        return value
    return items if all(isinstance(item, str) for item in items) else value


def _answer(key: str, value: JsonValue, kind: AnswerType | None = None, label: str = "") -> Iterator[Answer]:
    said = pruned(value)
    if said is not None:
        is_phone = isinstance(said, str) and MASKED_PHONE.fullmatch(said)
        yield Answer(key=key, label=label or key, type=kind or ("phone" if is_phone else type_of(said)), value=said)


def _compound(field: str, inputs: dict[str, JsonValue]) -> Iterator[Answer]:
    """Yield the answer of a field with several inputs; which kind it is, only their numbers and values tell."""
    parts = {int(key.partition(".")[2]): value for key, value in inputs.items()}
    texts = {number: value.strip() if isinstance(value, str) else "" for number, value in parts.items()}
    if parts.keys() <= NAME and parts.keys() >= FIRST_AND_LAST:
        yield from _answer(field, inputs, "name")
    elif parts.keys() == ADDRESS and _is_address(texts):
        yield from _answer(field, inputs, "address")
    elif parts.keys() == CONSENT and _is_consent(texts):
        yield from _answer(field, parts[1], "consent", label=texts[2])
    else:
        yield from _answer(field, [parts[number] for number in sorted(parts)])


def _is_address(texts: dict[int, str]) -> bool:
    """Say whether six inputs are an address, and not six boxes: those have no postal code behind a place."""
    place = texts[3] or texts[1]
    is_place = any(letter.isalpha() for letter in place)
    return is_place and bool(POSTAL_CODE.fullmatch(texts[5])) and not any(letter.isdigit() for letter in texts[6])


def _is_consent(texts: dict[int, str]) -> bool:
    """Say whether three inputs are a consent, and not three boxes: "1", a sentence and a number."""
    return texts[1] == "1" and " " in texts[2] and texts[3].isdecimal()


PROVIDER = Provider(
    name="gravity_forms",
    title="Gravity Forms",
    read=read,
    setup="In the form: Settings > Webhooks (add-on) > Add New: {url}, POST, JSON, and a header for `header_token`.",
    recognised="the entry's `id`, or one that you select, with the same answers; else the same answers",
    retries="no",
    quirks="numbers instead of labels (select fields to choose names); names, addresses, boxes from sub-inputs",
    carries=("header_token", "url_token"),
)
