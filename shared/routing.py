"""Which location a submission goes to: the form's own, or the one that its answers name."""

import shlex
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from shared.config import Form
from shared.mapping import edited
from shared.mapping.lookup import Names, own_name, placeholders, same
from shared.submission import Answer, Diagnosis

# Where a submission stands whose answers name none of the form's locations. No alias can be called like that.
UNROUTED = "(unrouted)"
MOST_LISTED = 10


def route(form: Form, answers: Sequence[Answer]) -> str:
    """Return the alias of the location that gets a submission with these answers, or UNROUTED."""
    if not form.is_routed:
        return form.location
    said = _said(form, answers)
    return _aliases(form).get(same(said)) or form.default_location or UNROUTED


def with_changes(answers: Sequence[Answer], changes: Mapping[str, JsonValue]) -> tuple[Answer, ...]:
    """Return the answers as an operator has changed them, who may also say what only hidden answers may."""
    said = (Answer(key=own_name(name), label=own_name(name), type="hidden", value=changes[name]) for name in changes)
    return (*said, *edited(answers, changes))


def why_unrouted(name: str, form: Form, answers: Sequence[Answer]) -> Diagnosis:
    """Say why the answers name none of the locations of a form, and how to mend that."""
    said = _said(form, answers)
    if (alias := route(form, answers)) != UNROUTED:
        return Diagnosis(field="", rule=f"named no location when it came; now it goes to {alias}", fix="replay")
    asked = " and ".join(f'"{own_name(question)}"' for question in placeholders(form.location))
    allowed = _listed(form.aliases)
    rule = f"none of {allowed} is named by {asked}" if said else f"no answer to {asked}, which names one of {allowed}"
    # What the visitor wrote stays out of the fix, whose commands are made to be copied.
    another = f"; or add what it says to [forms.{name}.locations] and restart" if said else ""
    return Diagnosis(field="", value=said, rule=rule, fix=f"say it: {_options(form, answers)}{another}; then replay")


def _said(form: Form, answers: Sequence[Answer]) -> str:
    return Names(answers, tells_hidden=form.tells_hidden).fill(form.location).text


def _aliases(form: Form) -> Mapping[str, str]:
    """Return what answers may say, as it is compared, with the alias that it means."""
    named = {**{alias: alias for alias in form.aliases}, **form.locations}
    return {same(said): alias for said, alias in named.items() if same(said)}


def _listed(aliases: Sequence[str]) -> str:
    more = len(aliases) - MOST_LISTED
    return ", ".join(aliases[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _options(form: Form, answers: Sequence[Answer]) -> str:
    """Return options of `hookline dead edit` that make the answers name a location."""
    questions = placeholders(form.location)
    alias = form.aliases[0]
    for name in (*map(own_name, questions), *questions):
        if route(form, edited(answers, {name: alias})) == alias:
            return _option(name, alias)
    return " ".join(_option(name, "VALUE") for name in questions)


def _option(name: str, value: str) -> str:
    return f"--answer {shlex.quote(f'{name}={value}')}"
