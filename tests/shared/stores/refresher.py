"""A process that wants the access token of `main`: `python -m tests.shared.stores.refresher REDIS URL [stuck]`."""

import sys
import time

from shared.highlevel.oauth import OAuthClient, Pair, TokenBusy, Tokens
from shared.highlevel.wire import Deadline, Wire, open_http
from shared.journal import connect
from shared.settings import Settings
from shared.stores.tokens import RedisTokens
from tests.shared.stores.token_endpoint import APP

SECRET_KEY = "a-secret-key-of-the-tests-of-tokens"
PATIENCE_SECONDS = 15.0
TURN_SECONDS = 0.05


class Stuck(RedisTokens):
    """Stops for ever between HighLevel's answer and the store, and holds the lock for a second only."""

    def lock(self, alias: str, seconds: float) -> str | None:
        return super().lock(alias, 1)

    def swap(self, alias: str, replaced: Pair | None, pair: Pair) -> bool:
        say("answered")
        sys.stdin.read()
        raise AssertionError("nobody ends this process in good order")


def main(redis_url: str, base_url: str, *how: str) -> None:
    settings = Settings(redis_url=redis_url, secret_key=SECRET_KEY)
    redis = connect(settings, connections=1, retries=1)
    store = Stuck(redis, settings) if how else RedisTokens(redis, settings)
    with open_http(1) as http:
        tokens = Tokens(OAuthClient(Wire(http), base_url), store)
        say("ready")
        sys.stdin.readline()
        say(patiently(tokens))


def patiently(tokens: Tokens) -> str:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        try:
            return tokens.access("main", APP, Deadline.after(20)).get_secret_value()
        except TokenBusy:
            say("busy")
            time.sleep(TURN_SECONDS)
    return "nothing"


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - its test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
