"""What the configuration says about a form's answers: fields, custom fields, the source and the tags."""

from collections.abc import Iterator

from pydantic import JsonValue

from shared.config import Form
from shared.highlevel.contact import WRITABLE_FIELDS
from shared.mapping.compound import take_address, take_name
from shared.mapping.draft import Draft
from shared.mapping.lookup import Found, fill, find, is_template, only_placeholder
from shared.submission import as_text

COMPOUND = ("name", "address1")


def unknown_fields(form: Form) -> list[str]:
    """Return the names under `fields` that are no fields of a HighLevel contact."""
    return [name for name in form.fields if name not in WRITABLE_FIELDS]


def apply_configuration(draft: Draft, form: Form) -> None:
    """Fill the fields and custom fields that the form names."""
    # Compound answers come last: they fill what no field of its own is configured for.
    for target, source in sorted(form.fields.items(), key=lambda field: field[0] in COMPOUND):
        if target in WRITABLE_FIELDS:
            _set_field(draft, target, source, f"configuration: fields.{target}")
    for name, source in form.custom_fields.items():
        _set_custom_field(draft, name, source)
    if form.source:
        text = fill(form.source, draft.answers).text if is_template(form.source) else form.source.strip()
        draft.put("source", text, "configuration: source")


def configured_tags(draft: Draft, form: Form) -> tuple[str, ...]:
    """Return the form's tags in their order, each once whatever its case."""
    tags: dict[str, str] = {}
    for template in form.tags:
        for tag in _tags(draft, template):
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


def custom_value(value: JsonValue) -> JsonValue:
    """Return a value as a custom field takes it: numbers and lists as they are, all else as text."""
    match value:
        case list():
            return [text for item in value if (text := as_text(item).strip())]
        case int() | float() if not isinstance(value, bool):
            return value
        case _:
            return as_text(value).strip()


def _set_field(draft: Draft, target: str, source: str, origin: str) -> None:
    if is_template(source):
        _fill_field(draft, target, source, origin)
        return
    found = find(draft.answers, source)
    if found is None:
        return
    if not found.whole:
        draft.offer_part(target, found.value, origin)
    elif target == "name" and "firstName" not in draft.fields and "lastName" not in draft.fields:
        take_name(draft, found.place, found.value, origin)
    elif target == "address1" and isinstance(found.value, dict):
        take_address(draft, found.place, found.value, origin)
    else:
        draft.offer(target, found.place, found.value, origin)


def _fill_field(draft: Draft, target: str, template: str, origin: str) -> None:
    filled = fill(template, draft.answers)
    if filled.text and draft.offer_part(target, filled.text, origin):
        _mention(draft, filled.found)


def _set_custom_field(draft: Draft, name: str, source: str) -> None:
    origin = f"configuration: custom_fields.{name}"
    if is_template(source):
        filled = fill(source, draft.answers)
        draft.put_custom(name, filled.text, origin)
        _mention(draft, filled.found)
        return
    found = find(draft.answers, source)
    if found and draft.put_custom(name, custom_value(found.value), origin) and found.whole:
        draft.copy(found.place)


def _mention(draft: Draft, found: tuple[Found, ...]) -> None:
    for answer in found:
        if answer.whole:
            draft.mention(answer.place)


def _tags(draft: Draft, template: str) -> Iterator[str]:
    name = only_placeholder(template)
    found = find(draft.answers, name) if name else None
    if found:
        values = found.value if isinstance(found.value, list) else [found.value]
        yield from (tag for value in values if (tag := as_text(value).strip()))
    elif not is_template(template):
        yield from filter(None, [template.strip()])
    elif not name:
        filled = fill(template, draft.answers)
        # "plan: {plan}" without a plan would be a tag that says nothing.
        yield from [filled.text] if filled.complete and filled.text else []
