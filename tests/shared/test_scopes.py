from collections.abc import Callable

import httpx
import pytest

from sandbox.app import create_app
from shared.config import Location
from shared.highlevel.client import Account, Client
from shared.highlevel.contact import Contact
from shared.highlevel.errors import MissingScope
from shared.highlevel.wire import Deadline
from shared.scopes import EDIT_CONTACTS, NEEDED, SCOPES, VIEW_CONTACTS, VIEW_CUSTOM_FIELDS, Scope, way_out
from shared.submission import Attempt

ADA = Contact(email="ada@example.com")
IN_TIME = Deadline(ends=60, clock=lambda: 0)
Call = Callable[[Client, Account], object]
CALLS: dict[str, tuple[Call, Scope]] = {
    "upsert": (lambda client, account: client.upsert(account, ADA, IN_TIME), EDIT_CONTACTS),
    "create": (lambda client, account: client.create(account, ADA, IN_TIME), EDIT_CONTACTS),
    "update": (lambda client, account: client.update(account, "c1", ADA, IN_TIME), EDIT_CONTACTS),
    "delete": (lambda client, account: client.delete(account, "c1", IN_TIME), EDIT_CONTACTS),
    "tags": (lambda client, account: client.add_tags(account, "c1", ("a",), IN_TIME), EDIT_CONTACTS),
    "note": (lambda client, account: client.create_note(account, "c1", "text", IN_TIME), EDIT_CONTACTS),
    "read": (lambda client, account: client.get(account, "c1", IN_TIME), VIEW_CONTACTS),
    "notes": (lambda client, account: client.notes(account, "c1", IN_TIME), VIEW_CONTACTS),
    "find": (
        lambda client, account: client.find(account, email=ADA.email, phone=None, deadline=IN_TIME),
        VIEW_CONTACTS,
    ),
    "search": (
        lambda client, account: client.search(account, email=ADA.email, phone=None, deadline=IN_TIME),
        VIEW_CONTACTS,
    ),
    "custom fields": (lambda client, account: client.custom_fields(account, IN_TIME), VIEW_CUSTOM_FIELDS),
}


@pytest.mark.parametrize(("call", "scope"), CALLS.values(), ids=CALLS)
def test_each_call_is_known_to_need_the_scope_that_highlevel_refuses_it_for(call: Call, scope: Scope) -> None:
    others = [other.name for other in SCOPES if other != scope]
    with httpx.Client(transport=httpx.WSGITransport(app=create_app()), base_url="http://highlevel.test") as http:
        http.post("/_sandbox/tokens", json={"tokens": [{"token": "pit-1", "scopes": others}]}).raise_for_status()
        account = Account("L1", Location(location_id="L1", token="pit-1").token)  # type: ignore[arg-type]

        with pytest.raises(MissingScope) as refused:
            call(Client("http://highlevel.test", http), account)

    assert needed(refused.value.attempt) == scope


def needed(attempt: Attempt) -> Scope:
    return NEEDED[attempt.step]


def test_a_private_integration_keeps_its_token_and_an_app_is_connected_again() -> None:
    integration = Location.model_validate({"location_id": "L1", "token": "pit-1"})
    app = Location.model_validate({"location_id": "L1", "oauth": {"client_id": "app", "client_secret": "secret"}})

    assert "tick Edit Contacts (contacts.write); the token stays the same" in way_out("main", integration, "upsert")
    assert "Add Edit Contacts (contacts.write) to the scopes of the app" in way_out("main", app, "upsert")
    assert "hookline oauth connect main" in way_out("main", app, "upsert")
