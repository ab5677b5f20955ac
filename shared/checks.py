"""What is checked of a configuration beyond its shape, before a process starts to work with it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.config import Config, Constant, Form, Location, read_config
from shared.field_names import WRITABLE_FIELDS, plain_name
from shared.highlevel.generations import GENERATIONS
from shared.highlevel.values import Refused
from shared.mapping import consent_fields, unknown_fields
from shared.mapping.labels import IDENTIFIERS, field_called
from shared.mapping.lookup import is_template, is_unclosed, same
from shared.mapping.normalise import normalise
from shared.providers import PROVIDERS
from shared.settings import LEAST_KEY_LENGTH
from shared.tables import ConfigError, Fault, did_you_mean, tables_of

README = 'See "Configuration" in the README.'


def checked_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration and check all of it; raise ConfigError with every fault."""
    reading = read_config(path, environment)
    found = (
        *check_config(reading.sound_part()),
        *_keyless(reading.tables, environment),
        *_addressless(reading.tables, environment),
    )
    faults = [*reading.faults, *map(reading.tokens.placed, found)]
    if faults:
        raise ConfigError(path, faults)
    return Config.model_validate(reading.tables)


def check_config(config: Config) -> list[Fault]:
    """Return what is wrong with a configuration whose shape is right: what HighLevel, or its API, does not have."""
    faults: list[Fault] = []
    for name, form in config.forms.items():
        table = f"forms.{name}"
        locations = {alias: config.locations[alias] for alias in form.aliases if alias in config.locations}
        faults += _unknown(table, form)
        faults += _doubled(table, form)
        faults += _unclosed(table, form)
        faults += _idle(table, form)
        faults += _unfetched(table, form)
        faults += _astray(table, form)
        faults += _unfit(table, form, locations)
        # Locations that share an API lack the same: one of them stands for all.
        apis = {location.api: alias for alias, location in reversed(locations.items())}
        for alias in apis.values():
            faults += _lacking(table, form, alias, locations[alias])
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


def _addressless(tables: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the forms whose senders sign the address that they call, while nobody has said which one that is."""
    if environment.get("PUBLIC_URL"):
        return
    for name, form in tables_of(tables, "forms"):
        if "secret" in form and "{url}" in _signed_by(form):
            problem = "is for a signature of the address that is called too, and PUBLIC_URL is not set"
            remedy = "Set the environment variable PUBLIC_URL to it, for example https://hooks.example.com."
            yield Fault(f"forms.{name}", "secret", problem, remedy)


def _signed_by(form: Mapping[str, Any]) -> str:
    """Return the template of what a form's sender signs; nothing where it does not sign."""
    scheme, provider = form.get("signature"), PROVIDERS.get(str(form.get("provider")))
    if isinstance(scheme, dict):
        return str(scheme.get("signed", ""))
    return provider.signature.signed if provider and provider.signature else ""


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
        "location": form.location,
        **{f"tags.{place}": tag for place, tag in enumerate(form.tags)},
        "source": form.source,
        "assigned_to": form.assigned_to,
        **{f"fields.{name}": source for name, source in form.fields.items()},
        **{f"custom_fields.{name}": source for name, source in form.custom_fields.items()},
    }
    for key, text in templates.items():
        if isinstance(text, str) and is_unclosed(text):
            yield Fault(table, key, 'has a "{" without its "}"', 'Close it: "{Question}" stands for an answer.')


def _idle(table: str, form: Form) -> Iterator[Fault]:
    """Yield the keys that say something which the form never does."""
    if form.on_duplicate == "dead_letter" and form.operation != "create":
        problem = 'is "dead_letter", but an upsert updates the contact that it finds'
        yield Fault(table, "on_duplicate", problem, 'Set operation = "create", or remove it.')


