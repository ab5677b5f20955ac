from pathlib import Path

import pytest

from bench.stage import TOKEN, Stage, a_stage, send, wait_until
from shared.local_redis import free_port

CONFIG = f"""
[locations.place-0]
location_id = "L0"

[locations.place-0.oauth]
client_id = "app"
client_secret = "app-secret"
refresh_token = "refresh-0"

[forms.form-0]
provider = "generic_json"
location = "place-0"
url_token = "{TOKEN}"
unmapped = "drop"
"""
APP = {"client_id": "app", "client_secret": "app-secret", "location": "L0", "refresh_token": "refresh-0"}


@pytest.mark.fault
def test_two_workers_refresh_an_expired_token_once(tmp_path: Path) -> None:
    with a_stage(tmp_path, CONFIG, SECRET_KEY="a-secret-key-of-more-than-32-characters") as stage:
        port = free_port()
        stage.start_sandbox()
        stage.control("POST", "/_sandbox/oauth", json=APP)
        stage.control("POST", "/_sandbox/tokens", json={"tokens": []})
        for name in ("worker-1", "worker-2"):
            stage.start(name, ("-m", "worker"))
        wait_until(lambda: stage.journal.workforce().alive == 2, 20)
        stage.start_web(port)
        send([port], range(20), forms=1)
        wait_until(stage.settled, 30)
        first = refreshes(stage)
        stage.control("PATCH", "/_sandbox/oauth/app", json={"expire_access_tokens": True})
        send([port], range(20, 40), forms=1)
        wait_until(stage.settled, 30)

        assert (first, refreshes(stage)) == (1, 2)
        assert len(stage.contacts()) == 40
        assert stage.journal.ledger().delivered == 40


def refreshes(stage: Stage) -> int:
    apps = stage.control("GET", "/_sandbox/oauth")["apps"]
    return int(apps[0]["refreshes"]) + int(apps[0]["repeats"])
