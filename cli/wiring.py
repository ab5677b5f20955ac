"""What a command works with, made when it is first asked for: most commands need only some of it."""

from functools import cached_property
from urllib.parse import urlsplit

import click
import httpx
from redis import Redis

from shared.accounts import Accounts
from shared.checks import checked_config
from shared.config import Config
from shared.journal import Journal, connect
from shared.quarantine import Quarantine
from shared.settings import Settings, SettingsError, load_settings
from shared.stores.custom_fields import FieldCache
from shared.stores.fetches import FetchRefusals
from shared.stores.tokens import RedisTokens

REDIS_CONNECTIONS = 1
# Somebody waits for the answer: waiting once is enough, and what has failed is soon typed again.
REDIS_RETRIES = 0
REDIS_SECONDS = 5


class Wiring:
    """The settings, the configuration and the journal of this process."""

    @cached_property
    def settings(self) -> Settings:
        """Return the environment."""
        return load_settings()

    @cached_property
    def config(self) -> Config:
        """Return the locations and the forms."""
        return checked_config(self.settings.hookline_config)

    @cached_property
    def journal(self) -> Journal:
        """Return the journal."""
        return Journal(self._redis, self.settings)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Return the requests that were refused."""
        return Quarantine(self._redis, self.settings)

    @cached_property
    def token_store(self) -> RedisTokens:
        """Return the tokens of locations with OAuth; raise SettingsError without a SECRET_KEY to keep them with."""
        return RedisTokens(self._redis, self.settings)

    @cached_property
    def field_cache(self) -> FieldCache:
        """Return what is known of the locations' custom fields."""
        return FieldCache(self._redis, self.settings)

    @cached_property
    def fetch_refusals(self) -> FetchRefusals:
        """Return the forms whose answers cannot be fetched."""
        return FetchRefusals(self._redis, self.settings)

    def accounts(self, http: httpx.Client) -> Accounts:
        """Return what opens the locations."""
        return Accounts.of(self.config, self.settings, self._redis, http)

    @property
    def redis_address(self) -> str:
        """Return where Redis is, without the password that its URL may hold."""
        url = urlsplit(self.settings.redis_url)
        return url.netloc.rpartition("@")[2] or url.path

    @cached_property
    def _redis(self) -> Redis:
        try:
            redis = connect(self.settings, REDIS_CONNECTIONS, REDIS_RETRIES, REDIS_SECONDS)
        except ValueError as error:
            raise SettingsError(f'REDIS_URL: {error}. See "Settings" in the README.') from error
        click.get_current_context().find_root().call_on_close(redis.connection_pool.disconnect)
        return redis


pass_wiring = click.make_pass_decorator(Wiring)