def _unfetched(table: str, form: Form) -> Iterator[Fault]:
    """Yield what a form lacks of, or has in vain for, fetching answers and proving whose URL it is."""
    provider = PROVIDERS[form.provider]
    if provider.fetch and not form.fetch:
        problem = f"is missing: {provider.title} sends ids only, and the answers are fetched"
        yield Fault(table, "fetch", problem, f"Add [{table}.fetch] with a token for {provider.fetch.scopes}.")
    if form.fetch and not provider.fetch:
        yield Fault(table, "fetch", f"is idle: {provider.title} sends the answers", "Remove it.")
    if form.fetch and form.fetch.properties and not (provider.fetch and provider.fetch.takes_properties):
        yield Fault(table, "fetch.properties", f"is idle: {provider.title} has none to ask for", "Remove it.")
    if form.verify_token and not provider.challenge:
        yield Fault(table, "verify_token", f"is idle: {provider.title} does not ask for one", "Remove it.")


def _astray(table: str, form: Form) -> Iterator[Fault]:
    """Yield what keeps answers from naming a location, or makes one of them name two."""
    if not form.is_routed:
        return
    if PROVIDERS[form.provider].fetch:
        problem = f"is a template, but {form.provider} sends no answers: they are fetched later"
        yield Fault(table, "location", problem, "Name one location; use a form for each.")
    if not is_template(form.location) and not is_unclosed(form.location):
        yield Fault(table, "location", "has braces and names no answer", 'Write "{Question}" for the answer.')
    seen: dict[str, str] = {}
    for said, alias in form.locations.items():
        if (first := seen.setdefault(same(said), said)) != said and form.locations[first] != alias:
            problem = f'is the same as "{first}", which means another location'
            yield Fault(table, f"locations.{said}", problem, "Keep one of them.")


def _unfit(table: str, form: Form, locations: Mapping[str, Location]) -> Iterator[Fault]:
    """Yield the constants that no contact can have; those of custom fields are for HighLevel's catalogue to say."""
    constants = {name: source.value for name, source in form.fields.items() if isinstance(source, Constant)}
    for name, value in constants.items():
        if name in IDENTIFIERS:
            problem = "is a constant: all submissions would be one contact"
            yield Fault(table, f"fields.{name}", problem, "Name the answer that holds it.")
        elif name in WRITABLE_FIELDS and (problem := _misfit(name, value, locations)):
            yield Fault(table, f"fields.{name}", problem, "Write a value that HighLevel takes.")


def _misfit(field: str, value: str, locations: Mapping[str, Location]) -> str:
    """Return why a field cannot hold a value, or nothing."""
    for region in {location.default_region: None for location in locations.values()}:
        try:
            found = normalise(field, value, region)
        except Refused as refused:
            return f"the value {refused}"
        if found.lost:
            return f"the value does not fit as it is: {found.lost}"
    return ""


def _lacking(table: str, form: Form, alias: str, location: Location) -> Iterator[Fault]:
    """Yield what a form sets that contacts do not have in the API of one of its locations."""
    generation = GENERATIONS[location.api]
    remedy = f"Remove it, or set another api in [locations.{alias}]."
    for key, field in _fields(form):
        if field.partition(".")[0] not in generation.fields:
            yield Fault(table, key, f"is nothing that the {generation.name} API has for contacts", remedy)
    if form.source_on == "new" and generation.name == "v1":
        yield Fault(table, "source_on", 'is "new", but the v1 API does not say which contacts are new', remedy)
    if form.operation == "create" and generation.name == "v1":
        problem = 'is "create", but the v1 API has one call that creates a contact or updates the person\'s'
        yield Fault(table, "operation", problem, f'Use "upsert", or set another api in [locations.{alias}].')


def _fields(form: Form) -> Iterator[tuple[str, str]]:
    """Yield the keys of a form that set a field of the contact, each with HighLevel's name for the field."""
    yield from ((f"fields.{field}", field) for field in form.fields if field in WRITABLE_FIELDS)
    yield from ((f"consent.{channel}", field) for channel, field in consent_fields(form.consent).items())
    if form.assigned_to:
        yield "assigned_to", "assignedTo"
    if form.allow_duplicates:
        yield "allow_duplicates", "createNewIfDuplicateAllowed"
