"""HighLevel's own Python SDK as a caller of the sandbox: what it was written for must work here."""

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import LOCATION
from tests.sandbox.official import Use, use_sdk

sdk_error: Any = pytest.importorskip("highlevel.error", reason="needs: pip install gohighlevel-api-client==3.0.0")

ADA = "ada@example.com"
VERSIONS = ("2021-07-28", "v3")  # the second is the SDK's default
CLIENT = {"client_id": "app-1", "client_secret": "hush"}


@pytest.fixture(autouse=True)
def empty(sandbox_url: str) -> None:
    httpx.delete(f"{sandbox_url}/_sandbox/state", trust_env=False)


def upsert(**fields: Any) -> Use:
    return lambda client: client.contacts.upsert_contact({"locationId": LOCATION, **fields})


@pytest.mark.parametrize("version", VERSIONS)
def test_a_contact_is_upserted_read_changed_tagged_and_deleted(sandbox_url: str, version: str) -> None:
    async def use(client: Any) -> list[Any]:
        contacts = client.contacts
        written = await contacts.upsert_contact({"locationId": LOCATION, "email": ADA, "firstName": "Ada"})
        contact_id = written["contact"]["id"]
        return [
            written,
            await contacts.update_contact(contact_id, {"city": "London"}),
            await contacts.add_tags(contact_id, {"tags": ["Website"]}),
            await contacts.create_note(contact_id, {"body": "Call back"}),
            await contacts.get_contact(contact_id),
            await contacts.delete_contact(contact_id),
        ]

    written, updated, tags, note, read, deleted = use_sdk(sandbox_url, version, use)
    assert written["new"] is True
    assert updated["contact"]["city"] == "London"
    assert tags == {"tags": ["website"]}
    assert note["note"]["body"] == "Call back"
    assert read["contact"].items() >= {"email": ADA, "firstName": "Ada", "city": "London", "tags": ["website"]}.items()
    assert deleted["succeded"] is True


@pytest.mark.parametrize("version", VERSIONS)
def test_declared_fields_are_listed_and_written(sandbox_url: str, version: str) -> None:
    field = {"id": "f1", "name": "Budget", "fieldKey": "contact.budget"}
    httpx.post(f"{sandbox_url}/_sandbox/locations/{LOCATION}", json={"custom_fields": [field]}, trust_env=False)

    async def use(client: Any) -> tuple[Any, Any]:
        listed = await client.locations.get_custom_fields(LOCATION, model="contact")
        value_name = "fieldValue" if version == "v3" else "field_value"
        entry = {"id": listed["customFields"][0]["id"], value_name: "5"}
        return listed, await upsert(email=ADA, customFields=[entry])(client)

    listed, written = use_sdk(sandbox_url, version, use)
    assert listed["customFields"][0]["fieldKey"] == "contact.budget"
    assert written["contact"]["customFields"] == [{"id": "f1", "value": "5"}]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_body_arrives_as_the_sdk_s_error(sandbox_url: str, version: str) -> None:
    with pytest.raises(sdk_error.GHLError, match="property foo should not exist, email must be an email") as caught:
        use_sdk(sandbox_url, version, upsert(email="no", foo=1))

    assert caught.value.status_code == 422
    assert caught.value.response["error"] == "Unprocessable Entity"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_token_arrives_as_the_sdk_s_error(sandbox_url: str, version: str) -> None:
    with pytest.raises(sdk_error.GHLError, match="Invalid Private Integration token") as caught:
        use_sdk(sandbox_url, version, upsert(email=ADA), private_integration_token="pit-wrong")

    assert caught.value.status_code == 401


@pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload raw bytes/text content.:DeprecationWarning")
def test_the_sdk_s_own_refresh_gets_a_pair(sandbox_url: str) -> None:
    app = {**CLIENT, "location": LOCATION, "refresh_token": "first"}
    httpx.post(f"{sandbox_url}/_sandbox/oauth", json=app, trust_env=False).raise_for_status()

    async def refresh(client: Any) -> Any:
        return await client.oauth.refresh_token("first", **CLIENT, grant_type="refresh_token", user_type="Location")

    tokens = use_sdk(sandbox_url, "v3", refresh, **CLIENT)
    written = use_sdk(sandbox_url, "v3", upsert(email=ADA), location_access_token=tokens["accessToken"], **CLIENT)
    assert tokens["locationId"] == LOCATION
    assert written["new"] is True
