"""
What both versions of Webflow's webhooks share.

https://developers.webflow.com/data/reference/webhooks/events/form-submission
"""

import re
from collections import Counter
from collections.abc import Collection

from pydantic import JsonValue

from shared.providers.base import Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import flat_answers, numbered
from shared.providers.flat_json import as_id, only_object
from shared.providers.noise import CAPTCHAS
from shared.providers.signatures import SignatureScheme
from shared.submission import AnswerType

SUBMITTED = "form_submission"
TYPES: dict[str, AnswerType] = {
    "FormTextarea": "long_text",
    "FormSelect": "choice",
    "FormRadioInput": "choice",
    "FormCheckboxInput": "boolean",
    "FormFileUploadInput": "file",
}
NUMBER = re.compile(r"(?<=[^\W\d_])[ _-][0-9]{1,2}\Z")
SIGNATURE = SignatureScheme(
    header="x-webflow-signature", signed="{timestamp}:{body}", timestamp_header="x-webflow-timestamp"
)


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission in the shape of either version: people seldom know which one their site sends."""
    event = only_object(read_json(body, content_type))
    if event.get("triggerType", SUBMITTED) != SUBMITTED:
        return Reading(ignored="an event that is no form submission")
    payload = event.get("payload")
    submission = payload if isinstance(payload, dict) else event
    data = submission.get("data")
    if not isinstance(data, dict):
        raise UnreadableBody('Not a Webflow submission: "data" with the answers is missing.')
    types, labels = _types(submission.get("schema")), _labels(data)
    answers = numbered(
        answer.model_copy(update={"type": types.get(answer.key, answer.type), "label": labels[answer.key]})
        for answer in flat_answers(data, CAPTCHAS)
    )
    return Reading(answers=answers, submission_id=as_id(submission.get("id")) or as_id(submission.get("_id")))


def _labels(names: Collection[str]) -> dict[str, str]:
    """Return each field's name without the number that Webflow puts behind it in the next form of a site: "Email 2"."""
    plain = {name: NUMBER.sub("", name) for name in names}
    count = Counter(label.casefold() for label in plain.values())
    return {name: label if count[label.casefold()] == 1 else name for name, label in plain.items()}


def _types(schema: JsonValue) -> dict[str, AnswerType]:
    """Return the type of each field that the schema tells more of than that it is an input."""
    fields = [field for field in schema if isinstance(field, dict)] if isinstance(schema, list) else []
    kinds = {str(field.get("fieldName")): str(field.get("fieldType")) for field in fields}
    return {name: TYPES[kind] for name, kind in kinds.items() if kind in TYPES}
