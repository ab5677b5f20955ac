"""
OAuth 2: the tokens of a location that is connected through a marketplace app, kept fresh.

An access token lives for a day. A refresh token is good for one refresh, whose answer brings the next one: when that
answer is lost, somebody has to connect the location again. So a new pair is stored before it is used.

* OAuthClient   the one call: a code or a refresh token becomes a Pair
* TokenStore    where the pairs are, for all processes; the applications bring the real one
* Tokens        the door: an access token that works, refreshed by one process at a time

What can go wrong, beside what any call can meet:

* HighLevelError
  - BadCredentials
    - Reconnect          no refresh token, or one that HighLevel does not take: someone must connect the location
  - LocationInactive     HighLevel has paused the sub-account: the same refresh token works again later
* TokenBusy              another process is just refreshing: come back in `seconds`
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.highlevel.errors import (
    ASK_FOR_ACCESS,
    REPLACE_THE_TOKEN,
    BadCredentials,
    Garbled,
    HighLevelError,
    HighLevelUnavailable,
    Misconfigured,
    RateLimited,
)
from shared.highlevel.wire import Call, Deadline, OutOfTime, Wire
from shared.submission import Attempt, Frozen

PATH = "/oauth/token"
VERSION = "2021-07-28"  # v3 renames what is sent and what comes back
STEP = "token"
A_DAY_SECONDS, A_YEAR_SECONDS = 86_400.0, 366 * 86_400.0
REFRESH_BEFORE = timedelta(minutes=5)
BUSY_SECONDS = 2.0
# For 30 s HighLevel answers the same client_id, client_secret and refresh_token with the same pair
# (https://ideas.gohighlevel.com/changelog/marketplace-api-oauth-smarter-refresh-token-handling-for-distributed-systems).
# A call takes 10 s at most, so whoever is killed between the answer and the store leaves the next one, who comes when
# the lock has expired, enough time to ask again. One that was only slow finds another pair stored, and takes that.
LOCK_SECONDS = 15.0

INVALID_GRANT = re.compile(r"invalid[ _]grant|refresh token is invalid", re.IGNORECASE)
# The same refresh token works again once the bill is paid: https://github.com/GoHighLevel/highlevel-api-docs/issues/249
NOT_ACTIVE = re.compile(r"location is not active", re.IGNORECASE)
LONGEST_MESSAGE = 300
SECRETS = frozenset({"client_secret", "code", "refresh_token"})


class Reconnect(BadCredentials):
    """The location has no refresh token that works: only connecting it helps."""

    def __init__(self, cause: str, attempt: Attempt, alias: str = "ALIAS") -> None:
        super().__init__(f"{cause}. Connect the location with `hookline oauth connect {alias}`.", attempt)
        self.cause = cause


class LocationInactive(HighLevelError):
    """HighLevel has paused the sub-account, as it does when a bill is unpaid: it waits, and keeps its tokens."""


class TokenBusy(Exception):
    """Another process is refreshing the token; it should be there in `seconds`."""

    def __init__(self, seconds: float = BUSY_SECONDS) -> None:
        super().__init__(f"the token is being refreshed; come back in {seconds:g} s")
        self.seconds = seconds


class Pair(Frozen):
    """
    An access token, the refresh token that renews it, and what they open.

    `seeds` are the fingerprints of the configured refresh tokens that it came from or took the place of.
    """

    # Another version of Hookline may have stored more; and no error may show the values.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: SecretStr
    refresh_token: SecretStr
    expires_at: datetime
    location_id: str = ""  # none: the token is for a whole agency
    scope: str = ""
    seeds: tuple[str, ...] = ()


@dataclass(frozen=True)
class App:
    """The marketplace app of a location, as it is configured; its refresh token only begins a chain of them."""

    client_id: str
    client_secret: SecretStr = field(repr=False)
    refresh_token: SecretStr | None = field(default=None, repr=False)


class TokenStore(Protocol):
    """Where the pairs are kept, by the location's alias, for all processes."""

    def load(self, alias: str) -> Pair | None:
        """Return the stored pair; raise Reconnect when it cannot be read."""

    def swap(self, alias: str, replaced: Pair | None, pair: Pair) -> bool:
        """Store a pair if the one that it replaces is still stored, or none is; say whether it was."""

    def put(self, alias: str, pair: Pair) -> None:
        """Store a pair, whatever is there."""

    def lock(self, alias: str, seconds: float) -> str | None:
        """Take the lock for that long and return what unlocks it; None when another has it."""

    def unlock(self, alias: str, owner: str) -> None:
        """Give the lock back, unless it has expired."""

    def fingerprint(self, secret: SecretStr) -> str:
        """Return what a secret can be recognised by."""


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class OAuthClient:
    """HighLevel's token endpoint at one address. What it raises names no token and no secret."""

    def __init__(self, wire: Wire, base_url: str, clock: Callable[[], datetime] = now) -> None:
        self._wire = wire
        self._url = base_url.rstrip("/") + PATH
        self._clock = clock

    def exchange(self, app: App, code: str, redirect_uri: str, deadline: Deadline) -> Pair:
        """Return the first pair of a connection, for the code that its owner's consent brought."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._ask(app, grant, deadline)

    def refresh(self, app: App, refresh_token: SecretStr, deadline: Deadline) -> Pair:
        """Return the next pair; from then on the refresh token is used up."""
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()}
        return self._ask(app, grant, deadline)

    def _ask(self, app: App, grant: dict[str, str], deadline: Deadline) -> Pair:
        app_secret = app.client_secret.get_secret_value()
        form = {"client_id": app.client_id, "client_secret": app_secret, "user_type": "Location", **grant}
        begun = self._clock()
        try:
            attempt = self._wire.send(
                Call(STEP, "POST", self._url, {"Version": VERSION}, form=form), deadline, secret=True
            )
        except HighLevelError as error:
            # Not `from` the original, whose text may repeat what was sent.
            raise _meaning(error, form) from None
        return _pair(attempt, begun, used=grant.get("refresh_token"))


class Tokens:
    """The access tokens of all locations that are connected through an app; all threads of a process share one."""

    def __init__(self, client: OAuthClient, store: TokenStore, clock: Callable[[], datetime] = now) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        # Pairs that could not be stored, with those that they replace: the store was away.
        self._unsaved: dict[str, tuple[Pair | None, Pair]] = {}

    def connect(self, alias: str, app: App, pair: Pair) -> None:
        """Keep the pair of a new connection; it takes the place of the configured refresh token too."""
        self._store.put(alias, pair.model_copy(update={"seeds": self._seeds(app, None)}))

    def access(self, alias: str, app: App, deadline: Deadline) -> SecretStr:
        """Return the location's access token, refreshed when it soon expires."""
        return self._token(_Need(alias, app, deadline))

    def renewed(self, alias: str, app: App, refused: SecretStr, deadline: Deadline) -> SecretStr:
        """Return another access token than the one that HighLevel has refused."""
        return self._token(_Need(alias, app, deadline, refused))

    def _token(self, need: "_Need") -> SecretStr:
        pair = self._load(need.alias)
        if pair and self._serves(pair, need, REFRESH_BEFORE):
            return pair.access_token
        owner = self._store.lock(need.alias, LOCK_SECONDS)
        if owner is None:
            if pair and self._serves(pair, need):
                return pair.access_token
            raise TokenBusy
        try:
            pair = self._load(need.alias)  # again: somebody may just have refreshed it
            if pair and self._serves(pair, need, REFRESH_BEFORE):
                return pair.access_token
            return self._refresh(need, pair)
        finally:
            self._store.unlock(need.alias, owner)

    def _refresh(self, need: "_Need", stored: Pair | None) -> SecretStr:
        try:
            pair = self._next(need, stored)
        except HighLevelError as error:
            return self._despite(error, need)
        self._unsaved[need.alias] = (stored, pair)
        if self._save(need.alias):
            return pair.access_token
        # Somebody else has stored one meanwhile: ours is the same, or older.
        return (self._load(need.alias) or pair).access_token

    def _next(self, need: "_Need", stored: Pair | None) -> Pair:
        if stored is None or self._is_reseeded(stored, need.app):
            refresh_token, seeds = need.app.refresh_token, self._seeds(need.app, stored)
        else:
            refresh_token, seeds = stored.refresh_token, stored.seeds
        if refresh_token is None:
            raise Reconnect("The location is not connected yet", Attempt(at=self._clock(), step=STEP), need.alias)
        return self._ask(need, refresh_token).model_copy(update={"seeds": seeds})

    def _ask(self, need: "_Need", refresh_token: SecretStr) -> Pair:
        try:
            return self._client.refresh(need.app, refresh_token, need.deadline)
        except HighLevelUnavailable as error:
            # Without an answer the token may be used up all the same. Asked again at once, HighLevel repeats the pair.
            if error.status is None:
                with suppress(OutOfTime):
                    return self._client.refresh(need.app, refresh_token, need.deadline)
            raise

    def _despite(self, error: HighLevelError, need: "_Need") -> SecretStr:
        """Return a token that serves although the refresh failed: an old one, or another process's."""
        pair = self._load(need.alias)
        if pair and self._serves(pair, need):
            return pair.access_token
        if isinstance(error, Reconnect):
            raise Reconnect(error.cause, error.attempt, need.alias) from error
        raise error

    def _load(self, alias: str) -> Pair | None:
        self._save(alias)
        return self._store.load(alias)

    def _save(self, alias: str) -> bool:
        unsaved = self._unsaved.get(alias)
        if unsaved is None:
            return False
        saved = self._store.swap(alias, *unsaved)
        if self._unsaved.get(alias) is unsaved:
            self._unsaved.pop(alias, None)  # another thread may have been faster
        return saved

    def _serves(self, pair: Pair, need: "_Need", spare: timedelta = timedelta()) -> bool:
        return (
            pair.access_token != need.refused
            and pair.expires_at - self._clock() > spare
            and not self._is_reseeded(pair, need.app)
        )

    def _is_reseeded(self, pair: Pair, app: App) -> bool:
        """Say whether the configuration has a refresh token that this pair knows nothing of."""
        return not set(self._seeds(app, None)) <= set(pair.seeds)

    def _seeds(self, app: App, replaced: Pair | None) -> tuple[str, ...]:
        # Former ones stay known: a process with yesterday's configuration must not take its seed for a new one.
        former = replaced.seeds if replaced else ()
        return (*former, self._store.fingerprint(app.refresh_token)) if app.refresh_token else former


