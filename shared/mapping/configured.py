"""What the configuration says about a form's answers: fields, custom fields, source, user and tags."""

from collections.abc import Iterator

from shared.config import Constant, Form, Source
from shared.field_names import WRITABLE_FIELDS
from shared.mapping.compound import take_address, take_name, take_part_of_name
from shared.mapping.draft import Draft
from shared.mapping.labels import is_bare_name
from shared.mapping.lengths import LONGEST_TAG, MOST_TAGS
from shared.mapping.lookup import Found, is_template, only_placeholder
from shared.mapping.mapped import Origin
from shared.submission import as_text

COMPOUND = ("name", "address1")
TOO_LONG = f"a tag has at most {LONGEST_TAG} characters"
TOO_MANY = f"a submission gives at most {MOST_TAGS} tags"


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
            if tag.casefold() in tags:
                continue
            if len(tag) > LONGEST_TAG or len(tags) == MOST_TAGS:
                draft.leave_out("tags", tag, TOO_LONG if len(tag) > LONGEST_TAG else TOO_MANY)
            else:
                tags[tag.casefold()] = tag
    return tuple(tags.values())


def _set_field(draft: Draft, target: str, source: Source, rule: str) -> None:
    if isinstance(source, Constant):
        draft.offer_part(target, source.value, Origin(rule=rule))
        return
    if is_template(source):
        _fill_field(draft, target, source, Origin(rule=rule))
        return
    found = draft.names.find(source)
    if found is None:
        return
    origin = Origin(answer=source, rule=rule)
    if target == "name" and _took_name(draft, found, origin):
        return
    if not found.whole:
        draft.offer_part(target, found.value, origin)
    elif target == "address1" and isinstance(found.value, dict):
        take_address(draft, found.place, found.value, origin)
    else:
        draft.offer(target, found.place, found.value, origin)


def _took_name(draft: Draft, found: Found, origin: Origin) -> bool:
    """Put a full name into first and last name; say whether it fits beside the parts that are configured."""
    if not found.whole:
        return take_part_of_name(draft, found.value, origin)
    return take_name(draft, found.place, found.value, origin, is_bare_name(draft.answers[found.place].label))


def _fill_field(draft: Draft, target: str, template: str, origin: Origin) -> None:
    filled = draft.names.fill(template)
    if filled.text and draft.offer_part(target, filled.text, origin):
        _mention(draft, filled.found)


def _set_text(draft: Draft, target: str, text: str, key: str = "") -> None:
    """Set a field to a constant, or to a template filled with answers."""
    if filled := draft.names.fill(text).text:
        draft.offer_part(target, filled, Origin(rule=f"configuration: {key or target}"))


def _set_custom_field(draft: Draft, name: str, source: Source) -> None:
    rule = f"configuration: custom_fields.{name}"
    if isinstance(source, Constant):
        draft.put_custom(name, source.value, Origin(rule=rule))
        return
    if is_template(source):
        filled = draft.names.fill(source)
        if draft.put_custom(name, filled.text, Origin(rule=rule)):
            _mention(draft, filled.found)
        return
    found = draft.names.find(source)
    if found and draft.put_custom(name, found.value, Origin(answer=source, rule=rule)) and found.whole:
        draft.copy(found.place)


def _mention(draft: Draft, found: tuple[Found, ...]) -> None:
    for answer in found:
        if answer.whole:
            draft.mention(answer.place)


def _tags(draft: Draft, template: str) -> Iterator[str]:
    name = only_placeholder(template)
    found = draft.names.find(name) if name else None
    if found:
        values = found.value if isinstance(found.value, list) else [found.value]
        yield from (tag for value in values if (tag := as_text(value).strip()))
    elif not name:
        filled = draft.names.fill(template)
        # "plan: {plan}" without a plan would be a tag that says nothing.
        yield from [filled.text] if filled.complete and filled.text else []
