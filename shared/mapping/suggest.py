"""What would pin a mapping: the tables of a form that give each field the answer which it has now."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.config import Form
from shared.field_names import CUSTOM, WRITABLE_FIELDS
from shared.mapping.consent import FIELDS as CHANNELS
from shared.mapping.mapped import Origin

FIELD_OF_CHANNEL = {field: channel for channel, field in CHANNELS.items()}


def suggested(provenance: Mapping[str, Origin], form: Form) -> dict[str, JsonValue]:
    """Return the tables `fields`, `custom_fields` and `consent` that would map such answers in the same way again."""
    kept = form.model_dump(mode="json", include={"fields", "custom_fields", "consent"}, exclude_none=True)
    tables = {name: {**dict(found), **kept[name]} for name, found in _tables(provenance)}
    return {name: table for name, table in tables.items() if table}


def _tables(provenance: Mapping[str, Origin]) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    said = {name: origin for name, origin in provenance.items() if origin.answer}
    yield (
        "fields",
        ((origin.taken_for or name, _name(origin)) for name, origin in said.items() if name in WRITABLE_FIELDS),
    )
    yield (
        "custom_fields",
        ((name.removeprefix(CUSTOM), _name(origin)) for name, origin in said.items() if name.startswith(CUSTOM)),
    )
    yield (
        "consent",
        ((FIELD_OF_CHANNEL[name], _name(origin)) for name, origin in said.items() if name in FIELD_OF_CHANNEL),
    )


def _name(origin: Origin) -> str:
    """Return what the configuration calls an answer, or the part of it that a field has."""
    return f"{origin.answer}.{origin.part}" if origin.part and not origin.taken_for else origin.answer
