"""Cognito Forms: an entry as one JSON object, with the names of its fields as keys."""

from collections.abc import Iterator

from pydantic import Field, JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import read_json
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.progress import progress
from shared.providers.structured import Text, Theirs, answer, file_urls, parsed
from shared.submission import Answer

NOISE = frozenset({"Form", "Entry", "Id", "$version", "$etag"})
NAME = ("Prefix", "First", "Middle", "Last", "Suffix")
NAME_REPEATED = frozenset({*NAME, "MiddleInitial", "FirstAndLast"})
ADDRESS = ("Line1", "Line2", "Line3", "City", "State", "PostalCode", "Country")
# The parts of an address again in other forms, and where a map puts it.
ADDRESS_REPEATED = frozenset(
    {*ADDRESS, "StreetAddress", "CityStatePostalCode", "FullAddress", "InternationalAddress", "CountryCode", "Type"}
    | {"FullInternationalAddress", "Latitude", "Longitude"}
)
FILE = frozenset({"File", "ContentType"})
ROW = frozenset({"Id", "Form", "ItemNumber"})  # what a row of a repeating section has besides its answers
# Of an order: what the one who pays has typed.
PAYER = ("BillingName", "BillingAddress", "EmailAddress", "PhoneNumber")


class _Form(Theirs):
    id: Text = Field("", alias="Id")


class _Stage(Theirs):
    number: Text = Field("", alias="Number")
    status: Text = Field("", alias="Status")
    action: Text = Field("", alias="Action")
    submitted_at: Text = Field("", alias="DateSubmitted")
    updated_at: Text = Field("", alias="DateUpdated")
    timestamp: Text = Field("", alias="Timestamp")

    @property
    def changed_at(self) -> str:
        return self.updated_at or self.timestamp or self.submitted_at


class _Entry(Theirs):
    id: Text = Field("", alias="Id")
    form: _Form = Field(_Form(), alias="Form")
    stage: _Stage = Field(alias="Entry")

    @property
    def submission_id(self) -> str:
        if self.id or not (self.form.id and self.stage.number):
            return self.id
        return f"{self.form.id}-{self.stage.number}"


def read(body: bytes, content_type: str) -> Reading:
    """Read an entry as it was submitted or updated; each state of it is a revision."""
    sent = read_json(body, content_type)
    entry = parsed(_Entry, sent, "Cognito Forms entry")
    fields = sent if isinstance(sent, dict) else {}
    answers = numbered(_answers({key: value for key, value in fields.items() if key not in NOISE}))
    is_partial = entry.stage.status == "Incomplete"
    return Reading(
        answers=answers,
        submission_id=entry.submission_id,
        # Links to files change with every sending, so the answers tell a revision only where nothing else does.
        revision=entry.stage.changed_at or f"{entry.stage.action} {fingerprint(answers)[:16]}".strip(),
        progress=progress(entry.stage.changed_at, is_partial),
        is_partial=is_partial,
    )


def _answers(fields: dict[str, JsonValue], section: str = "") -> Iterator[Answer]:
    for name, sent in fields.items():
        match pruned(sent):
            case dict() as parts:
                yield from _compound(f"{section}{name}", name, parts)
            case [dict() as first, *_] as files if not FILE.isdisjoint(first):
                yield from answer(f"{section}{name}", name, "file", file_urls(files, "File"))
            case [dict(), *_] as rows:
                yield from answer(f"{section}{name}", name, "text", [_row(row) for row in rows])
            case value:
                yield from answer(f"{section}{name}", name, type_of(value), value)


def _compound(key: str, name: str, parts: dict[str, JsonValue]) -> Iterator[Answer]:
    """Yield a name, an address, somebody looked up, or the answers of a section."""
    if parts.keys() <= NAME_REPEATED and parts.keys() & {"First", "Last"}:
        yield from answer(key, name, "name", _only(parts, NAME))
    elif parts.keys() <= ADDRESS_REPEATED and parts.keys() & {"Line1", "City", "PostalCode"}:
        yield from answer(key, name, "address", _only(parts, ADDRESS))
    elif parts.keys() == {"Id", "Label"}:
        yield from answer(key, name, "text", parts["Label"])
    else:
        yield from _answers(_only(parts, PAYER) if key == "Order" else parts, f"{key}.")


def _only(parts: dict[str, JsonValue], names: tuple[str, ...]) -> dict[str, JsonValue]:
    return {name: parts[name] for name in names if name in parts}


def _row(row: JsonValue) -> JsonValue:
    return {name: value for name, value in row.items() if name not in ROW} if isinstance(row, dict) else row


PROVIDER = Provider(
    name="cognito_forms",
    title="Cognito Forms",
    read=read,
    setup="In the form: Settings > Post JSON Data to a Website; paste {url} as the endpoint for submitted entries, "
    "and for updated ones if they shall count.",
    recognised="`Id` (form and entry) and when the entry was changed",
    retries="not known; a failure stands in the entry's audit log",
    quirks="names and addresses in parts, sections, uploads (their links end after about 30 minutes), updated entries",
)
