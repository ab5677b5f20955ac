"""OpnForm (https://docs.opnform.com): answers by the ids of their fields, without types."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import read_json
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.signatures import SignatureScheme
from shared.providers.structured import Keyed, Parts, Text, Theirs, answer, file_urls, parsed
from shared.submission import Answer

# The field for phone numbers puts the country in front: FR+33612345678.
PHONE = re.compile(r"(?:[A-Z]{2})?(\+[0-9]{5,15})")


class _Field(Theirs):
    name: Text = ""
    value: JsonValue = None


class _Submission(Theirs):
    form_slug: Text
    submission_id: Text = ""
    data: Keyed[_Field] = {}
    submission: Parts = {}  # by label: all that old versions send


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission; what its visitor edits later comes under the same id, as a new revision."""
    submission = parsed(_Submission, read_json(body, content_type), "OpnForm submission")
    answers = numbered(_answers(submission))
    return Reading(
        answers=answers,
        submission_id=submission.submission_id,
        revision=fingerprint(answers)[:16] if submission.submission_id else "",
    )


def _answers(submission: _Submission) -> Iterator[Answer]:
    for key, field in _fields(submission).items():
        match pruned(field.value):
            case str() as text if phone := PHONE.fullmatch(text.strip()):
                yield from answer(key, field.name, "phone", phone[1])
            case [{"file_url": _}, *_] as files:
                yield from answer(key, field.name, "file", file_urls(files, "file_url"))
            case value:
                yield from answer(key, field.name, type_of(value), value)


def _fields(submission: _Submission) -> dict[str, _Field]:
    if submission.data:
        return submission.data
    return {label: _Field(name=label, value=value) for label, value in submission.submission.items()}


PROVIDER = Provider(
    name="opnform",
    title="OpnForm",
    read=read,
    setup="In the form: Integrations > Webhook; paste {url} and, as the signing secret, the one in `secret`.",
    recognised="`submission_id` with the same answers; without one, the same answers within 10 minutes",
    retries="not known",
    quirks="answers by field, phone numbers with their country in front, uploads, edited submissions",
    signature=SignatureScheme(header="X-Webhook-Signature", prefix="sha256="),
    carries=("secret", "header_token", "url_token"),
)
