"""OAuth: the apps that a location has let in, and the tokens that they are given."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.generations import Generation
from sandbox.refusals import BadRequest, NotFound, Unauthorized
from sandbox.scopes import SCOPES
from sandbox.tokens import AppAccess

# The same client, secret and refresh token get the same pair for so long: of several processes that refresh at once
# none is locked out.
SAME_PAIR_SECONDS = 30
DAY_SECONDS = 86_399  # as HighLevel writes it
COMPANY_ID = "sandbox-company"
USER_ID = "sandbox-user"


class AppSettings(BaseModel):
    """An app in a location, as its control endpoint takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)
    location: str = Field(min_length=1)
    scopes: tuple[str, ...] = SCOPES
    refresh_token: str | None = None
    code: str | None = None
    expires_in: int = Field(default=DAY_SECONDS, ge=0)
    active: bool = True


class AppChanges(BaseModel):
    """What may happen to an app later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_secret: str | None = Field(default=None, min_length=1)
    scopes: tuple[str, ...] | None = None
    expires_in: int | None = Field(default=None, ge=0)
    active: bool | None = None
    expire_access_tokens: bool = False
    revoke_refresh_token: bool = False


@dataclass(slots=True)
class App:
    """An app in one location: what it may, its current tokens, and how often it asked."""

    client_id: str
    client_secret: str
    location: str
    scopes: tuple[str, ...]
    expires_in: int
    active: bool
    code: str | None
    refresh_token: str | None
    access_token: str | None = None
    expires_at: float | None = None
    exchanges: int = 0
    refreshes: int = 0
    repeats: int = 0

    @property
    def access(self) -> AppAccess:
        return AppAccess(self.location, frozenset(self.scopes))


@dataclass(frozen=True, slots=True)
class Parameters:
    """The form of a token call, read in the spelling of its generation."""

    form: Mapping[str, str]
    generation: Generation

    def needed(self, name: str) -> str:
        value = self.get(name)
        if not value:
            raise BadRequest(f"Missing parameter: {self.generation.parameter(name)}")
        return value

    def get(self, name: str) -> str:
        return self.form.get(self.generation.parameter(name), "")

    def wrong(self, name: str) -> BadRequest:
        return BadRequest(f"Invalid parameter: {self.generation.parameter(name)}")


Triple = tuple[str, str, str]
TokenSet = dict[str, Any]


class OAuth:
    """Every app in every location."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        self._apps: dict[tuple[str, str], App] = {}
        self._issued: dict[str, tuple[App, float]] = {}
        self._answered: dict[Triple, tuple[App, TokenSet, float]] = {}

    def register(self, wanted: AppSettings) -> App:
        """Put an app in place, with a code and a refresh token; one that was there is replaced."""
        app = App(
            client_id=wanted.client_id,
            client_secret=wanted.client_secret,
            location=wanted.location,
            scopes=wanted.scopes,
            expires_in=wanted.expires_in,
            active=wanted.active,
            code=wanted.code or _new_token("code"),
            refresh_token=wanted.refresh_token or _new_token("refresh"),
        )
        self._apps[app.client_id, app.location] = app
        return app

    def apps(self) -> list[App]:
        return list(self._apps.values())

    def change(self, client_id: str, location: str | None, changes: AppChanges) -> list[App]:
        """Change an app in one location, or in all that have it."""
        apps = self._of_client(client_id, location)
        settings = changes.model_dump(exclude_none=True, exclude={"expire_access_tokens", "revoke_refresh_token"})
        for app in apps:
            for name, value in settings.items():
                setattr(app, name, value)
            if changes.revoke_refresh_token:
                app.refresh_token = None
            if changes.expire_access_tokens:
                self._expire(app)
        return apps

    def authorize(self, client_id: str, location: str | None) -> str:
        """Return a new code, as if somebody had chosen the location and let the app in."""
        app = self._of_client(client_id, location)[0]
        app.code = _new_token("code")
        return app.code

    def exchange(self, asked: Parameters) -> TokenSet:
        """Return a new pair of tokens for a code or a refresh token, each good for one use."""
        client = asked.needed("client_id"), asked.needed("client_secret")
        kind = asked.needed("grant_type")
        if kind not in ("authorization_code", "refresh_token"):
            raise asked.wrong("grant_type")
        if asked.get("user_type") not in ("", "Location"):
            raise asked.wrong("user_type")
        apps = [app for app in self.apps() if (app.client_id, app.client_secret) == client]
        if not apps:
            raise Unauthorized("Invalid client credentials!")
        if kind == "authorization_code":
            return self._redeem(apps, asked.needed("code"))
        return self._refresh(apps, (*client, asked.needed("refresh_token")))

    def access(self, token: str) -> AppAccess | None:
        """Return what an access token opens; None if it is none of ours; refuse one that has expired."""
        if token not in self._issued:
            return None
        app, expires_at = self._issued[token]
        if self._clock() >= expires_at:
            raise Unauthorized("Invalid token: access token is invalid")
        return app.access

    def _of_client(self, client_id: str, location: str | None) -> list[App]:
        apps = [app for app in self.apps() if app.client_id == client_id and location in (None, app.location)]
        if not apps:
            raise NotFound(f"There is no app {client_id}; POST /_sandbox/oauth registers one")
        return apps

    def _redeem(self, apps: list[App], code: str) -> TokenSet:
        app = next((app for app in apps if app.code == code), None)
        if app is None:
            raise BadRequest("Invalid grant: authorization code is invalid")
        _refuse_inactive(app)
        app.code = None
        app.exchanges += 1
        return self._issue(app)

    def _refresh(self, apps: list[App], triple: Triple) -> TokenSet:
        if again := self._answered_before(triple):
            return again
        app = next((app for app in apps if app.refresh_token == triple[2]), None)
        if app is None:
            raise BadRequest("Invalid grant: refresh token is invalid")
        _refuse_inactive(app)
        app.refreshes += 1
        tokens = self._issue(app)
        self._answered[triple] = app, tokens, self._clock()
        return tokens

    def _answered_before(self, triple: Triple) -> TokenSet | None:
        if triple not in self._answered:
            return None
        app, tokens, at = self._answered[triple]
        if self._clock() - at > SAME_PAIR_SECONDS:
            return None
        app.repeats += 1
        return tokens

    def _issue(self, app: App) -> TokenSet:
        app.access_token, app.refresh_token = _new_token("access"), _new_token("refresh")
        app.expires_at = self._clock() + app.expires_in
        self._issued[app.access_token] = app, app.expires_at
        return {
            "access_token": app.access_token,
            "token_type": "Bearer",
            "expires_in": app.expires_in,
            "refresh_token": app.refresh_token,
            "scope": " ".join(app.scopes),
            "userType": "Location",
            "locationId": app.location,
            "companyId": COMPANY_ID,
            "userId": USER_ID,
        }

    def _expire(self, app: App) -> None:
        now = self._clock()
        app.expires_at = now
        for token, (owner, expires_at) in self._issued.items():
            if owner is app:
                self._issued[token] = app, min(now, expires_at)


def _refuse_inactive(app: App) -> None:
    # A location whose bill is not paid: the same token works again later.
    if not app.active:
        raise BadRequest("Location is not active")


def _new_token(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(20)}"
