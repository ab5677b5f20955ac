"""Who may call: the accepted bearer tokens, and the location that each one is for."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from sandbox.refusals import Unauthorized


class Token(BaseModel):
    """An accepted token; one with a location opens that location only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str = Field(min_length=1)
    location: str | None = None


class Tokens:
    """The accepted tokens; None means any."""

    def __init__(self, accepted: Iterable[str | Token] | None) -> None:
        self._given = None if accepted is None else tuple(accepted)
        self.clear()

    def clear(self) -> None:
        """Go back to the tokens of the start."""
        self.replace(self._given)

    def replace(self, accepted: Iterable[str | Token] | None) -> None:
        self._locations = None if accepted is None else _locations(accepted)

    def check(self, token: str, location: str | None) -> None:
        """Refuse a token that is missing, unknown, or made for another location."""
        if not token:
            raise Unauthorized("Invalid JWT")
        if self._locations is None:
            return
        if token not in self._locations:
            raise Unauthorized("Invalid Private Integration token" if token.startswith("pit-") else "Invalid JWT")
        if location and self._locations[token] not in (None, location):
            raise Unauthorized("This location is not accessible from this token!")


def bearer(authorization: str) -> str:
    """Return the token of an Authorization header, or nothing."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _locations(accepted: Iterable[str | Token]) -> Mapping[str, str | None]:
    tokens = (Token(token=entry) if isinstance(entry, str) else entry for entry in accepted)
    return {token.token: token.location for token in tokens}
