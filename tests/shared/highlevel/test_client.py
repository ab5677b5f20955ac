import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
from pydantic import SecretStr

from shared.highlevel.client import Account, Client
from shared.highlevel.contact import Contact, CustomField, DndSetting, DndSettings
from shared.highlevel.errors import BadCredentials, ContactGone, Duplicate, Garbled, HighLevelUnavailable
from shared.highlevel.generations import GENERATIONS, HOST, Api
from shared.highlevel.wire import Deadline, OutOfTime, open_http

ACCOUNT = Account("L1", SecretStr("pit-secret"))
CONTACT = Contact(email="ada@example.com")
LATER = Deadline(ends=60, clock=lambda: 0)

Handler = Callable[[httpx.Request], httpx.Response]


def a_client(handler: Handler) -> Client:
    return Client("https://highlevel.test/", httpx.Client(transport=httpx.MockTransport(handler)))


def answering(status: int, body: object) -> Client:
    return a_client(lambda _: httpx.Response(status, json=body))


def test_an_upsert_names_the_location_the_version_and_the_token() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"new": True, "contact": {"id": "c1", "tags": ["vip"]}})

    upserted, _ = a_client(handler).upsert(ACCOUNT, CONTACT, LATER)

    [request] = seen
    assert str(request.url) == "https://highlevel.test/contacts/upsert"
    assert request.headers["Version"] == "2021-07-28"
    assert request.headers["Authorization"] == "Bearer pit-secret"
    assert json.loads(request.content) == {"locationId": "L1", "email": "ada@example.com"}
    assert (upserted.id, upserted.new, upserted.tags) == ("c1", True, ("vip",))


WHOLE = Contact(
    email="ada@example.com",
    gender="female",
    dnd=True,
    dnd_settings=DndSettings(sms=DndSetting(status="active")),
    custom_fields=(CustomField(id="f1", field_value="5"),),
)


@pytest.mark.parametrize(
    ("api", "path", "version", "body"),
    [
        (
            "v2",
            "/contacts/upsert",
            "2021-07-28",
            {
                "locationId": "L1",
                "email": "ada@example.com",
                "gender": "female",
                "dnd": True,
                "dndSettings": {"SMS": {"status": "active"}},
                "customFields": [{"id": "f1", "field_value": "5"}],
            },
        ),
        (
            "v3",
            "/contacts/upsert",
            "v3",
            {
                "locationId": "L1",
                "email": "ada@example.com",
                "gender": "female",
                "dnd": True,
                "dndSettings": {"sms": {"status": "active"}},
                "customFields": [{"id": "f1", "fieldValue": "5"}],
            },
        ),
        ("v1", "/v1/contacts/", None, {"email": "ada@example.com", "dnd": True, "customField": {"f1": "5"}}),
    ],
)
def test_each_generation_writes_a_contact_in_its_own_way(
    api: Api, path: str, version: str | None, body: dict[str, object]
) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"contact": {"id": "c1"}})

    account = Account("L1", SecretStr("pit-secret"), GENERATIONS[api])
    a_client(handler).upsert(account, WHOLE, LATER)

    [request] = seen
    assert (request.url.path, request.headers.get("Version")) == (path, version)
    assert json.loads(request.content) == body


@pytest.mark.parametrize(
    ("api", "set_to", "own", "called"),
    [
        ("v2", HOST, "", HOST),
        ("v1", HOST, "", "https://rest.gohighlevel.com"),
        ("v1", "http://127.0.0.1:4010", "", "http://127.0.0.1:4010"),
        ("v1", HOST, "https://proxy.test/ghl/", "https://proxy.test/ghl"),
    ],
)
def test_a_generation_is_called_at_its_own_address_unless_one_is_set(
    api: Api, set_to: str, own: str, called: str
) -> None:
    with httpx.Client() as http:
        assert Client(set_to + "/", http).address(GENERATIONS[api], own) == called


def test_an_update_names_neither_the_location_nor_the_gender() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"succeded": True, "contact": {"id": "c1"}})

    contact, _ = a_client(handler).update(ACCOUNT, "c1", WHOLE, LATER)

    [request] = seen
    assert (request.method, request.url.path, contact.new) == ("PUT", "/contacts/c1", False)
    assert {"locationId", "gender"} & set(json.loads(request.content)) == set()


