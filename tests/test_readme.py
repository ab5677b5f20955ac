import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.__main__ import hookline
from shared.config import load_config
from shared.journal import Journal
from shared.settings import Settings
from shared.submission import Diagnosis, Edit, Reason
from tests.shared.journal.factories import Bench
from web.app import create_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```sh\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
OURS = [line.removeprefix("bin/hookline ") for line in LINES if line.startswith("bin/hookline ")]
# These run until they are told to end; each is started for real in a test of its own.
STAYS_UP = ("run", "sandbox")

TYPEFORM = {
    "event_type": "form_response",
    "form_response": {
        "token": "t1",
        "definition": {"fields": []},
        "answers": [{"type": "email", "email": "ada@example.com", "field": {"id": "q", "ref": "email"}}],
    },
}
DELIVERY = {"headers": {"Content-Type": "application/json"}, "body_text": json.dumps(TYPEFORM)}


@pytest.fixture
def operator(
    journal: Journal, settings: Settings, highlevel_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Journal]:
    """Put one dead letter in the journal and the sample configuration in the environment."""
    for name in ("HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_TOKEN", "TYPEFORM_SECRET", "QUOTE_SECRET", "NEWSLETTER_URL_TOKEN"):
        monkeypatch.setenv(name, "some-value-of-more-than-24-characters")
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", highlevel_address)
    monkeypatch.setenv("HOOKLINE_CONFIG", str(ROOT / "hookline.toml"))
    monkeypatch.chdir(tmp_path)
    journal.redis.config_set("save", "3600 1")  # a Redis that keeps nothing would be a fault to `doctor`
    (tmp_path / "delivery.json").write_text(json.dumps(DELIVERY))
    lease = Bench(journal).leased("sub_1", form="newsletter", provider="html_form", body=b"email=ada%40example.com")
    diagnosis = Diagnosis(field="email", rule="email must be an email", proposal=Edit(drop=("website",)))
    lease.bury(Reason.EXHAUSTED, (diagnosis,), group="exhausted-1", is_open=True)
    yield journal
    journal.redis.config_set("save", "")


def test_the_readme_has_commands_to_run() -> None:
    assert len(OURS) > 15


@pytest.mark.parametrize("command", [line for line in OURS if line.split()[0] not in STAYS_UP])
def test_each_command_of_the_readme_does_what_it_says(operator: Journal, command: str) -> None:
    words = shlex.split(command.replace(" ID", " sub_1").replace("GROUP", "exhausted-1"))
    if words[:2] == ["dead", "replay"] and "sub_1" not in words:
        words.append("--yes")
    if words[:2] == ["hold", "lift"]:
        Bench(operator).leased("sub_2").hold("rate", "", status=429, seconds=60, token="", calls=1)

    done = CliRunner().invoke(hookline, words)

    assert done.exit_code == 0, done.output


def test_the_post_of_the_readme_is_accepted(operator: Journal, settings: Settings) -> None:
    [command] = [line for line in LINES if line.startswith("curl ")]
    _, url, *data = shlex.split(command.replace("$NEWSLETTER_URL_TOKEN", os.environ["NEWSLETTER_URL_TOKEN"]))
    web = create_app(settings, load_config(ROOT / "hookline.toml"), operator, lambda jobs: None).test_client()

    answer = web.post(url, data="&".join(data[1::2]), content_type="application/x-www-form-urlencoded")

    assert answer.get_json()["status"] == "accepted"


def test_the_env_file_of_the_readme_can_be_read_by_a_shell(tmp_path: Path) -> None:
    assert {"cp .env.example .env", "set -a; . ./.env; set +a"} <= set(LINES)
    script = f"cd {shlex.quote(str(tmp_path))} && cp {shlex.quote(str(ROOT))}/.env.example .env && set -a && . ./.env"

    subprocess.run(["sh", "-euc", script], check=True, env={"PATH": os.environ["PATH"]})


def test_every_file_that_the_readme_names_is_there() -> None:
    for name in re.findall(r"`((?:bin|tests|bench|shared)/[\w./-]+)`", README):
        assert (ROOT / name).exists(), name


def test_each_dependency_earns_its_place_in_the_readme() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^    "([a-z-]+)(?:\[\w+\])?[>=<]', pyproject, re.MULTILINE)

    assert len(names) > 15
    for name in names:
        assert re.search(rf"`{name}(\[\w+\])?`", README), name


def test_the_readme_counts_the_lines_of_a_form_builder() -> None:
    counted = re.findall(r"`([\w./-]+)`\s\((\d+) lines\)", README)
    [code] = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

    assert len(counted) == 2
    for name, lines in counted:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) == int(lines), name
    assert code in (ROOT / counted[0][0]).read_text(encoding="utf-8")
