"""Real gunicorn processes on a free port."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from cli.processes import DidNotStart
from shared.journal import Journal
from tests.web.conftest import Gunicorn
from tests.web.server import CONFIG, TOKEN

SIGNED = CONFIG.replace("generic_json", "typeform").replace("url_token", "secret")


def test_twenty_clients_with_one_body_make_one_submission(gunicorn: Gunicorn, journal: Journal) -> None:
    server = gunicorn().wait_until_it_answers()
    together = threading.Barrier(20)

    def post(_: int) -> tuple[str, str]:
        together.wait()
        answer = httpx.post(f"{server.url}/hooks/contact/{TOKEN}", json={"email": "ada@example.com"}, timeout=20)
        content = answer.raise_for_status().json()
        return content["status"], content["id"]

    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(post, range(20)))

    assert Counter(status for status, _ in answers) == {"accepted": 1, "duplicate": 19}
    assert len({submission_id for _, submission_id in answers}) == 1
    assert journal.ledger().accepted == 1


def test_sigterm_in_the_middle_of_requests_loses_no_accepted_submission(gunicorn: Gunicorn, journal: Journal) -> None:
    server = gunicorn().wait_until_it_answers()
    accepted: list[str] = []
    busy = threading.Event()

    def post(client: int) -> None:
        with httpx.Client(timeout=20) as http:
            for number in range(10_000):
                try:
                    answer = http.post(f"{server.url}/hooks/contact/{TOKEN}", json={"client": client, "n": number})
                except httpx.TransportError:
                    return
                accepted.append(answer.raise_for_status().json()["id"])
                if len(accepted) > 100:
                    busy.set()

    with ThreadPoolExecutor(8) as clients:
        for client in range(8):
            clients.submit(post, client)
        assert busy.wait(20)
        assert server.process.stop() == 0

    assert len(accepted) > 100
    missing = [submission_id for submission_id in accepted if journal.find(submission_id) is None]
    assert missing == []
    # What was stored but whose answer met a closed connection is a duplicate when the sender comes again.
    assert len(set(accepted)) <= journal.ledger().accepted <= len(accepted) + 8


def test_no_log_of_the_server_shows_a_token(gunicorn: Gunicorn) -> None:
    server = gunicorn(GUNICORN_CMD_ARGS="--access-logfile - --log-level debug").wait_until_it_answers()

    httpx.post(f"{server.url}/hooks/contact/{TOKEN}", json={"a": 1})
    httpx.post(f"{server.url}/hooks/contact?token={TOKEN}", json={"a": 1}, headers={"Referer": f"http://x/?t={TOKEN}"})
    httpx.post(f"{server.url}/hooks/contact/{TOKEN}", content=b"{broken")
    httpx.post(f"{server.url}/hooks/contact/{TOKEN}{'x' * 9000}", json={"a": 1})
    httpx.post(f"{server.url}/hooks/contact/{TOKEN}", headers={"Expect": "nonsense"})

    assert "POST /hooks/contact" in server.log
    assert TOKEN not in server.log


def test_a_hostile_signature_header_is_refused_and_no_fault(gunicorn: Gunicorn) -> None:
    server = gunicorn(SIGNED).wait_until_it_answers()
    hostile = [b"a" * 10_240, b"sha256=" + b"\xff\xfe\xe9" * 20, b"sha256=" + "\u20ac".encode() * 3000, b"a" * 20_000]

    answers = [
        httpx.post(f"{server.url}/hooks/contact", content=b"{}", headers=[(b"Typeform-Signature", value)]).status_code
        for value in hostile
    ]

    assert answers == [401, 401, 401, 431]


@pytest.mark.parametrize(
    ("variables", "config", "message"),
    [
        ({"LEASE_SECONDS": "soon"}, CONFIG, "LEASE_SECONDS"),
        ({}, CONFIG.replace("generic_json", "telepathy"), "[forms.contact] provider: 'telepathy' is not a provider"),
        ({"HOOKLINE_CONFIG": "/nowhere.toml"}, CONFIG, "the file does not exist"),
    ],
)
def test_a_fault_in_the_set_up_ends_the_process_with_a_plain_message(
    gunicorn: Gunicorn, variables: dict[str, str], config: str, message: str
) -> None:
    server = gunicorn(config, **variables)

    with pytest.raises(DidNotStart, match="ended with status 1"):
        server.wait_until_it_answers()

    assert "Hookline cannot start" in server.log
    assert message in server.log
    assert "Traceback" not in server.log
