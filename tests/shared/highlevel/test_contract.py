"""Every request that our client can make, and every answer it gets, judged by HighLevel's own documents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from pydantic import SecretStr

from sandbox.app import create_app
from shared.highlevel.client import Account, Client
from shared.highlevel.contact import (
    Contact,
    CustomField,
    DndSetting,
    DndSettings,
    InboundDndSetting,
    InboundDndSettings,
)
from shared.highlevel.oauth import App, OAuthClient
from shared.highlevel.wire import Deadline, Wire
from tests.sandbox.judge import CONTACTS, CUSTOM_FIELDS, OAUTH, Judge, judge_by, let_custom_values_be_of_their_type

LATER = Deadline(ends=60, clock=lambda: 0)
ACCOUNT = Account("L1", SecretStr("pit-1"))
# Every field there is: one that a later version adds is missing here until it is given.
WHOLE = Contact(
    first_name="Ada",
    last_name="Lovelace",
    name="Ada Lovelace",
    email="ada@example.com",
    phone="+14155550142",
    gender="female",
    date_of_birth="1990-09-25",
    company_name="Engines",
    website="https://example.com",
    timezone="Europe/London",
    address1="1 Main St",
    city="London",
    state="Greater London",
    postal_code="N1",
    country="GB",
    source="form",
    assigned_to="user1",
    dnd=True,
    dnd_settings=DndSettings(
        call=DndSetting(status="active"),
        email=DndSetting(status="inactive"),
        sms=DndSetting(status="permanent"),
        whatsapp=DndSetting(status="active"),
        gmb=DndSetting(status="active"),
        fb=DndSetting(status="active"),
    ),
    inbound_dnd_settings=InboundDndSettings(all=InboundDndSetting(status="active")),
    custom_fields=(
        CustomField(id="f1", field_value="text"),
        CustomField(id="f2", field_value=5),
        CustomField(id="f3", field_value=["a", "b"]),
        CustomField(key="budget", field_value="9"),
    ),
    create_new_if_duplicate_allowed=True,
)


@dataclass
class Court:
    """A client of a sandbox, and all that went between the two."""

    client: Client
    oauth: OAuthClient
    http: httpx.Client
    heard: list[httpx.Response]

    def contact(self) -> str:
        made, _ = self.client.upsert(ACCOUNT, Contact(email="ada@example.com"), LATER)
        return made.id


@pytest.fixture
def court() -> Iterator[Court]:
    heard: list[httpx.Response] = []
    app = create_app()

    class Recorder(httpx.WSGITransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            answer.request = request
            answer.read()
            heard.append(answer)
            return answer

    with httpx.Client(transport=Recorder(app=app)) as http:
        oauth = OAuthClient(Wire(http), "http://highlevel.test")
        yield Court(Client("http://highlevel.test", http), oauth, http, heard)


@pytest.fixture(scope="module")
def contacts_judge() -> Judge:
    return judge_by(CONTACTS, let_custom_values_be_of_their_type)


CALLS: dict[str, Callable[[Court], object]] = {
    "upsert": lambda court: court.client.upsert(ACCOUNT, WHOLE, LATER),
    "upsert of little": lambda court: court.client.upsert(ACCOUNT, Contact(phone="+14155550142"), LATER),
    "create": lambda court: court.client.create(
        ACCOUNT, WHOLE.model_copy(update={"create_new_if_duplicate_allowed": None}), LATER
    ),
    "update": lambda court: court.client.update(ACCOUNT, court.contact(), WHOLE, LATER),
    "get": lambda court: court.client.get(ACCOUNT, court.contact(), LATER),
    "delete": lambda court: court.client.delete(ACCOUNT, court.contact(), LATER),
    "find": lambda court: court.client.find(ACCOUNT, email="ada+1@example.com", phone="+14155550142", deadline=LATER),
    "search": lambda court: court.client.search(ACCOUNT, email="ada@example.com", phone=None, deadline=LATER),
    "search by phone": lambda court: court.client.search(ACCOUNT, email=None, phone="+14155550142", deadline=LATER),
    "tags": lambda court: court.client.add_tags(ACCOUNT, court.contact(), ("website",), LATER),
    "note": lambda court: court.client.create_note(ACCOUNT, court.contact(), "Tea: green", LATER),
    "notes": lambda court: court.client.notes(ACCOUNT, court.contact(), LATER),
}


def test_the_whole_contact_is_whole() -> None:
    assert [name for name in Contact.model_fields if not getattr(WHOLE, name)] == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_each_call_and_its_answer_are_as_highlevel_documents_them(
    court: Court, contacts_judge: Judge, call: Callable[[Court], object]
) -> None:
    call(court)

    assert court.heard
    for answer in court.heard:
        assert answer.is_success
        contacts_judge(answer)


def test_the_list_of_custom_fields_is_as_documented(court: Court) -> None:
    field = {"id": "f1", "name": "Budget", "fieldKey": "contact.budget", "dataType": "MONETORY"}
    court.http.post("http://highlevel.test/_sandbox/locations/L1", json={"custom_fields": [field]})
    court.heard.clear()
    catalogue, _ = court.client.custom_fields(ACCOUNT, LATER)

    assert [found.name for found in catalogue.fields] == ["Budget"]
    judge_by(CUSTOM_FIELDS)(court.heard[0])


def test_a_refresh_and_an_exchange_are_as_documented(court: Court) -> None:
    wanted = {"client_id": "app", "client_secret": "secret", "location": "L1"}
    made = court.http.post("http://highlevel.test/_sandbox/oauth", json=wanted).json()
    court.heard.clear()
    app = App("app", SecretStr("secret"))
    court.oauth.exchange(app, made["code"], "http://localhost:8722/oauth/callback", LATER)
    refresh = court.http.get("http://highlevel.test/_sandbox/oauth").json()["apps"][0]["refresh_token"]
    court.oauth.refresh(app, SecretStr(refresh), LATER)

    exchanged, _, refreshed = court.heard
    judge = judge_by(OAUTH)
    judge(exchanged)
    judge(refreshed)


def test_a_wrong_request_of_ours_would_be_refused(court: Court, contacts_judge: Judge) -> None:
    court.client.upsert(ACCOUNT, WHOLE, LATER)
    answer = court.heard[0]
    answer.request = httpx.Request("POST", answer.request.url, headers=answer.request.headers, json={"email": 5})

    with pytest.raises(Exception, match="Request body validation error"):
        contacts_judge(answer)


def test_a_wrong_answer_of_the_sandbox_would_be_refused(court: Court, contacts_judge: Judge) -> None:
    court.client.upsert(ACCOUNT, WHOLE, LATER)
    [answer] = court.heard
    wrong = httpx.Response(200, json={**answer.json(), "new": "yes"}, request=answer.request)

    with pytest.raises(Exception, match=r".+"):
        contacts_judge(wrong)
