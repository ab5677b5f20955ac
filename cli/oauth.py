"""`hookline oauth`: locations that are connected through a marketplace app instead of a token."""

import secrets
import webbrowser
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

import click

from cli.callback import Callback
from cli.options import as_json
from cli.output import moment, print_items, print_table
from cli.wiring import Wiring, pass_wiring
from shared.accounts import app_of
from shared.config import Config, Location
from shared.highlevel.errors import MISSING_SCOPE, REPLACE_THE_TOKEN, TICK_THE_SCOPE, HighLevelError
from shared.highlevel.oauth import OAuthClient, Pair, Reconnect, Tokens
from shared.highlevel.wire import Deadline, Wire, open_http
from shared.journal import Hold
from shared.scopes import SCOPES
from shared.stores.tokens import RedisTokens
from shared.submission import Frozen

AUTHORIZE_URL = "https://marketplace.gohighlevel.com/oauth/chooselocation"
ASKED = tuple(scope.name for scope in SCOPES)
CALLBACK_PATH = "/oauth/callback"
# Holds that end when somebody acts.
STOPPED = ("credentials", "inactive")
# What HighLevel's refusals advise where a location has a token of its own.
FOR_TOKENS = (TICK_THE_SCOPE, REPLACE_THE_TOKEN)
EXCHANGE_SECONDS = 20.0


class Connection(Frozen):
    """How a location with OAuth stands; it shows no token."""

    location: str
    connected: bool
    expires_at: datetime | None = None
    scope: str = ""
    note: str = ""


@click.group(epilog="Example: hookline oauth connect main")
def oauth() -> None:
    """Connect locations through a marketplace app."""


