"""Opens locations: the account that HighLevel's client needs, whatever credentials the location has."""

import httpx
from redis import Redis

from shared.config import Config, Location
from shared.highlevel.client import Account
from shared.highlevel.generations import GENERATIONS
from shared.highlevel.oauth import App, OAuthClient, Tokens
from shared.highlevel.wire import Deadline, Wire
from shared.settings import Settings
from shared.stores.tokens import RedisTokens


class Accounts:
    """The accounts of all locations; `tokens` gives those with OAuth their access token."""

    def __init__(self, tokens: Tokens | None) -> None:
        self._tokens = tokens

    @classmethod
    def of(cls, config: Config, settings: Settings, redis: Redis, http: httpx.Client) -> "Accounts":
        """Return the accounts of a configuration; raise SettingsError when it has OAuth, but no SECRET_KEY."""
        if not any(location.oauth for location in config.locations.values()):
            return cls(None)
        client = OAuthClient(Wire(http), str(settings.highlevel_base_url))
        return cls(Tokens(client, RedisTokens(redis, settings)))

    def open(self, alias: str, location: Location, deadline: Deadline) -> Account:
        """Return a location's account; raise TokenBusy or a HighLevelError when its token cannot be had now."""
        token = location.token
        if token is None and self._tokens is not None:
            token = self._tokens.access(alias, app_of(location), deadline)
        if token is None:
            raise ValueError(f"nothing opens the location {alias}")
        return Account(location.location_id, token, GENERATIONS[location.api], location.base_url)

    def reopen(self, alias: str, location: Location, refused: Account, deadline: Deadline) -> Account | None:
        """Return a location's account with another token than the refused one, if it can have one; likewise."""
        if self._tokens is None or location.oauth is None:
            return None
        token = self._tokens.renewed(alias, app_of(location), refused.token, deadline)
        return Account(refused.location_id, token, refused.generation, refused.base_url)


def app_of(location: Location) -> App:
    """Return the marketplace app of a location with OAuth."""
    oauth = location.oauth
    if oauth is None:
        raise ValueError("the location has a token, not OAuth")
    return App(oauth.client_id, oauth.client_secret, oauth.refresh_token)
