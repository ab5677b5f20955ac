"""Every environment variable Hookline reads: its type, its default and what it means."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DAY_SECONDS = 24 * 60 * 60
LEAST_DELIVERY_SECONDS = 5
LEASE_MARGIN_SECONDS = 20
LEAST_KEY_LENGTH = 32
LEAST_ADMIN_TOKEN_LENGTH = 24
# After that Celery hands a message out again; every lease must be over by then.
VISIBILITY_SECONDS = 120


class SettingsError(Exception):
    """An environment variable has a value that Hookline cannot use; the message names each and the way out."""


def _redis_url(url: str) -> str:
    if not url.startswith(("redis://", "rediss://")):
        raise ValueError("must begin with redis:// or rediss://, for example redis://localhost:6379/0")
    return url


def _no_shorter_than(least: int) -> AfterValidator:
    def checked(secret: SecretStr) -> SecretStr:
        if secret and len(secret) < least:
            raise ValueError(f"must have {least} characters at least, as from `openssl rand -hex 32`")
        return secret

    return AfterValidator(checked)


def _public_url(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^/?#\s]+[^?#\s]*", url):
        raise ValueError("must be a whole address without a query, for example https://hooks.example.com")
    return url.rstrip("/")


class Settings(BaseSettings):
    """The environment of one process; each field is one variable, in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(
        "redis://localhost:6379/0", description="The Redis (or Valkey) that holds the journal."
    )
    redis_ca_file: Path | None = Field(
        None, description="A PEM file; set, the certificate of a rediss:// server is verified against it."
    )
    redis_prefix: str = Field("hookline:", description="Begins every key, so that applications can share a Redis.")
    broker_url: str = Field(
        "", description="Where Celery messages go: a redis://, rediss:// or amqp:// address; empty means REDIS_URL."
    )
    hookline_config: Path = Field(Path("hookline.toml"), description="The file with the locations and the forms.")
    hookline_tokens_file: Path | None = Field(
        None, description="A file with the tokens of many locations, TOML or JSON; read with the configuration."
    )
    require_durable: bool = Field(
        False, description="Set to 1, nothing starts with a Redis that could lose what it was given."
    )
    highlevel_base_url: HttpUrl = Field(
        HttpUrl("https://services.leadconnectorhq.com"), description="HighLevel's API, or the sandbox's address."
    )
    secret_key: Annotated[SecretStr, _no_shorter_than(LEAST_KEY_LENGTH)] = Field(
        SecretStr(""),
        description="Keys the hashes and encrypts OAuth tokens that are stored: 32 random characters.",
    )
    admin_token: Annotated[SecretStr, _no_shorter_than(LEAST_ADMIN_TOKEN_LENGTH)] = Field(
        SecretStr(""), description="Opens /metrics, as a bearer token; unset, it is off."
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "", description="The address under which senders reach this server; some sign it."
    )
    port: int = Field(8000, ge=0, le=65535, description="The port that web listens on.")
    web_concurrency: int = Field(1, ge=1, description="How many web processes to run.")
    form_limit_per_minute: int = Field(
        600, ge=0, description="Requests a minute that a web process takes for one form to which anybody could post."
    )
    address_limit_per_minute: int = Field(
        120, ge=0, description="Requests a minute without a proof that a web process takes from one address."
    )
    trusted_proxies: int = Field(
        1, ge=0, le=10, description="Proxies in front of web that add the sender's address to X-Forwarded-For."
    )
    worker_concurrency: int = Field(16, ge=1, le=200, description="How many deliveries one worker runs at once.")
    max_attempts: int = Field(30, ge=1, description="Failed attempts before a submission is buried as exhausted.")
    backoff_base_seconds: float = Field(2, gt=0, description="The ceiling of the first wait after a failure.")
    backoff_cap_seconds: float = Field(3600, gt=0, description="The longest wait between two attempts that count.")
    hold_probe_seconds: float = Field(
        15,
        gt=0,
        description="How long a held location waits for its first probe; doubles to 5 minutes, in an outage to 30 s.",
    )
    lease_seconds: float = Field(
        40, gt=0, description="How long a worker may keep a submission before it is taken back."
    )
    delivery_seconds: float = Field(20, gt=0, description="The deadline of one delivery.")
    watchdog_seconds: float = Field(30, gt=0, description="How long ready work may stand still before a worker ends.")
    dedupe_days: float = Field(7, gt=0, description="How long a submission's id suppresses duplicates.")
    keep_bodies_days: float = Field(7, gt=0, description="How long the body of a finished submission is kept.")
    keep_delivered_days: float = Field(30, gt=0, description="How long the record of a delivered submission is kept.")
    keep_discarded_days: float = Field(30, gt=0, description="How long the record of a discarded submission is kept.")
    keep_quarantine_days: float = Field(7, gt=0, description="How long refused requests are kept.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="The least that is logged.")
    log_format: Literal["json", "text"] = Field("text", description="One JSON object a line, or plain text.")

    @model_validator(mode="after")
    def _times_fit(self) -> "Settings":
        if self.delivery_seconds < LEAST_DELIVERY_SECONDS:
            raise ValueError(f"DELIVERY_SECONDS must be {LEAST_DELIVERY_SECONDS} at least: no call fits into less")
        if not self.delivery_seconds + LEASE_MARGIN_SECONDS <= self.lease_seconds < VISIBILITY_SECONDS:
            raise ValueError(
                f"LEASE_SECONDS must be {LEASE_MARGIN_SECONDS} more than DELIVERY_SECONDS, or a delivery outlives its "
                f"lease, and less than {VISIBILITY_SECONDS}"
            )
        return self

    @property
    def broker(self) -> str:
        """Return the address of the Celery broker."""
        return self.broker_url or self.redis_url


def load_settings() -> Settings:
    """Read the environment; raise SettingsError with every fault at once."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            ": ".join([*(str(name).upper() for name in fault["loc"]), _plain(fault["msg"])]) for fault in error.errors()
        ]
        raise SettingsError("\n".join([*lines, 'See "Settings" in the README.'])) from error


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
