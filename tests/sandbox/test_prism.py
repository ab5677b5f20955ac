"""Prism, a proxy that judges by HighLevel's API description, between a caller and a sandbox process."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import LOCATION, ROOT, SPEC
from tests.sandbox.judge import CONTACTS

INSTALL = "npm install --prefix .cache/prism @stoplight/prism-cli@5.14.2"
# Prism's own refusals say so; the sandbox's do not.
ITS_OWN = "https://stoplight.io/prism/errors"
ADA: dict[str, Any] = {
    "email": "ada@example.com",
    "firstName": "Ada",
    "dateOfBirth": "1990-09-25",
    "dndSettings": {"SMS": {"status": "inactive"}},
    "customFields": [{"key": "budget", "field_value": "5"}],
}


@pytest.fixture(scope="module")
def prism(sandbox_url: str) -> Iterator[str]:
    """Return the address of a Prism before the sandbox."""
    if not (SPEC / CONTACTS).exists():
        pytest.skip("HighLevel's API descriptions are not beside this folder")
    port = _free_port()
    command = [
        _executable(),
        "proxy",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "--errors",
        str(SPEC / CONTACTS),
        sandbox_url,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            _wait_until_it_listens(process)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def http(prism: str, sandbox_url: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer pit-test", "Version": "2021-07-28"}
    with httpx.Client(base_url=prism, headers=headers, timeout=20, trust_env=False) as http:
        yield http
    httpx.delete(f"{sandbox_url}/_sandbox/state", trust_env=False)


def upsert(http: httpx.Client, **fields: Any) -> httpx.Response:
    return http.post("/contacts/upsert", json={"locationId": LOCATION, **fields})


def test_a_contact_s_life_passes_the_judge(http: httpx.Client) -> None:
    written = upsert(http, **ADA)
    assert written.status_code == 200, written.text
    path = f"/contacts/{written.json()['contact']['id']}"
    answers = [
        written,
        http.put(path, json={"companyName": "Engines"}),
        http.post(f"{path}/tags", json={"tags": ["Website"]}),
        http.post(f"{path}/notes", json={"body": "Call back"}),
        http.get(f"{path}/notes"),
        http.get(path),
        http.get("/contacts/search/duplicate", params={"locationId": LOCATION, "email": ADA["email"]}),
        http.post("/contacts/search", json={"locationId": LOCATION, "pageLimit": 1}),
        http.delete(path),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 201, 201, 200, 200, 200, 200, 200], [
        answer.text for answer in answers
    ]
    assert written.json()["new"] is True
    assert "X-RateLimit-Remaining" in written.headers


def test_the_sandbox_s_refusals_pass_the_judge(http: httpx.Client, sandbox_url: str) -> None:
    answers = [upsert(http, email="no"), upsert(http), http.get("/contacts/nobody")]
    http.headers["Authorization"] = "Bearer pit-wrong"
    answers.append(upsert(http, **ADA))

    assert [answer.status_code for answer in answers] == [422, 400, 400, 401]
    assert not [answer.text for answer in answers if ITS_OWN in answer.text]


@pytest.mark.parametrize("fields", [{"foo": 1}, {"phone": 5}, {"tags": "a"}, {"customFields": {"f1": "5"}}])
def test_a_wrong_request_never_reaches_the_sandbox(
    http: httpx.Client, sandbox_url: str, fields: dict[str, Any]
) -> None:
    answer = upsert(http, **{**ADA, **fields})

    assert answer.status_code == 422
    assert answer.json()["type"].startswith(ITS_OWN)
    assert httpx.get(f"{sandbox_url}/_sandbox/calls", trust_env=False).json()["calls"] == []


@pytest.mark.parametrize("wrong", [{"status": 201, "body": {}}, {"body": {"new": "yes"}}, {"body": []}])
def test_a_wrong_answer_is_refused(http: httpx.Client, sandbox_url: str, wrong: dict[str, Any]) -> None:
    httpx.post(f"{sandbox_url}/_sandbox/faults", json=wrong, trust_env=False).raise_for_status()
    answer = upsert(http, **ADA)

    assert answer.status_code == 500
    assert answer.json()["type"].startswith(ITS_OWN)


def _executable() -> str:
    given = os.environ.get("HOOKLINE_PRISM")
    found = Path(given) if given else ROOT / ".cache" / "prism" / "node_modules" / ".bin" / "prism"
    if not found.exists():
        pytest.skip(f"{found} is not there; in {ROOT} run: {INSTALL}")
    return str(found)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "is listening on" in line:
            return
    pytest.fail("Prism ended: " + "".join(said))
