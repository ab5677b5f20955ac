"""Finds answers by what the configuration calls them, and fills templates with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from shared.submission import Answer, as_text

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Found:
    """An answer, or with a dotted name (`utm.source`) a part of one."""

    place: int
    value: JsonValue
    whole: bool = True

    @property
    def text(self) -> str:
        return as_text(self.value).strip()


@dataclass(frozen=True)
class Filled:
    """A template's text, and the answers that are in it."""

    text: str
    found: tuple[Found, ...]
    complete: bool


def find(answers: Sequence[Answer], name: str) -> Found | None:
    """Return the first answer with this label, else with this key, else the part of one that a dotted name means."""
    wanted = same(name)
    said = [(place, answer) for place, answer in enumerate(answers) if answer.text.strip()]
    for place, answer in [item for item in said if same(item[1].label) == wanted] or said:
        if wanted in (same(answer.label), same(answer.key)):
            return Found(place, answer.value)
    return _part(answers, name)


def same(name: str) -> str:
    """Return a name as it is compared: without regard to case and blanks."""
    return " ".join(name.split()).casefold()


def is_template(text: str) -> bool:
    """Say whether a configured text has placeholders."""
    return PLACEHOLDER.search(text) is not None


def only_placeholder(text: str) -> str:
    """Return the name in a template that is one placeholder and nothing else, or nothing."""
    match = PLACEHOLDER.fullmatch(text.strip())
    return match[1] if match else ""


def fill(template: str, answers: Sequence[Answer]) -> Filled:
    """Fill a template; it has no text at all if none of its placeholders has an answer."""
    names = PLACEHOLDER.findall(template)
    found = {name: answer for name in names if (answer := find(answers, name)) and answer.text}
    text = PLACEHOLDER.sub(lambda match: found[match[1]].text if match[1] in found else "", template)
    return Filled(text.strip() if found else "", tuple(found.values()), complete=all(name in found for name in names))


def _part(answers: Sequence[Answer], name: str) -> Found | None:
    base, _, path = name.strip().partition(".")
    whole = find(answers, base) if path else None
    if whole is None:
        return None
    value = whole.value
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return Found(whole.place, value, whole=False) if as_text(value).strip() else None
