"""Basin (https://docs.usebasin.com/integrations/webhooks/)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.flat_json import read_flat
from shared.providers.noise import CAPTCHAS
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer

ATTACHMENTS = "attachments"


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission as flat JSON, as JSON wrapped in `data` or as form fields."""
    reading = read_flat(body, content_type, CAPTCHAS)
    return reading.model_copy(update={"answers": tuple(map(_with_urls, reading.answers))})


def _with_urls(answer: Answer) -> Answer:
    if answer.key != ATTACHMENTS or not isinstance(answer.value, list):
        return answer
    return answer.model_copy(update={"type": "file", "value": [_url(item) for item in answer.value]})


def _url(attachment: JsonValue) -> JsonValue:
    if not isinstance(attachment, dict):
        return attachment
    return attachment.get("public_url") or attachment.get("attachment_proxy_url") or attachment


PROVIDER = Provider(
    name="basin",
    title="Basin",
    read=read,
    setup="In the form: Integrations > Webhooks > Create a webhook: paste {url}; format JSON. "
    "Its signing secret goes to `secret`.",
    recognised="`id` with the same answers",
    retries="up to 15 times in a day; manual and bulk re-fire",
    quirks="flat or wrapped JSON, form fields, attachments as URLs",
    signature=SignatureScheme(header="X-Basin-Signature", prefix="sha256="),
    carries=("secret", "url_token"),
)
