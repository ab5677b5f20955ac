"""Elementor Pro's form widget (https://elementor.com/help/form-actions-webhook/)."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import is_json, read_json, read_pairs
from shared.providers.brackets import nested
from shared.providers.elementor_labels import is_called
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.flat_json import only_object
from shared.providers.noise import CAPTCHAS
from shared.providers.wordpress import typed
from shared.submission import Answer, AnswerType

Pair = tuple[str, JsonValue]

FIELDS = "fields"
FORM = frozenset({"form_id", "form_name"})
BETWEEN_FILES = re.compile(r"\s*,\s*(?=https?://)")
TYPES: dict[str, AnswerType] = {
    "email": "email",
    "tel": "phone",
    "number": "number",
    "url": "url",
    "date": "date",
    "textarea": "long_text",
    "select": "choice",
    "radio": "choice",
    "checkbox": "choices",
    "acceptance": "consent",
    "upload": "file",
    "hidden": "hidden",
}

BROWSER = re.compile(r"\S+/[0-9].*")


def read(body: bytes, content_type: str) -> Reading:
    """Read a form as it is sent with Advanced Data (fields with type and title) or without (labels only)."""
    pairs = _pairs(body, content_type)
    fields = dict(pairs).get(FIELDS)
    answers = _answers(fields) if isinstance(fields, dict | list) else _labelled(pairs)
    return Reading(answers=numbered(map(typed, answers)))


def _pairs(body: bytes, content_type: str) -> list[Pair]:
    if is_json(body, content_type):
        return list(only_object(read_json(body, content_type)).items())
    pairs = read_pairs(body, content_type)
    is_advanced = any(name.startswith(f"{FIELDS}[") for name, _ in pairs)
    return list(nested(pairs).items()) if is_advanced else pairs  # a label may have brackets of its own


def _answers(fields: dict[str, JsonValue] | list[JsonValue]) -> Iterator[Answer]:
    named: Iterable[Pair] = fields.items() if isinstance(fields, dict) else ((str(n), f) for n, f in enumerate(fields))
    for name, field in named:
        parts: dict[str, JsonValue] = field if isinstance(field, dict) else {"value": field}
        key, title = str(parts.get("id") or name), str(parts.get("title") or "").strip()
        kind = str(parts.get("type") or "")
        said = pruned(_value(parts, kind))
        if said is not None and key not in CAPTCHAS:
            yield Answer(key=key, label=title or key, type=TYPES.get(kind) or type_of(said), value=said)


def _value(field: dict[str, JsonValue], kind: str) -> JsonValue:
    """Return what was answered: the options that were ticked as a list if they are sent so, several files likewise."""
    value, raw = field.get("value"), field.get("raw_value")
    if kind == "upload" and isinstance(value, str):
        files = BETWEEN_FILES.split(value.strip())
        return [*files] if len(files) > 1 else value
    return raw if isinstance(raw, list) and raw else value


def _labelled(pairs: list[Pair]) -> Iterator[Answer]:
    """Yield the answers of a form without Advanced Data: what Elementor adds stands among them, with labels as well."""
    added = _added(pairs)
    for label, value in pairs:
        said, kind = pruned(value), added.get(label, "")
        if said is not None and (not kind or kind == "page_url"):
            yield Answer(
                key=label,
                label=_without_no_label(label),
                type="hidden" if kind else type_of(said),
                value=said,
            )


def _added(pairs: list[Pair]) -> dict[str, str]:
    """
    Return what Elementor has added itself, by its label: the form, and if two of them are there, things of the visit.

    One alone may be a question, and so may its date and time always: those are kept.
    """
    if not {label for label, _ in pairs} >= FORM:
        return {}
    visit = {label: kind for label, value in pairs if (kind := _visit(label, str(value).strip()))}
    several = len(set(visit.values())) > 1
    return {**dict.fromkeys(FORM, "form"), **(visit if several else {})}


def _visit(label: str, text: str) -> str:
    """Return which thing of the visit a pair is, by a label and a value that fit each other."""
    fitting = {
        "page_url": text.startswith(("http://", "https://")),
        "user_agent": BROWSER.fullmatch(text) is not None,
        "remote_ip": _is_ip(text),
        "credit": text == "Elementor",
    }
    return next((kind for kind, fits in fitting.items() if fits and is_called(kind, label)), "")


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _without_no_label(label: str) -> str:
    """Return the id of a field that has no label: Elementor puts words before it that nobody has read."""
    words, _, name = label.rpartition(" ")
    return name if name and is_called("no_label", words) else label


PROVIDER = Provider(
    name="elementor",
    title="Elementor",
    read=read,
    setup="In the form widget: Actions After Submit > Webhook; paste {url}, and switch on Advanced Data.",
    recognised="the same answers within 10 minutes",
    retries="no; anything but 200 is shown to the visitor as an error",
    quirks="both kinds of data, fields without a label, what it adds about the visit (in 14 languages)",
)