@oauth.command(epilog="Example: hookline oauth connect main --browser")
@click.argument("alias")
@click.option("--browser", is_flag=True, help="Open the page of consent in a browser of this machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=8722, show_default=True, help="Where to wait for it.")
@click.option("--timeout", type=click.FloatRange(min=1), default=300, show_default=True, help="Seconds to wait for it.")
@click.option("--code", metavar="CODE", help="Wait for nothing: this is the code, from the address you were sent to.")
@click.option("--redirect-uri", metavar="URL", help="The redirect that the app has registered, if it is another.")
@click.option("--scope", "scopes", multiple=True, default=ASKED, show_default=True, help="Ask for this scope.")
@click.option("--authorize-url", default=AUTHORIZE_URL, metavar="URL", help="The page of consent, if it is another.")
@pass_wiring
def connect(
    wiring: Wiring,
    alias: str,
    browser: bool,
    port: int,
    timeout: float,
    code: str | None,
    redirect_uri: str | None,
    scopes: tuple[str, ...],
    authorize_url: str,
) -> None:
    """
    Connect the location ALIAS through its marketplace app.

    Prints the page where somebody lets the app in, and waits until HighLevel sends the browser back to this machine.
    Where that cannot be, run it again with the --code in the address that the browser was sent to.

    The page is https://marketplace.gohighlevel.com/oauth/chooselocation unless --authorize-url names another.
    """
    location = _with_oauth(wiring.config, alias)
    store = wiring.token_store  # before anything is asked: without SECRET_KEY nothing can be kept
    redirect = redirect_uri or f"http://localhost:{port}{CALLBACK_PATH}"
    if code is None:
        state = secrets.token_urlsafe(32)
        page = consent_page(authorize_url, app_of(location).client_id, redirect, scopes, state)
        code = _code(page, browser, port, urlsplit(redirect).path or "/", state, timeout)
    pair = _connected(wiring, store, alias, location, code.strip(), redirect)
    lifted = wiring.journal.lift(alias)
    click.echo(f"{alias} is connected. Its token is good until {moment(pair.expires_at)}, and renewed before that.")
    if lifted:
        click.echo("Its hold is lifted: what waited goes on its way.")
    if missing := [scope for scope in scopes if pair.scope and scope not in pair.scope.split()]:
        click.echo(f"HighLevel did not grant {', '.join(missing)}: tick it at the app, then connect again.", err=True)


@oauth.command(epilog="Example: hookline oauth status --json")
@as_json
@pass_wiring
def status(wiring: Wiring, as_json: bool) -> None:
    """
    Show which locations are connected.

    With each stands until when its token is good, which scopes were granted last, and why it is held if it is. Exits
    with 1 when one is not connected, or held until somebody acts.
    """
    locations = {alias: location for alias, location in wiring.config.locations.items() if location.oauth}
    holds = {hold.location: hold for hold in wiring.journal.holds() if hold.kind in STOPPED} if locations else {}
    found = [_connection(wiring.token_store, alias, location) for alias, location in locations.items()]
    connections = [_with_hold(one, holds[one.location]) if one.location in holds else one for one in found]
    if as_json:
        print_items(connections)
    elif connections:
        rows = [(one.location, one.connected, one.expires_at, one.scope, one.note) for one in connections]
        print_table(("location", "connected", "token good until", "scope", "note"), rows)
    else:
        click.echo("No location has an oauth table.")
    if holds or not all(one.connected for one in connections):
        raise click.exceptions.Exit(1)


def consent_page(authorize_url: str, client_id: str, redirect: str, scopes: tuple[str, ...], state: str) -> str:
    """Return the address where somebody chooses the location and lets the app in."""
    asked = {
        "response_type": "code",
        "redirect_uri": redirect,
        "client_id": client_id,
        "scope": " ".join(scopes),
        "state": state,
    }
    return f"{authorize_url}{'&' if '?' in authorize_url else '?'}{urlencode(asked, quote_via=quote)}"


def _with_oauth(config: Config, alias: str) -> Location:
    location = config.locations.get(alias)
    if location is None:
        known = ", ".join(config.locations) or "none"
        raise click.ClickException(f"{alias!r} is not a location of the configuration; known are: {known}.")
    if location.oauth is None:
        message = f"{alias} has a token, so there is nothing to connect. For OAuth, give it [locations.{alias}.oauth]"
        raise click.ClickException(f"{message} with client_id and client_secret instead of the token.")
    return location


def _code(page: str, browser: bool, port: int, path: str, state: str, seconds: float) -> str:
    try:
        callback = Callback(port, path, state)
    except OSError as error:
        message = f"Port {port} cannot be listened on: {error.strerror}. Choose another with --port, and register "
        raise click.ClickException(f"{message}its redirect http://localhost:PORT{CALLBACK_PATH} at the app.") from error
    with callback:
        click.echo(f"Open this page, choose the location and let the app in:\n\n{page}\n")
        if browser and not webbrowser.open(page):
            click.echo("No browser can be opened here.", err=True)
        consent = callback.wait(seconds)
    if consent is None:
        message = f"Nothing came back within {seconds:g} seconds. If your browser was sent to an address with a code, "
        raise click.ClickException(f"{message}run this again with --code CODE; else look at the app's redirect URL.")
    if consent.denied:
        raise click.ClickException(f"HighLevel gave no consent: {consent.denied}. Run this again to ask anew.")
    return consent.code


def _connected(wiring: Wiring, store: RedisTokens, alias: str, location: Location, code: str, redirect: str) -> Pair:
    app = app_of(location)
    with open_http(connections=1) as http:
        client = OAuthClient(Wire(http), str(wiring.settings.highlevel_base_url))
        try:
            pair = client.exchange(app, code, redirect, Deadline.after(EXCHANGE_SECONDS))
        except Reconnect as error:
            message = "A code is good once, for a few minutes, and only with the redirect URL that it was asked with"
            raise click.ClickException(f"{error.cause}. {message}: start again.") from error
        except HighLevelError as error:
            raise click.ClickException(f"{error}. Nothing was stored: start again after that.") from error
    _check_location(pair, location)
    Tokens(client, store).connect(alias, app, pair)
    return pair


def _check_location(pair: Pair, location: Location) -> None:
    if not pair.location_id:
        message = "The token is for the whole agency, not for a sub-account. Start again and choose the sub-account"
        raise click.ClickException(f"{message} {location.location_id}; the app's target user must be Sub-Account.")
    if pair.location_id != location.location_id:
        message = f"The token is for {pair.location_id}, but location_id is {location.location_id}."
        raise click.ClickException(f"{message} Start again and choose that sub-account, or correct location_id.")


def _connection(store: RedisTokens, alias: str, location: Location) -> Connection:
    try:
        pair = store.load(alias)
    except Reconnect as error:
        return Connection(location=alias, connected=False, note=str(error))
    if pair:
        return Connection(location=alias, connected=True, expires_at=pair.expires_at, scope=pair.scope)
    if app_of(location).refresh_token:
        note = f"the first delivery, or `hookline doctor {alias}`, uses the configured refresh_token"
        return Connection(location=alias, connected=False, note=note)
    return Connection(location=alias, connected=False, note=f"run `hookline oauth connect {alias}`")


def _with_hold(one: Connection, hold: Hold) -> Connection:
    """Return a connection with why its location is held, and what to do."""
    reason = hold.reason.rstrip(".")
    for advice in FOR_TOKENS:
        reason = reason.removesuffix(f". {advice}")
    connect_again = f"run `hookline oauth connect {one.location}`"
    if hold.kind == "inactive":
        to_do = "it goes on by itself once that is settled"
    elif missing := [name for name in ASKED if name not in one.scope.split()] if MISSING_SCOPE.search(reason) else []:
        to_do = f"add {', '.join(missing)} to the scopes of the app, then {connect_again}"
    else:
        to_do = "" if connect_again.removeprefix("run ") in reason else connect_again
    return one.model_copy(update={"note": "; ".join(filter(None, (f"held: {reason}", to_do)))})
