"""
hookline.toml: the locations and the forms, read once and validated whole.

Every fault is found in one pass and names its table, its key, what is wrong and how to mend it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from shared.highlevel.generations import Api
from shared.providers import PROVIDERS
from shared.providers.proof_grades import ProofGrade, grade_of
from shared.providers.signatures import SignatureScheme
from shared.submission import Frozen
from shared.tables import (
    VARIABLE,
    ConfigError,
    Fault,
    did_you_mean,
    read_tables,
    substituted,
    table_and_key,
    tables_of,
)
from shared.tokens_file import TokensFile, read_tokens_file

URL_TOKEN_LENGTH = 24
MAX_BODY_BYTES = 1024 * 1024
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# The two kinds of a source. Pydantic puts them into the place of a fault, so no key may be called like them.
ANSWER, CONSTANT = "<answer>", "<constant>"


def _one_or_many(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError("must be text, or a list of texts")  # noqa: TRY004 - pydantic collects ValueErrors
    return [value] if isinstance(value, str) else value


def _named(value: object) -> object:
    if isinstance(value, list | tuple) and all(isinstance(alias, str) for alias in value):
        return {alias: alias for alias in value}
    if not isinstance(value, dict):
        raise ValueError('must be a list of aliases, or a table: "what an answer says" = "alias"')  # noqa: TRY004
    return value


def _kind_of_source(value: object) -> str:
    return CONSTANT if isinstance(value, dict | Constant) else ANSWER


def _usable(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    texts = [secret.get_secret_value() for secret in secrets]
    if not texts or not all(texts):
        raise ValueError("must not be empty")
    if any(text != text.strip() for text in texts):
        raise ValueError("begins or ends with a blank or a line break; copy it again")
    return secrets


def _long_enough(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for secret in secrets:
        token = secret.get_secret_value()
        if len(token) < URL_TOKEN_LENGTH:
            raise ValueError(f"has {len(token)} characters, a URL token needs at least {URL_TOKEN_LENGTH}")
        if not re.fullmatch(r"[A-Za-z0-9._~-]+", token):
            raise ValueError("has characters that a URL changes; use letters, digits, '-', '_', '.' and '~' only")
    return secrets


def _region(region: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", region):
        raise ValueError("must be two capital letters, for example US or DE")
    return region


def _known_provider(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"{name!r} is not a provider; known are {', '.join(sorted(PROVIDERS))}")
    return name


def _trimmed(secret: SecretStr) -> SecretStr:
    token = secret.get_secret_value().strip()
    if not token:
        raise ValueError("must not be empty")
    if not (token.isascii() and token.isprintable()):
        raise ValueError("has characters that no token has; copy it again")
    return SecretStr(token)


Token = Annotated[SecretStr, AfterValidator(_trimmed)]
_ONE_SECRET = {"type": "string", "minLength": 1}
_SECRETS = {"anyOf": [_ONE_SECRET, {"type": "array", "items": _ONE_SECRET, "minItems": 1}]}

Secrets = Annotated[
    tuple[SecretStr, ...], BeforeValidator(_one_or_many), AfterValidator(_usable), WithJsonSchema(_SECRETS)
]
UrlTokens = Annotated[Secrets, AfterValidator(_long_enough)]
Text = Annotated[str, Field(min_length=1)]
ProviderName = Annotated[
    str, AfterValidator(_known_provider), WithJsonSchema({"type": "string", "enum": sorted(PROVIDERS)})
]
Origin = Annotated[str, Field(pattern=r"^https?://[^/]+$")]
_NAMES = {
    "anyOf": [
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "minProperties": 1},
    ]
}
Named = Annotated[dict[str, Text], BeforeValidator(_named), WithJsonSchema(_NAMES)]


class Constant(Frozen):
    """A value that is the same in every contact."""

    value: Text = Field(description="The value, as it stands.")


# What fills a field: an answer's label or key, a template, or a constant.
Source = Annotated[Annotated[Text, Tag(ANSWER)] | Annotated[Constant, Tag(CONSTANT)], Discriminator(_kind_of_source)]


class HeaderToken(Frozen):
    """A static header whose value only the sender knows."""

    name: Text = Field(description="The header's name.")
    value: Secrets = Field(description="The secret, or a list of live ones.")


class Basic(Frozen):
    """HTTP Basic credentials."""

    username: Text = Field(description="The user's name.")
    password: Secrets = Field(description="The password, or a list of live ones.")


class BodyToken(Frozen):
    """A field of the body whose value only the sender knows; it is emptied before the body is kept."""

    field: Text = Field(description="The field's name, at the top level of the body.")
    value: Secrets = Field(description="The secret, or a list of live ones.")


class OAuthApp(Frozen):
    """The marketplace app that a location is connected through; `hookline oauth connect` does that."""

    client_id: Text = Field(description="The app's client id.")
    client_secret: Token = Field(description="The app's client secret, best as ${NAME} of an environment variable.")
    refresh_token: Token | None = Field(
        None, description="A refresh token got elsewhere; unset, `hookline oauth connect` gets one."
    )


class Fetch(Frozen):
    """How the answers are fetched of builders that send only the id of a submission."""

    token: Token = Field(description="The token that reads submissions, best as ${NAME} of an environment variable.")
    base_url: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = Field(
        "", description="The builder's API address, if it is not the usual one."
    )
    properties: tuple[Text, ...] = Field(
        (), description="Further contact properties to ask HubSpot for, by their internal names."
    )


class Location(Frozen):
    """A HighLevel sub-account: its id, the token that opens it, its API, the region of its phone numbers."""

    location_id: str = Field("", description="The sub-account's id in HighLevel; a v1 key implies it.")
    token: Token | None = Field(
        None, description="Its Private Integration Token, or v1 key, best as ${NAME} of an environment variable."
    )
    oauth: OAuthApp | None = Field(None, description="The marketplace app that opens it, in place of a token.")
    api: Api = Field("v2", description="The generation of HighLevel's API that the token is for.")
    base_url: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = Field(
        "", description="The API's address for this location alone, such as a proxy that keeps the v1 paths."
    )
    default_region: Annotated[str, AfterValidator(_region)] = Field(
        "US", description="The country of phone numbers that are written without its code: two capital letters."
    )

    @model_validator(mode="after")
    def _opens(self) -> "Location":
        if problem := _problem_with_location(bool(self.token), bool(self.oauth), bool(self.location_id), self.api):
            raise ValueError(problem)
        return self


def _problem_with_location(token: bool, oauth: bool, location_id: bool, api: object) -> str:
    """Return what is wrong with the keys that a location has, or nothing."""
    if token and oauth:
        return "has both a token and an oauth table; keep one"
    if not (token or oauth):
        return "needs either a token or an oauth table"
    if not location_id and api != "v1":
        return "has no location_id; HighLevel shows it at Settings > Business Profile"
    if oauth and api == "v1":
        return "has an oauth table, which the v1 API does not take; use its location key as token"
    return ""


class Consent(Frozen):
    """Questions about contact, as their answers' labels or keys: a yes switches do-not-disturb off, a no on."""

    all: Text | None = Field(None, description="For every channel.")
    call: Text | None = Field(None, description="For calls.")
    email: Text | None = Field(None, description="For emails.")
    sms: Text | None = Field(None, description="For text messages.")
    whatsapp: Text | None = Field(None, description="For WhatsApp.")
    gmb: Text | None = Field(None, description="For Google Business messages.")
    fb: Text | None = Field(None, description="For Facebook messages.")
    inbound: Text | None = Field(None, description="For what the contact sends.")


