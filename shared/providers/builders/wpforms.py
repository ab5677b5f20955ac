"""WPForms with its Webhooks add-on (https://wpforms.com/docs/how-to-install-and-use-the-webhooks-addon-with-wpforms/)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers
from shared.providers.flat_json import read_fields
from shared.providers.signatures import SignatureScheme
from shared.providers.wordpress import NOISE, entry_id, revision, typed
from shared.submission import Answer

ENTRY_ID = "entry_id"
BETWEEN_LINES = "||"
DATE_PARTS = frozenset({"value", "unix"})


def read(body: bytes, content_type: str) -> Reading:
    """Read the fields under the keys that the form's owner chose."""
    fields = read_fields(body, content_type)
    answers = tuple(_read(answer) for answer in flat_answers(fields, NOISE | {ENTRY_ID, "form_id"}))
    return Reading(answers=answers, submission_id=entry_id(fields.get(ENTRY_ID)), revision=revision(answers))


def _read(answer: Answer) -> Answer:
    match answer.value:
        case dict() as date if date.keys() <= DATE_PARTS and "value" in date:
            return answer.model_copy(update={"value": date["value"], "type": "date"})
        case str() as text if lines := _lines(text):
            return answer.model_copy(update={"value": lines, "type": "choices"})
        case _:
            return typed(answer)


def _lines(text: str) -> list[JsonValue]:
    """Return the options that were chosen, if they are what a text is; a visitor may have typed the bars as well."""
    lines = text.split(BETWEEN_LINES)
    are_options = len(lines) > 1 and "\n" not in text and all(line and line == line.strip() for line in lines)
    return [*lines] if are_options else []


PROVIDER = Provider(
    name="wpforms",
    title="WPForms",
    read=read,
    setup="In the form: Settings > Webhooks (add-on): {url}, POST; its Secret goes to `secret`. Add a parameter "
    "`entry_id` with the smart tag for the entry's id.",
    recognised="`entry_id` with the same answers, if it is mapped; else the same answers within 10 minutes",
    retries="no",
    quirks="several values joined with `||` become lists; dates lose their unix time",
    signature=SignatureScheme(
        header="X-WPForms-Webhook-Signature",
        signed="{timestamp}.{body}",
        signature_key="v",
        timestamp_key="t",
        kind="php_json",
    ),
    carries=("secret", "header_token", "url_token"),
)
