"""What is checked of a configuration beyond its shape, before a process starts to work with it."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.config import (
    Config,
    ConfigError,
    Fault,
    Form,
    did_you_mean,
    read_config,
    tables_of,
)
from shared.field_names import WRITABLE_FIELDS, plain_name
from shared.highlevel.generations import GENERATIONS, Generation
from shared.mapping import consent_fields, unknown_fields
from shared.mapping.aliases import field_called
from shared.settings import LEAST_KEY_LENGTH

UNCLOSED = re.compile(r"\{[^{}]*(?:\{|$)")
README = 'See "Configuration" in the README.'


def checked_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration and check all of it; raise ConfigError with every fault."""
    reading = read_config(path, environment)
    faults = [*reading.faults, *check_config(reading.sound_part()), *_keyless(reading.tables, environment)]
    if faults:
        raise ConfigError(path, faults)
    return Config.model_validate(reading.tables)


def check_config(config: Config) -> list[Fault]:
    """Return what is wrong with a configuration whose shape is right: what HighLevel, or its API, does not have."""
    faults: list[Fault] = []
    for name, form in config.forms.items():
        table = f"forms.{name}"
        faults += _unknown(table, form)
        faults += _doubled(table, form)
        faults += _unclosed(table, form)
        faults += _idle(table, form)
        if location := config.locations.get(form.location):
            faults += _lacking(table, form, GENERATIONS[location.api])
    return faults


def _keyless(tables: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the locations whose tokens could not be stored: they are encrypted with SECRET_KEY."""
    if len(environment.get("SECRET_KEY", "")) >= LEAST_KEY_LENGTH:
        return
    for alias, location in tables_of(tables, "locations"):
        if location.get("oauth"):
            problem = "its tokens are stored encrypted with SECRET_KEY, which is not set or too short"
            remedy = f"Set the environment variable SECRET_KEY to {LEAST_KEY_LENGTH} random characters or more."
            yield Fault(f"locations.{alias}", "oauth", problem, remedy)


def _unknown(table: str, form: Form) -> Iterator[Fault]:
    for field in unknown_fields(form):
        meant = f'Did you mean "{known}"?' if (known := field_called(field)) else did_you_mean(field, WRITABLE_FIELDS)
        yield Fault(table, f"fields.{field}", "is not a field of a HighLevel contact", meant or README)


def _doubled(table: str, form: Form) -> Iterator[Fault]:
    """Yield the custom fields that are named twice: HighLevel's names know neither case nor blanks."""
    seen: dict[str, str] = {}
    for name in form.custom_fields:
        first = seen.setdefault(plain_name(name), name)
        if first != name:
            yield Fault(
                table,
                f"custom_fields.{name}",
                f"names the same custom field as custom_fields.{first}",
                "Keep one of them.",
            )


def _unclosed(table: str, form: Form) -> Iterator[Fault]:
    """Yield the templates that open a placeholder and do not close it: it would be taken as it stands."""
    templates = {
        **{f"tags.{place}": tag for place, tag in enumerate(form.tags)},
        "source": form.source,
        "assigned_to": form.assigned_to,
        **{f"fields.{name}": source for name, source in form.fields.items()},
        **{f"custom_fields.{name}": source for name, source in form.custom_fields.items()},
    }
    for key, text in templates.items():
        if UNCLOSED.search(text):
            yield Fault(table, key, 'has a "{" without its "}"', 'Close it: "{Question}" stands for an answer.')


def _idle(table: str, form: Form) -> Iterator[Fault]:
    """Yield the keys that say something which the form never does."""
    if form.on_duplicate == "dead_letter" and form.operation != "create":
        problem = 'is "dead_letter", but an upsert updates the contact that it finds'
        yield Fault(table, "on_duplicate", problem, 'Set operation = "create", or remove it.')


def _lacking(table: str, form: Form, generation: Generation) -> Iterator[Fault]:
    """Yield what a form sets that contacts do not have in the API of its location."""
    remedy = f"Remove it, or set another api in [locations.{form.location}]."
    for key, field in _fields(form):
        if field.partition(".")[0] not in generation.fields:
            yield Fault(table, key, f"is nothing that the {generation.name} API has for contacts", remedy)
    if form.source_on == "new" and generation.name == "v1":
        yield Fault(table, "source_on", 'is "new", but the v1 API does not say which contacts are new', remedy)
    if form.operation == "create" and generation.name == "v1":
        problem = 'is "create", but the v1 API has one call that creates a contact or updates the person\'s'
        yield Fault(table, "operation", problem, f'Use "upsert", or set another api in [locations.{form.location}].')


def _fields(form: Form) -> Iterator[tuple[str, str]]:
    """Yield the keys of a form that set a field of the contact, each with HighLevel's name for the field."""
    yield from ((f"fields.{field}", field) for field in form.fields if field in WRITABLE_FIELDS)
    yield from ((f"consent.{channel}", field) for channel, field in consent_fields(form.consent).items())
    if form.assigned_to:
        yield "assigned_to", "assignedTo"
    if form.allow_duplicates:
        yield "allow_duplicates", "createNewIfDuplicateAllowed"