# What makes a form look whom it would change, before it writes.
LOOKS_FIRST = {"on_identity_change": "bury", "source_on": "new"}


class Form(Frozen):
    """A web form: what sends it, how it proves that, and what becomes of its answers."""

    provider: ProviderName = Field(description="The form builder that sends the webhook.")
    location: Text = Field(
        description="The alias of the location that gets the contacts, or a template of answers that name it."
    )
    locations: Named = Field(
        {},
        description="With a template as location: the aliases that its answers may name, or a table of what they may "
        "say and the alias that it means.",
    )
    default_location: str = Field(
        "", description="With a template as location: the alias for submissions whose answers name none of them."
    )
    operation: Literal["upsert", "create"] = Field(
        "upsert", description='"upsert" updates the person\'s contact or makes one; "create" makes one first.'
    )
    on_duplicate: Literal["update", "dead_letter"] = Field(
        "update", description="What becomes of a create whose person HighLevel knows already."
    )
    allow_duplicates: bool = Field(
        False, description="Make a new contact each time, if the sub-account's settings allow duplicates."
    )
    on_identity_change: Literal["warn", "bury"] = Field(
        "warn", description='What happens when the contact has another email or phone; "bury" looks before it writes.'
    )

    secret: Secrets | None = Field(None, description="The key that the provider signs with, or a list of live ones.")
    signature: SignatureScheme | None = Field(None, description="How the sender signs, where the provider does not.")
    url_token: UrlTokens | None = Field(
        None, description=f"A token at the end of the webhook's URL, at least {URL_TOKEN_LENGTH} characters, or a list."
    )
    header_token: HeaderToken | None = Field(None, description="A static header that proves the sender.")
    bearer: Secrets | None = Field(None, description="The token of an Authorization: Bearer header, or a list.")
    basic: Basic | None = Field(None, description="HTTP Basic credentials.")
    body_token: BodyToken | None = Field(None, description="A secret field of the body.")
    auth: Literal["none"] | None = Field(None, description='Set to "none" to take what anyone sends.')

    tags: tuple[Text, ...] = Field((), description='Added to each contact; "{Question}" stands for its answer.')
    source: str = Field("", description="The contact's source.")
    source_on: Literal["always", "new"] = Field(
        "always", description='"new" sets the source of new contacts only, and keeps that of known ones.'
    )
    assigned_to: str = Field("", description="The HighLevel user who gets the contacts: a user id.")
    unmapped: str = Field(
        "note",
        pattern=r"^(note|drop|custom_field:.+)$",
        description='Where answers go that no field takes: "note", "drop" or "custom_field:<name>".',
    )
    fields: dict[str, Source] = Field(
        {}, description="HighLevel's field = an answer's label or key, a template, or { value = \"a constant\" }."
    )
    custom_fields: dict[str, Source] = Field(
        {}, description='A custom field\'s name, key or id = an answer, a template, or { value = "a constant" }.'
    )
    consent: Consent = Field(Consent(), description="Which answers switch do-not-disturb on and off.")

    partials: Literal["ignore", "deliver"] = Field(
        "ignore", description='"deliver" also takes what a visitor has left unfinished.'
    )
    verify_token: Token | None = Field(
        None, description="What Meta says when it asks whether the URL is yours: the verify token of its webhook."
    )
    fetch: Fetch | None = Field(None, description="How the answers are fetched, of builders that send ids only.")

    max_body: int = Field(
        MAX_BODY_BYTES, ge=1024, le=10 * 1024 * 1024, description="The largest body that is taken, in bytes."
    )
    accepted_status: int = Field(200, ge=200, le=299, description="The answer to a stored submission.")
    unavailable_status: int | None = Field(
        None,
        ge=400,
        le=599,
        description="The answer when nothing can be stored and the sender should come again; unset, what makes this "
        "form builder do so (503).",
    )
    limit_per_minute: int | None = Field(
        None,
        ge=0,
        description="How many requests of this form a web process takes in a minute; 0 is no limit. Unset, only forms "
        "that anybody could post to have one (FORM_LIMIT_PER_MINUTE).",
    )
    redirect: str = Field(
        "", pattern=r"^(https?://.+)?$", description="Where a browser is sent that posts the form itself."
    )
    origins: tuple[Origin, ...] = Field(
        (),
        description="The pages that may post from a browser, whose scripts may read the answer. "
        "Empty: any page may post, and no script of another origin may read the answer.",
    )
    honeypot: str = Field("", description="A field that people cannot see: a submission that fills it is set aside.")

    @property
    def is_routed(self) -> bool:
        """Say whether its submissions go where their answers say."""
        return "{" in self.location  # which no alias has

    @property
    def aliases(self) -> tuple[str, ...]:
        """Return the aliases of all locations that its submissions may go to."""
        if not self.is_routed:
            return (self.location,)
        return tuple(dict.fromkeys(filter(None, [*self.locations.values(), self.default_location])))

    @property
    def refusal(self) -> int:
        """Return the status that makes its sender come again."""
        return self.unavailable_status or PROVIDERS[self.provider].unavailable_status

    @property
    def limited(self) -> int:
        """Return the status that makes its sender come again when it sends too much."""
        return self.unavailable_status or PROVIDERS[self.provider].limited_status

    @property
    def proof_grade(self) -> ProofGrade:
        """Return what the proof of its requests is worth."""
        proofs = {name for name in PROOFS if getattr(self, name)}
        return grade_of(proofs, by_browser=PROVIDERS[self.provider].by_browser)

    @property
    def is_open(self) -> bool:
        """Say whether anybody could post to it: nothing proves who sends, or what stands in a public page."""
        return self.proof_grade in ("none", "public")

    @property
    def comes_from_browsers(self) -> bool:
        """Say whether each of its visitors sends from an address of their own."""
        return PROVIDERS[self.provider].by_browser

    @property
    def tells_hidden(self) -> bool:
        """Say whether its answers tell which of them no visitor has typed."""
        return PROVIDERS[self.provider].tells_hidden

    @property
    def scheme(self) -> SignatureScheme | None:
        """Return how this form's requests are signed: its own scheme, or else its provider's."""
        return self.signature or PROVIDERS[self.provider].signature

    @property
    def calls(self) -> int:
        """Return how many calls to HighLevel a submission of this form usually takes."""
        return self.writing_calls + bool(self.tags) + (self.unmapped == "note")

    @property
    def writing_calls(self) -> int:
        """Return how many of them write the contact: some forms look first whom they would change."""
        return 1 + any(getattr(self, name) == value for name, value in LOOKS_FIRST.items())

    @model_validator(mode="after")
    def _creates_in_one_way(self) -> "Form":
        if self.operation == "create" and self.allow_duplicates:
            raise ValueError('sets allow_duplicates with operation = "create"; it belongs to operation = "upsert"')
        looks = [name for name, value in LOOKS_FIRST.items() if getattr(self, name) == value]
        if self.allow_duplicates and looks:
            raise ValueError(f"sets allow_duplicates with {looks[0]}, which is about contacts that are known; keep one")
        return self

    @model_validator(mode="after")
    def _has_usable_keys(self) -> "Form":
        keys = [secret.get_secret_value() for secret in self.secret or ()]
        if self.scheme and not all(map(self.scheme.can_use, keys)):
            raise ValueError("has a secret that is not base64, as its signature's key_format says; copy it again")
        return self

    @model_validator(mode="after")
    def _has_a_proof(self) -> "Form":
        chosen = {name for name in self.model_fields_set if getattr(self, name) is not None}
        if problem := _problem_with_proofs(chosen, self.provider):
            raise ValueError(problem)
        return self


