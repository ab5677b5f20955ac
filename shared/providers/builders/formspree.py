"""Formspree (https://help.formspree.io/hc/en-us/articles/49066877608723)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import is_json, read_json
from shared.providers.flat import flat_answers
from shared.providers.flat_json import only_object, read_flat
from shared.providers.noise import CAPTCHAS
from shared.providers.signatures import SignatureScheme

REPLY_TO = "_replyto"  # the one underscored field that visitors fill in: many forms ask for the email under this name


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission in the order of the form; it has no id of its own."""
    event = only_object(read_json(body, content_type)) if is_json(body, content_type) else {}
    submission = event.get("submission")
    if not isinstance(submission, dict):
        return read_flat(body, content_type, CAPTCHAS)
    keys = event.get("keys")
    asked = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
    answers = flat_answers(_answered(submission, asked), CAPTCHAS)
    return Reading(
        answers=tuple(
            answer.model_copy(update={"type": "email"}) if answer.key == REPLY_TO else answer for answer in answers
        )
    )


def _answered(submission: dict[str, JsonValue], asked: list[str]) -> dict[str, JsonValue]:
    """Return the answers: what the form lists first, without Formspree's own underscored fields."""
    ordered = dict.fromkeys([*asked, *submission])
    is_asked = {*asked, REPLY_TO}
    kept = [key for key in ordered if key in submission and (key in is_asked or not key.startswith("_"))]
    return {key: submission[key] for key in kept}


PROVIDER = Provider(
    name="formspree",
    title="Formspree",
    read=read,
    setup="In the form: Workflow > Add action > Webhook: paste {url}; the signing secret shown there goes to `secret`.",
    recognised="the same answers within 10 minutes",
    retries="not known",
    quirks="the form's order, the underscored fields; `_replyto` is an email",
    signature=SignatureScheme(
        header="Formspree-Signature", signed="{timestamp}.{body}", signature_key="v1", timestamp_key="t"
    ),
    carries=("secret", "url_token"),
)
