"""Who may call: the accepted bearer tokens, and what each one opens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from sandbox.refusals import Forbidden, Refused, Unauthorized

NO_SCOPE = "The token is not authorized for this scope."


@dataclass(frozen=True, slots=True)
class Access:
    """What a token opens: one location or all, some scopes or all."""

    location: str | None = None
    scopes: frozenset[str] | None = None

    def check(self, scope: str | None, location: str | None) -> None:
        """Refuse a call that needs another scope or another location; the scope is looked at first."""
        if scope and self.scopes is not None and scope not in self.scopes:
            raise Unauthorized(NO_SCOPE)
        if location and self.location not in (None, location):
            raise self.elsewhere()

    def elsewhere(self) -> Refused:
        return Unauthorized("This location is not accessible from this token!")


@dataclass(frozen=True, slots=True)
class AppAccess(Access):
    """What the access token of an OAuth app opens."""

    def elsewhere(self) -> Refused:
        # https://github.com/GoHighLevel/highlevel-api-docs/issues/213
        return Forbidden("The token does not have access to this location.")


class Token(BaseModel):
    """An accepted token; one with a location opens that location only, one with scopes only what they allow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str = Field(min_length=1)
    location: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def access(self) -> Access:
        return Access(self.location, self.scopes)


class Tokens:
    """The accepted tokens; None means any."""

    def __init__(self, accepted: Iterable[str | Token] | None) -> None:
        self._given = None if accepted is None else tuple(accepted)
        self.clear()

    def clear(self) -> None:
        """Go back to the tokens of the start."""
        self.replace(self._given)

    def replace(self, accepted: Iterable[str | Token] | None) -> None:
        self._accesses = None if accepted is None else _accesses(accepted)

    def access(self, token: str) -> Access:
        """Return what a token opens; refuse one that is unknown."""
        if self._accesses is None:
            return Access()
        if token not in self._accesses:
            raise Unauthorized("Invalid Private Integration token" if token.startswith("pit-") else "Invalid JWT")
        return self._accesses[token]

    def location(self, token: str) -> str | None:
        """Return the one location that a token was accepted for, if it was."""
        access = (self._accesses or {}).get(token)
        return access.location if access else None


def bearer(authorization: str) -> str:
    """Return the token of an Authorization header, or nothing."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _accesses(accepted: Iterable[str | Token]) -> Mapping[str, Access]:
    tokens = (Token(token=entry) if isinstance(entry, str) else entry for entry in accepted)
    return {token.token: token.access for token in tokens}
