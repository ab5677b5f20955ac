"""Paperform (https://paperform.co/help/articles/how-to-use-webhooks/)."""

from collections.abc import Iterator

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import read_json
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.progress import progress
from shared.providers.structured import Parts, Text, Theirs, answer, file_urls, hidden, parsed
from shared.submission import Answer, AnswerType

TYPES: dict[str, AnswerType] = {
    "email": "email",
    "phone": "phone",
    "address": "address",
    "url": "url",
    "date": "date",
    "dropdown": "choice",
    "file": "file",
    "image": "file",
    "signature": "file",
    "hidden": "hidden",
    "calculations": "hidden",
}


class _Field(Theirs):
    title: Text = ""
    type: Text = ""
    key: Text = ""
    custom_key: Text = ""
    value: JsonValue = None


class _Submission(Theirs):
    data: list[_Field]
    submission_id: Text = ""
    created_at: Text = ""
    trigger: Text = ""
    device: Parts = {}
    charge: Parts = {}

    @property
    def is_partial(self) -> bool:
        # One that is not finished comes without an id; newer ones may say so by their trigger.
        return "partial" in self.trigger or not self.submission_id


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission, finished or partial; one that is sent again by hand is the same."""
    submission = parsed(_Submission, read_json(body, content_type), "Paperform submission")
    answers = numbered(_answers(submission))
    return Reading(
        answers=answers,
        submission_id=submission.submission_id,
        revision=f"partial {fingerprint(answers)[:16]}" if submission.is_partial else "",
        progress=progress(submission.created_at, submission.is_partial),
        is_partial=submission.is_partial,
    )


def _answers(submission: _Submission) -> Iterator[Answer]:
    for field in submission.data:
        kind = TYPES.get(field.type)
        value = pruned(file_urls(field.value, "url") if kind == "file" else field.value)
        yield from answer(field.custom_key or field.key, field.title, kind or type_of(value), value)
    yield from answer("receipt_email", "Receipt email", "email", submission.charge.get("receipt_email") or None)
    page = {name: value for name, value in submission.device.items() if name == "url" or name.startswith("utm_")}
    yield from hidden(page)


PROVIDER = Provider(
    name="paperform",
    title="Paperform",
    read=read,
    setup="In the form: After Submission > Integrations & Webhooks > Webhooks > Add Webhook; paste {url}.",
    recognised="`submission_id`; a partial one by its answers within 10 minutes",
    retries="not known; it can be sent again by hand",
    quirks="own keys, uploads, partial submissions, UTM values; its test button sends the latest submission again",
    tells_hidden=True,
)
