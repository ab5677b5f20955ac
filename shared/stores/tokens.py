"""The OAuth tokens of all locations, in Redis, encrypted with a key that is made of SECRET_KEY."""

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any, cast

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from redis import Redis

from shared.highlevel.oauth import Pair, Reconnect
from shared.settings import LEAST_KEY_LENGTH, Settings, SettingsError
from shared.submission import Attempt

KEY_BYTES = 32
ANOTHER_KEY = (
    "SECRET_KEY is not the one that the stored tokens were encrypted with: set that one again, or get new tokens"
)


class RedisTokens:
    """A TokenStore in one Redis, under one prefix."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        secret = _usable(settings.secret_key)
        self._redis = redis
        self._prefix = settings.redis_prefix
        self._cipher = Fernet(base64.urlsafe_b64encode(_derived(secret, b"hookline oauth tokens")))
        self._fingerprint_key = _derived(secret, b"hookline oauth fingerprints")
        self._swap = _script(redis, "swap.lua")
        self._unlock = _script(redis, "unlock.lua")

    def load(self, alias: str) -> Pair | None:
        """Return the stored pair; raise Reconnect when another SECRET_KEY has encrypted it."""
        sealed = cast("bytes | None", self._redis.hget(self._key(alias), "pair"))
        if sealed is None:
            return None
        try:
            return Pair.model_validate_json(self._cipher.decrypt(sealed))
        except InvalidToken as error:
            raise Reconnect(ANOTHER_KEY, Attempt(at=datetime.now(UTC), step="token"), alias) from error

    def swap(self, alias: str, replaced: Pair | None, pair: Pair) -> bool:
        """Store a pair if the one that it replaces is still stored, or none is; say whether it was."""
        before = self.fingerprint(replaced.refresh_token) if replaced else ""
        arguments = [before, self.fingerprint(pair.refresh_token), self._sealed(pair)]
        return bool(self._swap(keys=[self._key(alias)], args=arguments))

    def put(self, alias: str, pair: Pair) -> None:
        """Store a pair, whatever is there."""
        fields: list[str | bytes] = ["refresh", self.fingerprint(pair.refresh_token), "pair", self._sealed(pair)]
        self._redis.hset(self._key(alias), items=fields)

    def lock(self, alias: str, seconds: float) -> str | None:
        """Take the lock for that long and return what unlocks it; None when another has it."""
        name, owner = self._key(alias, "lock"), secrets.token_hex(16)
        if self._redis.set(name, owner, nx=True, px=round(seconds * 1000)):
            return owner
        # A lost connection may have repeated the command: then the other is us.
        return owner if self._redis.get(name) == owner.encode() else None

    def unlock(self, alias: str, owner: str) -> None:
        """Give the lock back, unless it has expired."""
        self._unlock(keys=[self._key(alias, "lock")], args=[owner])

    def fingerprint(self, secret: SecretStr) -> str:
        """Return a keyed hash of a secret."""
        return hmac.new(self._fingerprint_key, secret.get_secret_value().encode(), sha256).hexdigest()

    def _sealed(self, pair: Pair) -> bytes:
        opened = {
            "access_token": pair.access_token.get_secret_value(),
            "refresh_token": pair.refresh_token.get_secret_value(),
        }
        return self._cipher.encrypt(json.dumps(pair.model_dump(mode="json") | opened).encode())

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(("oauth", *parts))


def _usable(secret_key: SecretStr) -> bytes:
    secret = secret_key.get_secret_value()
    if len(secret) < LEAST_KEY_LENGTH:
        problem = f"has {len(secret)} characters" if secret else "is not set"
        raise SettingsError(
            f"SECRET_KEY {problem}: the tokens of locations with OAuth are stored encrypted with it. Set it to "
            f'{LEAST_KEY_LENGTH} random characters or more; see "Settings" in the README.'
        )
    return secret.encode()


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def _script(redis: Redis, name: str) -> Callable[..., Any]:
    source = (files("shared.stores") / name).read_text(encoding="utf-8")
    return cast(Callable[..., Any], redis.register_script(source))
