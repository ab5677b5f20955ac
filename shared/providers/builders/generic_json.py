"""Flat JSON: what relays, scripts and many small form builders send."""

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import is_json, read_json
from shared.providers.flat_json import read_object


def read(body: bytes, content_type: str) -> Reading:
    """Read one JSON object whose keys are the answers."""
    if not is_json(body, content_type):
        raise UnreadableBody('The body is no JSON object; for form fields set provider = "html_form".')
    return read_object(read_json(body, content_type))


PROVIDER = Provider(
    name="generic_json",
    title="Flat JSON",
    read=read,
    setup="Let the sender post JSON to {url}: one object whose keys are the answers.",
    recognised="`id` (or `submission_id`, `entry_id`, …) with the same answers; else an `Idempotency-Key` header",
    retries="as its sender does",
    quirks="one wrapper (`data`, `fields`, …) is opened; repeated keys become lists",
    carries=("header_token", "bearer", "basic", "body_token", "url_token"),
)
