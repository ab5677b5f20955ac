"""ClickFunnels 2.0 (https://developers.myclickfunnels.com/docs/webhooks)."""

from collections.abc import Iterator

from pydantic import JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import flat_answers, numbered
from shared.providers.flat_json import as_id, only_object
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer

CONTACT, ATTRIBUTES = "contact", "custom_attributes"
NOISE = frozenset(
    {"id", "public_id", "uuid", "workspace_id", "contact_id", "page_id", "funnel_id", "anonymous", "tags", "visits"}
    | {"created_at", "updated_at", "unsubscribed_at", "last_notification_email_sent_at", ATTRIBUTES}
)
HEADER = "X-Webhook-ClickFunnels"


def read(body: bytes, content_type: str) -> Reading:
    """Read an event about a contact or a form: the contact's fields, its custom attributes, what else was answered."""
    event = only_object(read_json(body, content_type))
    data = event.get("data")
    if not isinstance(data, dict):
        raise UnreadableBody('Not a ClickFunnels event: "data" with the contact is missing.')
    return Reading(answers=numbered(_answers(data)), submission_id=as_id(event.get("event_id")))


def _answers(data: dict[str, JsonValue]) -> Iterator[Answer]:
    """Yield the answers, the contact's first."""
    # The event of a contact has it in `data`; that of a form has the answers in a second `data`, and the contact there.
    inner = data.get("data")
    content = inner if isinstance(inner, dict) else {}
    for part in (content.get(CONTACT), data.get(CONTACT), content, data):
        if isinstance(part, dict):
            yield from _fields(part)


def _fields(part: dict[str, JsonValue]) -> Iterator[Answer]:
    parts = {name for name in (CONTACT, "data") if isinstance(part.get(name), dict)}
    yield from flat_answers(part, NOISE | parts)
    attributes = part.get(ATTRIBUTES)
    if isinstance(attributes, dict):
        yield from flat_answers(attributes)


PROVIDER = Provider(
    name="clickfunnels",
    title="ClickFunnels 2.0",
    read=read,
    setup="Workspace settings > Webhooks > Add new: paste {url}, choose the events of contacts or forms; "
    "the endpoint's secret goes to `secret`.",
    recognised="`event_id`",
    retries="yes; how often is not known",
    quirks="contact and form events, custom attributes; each event of a contact is a submission",
    signature=SignatureScheme(
        header=f"{HEADER}-Signature",
        signed="{timestamp}.{body}",
        timestamp_header=f"{HEADER}-Timestamp",
        tolerance=600,
    ),
    carries=("secret", "url_token"),
)
