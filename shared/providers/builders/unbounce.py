"""Unbounce (https://documentation.unbounce.com/hc/en-us/articles/203510044-Using-a-Webhook)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import read_json
from shared.providers.flat import flat_answers
from shared.providers.flat_json import only_object, read_fields
from shared.providers.noise import CAPTCHAS
from shared.providers.structured import single

ANSWERS = "data.json"
NOISE = CAPTCHAS | {"page_id", "page_uuid", "page_name", "page_url", "variant", "data.xml"}
# Among the answers stand some that Unbounce adds.
ADDED = NOISE | {"ip_address", "time_submitted", "date_submitted"}


def read(body: bytes, content_type: str) -> Reading:
    """Read the answers in `data.json`, in which each is a list, and whatever else stands beside it."""
    fields = read_fields(body, content_type)
    answers = _answers(fields.pop(ANSWERS, None))
    own = flat_answers({key: single(value) for key, value in answers.items()}, ADDED)
    return Reading(answers=(*own, *flat_answers(fields, ADDED)))


def _answers(sent: JsonValue) -> dict[str, JsonValue]:
    match sent:
        case str():
            return only_object(read_json(sent.encode(), "application/json"))
        case None:
            return {}
        case _:
            return only_object(sent)


PROVIDER = Provider(
    name="unbounce",
    title="Unbounce",
    read=read,
    setup="On the page: Integrations > Webhooks > POST to URL: paste {url} with a URL token.",
    recognised="the same answers within 10 minutes",
    retries="not known",
    quirks="`data.json` in a form field, single answers in lists, what it tells of the page",
)
