"""The page of consent is a function that sends its visitor back, as HighLevel does."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from redis import Redis

from cli.callback import Consent, consent_in
from cli.oauth import consent_page
from shared.highlevel.errors import REPLACE_THE_TOKEN, TICK_THE_SCOPE
from shared.journal import Journal
from shared.local_redis import free_port
from shared.settings import Settings
from shared.stores.tokens import RedisTokens
from tests.cli.conftest import Hookline, hookline_with
from tests.shared.journal.factories import Bench
from tests.shared.stores.refresher import SECRET_KEY
from tests.shared.stores.token_endpoint import START, TokenEndpoint, a_pair, served

CONFIGURATION = """
[locations.main]
location_id = "loc-1"

[locations.main.oauth]
client_id = "app-1"
client_secret = "the-client-secret"

[locations.plain]
location_id = "loc-2"
token = "pit-very-secret"

[forms.contact-us]
provider = "html_form"
url_token = "a-token-that-is-long-enough"
location = "main"
"""
WAIT_SECONDS = 10
Visit = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"secret_key": Settings(secret_key=SECRET_KEY).secret_key})


@pytest.fixture
def endpoint() -> TokenEndpoint:
    return TokenEndpoint()


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "hookline.toml"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture
def environment(endpoint: TokenEndpoint, configuration: Path, settings: Settings) -> Iterator[dict[str, str]]:
    with served(endpoint) as url:
        yield {
            "HOOKLINE_CONFIG": str(configuration),
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": SECRET_KEY,
            "HIGHLEVEL_BASE_URL": url,
        }


@pytest.fixture
def hookline(redis: Redis, environment: dict[str, str]) -> Hookline:
    return hookline_with(environment)


@pytest.fixture
def store(redis: Redis, settings: Settings) -> RedisTokens:
    return RedisTokens(redis, settings)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[int]]]:
    """Return a function that says what the visitor of the page of consent is sent back with, one visit each."""
    threads: list[threading.Thread] = []

    def will_send(*visits: Visit) -> list[int]:
        statuses: list[int] = []

        def go(asked: dict[str, str]) -> None:
            for visit in visits:
                target = f"{asked['redirect_uri']}?{urlencode(visit(asked))}"
                statuses.append(httpx.get(target, timeout=WAIT_SECONDS, trust_env=False).status_code)

        def open_page(page: str) -> bool:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
            threads.append(threading.Thread(target=go, args=(asked,)))
            threads[-1].start()
            return True

        monkeypatch.setattr("webbrowser.open", open_page)
        return statuses

    yield will_send
    for thread in threads:
        thread.join(WAIT_SECONDS)


def consenting(asked: dict[str, str]) -> dict[str, str]:
    return {"code": "code-1", "state": asked["state"]}


def forged(_: dict[str, str]) -> dict[str, str]:
    return {"code": "code-of-somebody-else", "state": "another"}


def denying(asked: dict[str, str]) -> dict[str, str]:
    return {"error": "access_denied", "state": asked["state"]}


def browsing() -> tuple[str, ...]:
    return ("oauth", "connect", "main", "--browser", "--port", str(free_port()), "--timeout", str(WAIT_SECONDS))


def test_a_location_is_connected_by_consent_in_a_browser(
    hookline: Hookline, browser: Callable[..., list[int]], store: RedisTokens, endpoint: TokenEndpoint
) -> None:
    statuses = browser(consenting)

    result = hookline(*browsing())

    assert result.exit_code == 0
    assert "https://marketplace.gohighlevel.com/oauth/chooselocation?response_type=code&" in result.stdout
    assert "main is connected. Its token is good until " in result.stdout
    assert statuses == [200]
    [form] = endpoint.calls
    assert form["code"] == "code-1"
    assert form["redirect_uri"].startswith("http://localhost:")
    pair = store.load("main")
    assert pair
    assert (pair.access_token.get_secret_value(), pair.location_id) == ("access-1", "loc-1")


def test_an_answer_to_another_request_is_refused_and_the_right_one_awaited(
    hookline: Hookline, browser: Callable[..., list[int]], endpoint: TokenEndpoint
) -> None:
    statuses = browser(forged, consenting)

    result = hookline(*browsing())

    assert result.exit_code == 0
    assert statuses == [404, 200]
    assert [form["code"] for form in endpoint.calls] == ["code-1"]


def test_denied_consent_is_said(hookline: Hookline, browser: Callable[..., list[int]], endpoint: TokenEndpoint) -> None:
    browser(denying)

    result = hookline(*browsing())

    assert result.exit_code == 1
    assert "HighLevel gave no consent: access_denied." in result.stderr
    assert endpoint.calls == []


def test_when_nothing_comes_back_the_way_out_is_said(hookline: Hookline) -> None:
    result = hookline("oauth", "connect", "main", "--port", str(free_port()), "--timeout", "1")

    assert result.exit_code == 1
    assert "Nothing came back within 1 seconds" in result.stderr
    assert "--code CODE" in result.stderr


def test_a_port_in_use_is_said(hookline: Hookline) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        result = hookline("oauth", "connect", "main", "--port", str(port))

    assert result.exit_code == 1
    assert f"Port {port} cannot be listened on" in result.stderr
    assert "--port" in result.stderr


def test_a_location_is_connected_with_a_code_alone_and_its_hold_ends(
    hookline: Hookline, store: RedisTokens, endpoint: TokenEndpoint, journal: Journal
) -> None:
    hold(journal, "main")

    result = hookline("oauth", "connect", "main", "--code", "code-1", "--redirect-uri", "https://example.com/back")

    assert result.exit_code == 0
    assert "Its hold is lifted" in result.stdout
    assert journal.holds() == []
    assert endpoint.calls[0]["redirect_uri"] == "https://example.com/back"
    assert store.load("main")


def test_no_token_and_no_secret_is_printed(hookline: Hookline) -> None:
    connected = hookline("oauth", "connect", "main", "--code", "code-1")
    refused = hookline("oauth", "connect", "main", "--code", "code-2")
    shown = hookline("oauth", "status", "--json")

    output = connected.output + refused.output + shown.output
    assert refused.exit_code == 1
    assert not [secret for secret in ("access-", "refresh-", "the-client-secret", "code-2") if secret in output]


def test_a_code_that_is_used_up_is_said_with_the_way_out(hookline: Hookline, store: RedisTokens) -> None:
    result = hookline("oauth", "connect", "main", "--code", "code-of-yesterday")

    assert result.exit_code == 1
    assert "HighLevel does not take the code" in result.stderr
    assert "start again" in result.stderr
    assert store.load("main") is None


def test_a_wrong_client_secret_is_said(hookline: Hookline, configuration: Path) -> None:
    configuration.write_text(CONFIGURATION.replace("the-client-secret", "another-secret"))

    result = hookline("oauth", "connect", "main", "--code", "code-1")

    assert result.exit_code == 1
    assert "look at client_id and client_secret" in result.stderr
    assert "another-secret" not in result.output


@pytest.mark.parametrize(
    ("granted", "said"),
    [("loc-9", "The token is for loc-9, but location_id is loc-1."), ("", "for the whole agency")],
)
def test_a_token_of_another_place_is_refused(
    hookline: Hookline, endpoint: TokenEndpoint, store: RedisTokens, granted: str, said: str
) -> None:
    endpoint.location = granted

    result = hookline("oauth", "connect", "main", "--code", "code-1")

    assert result.exit_code == 1
    assert said in result.stderr
    assert store.load("main") is None


def test_a_scope_that_was_not_granted_is_named(hookline: Hookline, endpoint: TokenEndpoint) -> None:
    endpoint.scope = "contacts.readonly contacts.write"

    result = hookline("oauth", "connect", "main", "--code", "code-1")

    assert result.exit_code == 0
    assert "HighLevel did not grant locations/customFields.readonly" in result.stderr


@pytest.mark.parametrize(
    ("alias", "said"),
    [("nowhere", "known are: main, plain"), ("plain", "[locations.plain.oauth]")],
)
def test_only_a_location_with_an_oauth_table_can_be_connected(hookline: Hookline, alias: str, said: str) -> None:
    result = hookline("oauth", "connect", alias)

    assert result.exit_code == 1
    assert said in result.stderr


def test_without_a_secret_key_nothing_is_asked(environment: dict[str, str], endpoint: TokenEndpoint) -> None:
    result = hookline_with({**environment, "SECRET_KEY": ""})("oauth", "connect", "main", "--code", "code-1")

    assert result.exit_code == 1
    assert "SECRET_KEY, which is not set" in result.stderr
    assert endpoint.calls == []


def test_status_shows_until_when_each_location_is_connected(hookline: Hookline, store: RedisTokens) -> None:
    store.put("main", a_pair(1, START, scope="contacts.write"))

    [row] = json.loads(hookline("oauth", "status", "--json").stdout)["items"]
    shown = hookline("oauth", "status").stdout

    assert (row["location"], row["connected"], row["scope"]) == ("main", True, "contacts.write")
    assert datetime.fromisoformat(row["expires_at"]) == START
    assert "2026-11-20T12:00:00Z" in shown


def test_status_says_how_to_connect_a_location_that_is_not(hookline: Hookline, configuration: Path) -> None:
    [row] = json.loads(hookline("oauth", "status", "--json").stdout)["items"]
    seeded = CONFIGURATION.replace("[locations.plain]", 'refresh_token = "refresh-0"\n\n[locations.plain]')
    configuration.write_text(seeded)
    [with_seed] = json.loads(hookline("oauth", "status", "--json").stdout)["items"]

    assert (row["connected"], row["note"]) == (False, "run `hookline oauth connect main`")
    assert (with_seed["connected"], "configured refresh_token" in with_seed["note"]) == (False, True)


@pytest.mark.parametrize(
    ("kind", "reason", "said"),
    [
        (
            "credentials",
            "HighLevel refuses the app (no): look at client_id and client_secret of the location",
            "held: HighLevel refuses the app (no): look at client_id and client_secret of the location; "
            "run `hookline oauth connect main`",
        ),
        (
            "credentials",
            f"Invalid token. {REPLACE_THE_TOKEN}.",
            "held: Invalid token; run `hookline oauth connect main`",
        ),
        (
            "credentials",
            f"The token is not authorized for this scope. {TICK_THE_SCOPE}.",
            "held: The token is not authorized for this scope; add contacts.readonly, "
            "locations/customFields.readonly to the scopes of the app, then run `hookline oauth connect main`",
        ),
        (
            "credentials",
            "HighLevel does not take it. Connect the location with `hookline oauth connect main`.",
            "held: HighLevel does not take it. Connect the location with `hookline oauth connect main`",
        ),
        ("inactive", "look at its billing", "held: look at its billing; it goes on by itself once that is settled"),
    ],
)
def test_status_says_why_a_connected_location_is_held_and_exits_with_1(
    hookline: Hookline, store: RedisTokens, journal: Journal, kind: str, reason: str, said: str
) -> None:
    store.put("main", a_pair(1, START, scope="contacts.write"))
    hold(journal, "main", kind, reason)

    shown = hookline("oauth", "status", "--json")

    [row] = json.loads(shown.stdout)["items"]
    assert (row["connected"], row["note"]) == (True, said)
    assert shown.exit_code == 1


def test_status_exits_with_1_only_when_somebody_has_to_act(
    hookline: Hookline, store: RedisTokens, journal: Journal
) -> None:
    not_connected = hookline("oauth", "status")
    store.put("main", a_pair(1, START))
    connected = hookline("oauth", "status")
    hold(journal, "main", "outage", "HighLevel is down")
    held_by_itself = hookline("oauth", "status")

    assert not_connected.exit_code == 1
    assert connected.exit_code == held_by_itself.exit_code == 0


def test_status_says_when_the_secret_key_has_changed(environment: dict[str, str], store: RedisTokens) -> None:
    store.put("main", a_pair(1))

    shown = hookline_with({**environment, "SECRET_KEY": "x" * 32})("oauth", "status", "--json")

    [row] = json.loads(shown.stdout)["items"]
    assert not row["connected"]
    assert "SECRET_KEY is not the one" in row["note"]


def test_without_oauth_no_secret_key_is_needed(environment: dict[str, str], configuration: Path) -> None:
    configuration.write_text('[locations.plain]\nlocation_id = "loc-2"\ntoken = "pit-very-secret"\n')

    result = hookline_with({**environment, "SECRET_KEY": ""})("oauth", "status")

    assert (result.exit_code, result.stdout) == (0, "No location has an oauth table.\n")


def test_the_page_of_consent_asks_for_the_scopes_of_this_app() -> None:
    page = consent_page("https://h.test/choose?version_id=1", "app-1", "http://localhost:1/x", ("a.b", "c/d"), "s")

    assert page == (
        "https://h.test/choose?version_id=1&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fx"
        "&client_id=app-1&scope=a.b%20c%2Fd&state=s"
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/back?code=c&state=s", Consent(code="c")),
        ("/back?error=access_denied&state=s", Consent(denied="access_denied")),
        ("/back?error=x&error_description=You+said+no&state=s", Consent(denied="You said no")),
        ("/back?state=s", Consent(denied="no code came back")),
        ("/back?code=c&state=other", None),
        ("/back?code=c", None),
        ("/back?code=c&state=%C3%A9", None),
        ("/favicon.ico", None),
        ("//[broken", None),
    ],
)
def test_only_the_answer_to_our_request_counts(target: str, expected: Consent | None) -> None:
    assert consent_in(target, "/back", "s") == expected


def hold(journal: Journal, alias: str, kind: str = "credentials", reason: str = "not connected") -> None:
    lease = Bench(journal).leased("one", location=alias)
    lease.hold(kind, reason, status=None, seconds=15, token="", calls=1)