def test_a_create_of_a_known_person_names_the_contact() -> None:
    meta = {"contactId": "c1", "matchingField": "email"}
    client = answering(400, {"message": "This location does not allow duplicated contacts.", "meta": meta})

    with pytest.raises(Duplicate) as caught:
        client.create(ACCOUNT, CONTACT, LATER)

    assert (caught.value.contact_id, caught.value.matching_field) == ("c1", "email")


@pytest.mark.parametrize(("body", "found"), [({"contact": {"id": "c1"}}, "c1"), ({"contact": None}, None), ({}, None)])
def test_who_is_found_may_be_nobody(body: object, found: str | None) -> None:
    contact, _ = answering(200, body).find(ACCOUNT, email="ada+1@example.com", phone=None, deadline=LATER)

    assert (contact.id if contact else None) == found


def test_an_email_in_a_query_keeps_its_plus() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"contact": None})

    a_client(handler).find(ACCOUNT, email="ada+1@example.com", phone="+14155550142", deadline=LATER)

    assert dict(seen[0].url.params) == {
        "locationId": "L1",
        "email": "ada+1@example.com",
        "number": "+14155550142",
    }


def test_an_attempt_never_holds_the_token() -> None:
    with pytest.raises(BadCredentials) as caught:
        answering(401, {"message": "Invalid JWT"}).upsert(ACCOUNT, CONTACT, LATER)

    assert "pit-secret" not in caught.value.attempt.model_dump_json()
    assert "pit-secret" not in repr(ACCOUNT)


@pytest.mark.parametrize("body", [{}, {"contact": {}}, {"contact": "c1"}, [], "ok", None])
def test_a_success_without_a_contact_is_none(body: object) -> None:
    with pytest.raises(Garbled):
        answering(200, body).upsert(ACCOUNT, CONTACT, LATER)


def test_a_page_of_html_is_no_success() -> None:
    with pytest.raises(Garbled):
        a_client(lambda _: httpx.Response(200, text="<html>Just a moment…")).upsert(ACCOUNT, CONTACT, LATER)


def test_no_answer_is_worth_another_try() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(HighLevelUnavailable) as caught:
        a_client(handler).upsert(ACCOUNT, CONTACT, LATER)

    assert caught.value.attempt.status is None
    assert caught.value.attempt.response == "no answer: ReadTimeout"


@pytest.mark.parametrize("status", [400, 404])
def test_a_contact_that_is_gone_is_known_by_its_message(status: int) -> None:
    client = answering(status, {"message": "Contact with id c1 not found"})

    with pytest.raises(ContactGone):
        client.add_tags(ACCOUNT, "c1", ("a",), LATER)


def test_no_call_is_started_without_time_for_it() -> None:
    client = answering(200, {})

    with pytest.raises(OutOfTime):
        client.upsert(ACCOUNT, CONTACT, Deadline(ends=102.9, clock=lambda: 100))
    with pytest.raises(OutOfTime):
        client.upsert(ACCOUNT, CONTACT, Deadline(ends=200, clock=lambda: 100, is_stopping=lambda: True))


def test_a_call_takes_ten_seconds_at_most() -> None:
    assert Deadline(ends=200, clock=lambda: 100).for_a_call() == 10
    assert Deadline(ends=104, clock=lambda: 100).for_a_call() == 4


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["headers", "body"]
)
def test_an_answer_that_trickles_ends_at_the_deadline(beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.highlevel.wire.LEAST_SECONDS", 0.1)
    with trickling(beginning) as url, open_http(1) as http:
        began = time.monotonic()
        with pytest.raises(HighLevelUnavailable, match="ReadTimeout"):
            Client(url, http).upsert(ACCOUNT, CONTACT, Deadline.after(0.4))

    assert time.monotonic() - began < 5  # far below what the server would go on for


@contextmanager
def trickling(beginning: bytes) -> Iterator[str]:
    """Serve one answer that never ends, a byte at a time."""
    ended = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(beginning)
            while not ended.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        thread.join()


def test_text_with_a_lone_surrogate_can_be_sent() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(201, json={"note": {"id": "n1"}})

    a_client(handler).create_note(ACCOUNT, "c1", "broken \ud83d", LATER)

    assert seen == [b'{"body": "broken \\ud83d"}']


def test_the_shared_http_client_follows_no_redirects_and_says_who_it_is() -> None:
    with open_http(16) as http:
        assert not http.follow_redirects
        assert http.headers["User-Agent"].startswith("Hookline/")
