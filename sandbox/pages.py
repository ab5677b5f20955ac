"""The page for people: who the contacts are, what was called, and what is set to go wrong."""

import json
import secrets
from typing import Any

from flask import Blueprint, Response, make_response, render_template

from sandbox import answers
from sandbox.state import State

SHOWN_CONTACTS = 100
SHOWN_CALLS = 60


def create_pages(state: State) -> Blueprint:
    """Return the page over this state."""
    pages = Blueprint("pages", __name__)
    pages.add_app_template_filter(mark)
    pages.add_app_template_filter(what_it_does)
    pages.add_app_template_filter(in_words)

    @pages.get("/")
    def index() -> Response:
        nonce = secrets.token_urlsafe(16)
        page = make_response(render_template("index.html", nonce=nonce, **_shown(state)))
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:"
        )
        return page

    return pages


def mark(status: int | str) -> str:
    """Return the style class of a status: good, odd (the caller's fault) or bad."""
    text = str(status)
    if text.startswith(("2", "3")):
        return "good"
    return "odd" if text.startswith("4") and text != "429" else "bad"


def in_words(value: Any) -> str:
    """Return a custom field's value, which may be a list or an object, as one text."""
    match value:
        case dict():
            return "; ".join(f"{name}: {in_words(part)}" for name, part in value.items())
        case list():
            return ", ".join(in_words(part) for part in value)
        case _:
            return str(value)


def what_it_does(fault: dict[str, Any]) -> str:
    """Return a fault as it was asked for."""
    asked = {name: value for name, value in fault.items() if name not in ("id", "used", "remaining", "count")}
    return json.dumps(asked, ensure_ascii=False)


def _shown(state: State) -> dict[str, object]:
    contacts = [contact for contact, _ in zip(state.contacts.newest_first(), range(SHOWN_CONTACTS), strict=False)]
    return {
        "contacts": [answers.inspected(contact) for contact in contacts],
        "field_names": _field_names(state),
        "total": state.contacts.count(),
        "calls": [call.shown() for call in state.calls.newest_first(SHOWN_CALLS)],
        "counts": dict(sorted(state.calls.counts.items())),
        "faults": [planned.shown() for planned in state.faults.active()],
        "limits": state.limits.settings,
    }


def _field_names(state: State) -> dict[tuple[str, str], str]:
    return {
        (location.id, field.id): field.name
        for location in state.contacts.locations()
        for field in location.settings.custom_fields
    }