@dataclass(frozen=True)
class _Need:
    alias: str
    app: App
    deadline: Deadline
    refused: SecretStr | None = field(default=None, repr=False)


class _Answer(BaseModel):
    """What HighLevel answers; both spellings are read, since an answer that is not understood is a lost pair."""

    access_token: SecretStr = Field(min_length=1, validation_alias=AliasChoices("access_token", "accessToken"))
    refresh_token: SecretStr | None = Field(None, validation_alias=AliasChoices("refresh_token", "refreshToken"))
    expires_in: float = Field(
        A_DAY_SECONDS, ge=0, le=A_YEAR_SECONDS, validation_alias=AliasChoices("expires_in", "expiresIn")
    )
    location_id: str | None = Field(None, validation_alias="locationId")
    scope: str | None = None


def _pair(attempt: Attempt, begun: datetime, used: str | None) -> Pair:
    """Return the pair in an answer; where it brings no new refresh token, the used one stays good."""
    try:
        answer = _Answer.model_validate(attempt.response)
        return Pair(
            access_token=answer.access_token,
            refresh_token=answer.refresh_token or used,
            expires_at=begun + timedelta(seconds=answer.expires_in),
            location_id=answer.location_id or "",
            scope=answer.scope or "",
        )
    except ValidationError:
        # Not `from` the original, whose text shows the values.
        kept = attempt.model_copy(update={"response": None})
        raise Garbled("a success without the tokens", kept) from None


