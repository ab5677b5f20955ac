"""Wufoo (https://wufoo.github.io/docs/#webhooks)."""

import re
from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers, numbered, pruned, type_of
from shared.providers.flat_json import as_id, read_fields
from shared.providers.structured import Rows, Text, Theirs, answer
from shared.submission import Answer, AnswerType

NOISE = frozenset(
    {"EntryId", "DateCreated", "CreatedBy", "DateUpdated", "LastUpdated", "UpdatedBy", "IP", "HandshakeKey"}
    | {"FormStructure", "FieldStructure", "FormId", "Status", "CompleteSubmission", "LastPage"}
    | {"PurchaseTotal", "TransactionId", "MerchantType", "Currency"}
)
TYPES: dict[str, AnswerType] = {
    "email": "email",
    "phone": "phone",
    "shortname": "name",
    "name": "name",
    "address": "address",
    "number": "number",
    "money": "number",
    "date": "date",
    "url": "url",
    "file": "file",
    "textarea": "long_text",
    "radio": "choice",
    "select": "choice",
    "checkbox": "choices",
}
# The labels of these parts are in the form's language; their order never changes.
PARTS = {
    "shortname": ("first", "last"),
    "name": ("prefix", "first", "last", "suffix"),
    "address": ("street", "line2", "city", "state", "postal", "country"),
}
COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
FILE_URL = "-url"  # a file's URL stands beside its name, under the field's id with this behind


class _Part(Theirs):
    ID: str
    Label: Text = ""


class _Question(Theirs):
    ID: str
    Title: Text = ""
    Type: Text = ""
    SubFields: Rows[_Part] = []


class _Structure(Theirs):
    Fields: Rows[_Question] = []


def read(body: bytes, content_type: str) -> Reading:
    """Read an entry; with the metadata on it tells the labels and types of its fields."""
    fields = read_fields(body, content_type)
    entry = as_id(fields.get("EntryId"))
    questions = _questions(fields.get("FieldStructure"))
    rest = {name: value for name, value in fields.items() if name not in NOISE}
    asked = list(_answers(questions, rest))
    return Reading(answers=numbered([*asked, *flat_answers(_with_urls(rest))]), submission_id=entry)


def _questions(structure: JsonValue) -> list[_Question]:
    try:
        if isinstance(structure, str):
            return _Structure.model_validate_json(structure).Fields
        return _Structure.model_validate(structure).Fields
    except ValidationError:
        return []  # it is off, or written in a way that we do not know: the answers keep their ids as labels


def _answers(questions: list[_Question], rest: dict[str, JsonValue]) -> Iterator[Answer]:
    """Yield the answers that have a question, and take them out of the rest."""
    for question in questions:
        value = _value(question, rest)
        yield from answer(question.ID, question.Title, TYPES.get(question.Type) or type_of(value), value)


def _value(question: _Question, rest: dict[str, JsonValue]) -> JsonValue:
    if question.Type == "checkbox" and question.SubFields:
        return [rest.pop(part.ID, None) for part in question.SubFields]
    if question.SubFields:
        return {name: rest.pop(part.ID, None) for name, part in zip(_names(question), question.SubFields, strict=True)}
    own, url = rest.pop(question.ID, None), rest.pop(f"{question.ID}{FILE_URL}", None)
    if question.Type == "date" and isinstance(own, str) and (found := COMPACT_DATE.fullmatch(own)):
        return "-".join(found.groups())
    return url or own


def _names(question: _Question) -> tuple[str, ...]:
    known = PARTS.get(question.Type, ())
    labels = tuple(part.Label.strip() or part.ID for part in question.SubFields)
    if len(known) == len(labels):
        return known
    return labels if len(set(labels)) == len(labels) else tuple(part.ID for part in question.SubFields)


def _with_urls(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields with the URL of each file in place of its name."""
    urls = {name.removesuffix(FILE_URL): url for name, url in fields.items() if name.endswith(FILE_URL)}
    own = {name: value for name, value in fields.items() if not name.endswith(FILE_URL)}
    return {**own, **{name: url for name, url in urls.items() if pruned(url) is not None}}


PROVIDER = Provider(
    name="wufoo",
    title="Wufoo",
    read=read,
    setup="Form Manager > More > Notifications > WebHook: paste {url}, tick the field and form structures, and set a "
    'handshake key, with body_token = {field = "HandshakeKey", value = "…"}.',
    recognised="`EntryId`",
    retries="not published",
    quirks="labels and parts from `FieldStructure`, tick boxes, dates, files as URLs",
    carries=("body_token", "url_token"),
)
