"""One submission in full, part by part, for people."""

import json
from collections.abc import Iterator

from pydantic import JsonValue

from cli.output import moment, print_table, print_text, print_title
from cli.waiting import wait
from shared.dead_letters import Preview, commands, propose, summary
from shared.diagnosis import diagnose
from shared.highlevel.contact import Contact
from shared.highlevel.errors import messages_of
from shared.mapping import sent_fields
from shared.status import Detail, Happening
from shared.submission import Attempt, Diagnosis, as_text

REFUSED = (400, 422)


def print_head(detail: Detail) -> None:
    """Print what it is and where it stands."""
    facts = {
        "id": detail.id,
        "form": f"{detail.form} ({detail.provider})",
        "location": detail.location,
        "state": f"{detail.state} since {moment(detail.since)}",
        "accepted": moment(detail.accepted_at),
        "contact": detail.contact_id,
        "reason": detail.reason,
        "group": detail.group,
    }
    for name, value in facts.items():
        if value:
            print_text(f"{name:<10}{value}")


def print_wait(detail: Detail) -> None:
    """Print what it waits for, and the way out."""
    if said := wait(detail):
        print_title("Waiting")
        print_text(said)


def print_diagnosis(detail: Detail) -> None:
    """Print what was wrong, field by field, and the commands that mend it."""
    if not detail.diagnosis:
        return
    print_table(("field", "value", "rule"), [(d.field, d.value, d.rule) for d in detail.diagnosis], "What was wrong")
    print_title("What to do")
    printed: set[str] = set()
    for found in detail.diagnosis:
        print_text("\n".join(_way_out(found, detail.id, printed)))
    if proposal := propose(detail):
        print_title("Proposed")
        print_text(f"{summary(proposal)}\n  hookline dead replay {detail.id} --fix")


def print_history(detail: Detail) -> None:
    """Print what happened, in the order of time."""
    events = [(event.at, event.event, _about_event(event)) for event in detail.events]
    attempts = [(attempt.at, attempt.step, _outcome(attempt)) for attempt in detail.attempts]
    print_table(("at", "what", "details"), sorted(events + attempts), "History")


def print_answers(found: Detail | Preview) -> None:
    """Print what the visitor filled in."""
    if found.answers:
        rows = [(answer.label or answer.key, answer.type, answer.text) for answer in found.answers]
        print_table(("label", "type", "value"), rows, "Answers")


def print_contact(found: Detail | Preview) -> None:
    """Print the contact, where its values came from, and what of the answers did not go into it."""
    if found.contact:
        values = sent_fields(Contact.model_validate(found.contact))
        rows = [(name, as_text(value), str(found.provenance.get(name, ""))) for name, value in values.items()]
        print_table(("field", "value", "from"), rows, "Contact")
    if found.left_out:
        print_table(("field", "value", "why"), [(o.field, o.value, o.why) for o in found.left_out], "Left out")
    for title, text in (("Tags", ", ".join(found.tags)), ("Note", found.note)):
        if text:
            print_title(title)
            print_text(text)


def print_losses(detail: Detail) -> None:
    """Print the fields that HighLevel has not taken, that took another's place, or that newer submissions have kept."""
    if detail.salvaged:
        print_table(("field", "value", "why"), list(_salvaged(detail)), "Sent without")
    if detail.not_stored:
        rows = [(lost.field, lost.sent, lost.stored, lost.why) for lost in detail.not_stored]
        print_table(("field", "sent", "stored", "why"), rows, "Not stored by HighLevel")
    if detail.replaced:
        print_title("Replaced")
        print_text(
            "\n".join(f"The contact had another {name} before, which Hookline knew." for name in detail.replaced)
        )
    if detail.superseded_by:
        print_title("Left to a newer revision")
        print_text(f"{detail.superseded_by} is of the same lead and newer, so nothing more of this one was written.")
    if detail.superseded:
        newer = [(kept.field, kept.value, kept.by, kept.at) for kept in detail.superseded]
        print_table(("field", "value", "newer", "at"), newer, "Left as a newer submission wrote it")


def print_edit(detail: Detail) -> None:
    """Print what an operator has changed."""
    edit = detail.edit
    rows = [("answer", label, as_text(value)) for label, value in edit.answers.items()]
    rows += [("field", name, value) for name, value in edit.fields.items()]
    rows += [("to note", name, "") for name in edit.to_note]
    rows += [("drop", name, "") for name in edit.drop]
    if rows:
        print_table(("change", "name", "value"), rows, "Edited")


def print_attempts(detail: Detail) -> None:
    """Print each call to HighLevel with its answer."""
    for attempt in detail.attempts:
        print_title(f"{moment(attempt.at)} {attempt.step}")
        print_text(f"sent: {_json(attempt.request)}")
        print_text(f"HTTP {attempt.status}: {_json(attempt.response)}" if attempt.status else _json(attempt.response))


def print_body(detail: Detail) -> None:
    """Print the request's body as it came."""
    if detail.body is None:
        return
    encoding = " in base64" if detail.body_encoding == "base64" else ""
    print_title(f"Body ({detail.content_type or 'no content type'}){encoding}")
    print_text(detail.body)


def _salvaged(detail: Detail) -> Iterator[tuple[str, str, str]]:
    """Yield each field that a contact was sent without, its value, and what HighLevel said of it."""
    values = sent_fields(Contact.model_validate(detail.contact))
    refused = [attempt for attempt in detail.attempts if attempt.status in REFUSED]
    said = [found for attempt in refused for found in diagnose(messages_of(attempt.response), attempt.request)]
    for name in detail.salvaged:
        why = next((found.rule for found in said if found.field == name), "HighLevel refused it")
        yield name, as_text(values.get(name)), why


def _way_out(found: Diagnosis, submission_id: str, printed: set[str]) -> list[str]:
    """Return a fix in words, and each command that was not `printed` yet on a line of its own, to be copied."""
    fix = found.fix or f"hookline dead replay {submission_id}"
    rest, lines = f"{found.field}: {fix}".removeprefix(": "), []
    for command in commands(fix):
        words, _, rest = rest.partition(command)
        lines += [words.strip(" ,;"), "" if command in printed else f"  {command}"]
        printed.add(command)
    return [line for line in (*lines, rest.strip(" ,;")) if line not in ("", ".", "or")]


def _about_event(event: Happening) -> str:
    data = dict(event.data)
    diagnosis = data.pop("diagnosis", None)
    texts = [f"{name}: {as_text(value)}" for name, value in data.items() if as_text(value)]
    if isinstance(diagnosis, list):
        texts += [_cause(found) for found in diagnosis if isinstance(found, dict)]
    return "; ".join(texts)


def _cause(found: dict[str, JsonValue]) -> str:
    return f"{found.get('field', '')}: {found.get('rule', '')}".removeprefix(": ")


def _outcome(attempt: Attempt) -> str:
    return f"HTTP {attempt.status}" if attempt.status else as_text(attempt.response)


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)