def _meaning(error: HighLevelError, form: Mapping[str, str]) -> HighLevelError:
    """Return what a refusal of the token endpoint means: there is no contact in it."""
    text, attempt = _without_secrets(_said(error), form), error.attempt
    match error:
        case RateLimited():
            return RateLimited(text, attempt, error.seconds, error.is_daily)
        case HighLevelUnavailable() | Misconfigured() | Garbled():
            return type(error)(text, attempt)
        case _ if NOT_ACTIVE.search(text):
            return LocationInactive(f"HighLevel has paused the sub-account ({text}): look at its billing", attempt)
        case _ if INVALID_GRANT.search(text):
            given = "code" if "code" in form else "refresh token"
            return Reconnect(f"HighLevel does not take the {given} ({text})", attempt)
        case _:
            cause = f"HighLevel refuses the app ({text}): look at client_id and client_secret of the location"
            return BadCredentials(cause, attempt)


def _said(error: HighLevelError) -> str:
    # What else a 401 or 403 advises is about a location's token.
    text = str(error)
    for advice in (REPLACE_THE_TOKEN, ASK_FOR_ACCESS):
        text = text.removesuffix(f". {advice}.")
    return text


def _without_secrets(text: str, form: Mapping[str, str]) -> str:
    for name in SECRETS & form.keys():
        text = text.replace(form[name], "[removed]") if form[name] else text
    return text[:LONGEST_MESSAGE]
