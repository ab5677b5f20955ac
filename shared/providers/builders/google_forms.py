"""
Google Forms, which have no webhook: a script in the form, given here, posts each response.

What other scripts usually post is read as well: the `namedValues` of a sheet's event, or one flat object.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import flat_answers, numbered, type_of
from shared.providers.flat_json import as_id, read_fields, read_object
from shared.providers.progress import progress
from shared.providers.structured import answer, single
from shared.submission import Answer, AnswerType

APPS_SCRIPT = """\
// Sends each response of this form to Hookline. A response that could not be sent is tried again every 10 minutes.
const TRIES = 6;

// Run this once, after setting the script properties HOOKLINE_URL and HOOKLINE_TOKEN.
function install() {
  ScriptApp.getProjectTriggers().forEach((trigger) => ScriptApp.deleteTrigger(trigger));
  ScriptApp.newTrigger('onResponse').forForm(FormApp.getActiveForm()).onFormSubmit().create();
  ScriptApp.newTrigger('sendWaiting').timeBased().everyMinutes(10).create();
}

function onResponse(event) {
  const id = event.response.getId();
  // Noted down before it is sent: if this run is cut off, the next one sends it.
  PropertiesService.getScriptProperties().setProperty('waiting:' + id, '');
  send(event.response);
}

function sendWaiting() {
  const form = FormApp.getActiveForm();
  const properties = PropertiesService.getScriptProperties();
  properties.getKeys().filter((key) => key.startsWith('waiting:')).forEach((key) => {
    const response = form.getResponse(key.slice('waiting:'.length));
    if (response) send(response); else properties.deleteProperty(key);
  });
}

function send(response) {
  const properties = PropertiesService.getScriptProperties();
  const request = {
    method: 'post',
    contentType: 'application/json',
    headers: {Authorization: 'Bearer ' + properties.getProperty('HOOKLINE_TOKEN')},
    payload: JSON.stringify(contentOf(response)),
    followRedirects: false,
    muteHttpExceptions: true,
  };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt) Utilities.sleep(1000 * 2 ** attempt * Math.random());
    const status = statusOf(properties.getProperty('HOOKLINE_URL'), request);
    if (status === 200) {
      properties.deleteProperty('waiting:' + response.getId());
      return;
    }
    console.warn('Hookline answered ' + status);
    if (status === 400 || status === 401 || status === 413) break;  // trying again at once will not help
  }
}

function statusOf(url, request) {
  try {
    return UrlFetchApp.fetch(url, request).getResponseCode();
  } catch (error) {  // no connection
    return 0;
  }
}

function contentOf(response) {
  return {
    responseId: response.getId(),
    formId: FormApp.getActiveForm().getId(),
    timestamp: response.getTimestamp().toISOString(),
    email: response.getRespondentEmail() || null,
    answers: response.getItemResponses().map((answer) => ({
      title: answer.getItem().getTitle(),
      type: String(answer.getItem().getType()),
      value: valueOf(answer),
    })),
  };
}

function valueOf(answer) {
  const item = answer.getItem();
  const value = answer.getResponse();
  switch (String(item.getType())) {
    case 'FILE_UPLOAD':
      return [].concat(value).map((id) => 'https://drive.google.com/open?id=' + id);
    case 'GRID':
      return byRow(item.asGridItem().getRows(), value);
    case 'CHECKBOX_GRID':
      return byRow(item.asCheckboxGridItem().getRows(), value);
    default:
      return value;
  }
}

function byRow(rows, values) {
  return Object.fromEntries(rows.map((row, place) => [row, values[place]]));
}
"""
SETUP = """\
Google Forms send nothing by themselves: a script in the form does.
1. In the form: three dots > Apps Script; replace what is there with the script below and save it.
2. Project settings > Script properties: HOOKLINE_URL = {url}, HOOKLINE_TOKEN = the form's `bearer`.
3. Choose `install` in the editor, run it once, and allow what Google asks for.

"""
TYPES: dict[str, AnswerType] = {
    "PARAGRAPH_TEXT": "long_text",
    "MULTIPLE_CHOICE": "choice",
    "LIST": "choice",
    "CHECKBOX": "choices",
    "DATE": "date",
    "FILE_UPLOAD": "file",
}
# What the sheet adds; its other columns are questions.
NOISE = ("timestamp", "responseId", "formId", "createTime", "lastSubmittedTime")


def read(body: bytes, content_type: str) -> Reading:
    """Read a response: as our script posts it, by questions as a sheet's script does, or as one flat object."""
    sent = read_fields(body, content_type)
    named, answers = sent.get("namedValues"), _listed(sent.get("answers"))
    if isinstance(named, dict):
        return _reading(sent, _by_title(named))
    if isinstance(answers, dict):
        return _reading(sent, _by_title(answers))
    if isinstance(answers, list):
        email = answer("email", "Email", "email", sent.get("email"))  # which the form itself collects
        return _reading(sent, [*email, *_answers(answers)])
    if isinstance(entries := _listed(sent), list):  # answers and nothing around them
        return _reading({}, list(_answers(entries)))
    if sent and all(isinstance(value, list) for value in sent.values()):  # namedValues likewise
        return _reading({}, _by_title(sent))
    return read_object(sent)


def _listed(answers: JsonValue) -> JsonValue:
    """Return answers that stand under the ids of their questions, with title and value, as a list."""
    entries = list(answers.values()) if isinstance(answers, dict) else []
    are_entries = all(isinstance(entry, dict) and "title" in entry and "value" in entry for entry in entries)
    return entries if entries and are_entries else answers


def _reading(sent: dict[str, JsonValue], answers: list[Answer]) -> Reading:
    response = as_id(sent.get("responseId"))
    when = str(sent.get("timestamp") or sent.get("lastSubmittedTime") or "")
    numbers = numbered(answers)
    # Who edits a response sends it again under the same id: without a time, the answers tell the two apart.
    revision = (when or fingerprint(numbers)[:16]) if response else ""
    return Reading(answers=numbers, submission_id=response, revision=revision, progress=progress(when) if when else 0)


def _answers(entries: list[Any]) -> Iterator[Answer]:
    for entry in entries:
        if isinstance(entry, dict):
            title, value = str(entry.get("title") or entry.get("question") or ""), entry.get("value")
            kind = TYPES.get(str(entry.get("type"))) or type_of(value)
            yield from answer(title, title, kind, single(value) if kind == "file" else value)


def _by_title(values: dict[str, JsonValue]) -> list[Answer]:
    """Return the answers of an object whose keys are the questions, and whose values are mostly lists of one."""
    return list(flat_answers({title: single(value) for title, value in values.items()}, NOISE))


PROVIDER = Provider(
    name="google_forms",
    title="Google Forms",
    read=read,
    setup=SETUP + APPS_SCRIPT,
    recognised="`responseId` and the time of its last edit",
    retries="with the script given here: 6 times within a minute, then every 10 minutes until it is taken",
    quirks="the script's types, edited responses, grids, files as URLs, the `namedValues` of a sheet",
    carries=("bearer", "header_token", "url_token"),
)
