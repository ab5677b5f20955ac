"""Fluent Forms Pro (https://fluentforms.com/docs/how-to-integrate-webhook-with-fluent-forms/)."""

import re

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers
from shared.providers.flat_json import read_fields, read_object
from shared.providers.wordpress import NOISE, base_name, entry_id, revision, single, typed
from shared.submission import Answer, AnswerType

SUBMISSION = "__submission"
# What the plugin adds; `__submission` holds every answer a second time.
ITS_OWN = re.compile(r"__.*|_fluentform_.*nonce|item_+[0-9]+_+fluent_checkme_")
# The names that the form editor proposes tell the type: `email_1`.
TYPES: dict[str, AnswerType] = {
    "email": "email",
    "phone": "phone",
    "names": "name",
    "address": "address",
    "country-list": "country",
    "terms-n-condition": "consent",
    "gdpr-agreement": "consent",
    "datetime": "date",
    "url": "url",
}


def read(body: bytes, content_type: str) -> Reading:
    """Read all fields of an entry, or those that the owner has selected."""
    fields = read_fields(body, content_type)
    submission = fields.get(SUBMISSION)
    if not isinstance(submission, dict):
        selected = read_object(fields, NOISE)
        return selected.model_copy(update={"answers": tuple(map(_read, selected.answers))})
    said = {key: value for key, value in fields.items() if not ITS_OWN.fullmatch(key)}
    answers = tuple(map(_read, flat_answers(said, NOISE)))
    return Reading(answers=answers, submission_id=entry_id(submission.get("id")), revision=revision(answers))


def _read(answer: Answer) -> Answer:
    found = typed(answer.model_copy(update={"type": TYPES.get(base_name(answer.key), answer.type)}))
    return found.model_copy(update={"value": single(found.value)}) if found.type == "file" else found


PROVIDER = Provider(
    name="fluent_forms",
    title="Fluent Forms",
    read=read,
    setup="In the form: Settings & Integrations > WebHook (Pro): {url}, POST, JSON, All Fields, a header for "
    "`header_token`.",
    recognised="the entry's `id`, or one that you select, with the same answers; else the same answers",
    retries="no",
    quirks="nested names and addresses; the second copy of every answer and the plugin's own fields are left out",
    carries=("header_token", "url_token"),
)
