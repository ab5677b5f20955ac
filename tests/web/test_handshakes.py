"""How a builder asks by GET whether a URL is ours, and what strangers hear."""

from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.web.conftest import Start, Web, a_form

VERIFY = "a-verify-token-of-ours"
META = a_form(provider="facebook_lead_ads", secret="app-secret", verify_token=VERIFY, fetch={"token": "page-token"})
ASKED = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}


def asked(web: Web, path: str, changed: dict[str, str | None] | None = None) -> TestResponse:
    query = {name: value for name, value in {**ASKED, **(changed or {})}.items() if value is not None}
    return web.client.get(f"{path}?{urlencode(query)}")


def test_who_knows_the_verify_token_hears_the_challenge(start: Start) -> None:
    answer = asked(start({"lead-ads": META}), "/hooks/lead-ads")

    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/hooks/lead-ads", "/hooks/contact", "/hooks/nowhere", "/hooks", "/hooks/no/where"])
@pytest.mark.parametrize("token", ["wrong", "", None, "\u00fc\u20ac", "x" * 5000])
def test_others_hear_nothing_wherever_they_ask(start: Start, path: str, token: str | None) -> None:
    web = start({"lead-ads": META, "contact": a_form()})

    answer = asked(web, path, {"hub.verify_token": token})

    assert (answer.status_code, answer.get_json()) == (403, {"error": "not authorized"})


def test_the_verify_token_of_one_form_opens_no_other(start: Start) -> None:
    web = start({"lead-ads": META, "other": {**META, "verify_token": "another-token"}, "contact": a_form()})

    assert asked(web, "/hooks/other").status_code == 403
    assert asked(web, "/hooks/contact").status_code == 403


def test_a_form_without_a_verify_token_answers_no_challenge(start: Start) -> None:
    form = {name: value for name, value in META.items() if name != "verify_token"}

    assert asked(start({"lead-ads": form}), "/hooks/lead-ads", {"hub.verify_token": ""}).status_code == 403


def test_only_a_subscription_is_confirmed(start: Start) -> None:
    assert asked(start({"lead-ads": META}), "/hooks/lead-ads", {"hub.mode": "unsubscribe"}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/hooks/lead-ads", "/hooks/nowhere", "/hooks/lead-ads/some-token?page=2"])
def test_a_probe_hears_one_line_wherever_it_asks(start: Start, method: str, path: str) -> None:
    answer = start({"lead-ads": META}).client.open(path, method=method)

    assert answer.status_code == 200
    assert answer.text == ("" if method == "HEAD" else "Hookline takes form submissions here, by POST.\n")
