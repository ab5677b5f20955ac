from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import LOCATION, Clock, HighLevel

CLIENT = {"client_id": "app-1", "client_secret": "hush"}
V3_NAMES = {
    "client_id": "clientId",
    "client_secret": "clientSecret",
    "grant_type": "grantType",
    "refresh_token": "refreshToken",
    "user_type": "userType",
}


def register(highlevel: HighLevel, **settings: Any) -> dict[str, Any]:
    wanted = {**CLIENT, "location": LOCATION, **settings}
    registered: dict[str, Any] = highlevel.http.post("/_sandbox/oauth", json=wanted).raise_for_status().json()
    return registered


def change(highlevel: HighLevel, **changes: Any) -> httpx.Response:
    return highlevel.http.patch("/_sandbox/oauth/app-1", json=changes)


def app(highlevel: HighLevel) -> dict[str, Any]:
    registered: dict[str, Any] = highlevel.http.get("/_sandbox/oauth").json()["apps"][0]
    return registered


def ask(highlevel: HighLevel, version: str | None = None, **form: str | None) -> httpx.Response:
    asked = {name: value for name, value in {**CLIENT, "user_type": "Location", **form}.items() if value is not None}
    highlevel.http.headers.pop("Version", None)
    if version:
        highlevel.http.headers["Version"] = version
    return highlevel.http.post("/oauth/token", data=asked)


def refresh(highlevel: HighLevel, token: str, **more: str | None) -> httpx.Response:
    return ask(highlevel, grant_type="refresh_token", refresh_token=token, **more)


def call_with(highlevel: HighLevel, token: str, location: str = LOCATION) -> httpx.Response:
    highlevel.http.headers.update({"Authorization": f"Bearer {token}", "Version": "2021-07-28"})
    return highlevel.upsert(location=location, email="ada@example.com")


def test_a_refresh_token_gives_a_new_pair(highlevel: HighLevel) -> None:
    registered = register(highlevel, scopes=["contacts.write", "contacts.readonly"])
    answer = refresh(highlevel, registered["refresh_token"])

    tokens = answer.json()
    assert answer.status_code == 200
    assert tokens["refresh_token"] != registered["refresh_token"]
    assert (
        tokens.items()
        >= {
            "token_type": "Bearer",
            "expires_in": 86_399,
            "scope": "contacts.write contacts.readonly",
            "userType": "Location",
            "locationId": LOCATION,
        }.items()
    )
    assert tokens["companyId"]
    assert tokens["userId"]
    assert app(highlevel)["access_token"] == tokens["access_token"]


def test_a_refresh_token_is_good_for_one_use(highlevel: HighLevel, clock: Clock) -> None:
    first = register(highlevel, refresh_token="first")["refresh_token"]
    second = refresh(highlevel, first).json()["refresh_token"]
    clock.advance(31)

    assert refresh(highlevel, first).status_code == 400
    assert refresh(highlevel, first).json()["message"] == "Invalid grant: refresh token is invalid"
    assert refresh(highlevel, second).status_code == 200
    assert app(highlevel)["refreshes"] == 2


def test_the_same_triple_gets_the_same_pair_for_30_seconds(highlevel: HighLevel, clock: Clock) -> None:
    register(highlevel, refresh_token="first")
    one = refresh(highlevel, "first")
    clock.advance(30)
    other = refresh(highlevel, "first")

    assert one.json() == other.json()
    assert (app(highlevel)["refreshes"], app(highlevel)["repeats"]) == (1, 1)


def test_a_code_is_exchanged_once(highlevel: HighLevel) -> None:
    register(highlevel, code="c0de")
    first = ask(highlevel, grant_type="authorization_code", code="c0de")
    second = ask(highlevel, grant_type="authorization_code", code="c0de")

    assert first.json()["locationId"] == LOCATION
    assert second.status_code == 400
    assert second.json()["message"] == "Invalid grant: authorization code is invalid"
    assert app(highlevel)["exchanges"] == 1


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"client_id": None}, "Missing parameter: client_id"),
        ({"client_secret": ""}, "Missing parameter: client_secret"),
        ({"grant_type": None}, "Missing parameter: grant_type"),
        ({"refresh_token": None}, "Missing parameter: refresh_token"),
        ({"grant_type": "authorization_code"}, "Missing parameter: code"),
        ({"grant_type": "password"}, "Invalid parameter: grant_type"),
        ({"user_type": "Robot"}, "Invalid parameter: user_type"),
    ],
)
def test_what_is_missing_or_wrong_is_named(highlevel: HighLevel, form: dict[str, str | None], message: str) -> None:
    register(highlevel, refresh_token="first")
    answer = ask(highlevel, **{"grant_type": "refresh_token", "refresh_token": "first", **form})

    assert answer.status_code == 400
    assert answer.json()["message"] == message
    assert app(highlevel)["refreshes"] == 0


@pytest.mark.parametrize("wrong", [{"client_id": "app-2"}, {"client_secret": "loud"}])
def test_a_wrong_client_is_a_401(highlevel: HighLevel, wrong: dict[str, str]) -> None:
    register(highlevel, refresh_token="first")
    answer = refresh(highlevel, "first", **wrong)

    assert answer.status_code == 401
    assert answer.json()["message"] == "Invalid client credentials!"