PROOFS = frozenset({"secret", "url_token", "header_token", "bearer", "basic", "body_token"})


def _problem_with_proofs(chosen: set[str], provider: object) -> str:
    """Return what is wrong with the proofs among a form's keys, or nothing."""
    signs = "signature" in chosen or (isinstance(provider, str) and _signs(provider))
    if not chosen & (PROOFS | {"auth"}):
        known = PROVIDERS.get(provider) if isinstance(provider, str) else None
        told = f" ({known.name} can send: {', '.join(known.carries)})" if known else ""
        return (
            f"has no proof of who sends it; set secret, url_token, header_token, bearer, basic or body_token{told}, "
            'or say auth = "none"'
        )
    if chosen & PROOFS and "auth" in chosen:
        return 'says auth = "none" and sets a proof; remove one of the two'
    if "signature" in chosen and "secret" not in chosen:
        return "sets signature without secret; set secret to the key that signs"
    if "secret" in chosen and not signs:
        return f"sets secret, but {provider} does not sign; set signature or use another proof"
    return ""


def _signs(provider: str) -> bool:
    # Of a provider that nobody knows only that is said, not how it signs.
    return provider not in PROVIDERS or PROVIDERS[provider].signature is not None


class Config(Frozen):
    """All locations by alias and all forms by name."""

    locations: dict[str, Location] = Field({}, description="HighLevel sub-accounts, each under an alias of your own.")
    forms: dict[str, Form] = Field({}, description="Web forms, each under the name that stands in its webhook's URL.")

    @field_validator("forms")
    @classmethod
    def _answers_may_name_ids(cls, forms: dict[str, Form], info: ValidationInfo) -> dict[str, Form]:
        locations: dict[str, Location] = info.data.get("locations", {})
        return {name: _with_ids(form, locations) if form.is_routed else form for name, form in forms.items()}


