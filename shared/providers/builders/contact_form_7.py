"""Contact Form 7 with the plugin "CF7 to Webhook" (https://wordpress.org/plugins/cf7-to-zapier/)."""

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers
from shared.providers.flat_json import read_fields
from shared.providers.wordpress import NOISE, base_name, single, typed
from shared.submission import Answer, AnswerType

OWN_PREFIX = "_wpcf7"
# Special mail tags that a site may add: what they say is not the visitor's, and changes with each request.
MAIL_TAGS = frozenset({"_remote_ip", "_user_agent", "_date", "_time"})
# The names that the form editor proposes tell the type: `tel-123`.
TYPES: dict[str, AnswerType] = {
    "your-email": "email",
    "email": "email",
    "tel": "phone",
    "your-message": "long_text",
    "textarea": "long_text",
    "menu": "choice",
    "radio": "choice",
    "checkbox": "choices",
    "acceptance": "consent",
    "date": "date",
    "url": "url",
    "file": "file",
}


def read(body: bytes, content_type: str) -> Reading:
    """Read the form's tags, whose names are the keys; no id is sent."""
    fields = read_fields(body, content_type)
    said = {key: value for key, value in fields.items() if not key.startswith(OWN_PREFIX)}
    return Reading(answers=tuple(_read(answer) for answer in flat_answers(said, NOISE | MAIL_TAGS)))


def _read(answer: Answer) -> Answer:
    value = single(answer.value)
    kind: AnswerType = "choice" if value is not answer.value else answer.type
    if answer.key.startswith("_"):
        kind = "hidden"
    return typed(answer.model_copy(update={"value": value, "type": TYPES.get(base_name(answer.key), kind)}))


PROVIDER = Provider(
    name="contact_form_7",
    title="Contact Form 7",
    read=read,
    setup='With the plugin "CF7 to Webhook": in the form, tab Webhook: {url}, and a header for `header_token`.',
    recognised="the same answers within 10 minutes",
    retries="no: a failure is shown to the visitor and mailed to the site's admin",
    quirks="names of tags instead of labels; lists of one option become that option",
    carries=("header_token", "url_token"),
)
