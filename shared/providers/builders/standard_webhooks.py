"""Whatever is sent as the Standard Webhooks say (https://www.standardwebhooks.com), with Svix's headers too."""

import re

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import read_json
from shared.providers.flat_json import ENVELOPE, only_object, opened, read_object
from shared.providers.signatures import SignatureScheme

OWN = ("type", "timestamp")
TEST = re.compile(r"(.*[._:/-])?(test|ping)([._:/-](event|message|webhook))?", re.IGNORECASE)


def read(body: bytes, content_type: str) -> Reading:
    """Read `{type, timestamp, data}`, with the fields in `data` or in one more wrapper; a header names the message."""
    event = only_object(read_json(body, content_type))
    kind = event.get("type")
    if isinstance(kind, str) and TEST.fullmatch(kind):
        return Reading(ignored="a test event")
    reading = read_object(_fields(event))
    return reading.model_copy(update={"submission_id": "", "revision": ""})


def _fields(event: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields in `data`, and with them what stands beside it and is no envelope."""
    data = event.get("data")
    if not isinstance(data, dict):
        return {key: value for key, value in event.items() if key not in OWN}
    beside = {key: value for key, value in event.items() if key != "data" and key.casefold() not in ENVELOPE}
    return {**beside, **opened(data)[1]}


PROVIDER = Provider(
    name="standard_webhooks",
    title="Standard Webhooks",
    read=read,
    setup="Paste {url} into the sender's settings; the signing secret that it shows (whsec_…) goes to `secret`.",
    recognised="the header `webhook-id` (or `svix-id`)",
    retries="for days, at growing intervals; a 410 would end them",
    limited_status=429,
    quirks="one wrapper inside `data` is opened; `svix-` headers; types that end in test or ping are ignored",
    signature=SignatureScheme(
        header="webhook-signature",
        encoding="base64",
        prefix="v1,",
        signed="{header:webhook-id}.{timestamp}.{body}",
        timestamp_header="webhook-timestamp",
        key_format="base64",
        header_synonym=("webhook-", "svix-"),
    ),
    carries=("secret", "header_token", "bearer", "url_token"),
    id_header="webhook-id",
)
