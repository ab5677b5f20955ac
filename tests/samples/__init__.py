"""
Deliveries as form builders send them, each with what must come of it: one JSON file for each, named after its builder.

    provider, variant      the builder's name in the configuration, and what is special here
    method, url, headers   the request; the path ends with the URL token, if it has one
    body_text              the exact bytes that are sent, as UTF-8 text
    scheme, secret         how it proves itself: the builder's own name when it signs, or `header_token:<Header>`,
                           `bearer_token`, `basic` (secret: user:password), `body_token:<field>`, `url_token`,
                           `hmac_sha256_hex:<Header>`, `none`
    signed_at              unix seconds at which a signature with a time was made
    form                   further keys of the form's configuration that the delivery needs
    fetched                for builders that send ids only: what their API answers, as a list of {path, status, body}
    events                 how many submissions are in it, if that is not one
    expect                 submission_id, email, phone (its digits count), first_name, last_name, answers (label, else
                           key -> value; these must be there), contact (further fields of the contact, by HighLevel's
                           names); `action` is "ignored" or "partial" where that is what the request is

The names and numbers in them are invented.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import JsonValue

FOLDER = Path(__file__).parent
LEAST_URL_TOKEN = 24


@dataclass(frozen=True)
class Expected:
    """What must come of a delivery; None is absent, and for the answers: nothing is said."""

    submission_id: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    answers: dict[str, JsonValue] = field(default_factory=dict)
    contact: dict[str, JsonValue] = field(default_factory=dict)
    action: str = ""


@dataclass(frozen=True)
class Sample:
    """One delivery, and what must come of it."""

    name: str
    provider: str
    url: str
    headers: dict[str, str]
    body_text: str
    scheme: str
    expect: Expected
    secret: str = ""
    method: str = "POST"
    variant: str = ""
    signed_at: int = 1_790_000_000
    form: dict[str, Any] = field(default_factory=dict)
    fetched: list[dict[str, Any]] = field(default_factory=list)
    events: int = 1

    @property
    def body(self) -> bytes:
        return self.body_text.encode("utf-8", "surrogatepass")

    @property
    def content_type(self) -> str:
        return next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")

    @property
    def url_token(self) -> str:
        """Return the token in the URL, made long enough for the configuration to take it."""
        return self.secret.ljust(LEAST_URL_TOKEN, "0") if self.scheme == "url_token" else ""

    def table(self, **more: Any) -> dict[str, Any]:
        """Return the form that takes this delivery, as a table of the configuration."""
        return {"provider": self.provider, "location": "main", **self._proof(), **self.form, **more}

    def _proof(self) -> dict[str, Any]:
        kind, _, name = self.scheme.partition(":")
        match kind:
            case "header_token":
                return {"header_token": {"name": name, "value": self.secret}}
            case "bearer_token":
                return {"bearer": self.secret}
            case "basic":
                username, _, password = self.secret.partition(":")
                return {"basic": {"username": username, "password": password}}
            case "body_token":
                return {"body_token": {"field": name, "value": self.secret}}
            case "url_token":
                return {"url_token": self.url_token}
            case "hmac_sha256_hex":
                return {"secret": self.secret, "signature": {"header": name, "prefix": "sha256="}}
            case "none":
                return {"auth": "none"}
        return {"secret": self.secret}


def load(path: Path) -> Sample:
    """Read one sample; keys that only explain it are passed over."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    known = {name: value for name, value in document.items() if name in Sample.__dataclass_fields__ and value}
    expected = {name: value for name, value in document["expect"].items() if name in Expected.__dataclass_fields__}
    return Sample(**{**known, "name": path.stem, "headers": document["headers"], "expect": Expected(**expected)})


SAMPLES = [load(path) for path in sorted(FOLDER.glob("*.json"))]
