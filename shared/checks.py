"""What is checked of a configuration beyond its shape, before a process starts to work with it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.config import Config, ConfigError, Fault, Form, load_config
from shared.highlevel.contact import WRITABLE_FIELDS
from shared.highlevel.custom_fields import plain_name
from shared.highlevel.generations import GENERATIONS, Generation
from shared.mapping import consent_fields, unknown_fields
from shared.settings import LEAST_KEY_LENGTH

README = 'See "Configuration" in the README.'


def checked_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration and check all of it; raise ConfigError with every fault."""
    config = load_config(path, environment)
    if faults := [*check_config(config), *_keyless(config, environment)]:
        raise ConfigError(path, faults)
    return config


def check_config(config: Config) -> list[Fault]:
    """Return what is wrong with a configuration whose shape is right: what HighLevel, or its API, does not have."""
    faults: list[Fault] = []
    for name, form in config.forms.items():
        table = f"forms.{name}"
        faults += _unknown(table, form)
        faults += _doubled(table, form)
        faults += _lacking(table, form, GENERATIONS[config.locations[form.location].api])
    return faults


def _keyless(config: Config, environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the locations whose tokens could not be stored: they are encrypted with SECRET_KEY."""
    if len(environment.get("SECRET_KEY", "")) >= LEAST_KEY_LENGTH:
        return
    for alias, location in config.locations.items():
        if location.oauth:
            problem = "its tokens are stored encrypted with SECRET_KEY, which is not set or too short"
            remedy = f"Set the environment variable SECRET_KEY to {LEAST_KEY_LENGTH} random characters or more."
            yield Fault(f"locations.{alias}", "oauth", problem, remedy)


def _unknown(table: str, form: Form) -> Iterator[Fault]:
    for field in unknown_fields(form):
        yield Fault(table, f"fields.{field}", "is not a field of a HighLevel contact", README)


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