def _with_ids(form: Form, locations: Mapping[str, Location]) -> Form:
    """Return a form whose answers may also name its locations by HighLevel's id."""
    ids = {locations[alias].location_id: alias for alias in form.aliases if alias in locations}
    ids.pop("", None)
    return form.model_copy(update={"locations": {**ids, **form.locations}})


@dataclass(frozen=True)
class Reading:
    """The files as they were read: tables with their variables filled in, and all that is wrong with their shape."""

    tables: dict[str, Any]
    faults: list[Fault]
    tokens: TokensFile

    def sound_part(self) -> Config:
        """Return what is right of the file as a configuration, with fillers where a form cannot be without a key."""
        locations = {alias: _sound_location(table) for alias, table in tables_of(self.tables, "locations")}
        forms = {
            name: form
            for name, table in tables_of(self.tables, "forms")
            if (form := _sound_form(table, [fault.key for fault in self.faults if fault.table == f"forms.{name}"]))
        }
        return Config(locations=locations, forms=forms)


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read and validate the configuration; raise ConfigError with every fault of its shape at once."""
    reading = read_config(path, environment)
    if reading.faults:
        raise ConfigError(path, reading.faults)
    return Config.model_validate(reading.tables)


def read_config(path: Path, environment: Mapping[str, str] = os.environ) -> Reading:
    """Read the configuration with all faults of its shape; raise ConfigError when it cannot be read at all."""
    faults: list[Fault] = []
    document = read_tables(path, "Set HOOKLINE_CONFIG to the file, or copy the sample hookline.toml.")
    tokens = read_tokens_file(environment, faults)
    tables = tokens.joined(substituted(document, "", environment, faults), faults)
    try:
        Config.model_validate(tables)
    except ValidationError as error:
        found = [_fault(detail["loc"], detail["msg"], detail["type"], detail["input"]) for detail in error.errors()]
        faults += [fault for fault in found if not _is_blamed(fault, faults)]
    faults += _wrong_names(tables) + _unknown_locations(tables) + _wrong_routes(tables) + _shared_location_ids(tables)
    faults += [fault for fault in (*_wrong_proofs(tables), *_wrong_locations(tables)) if fault not in faults]
    return Reading(tables, [tokens.placed(fault) for fault in faults], tokens)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    schema = Config.model_json_schema()
    names = {"propertyNames": {"pattern": f"^{NAME.pattern}$"}}
    tables = {name: {**table, **names} for name, table in schema["properties"].items()}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "hookline.toml"}
    return {**head, **_with_variables({**schema, "title": "hookline.toml", "properties": tables})}


def _with_variables(node: Any) -> Any:
    """Return a schema in which ${NAME} may stand wherever a text has a form to keep."""
    match node:
        case {"pattern": str() as pattern, "type": "string", **rest}:
            return {**rest, "type": "string", "pattern": rf"({pattern})|\$\{{"}
        case dict():
            return {key: _with_variables(value) for key, value in node.items()}
        case list():
            return [_with_variables(value) for value in node]
        case _:
            return node


README = 'See "Configuration" in the README.'
PROBLEMS = {
    "missing": ("is missing", "Add it."),
    "extra_forbidden": ("is not a key that Hookline knows", "Remove it, or check its spelling."),
    "string_type": ("must be text", "Write it as text in quotes."),
    "string_too_short": ("must not be empty", "Fill it in, or remove the line."),
    "tuple_type": ("must be a list", 'Write it in brackets, for example ["one", "two"].'),
    "dict_type": ("must be a table", README),
    "model_type": ("must be a table", README),
    "int_type": ("must be a whole number", "Write it without quotes."),
    "int_parsing": ("must be a whole number", "Write it without quotes."),
}
NESTED: Mapping[str, type[BaseModel]] = {
    "oauth": OAuthApp,
    "fetch": Fetch,
    "consent": Consent,
    "signature": SignatureScheme,
    "header_token": HeaderToken,
    "basic": Basic,
    "body_token": BodyToken,
}
PATTERNS = {
    "unmapped": ('must be "note", "drop" or "custom_field:<name>"', README),
    "redirect": ("must be an address", "Write it whole, for example https://example.com/thanks."),
    "origins": ("must be an origin", "Write it as https://example.com, without a path."),
}


def _fault(place: tuple[str | int, ...], message: str, kind: str, value: object) -> Fault:
    place = tuple(part for part in place if part not in (ANSWER, CONSTANT))
    table, key = table_and_key(place)
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be", 1).rstrip(".")
    known = PATTERNS if kind == "string_pattern_mismatch" else PROBLEMS
    problem, remedy = known.get(key.partition(".")[0] if known is PATTERNS else kind, (plain, README))
    return Fault(table, key, problem, _suggestion(place, kind, value) or remedy)


def _suggestion(place: tuple[str | int, ...], kind: str, value: object) -> str:
    """Return what was probably meant by a misspelt key or provider, or nothing."""
    if kind == "extra_forbidden":
        return did_you_mean(str(place[-1]), _keys_beside(place))
    if place[-1] == "provider" and isinstance(value, str):
        return did_you_mean(value, PROVIDERS)
    return ""


def _keys_beside(place: tuple[str | int, ...]) -> Iterable[str]:
    """Return the keys that the table of a key may have."""
    match place:
        case [_]:
            return Config.model_fields
        case ["locations", _, _]:
            return Location.model_fields
        case ["forms", _, _]:
            return Form.model_fields
        case ["forms", _, "fields" | "custom_fields", _, _]:
            return Constant.model_fields
        case [*_, str(table), _] if table in NESTED:
            return NESTED[table].model_fields
    return ()


FILLERS = {"provider": "generic_json", "location": "?", "auth": "none"}
# What can be told of these only beside others.
NEEDED_WITH = {"": ("allow_duplicates",), "operation": ("allow_duplicates", "on_duplicate")}


def _sound_location(table: dict[str, Any]) -> Location:
    opened = {"location_id": "?", "token": "?"}
    try:
        return Location.model_validate({**opened, "api": table.get("api", "v2")})
    except ValidationError:
        return Location.model_validate(opened)


def _sound_form(table: dict[str, Any], faulty: list[str]) -> Form | None:
    """Return a form without its faulty keys and its proofs; None if that is none yet."""
    kept = {key: value for key, value in table.items() if key not in PROOFS | {"auth", "signature"}}
    for place in (*faulty, *(other for key in faulty for other in NEEDED_WITH.get(key, ()))):
        key, _, entry = place.partition(".")
        value = kept.get(key)
        if isinstance(value, dict) and entry not in value:
            entry = entry.rpartition(".")[0]  # of a constant its value is named
        if isinstance(value, dict) and entry in value:
            kept[key] = {name: item for name, item in value.items() if name != entry}
        else:
            kept.pop(key, None)
    try:
        return Form.model_validate({**FILLERS, **kept})
    except ValidationError:
        return None


def _is_blamed(fault: Fault, faults: list[Fault]) -> bool:
    """Say whether a fault only follows from another one: a value whose variable is missing fits nothing."""
    return any(
        fault.table == other.table and _is_within(fault.key.split("."), other.key.split(".")) for other in faults
    )


def _is_within(one: list[str], other: list[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _wrong_names(tables: dict[str, Any]) -> list[Fault]:
    remedy = "Use small letters, digits, '-' and '_', beginning with a letter or digit, at most 64."
    return [
        Fault(f"{kind}.{name}", "", "the name cannot stand in a URL or a key", remedy)
        for kind in ("locations", "forms")
        for name, _ in tables_of(tables, kind)
        if not NAME.fullmatch(name)
    ]


def _wrong_proofs(tables: dict[str, Any]) -> list[Fault]:
    # The model checks this too, but not where another key of the form has a fault.
    return [
        Fault(f"forms.{name}", "", problem, README)
        for name, form in tables_of(tables, "forms")
        if (problem := _problem_with_proofs(set(form), form.get("provider")))
    ]


def _wrong_locations(tables: dict[str, Any]) -> list[Fault]:
    # Likewise.
    return [
        Fault(f"locations.{alias}", "", problem, README)
        for alias, table in tables_of(tables, "locations")
        if (
            problem := _problem_with_location(
                "token" in table, "oauth" in table, bool(table.get("location_id")), table.get("api")
            )
        )
    ]


def _unknown_locations(tables: dict[str, Any]) -> list[Fault]:
    aliases = [alias for alias, _ in tables_of(tables, "locations")]
    return [
        Fault(
            f"forms.{name}",
            key,
            f"{alias!r} is not a location",
            did_you_mean(alias, aliases)
            or (f"Use one of {', '.join(aliases)}." if aliases else f"Add a table [locations.{alias}]."),
        )
        for name, form in tables_of(tables, "forms")
        for key, alias in _named_locations(form)
        if isinstance(alias, str) and alias and alias not in aliases and not VARIABLE.search(alias)
    ]


def _named_locations(form: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the keys of a form that name a location, and what they say."""
    if not _is_template(form.get("location")):
        yield "location", form.get("location")
    yield "default_location", form.get("default_location")
    match form.get("locations"):
        case list() as aliases:
            yield from ((f"locations.{place}", alias) for place, alias in enumerate(aliases))
        case dict() as named:
            yield from ((f"locations.{said}", alias) for said, alias in named.items())