def test_an_inactive_location_does_not_use_the_token_up(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first", active=False)
    paused = refresh(highlevel, "first")
    change(highlevel, active=True)
    active = refresh(highlevel, "first")

    assert (paused.status_code, paused.json()["message"]) == (400, "Location is not active")
    assert active.status_code == 200


def test_an_access_token_opens_its_location_until_it_expires(highlevel: HighLevel, clock: Clock) -> None:
    register(highlevel, refresh_token="first")
    token = refresh(highlevel, "first").json()["access_token"]
    own = call_with(highlevel, token)
    other = call_with(highlevel, token, location="another")
    clock.advance(86_399)
    expired = call_with(highlevel, token)

    assert own.status_code == 200
    assert (other.status_code, other.json()["message"]) == (403, "The token does not have access to this location.")
    assert (expired.status_code, expired.json()["message"]) == (401, "Invalid token: access token is invalid")


def test_an_access_token_has_the_scopes_of_its_app(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first", scopes=["contacts.readonly"])
    answer = call_with(highlevel, refresh(highlevel, "first").json()["access_token"])

    assert answer.json()["message"] == "The token is not authorized for this scope."


def test_access_tokens_expire_at_once_when_asked(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first")
    tokens = refresh(highlevel, "first").json()
    change(highlevel, expire_access_tokens=True)

    assert call_with(highlevel, tokens["access_token"]).status_code == 401
    assert call_with(highlevel, refresh(highlevel, tokens["refresh_token"]).json()["access_token"]).status_code == 200


def test_what_is_changed_to_nothing_stays(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first")
    change(highlevel, scopes=None, active=None, expires_in=60, client_secret=None)

    assert refresh(highlevel, "first").json()["expires_in"] == 60
    assert app(highlevel)["scopes"]


def test_a_refresh_token_is_revoked_when_asked(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first")
    change(highlevel, revoke_refresh_token=True)

    assert refresh(highlevel, "first").json()["message"] == "Invalid grant: refresh token is invalid"


def test_one_app_may_be_in_several_locations(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="one")
    register(highlevel, refresh_token="two", location="another")
    highlevel.http.patch("/_sandbox/oauth/app-1", params={"location": "another"}, json={"active": False})

    assert refresh(highlevel, "one").json()["locationId"] == LOCATION
    assert refresh(highlevel, "two").json()["message"] == "Location is not active"


def test_v3_spells_the_names_in_camel_case_both_ways(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first")
    form = {"grantType": "refresh_token", "clientId": "app-1", "clientSecret": "hush", "refreshToken": "first"}
    answer = ask(highlevel, version="v3", **dict.fromkeys(V3_NAMES), **form)

    assert answer.status_code == 200
    assert {"accessToken", "refreshToken", "expiresIn", "tokenType", "userType"} <= answer.json().keys()
    assert not any("_" in name for name in answer.json())


def test_v3_says_no_in_its_own_envelope(highlevel: HighLevel) -> None:
    register(highlevel)
    missing = ask(highlevel, version="v3")
    form = {"grantType": "refresh_token", "clientId": "app-1", "clientSecret": "hush", "refreshToken": "old"}
    refused = ask(highlevel, version="v3", **form)

    assert missing.json()["error"]["message"] == "Missing parameter: clientId"
    assert refused.status_code == 400
    assert refused.json() == {
        "error": {
            "code": "INVALID_ARGUMENT",
            "message": "Invalid grant: refresh token is invalid",
            "details": {},
            "resolution": "",
        }
    }


def test_choosing_a_location_leads_back_with_a_code(highlevel: HighLevel) -> None:
    register(highlevel)
    query = {
        "response_type": "code",
        "client_id": "app-1",
        "redirect_uri": "http://127.0.0.1:9/back?a=1",
        "scope": "contacts.write",
        "state": "s t",
    }
    answer = highlevel.http.get("/oauth/chooselocation", params=query)

    back = httpx.URL(answer.headers["Location"])
    assert answer.status_code == 302
    assert (back.host, back.params["a"], back.params["state"]) == ("127.0.0.1", "1", "s t")
    assert ask(highlevel, grant_type="authorization_code", code=back.params["code"]).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"redirect_uri": "javascript:alert(1)"}, 400), ({"response_type": "token"}, 400), ({"client_id": "app-2"}, 404)],
)
def test_a_wrong_choice_leads_nowhere(highlevel: HighLevel, wrong: dict[str, str], status: int) -> None:
    register(highlevel)
    query = {"response_type": "code", "client_id": "app-1", "redirect_uri": "http://127.0.0.1:9/back", **wrong}

    assert highlevel.http.get("/oauth/chooselocation", params=query).status_code == status


def test_the_token_call_needs_no_bearer_is_not_limited_and_is_logged(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first")
    highlevel.http.post("/_sandbox/limits", json={"max_requests": 0})
    del highlevel.http.headers["Authorization"]
    answer = refresh(highlevel, "first")

    assert answer.status_code == 200
    assert "X-RateLimit-Max" not in answer.headers
    assert highlevel.calls()[0]["path"] == "/oauth/token"


def test_a_fault_may_hit_the_token_call(highlevel: HighLevel) -> None:
    register(highlevel, refresh_token="first")
    highlevel.add_fault(match={"path": "/oauth/token"}, status=503)

    assert refresh(highlevel, "first").status_code == 503
    assert refresh(highlevel, "first").status_code == 200


def test_an_unknown_version_of_the_token_call_is_a_401(highlevel: HighLevel) -> None:
    assert ask(highlevel, version="2020-01-01").status_code == 401


def test_changing_an_app_that_nobody_registered_is_a_404(highlevel: HighLevel) -> None:
    assert change(highlevel, active=False).status_code == 404


def test_apps_are_forgotten_with_the_state(highlevel: HighLevel) -> None:
    register(highlevel)
    highlevel.http.delete("/_sandbox/state")

    assert highlevel.http.get("/_sandbox/oauth").json() == {"apps": []}
