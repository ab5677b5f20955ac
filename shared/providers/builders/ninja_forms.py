"""Ninja Forms with its Webhooks add-on (https://ninjaforms.com/docs/webhooks/)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat_json import read_fields, read_object
from shared.providers.wordpress import NOISE, typed


def read(body: bytes, content_type: str) -> Reading:
    """Read the fields under the keys that the form's owner chose: as a form, as JSON, or as JSON in one field."""
    reading = read_object(_unwrapped(read_fields(body, content_type)), NOISE)
    return reading.model_copy(update={"answers": tuple(map(typed, reading.answers))})


def _unwrapped(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields out of the one that holds all of them as JSON."""
    value = next(iter(fields.values()), None)
    if len(fields) != 1 or not isinstance(value, str) or not value.lstrip().startswith("{"):
        return fields
    try:
        inner = read_json(value.encode(), "")
    except UnreadableBody:  # a visitor wrote the brace
        return fields
    return inner if isinstance(inner, dict) and inner else fields


PROVIDER = Provider(
    name="ninja_forms",
    title="Ninja Forms",
    read=read,
    setup="In the form: Emails & Actions > WebHooks (add-on): {url}, Remote Method POST; add an Arg for each field.",
    recognised="an `id`, `entry_id` or `submission_id` among the Args, with the same answers; else the same answers",
    retries="no",
    quirks="JSON without its content type, or in one field of a form",
)