def _wrong_routes(tables: dict[str, Any]) -> list[Fault]:
    faults = []
    for name, form in tables_of(tables, "forms"):
        table, location = f"forms.{name}", form.get("location")
        if _is_template(location) and not form.get("locations"):
            remedy = 'List the aliases that answers may name, for example locations = ["berlin", "munich"].'
            faults.append(Fault(table, "locations", "is missing, though location is a template", remedy))
        if isinstance(location, str) and "{" not in location:
            remedy = 'Write location = "{Question}" for an answer that names it, or remove this.'
            idle = [key for key in ("locations", "default_location") if key in form]
            faults += [Fault(table, key, "is set, but location is no template", remedy) for key in idle]
    return faults


def _is_template(location: object) -> bool:
    return isinstance(location, str) and "{" in VARIABLE.sub("", location)


def _shared_location_ids(tables: dict[str, Any]) -> list[Fault]:
    seen: dict[str, str] = {}
    faults = []
    for alias, location in tables_of(tables, "locations"):
        location_id = location.get("location_id")
        if not isinstance(location_id, str) or VARIABLE.search(location_id):
            continue
        first = seen.setdefault(location_id, alias)
        if first != alias:
            problem = f"is the same as in [locations.{first}]: they would share one rate limit"
            faults.append(
                Fault(f"locations.{alias}", "location_id", problem, "Keep one alias and use it in all forms.")
            )
    return faults
