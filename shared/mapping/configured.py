"""What the configuration says about a form's answers: fields, custom fields, source, user and tags."""

from collections.abc import Iterator

from shared.config import Form
from shared.field_names import WRITABLE_FIELDS
from shared.mapping.compound import take_address, take_name
from shared.mapping.draft import Draft
from shared.mapping.lookup import Found, fill, find, is_template, only_placeholder
from shared.submission import as_text

COMPOUND = ("name", "address1")


def unknown_fields(form: Form) -> list[str]:
    """Return the names under `fields` that are no fields of a HighLevel contact."""
    return [name for name in form.fields if name not in WRITABLE_FIELDS]


def named_custom_fields(form: Form) -> tuple[str, ...]:
    """Return the custom fields that a form names, as it names them."""
    kind, _, name = form.unmapped.partition(":")
    return (*form.custom_fields, name.strip()) if kind == "custom_field" else tuple(form.custom_fields)


def apply_configuration(draft: Draft, form: Form) -> None:
    """Fill the fields and custom fields that the form names."""
    # Compound answers come last: they fill what no field of its own is configured for.
    for target, source in sorted(form.fields.items(), key=lambda field: field[0] in COMPOUND):
        if target in WRITABLE_FIELDS:
            _set_field(draft, target, source, f"configuration: fields.{target}")
    for name, source in form.custom_fields.items():
        _set_custom_field(draft, name, source)
    _set_text(draft, "source", form.source)
    _set_text(draft, "assignedTo", form.assigned_to, "assigned_to")


def configured_tags(draft: Draft, form: Form) -> tuple[str, ...]:
    """Return the form's tags in their order, each once whatever its case."""
    tags: dict[str, str] = {}
    for template in form.tags:
        for tag in _tags(draft, template):
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


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


def _set_text(draft: Draft, target: str, text: str, key: str = "") -> None:
    """Set a field to a constant, or to a template filled with answers."""
    filled = fill(text, draft.answers).text if is_template(text) else text.strip()
    if filled:
        draft.offer_part(target, filled, f"configuration: {key or target}")


def _set_custom_field(draft: Draft, name: str, source: str) -> None:
    origin = f"configuration: custom_fields.{name}"
    if is_template(source):
        filled = fill(source, draft.answers)
        if draft.put_custom(name, filled.text, origin):
            _mention(draft, filled.found)
        return
    found = find(draft.answers, source)
    if found and draft.put_custom(name, found.value, origin) and found.whole:
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
