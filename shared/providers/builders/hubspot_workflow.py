"""HubSpot workflows: the action "Send a webhook" posts the contact that went through the workflow."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.fingerprint import fingerprint
from shared.providers.flat_json import as_id, only_object, read_fields, read_object
from shared.providers.hubspot import answers_of
from shared.providers.signatures import SignatureScheme

Fields = dict[str, JsonValue]


def read(body: bytes, content_type: str) -> Reading:
    """Read a contact with its properties; an action that sends chosen properties only sends flat JSON."""
    contact = only_object(read_fields(body, content_type))
    properties = contact.get("properties")
    if not isinstance(properties, dict):
        return read_object(contact)
    answers = answers_of({name: _value(entry) for name, entry in properties.items()})
    # A workflow may send a contact again without another form: with the answers as its revision nothing new is lost.
    submission_id = _conversion(contact) or "-".join(
        filter(None, map(as_id, (contact.get("portal-id"), _vid(contact))))
    )
    return Reading(answers=answers, submission_id=submission_id, revision=fingerprint(answers)[:16])


def _value(entry: JsonValue) -> JsonValue:
    return entry.get("value") if isinstance(entry, dict) else entry


def _conversion(contact: Fields) -> str:
    """Return the id of the contact's last form submission, if it has one."""
    listed = contact.get("form-submissions")
    submissions = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    last = max(submissions, key=_time, default={})
    return as_id(last.get("conversion-id"))


def _time(submission: Fields) -> float:
    timestamp = submission.get("timestamp")
    return timestamp if isinstance(timestamp, int | float) else 0


def _vid(contact: Fields) -> JsonValue:
    return contact.get("canonical-vid") or contact.get("vid")


PROVIDER = Provider(
    name="hubspot_workflow",
    title="HubSpot workflow",
    read=read,
    setup='In the workflow: the action "Send a webhook", POST to {url}, with request signature; `secret` is the '
    "client secret of the app that signs.",
    recognised="the `conversion-id` of the contact's last form with the same answers",
    retries="not known",
    quirks="HubSpot's own properties are left out; chosen properties come as flat JSON",
    signature=SignatureScheme(header="X-HubSpot-Signature", kind="hash", signed="{secret}{method}{url}{body}"),
    carries=("secret", "header_token", "url_token"),
)
