"""What runs Hookline elsewhere: the files are sound, and each process starts, works and ends as a platform expects."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.faults.tls import a_certificate, missing
from bench.stage import wait_until
from cli.processes import WEB, WORKER, Process
from shared.config import load_config
from shared.journal import Journal, connect
from shared.local_redis import LocalRedis, free_port
from shared.settings import Settings
from tests.test_settings_documented import CONFIGURED, SETTINGS

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {"requirements.txt": [], "requirements-demo.txt": ["demo"], "requirements-dev.txt": ["demo", "dev"]}
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
APP: dict[str, Any] = json.loads((ROOT / "app.json").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
SAMPLE = {
    "HIGHLEVEL_LOCATION_ID": "location-1",
    "HIGHLEVEL_TOKEN": "pit-1",
    "TYPEFORM_SECRET": "typeform-secret",
    "QUOTE_SECRET": "quote-secret",
    "NEWSLETTER_URL_TOKEN": "newsletter-url-token-1234",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
}


# The locks


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_requirement_with_hashes_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.strip().startswith("#")]

    # An option, such as --index-url, would begin with a hyphen, and a link to a file has no "==".
    assert [
        line for line in lines if not re.match(r"[a-z0-9._-]+(\[.+\])?==[^#]+ --hash=sha256:[0-9a-f]{64}", line)
    ] == []
    assert "://" not in "".join(lines)


@pytest.mark.parametrize(("lock", "extras"), LOCKS.items())
def test_a_lock_satisfies_the_project(lock: str, extras: list[str]) -> None:
    pinned = versions(lock)
    project = PYPROJECT["project"]
    optional = [line for extra in extras for line in project["optional-dependencies"][extra]]
    wanted = [Requirement(line) for line in [*project["dependencies"], *optional] if not line.startswith("hookline")]

    wrong = [str(item) for item in wanted if not item.specifier.contains(pinned[canonicalize_name(item.name)])]
    assert wrong == []


def test_the_locks_agree_with_each_other() -> None:
    runtime, demo, dev = (versions(lock).items() for lock in LOCKS)

    assert runtime <= demo <= dev


def versions(lock: str) -> dict[str, str]:
    """Return the pinned version of each project in a lock."""
    pins = re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


# The files


def test_the_sample_configuration_is_valid() -> None:
    config = load_config(ROOT / "hookline.toml", SAMPLE)

    assert {"contact-us", "quote", "newsletter"} == config.forms.keys()


def test_the_command_line_starts_what_the_procfile_names() -> None:
    assert shlex.split(PROCFILE["web"]) == ["python", *WEB]
    assert shlex.split(PROCFILE["worker"]) == ["python", *WORKER]


def test_no_process_needs_a_console_script() -> None:
    # Heroku installs the requirements only, not the project.
    assert PROCFILE.keys() == {"web", "worker", "release"}
    assert all(command.startswith("python -m ") for command in PROCFILE.values())


def test_app_json_runs_the_procfile_and_asks_for_what_the_sample_configuration_needs() -> None:
    variables = APP["env"]

    assert APP["formation"].keys() == PROCFILE.keys() - {"release"}
    assert {*CONFIGURED, "SECRET_KEY"} <= variables.keys() <= {*CONFIGURED, *SETTINGS}
    assert all(
        variable["description"] and ("generator" in variable or variable["required"]) for variable in variables.values()
    )
    assert any(addon["plan"].startswith("heroku-redis:") for addon in APP["addons"])
    assert APP["description"] == PYPROJECT["project"]["description"]


def test_the_image_holds_what_its_processes_run() -> None:
    sources = [line.split()[1] for line in instructions("COPY")]
    sent = re.findall(r"^!(.+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)

    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == set(sent)
    assert {"web", "worker", "cli", "shared", "hookline.toml", "requirements.txt"} <= set(sources)


def test_the_image_runs_web_on_the_pinned_python_without_root() -> None:
    python = (ROOT / ".python-version").read_text().strip()

    assert instructions("FROM") == [f"FROM python:{python}-slim"]
    assert instructions("USER")[-1] not in ("USER root", "USER 0")
    assert DOCKERFILE.index("\nUSER ") < DOCKERFILE.index("\nCMD ")
    assert json.loads(instructions("CMD")[-1].removeprefix("CMD ")) == shlex.split(PROCFILE["web"])
    assert "--require-hashes" in DOCKERFILE


def test_the_image_asks_its_web_process_for_its_health() -> None:
    [_, command] = instructions("HEALTHCHECK")[0].split("CMD ")
    port = free_port()

    assert subprocess.run(as_ours(json.loads(command)), env=environment(PORT=str(port)), capture_output=True).returncode


def instructions(name: str) -> list[str]:
    """Return the Dockerfile's instructions of one kind."""
    return [line.strip() for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")]


def test_compose_keeps_what_was_accepted() -> None:
    redis = SERVICES["redis"]

    assert "--appendonly yes --appendfsync always --maxmemory-policy noeviction" in redis["command"]
    assert [volume.split(":")[0] for volume in redis["volumes"]] == list(COMPOSE["volumes"])


@pytest.mark.parametrize("name", ["web", "worker"])
def test_compose_starts_our_processes_once_redis_answers_and_again_when_they_end(name: str) -> None:
    service = SERVICES[name]

    assert service["depends_on"]["redis"]["condition"] == "service_healthy"
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"] == "30s"
    assert service["environment"]["REDIS_URL"] == "redis://redis:6379/0"
    assert service.get("command", PROCFILE["web"]) == PROCFILE[name]


def test_compose_starts_the_sandbox_only_when_asked() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["sandbox"]


def test_no_port_of_compose_is_open_to_the_world() -> None:
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))


@pytest.mark.parametrize("script", ["bin/setup", "bin/demo", "bin/test", "bin/lock", ".ci/run"])
def test_a_script_can_be_run_and_a_shell_understands_it(script: str) -> None:
    path = ROOT / script
    shell = "bash" if "bash" in path.read_text().splitlines()[0] else "sh"

    assert os.access(path, os.X_OK)
    subprocess.run([shell, "-n", str(path)], check=True)


# The processes


def test_release_succeeds_with_the_sample_configuration() -> None:
    run = released(environment())

    assert run.returncode == 0, run.stderr


def test_release_stops_a_deploy_that_lacks_a_variable() -> None:
    run = released(environment(HIGHLEVEL_TOKEN=""))

    assert run.returncode == 1
    assert "HIGHLEVEL_TOKEN" in run.stdout + run.stderr


def test_web_answers_on_its_port_and_ends_when_told(redis_server: LocalRedis, tmp_path: Path) -> None:
    port = free_port()
    with started("web", environment(REDIS_URL=redis_server.url, PORT=str(port)), tmp_path) as web:
        web.wait_for(f"http://127.0.0.1:{port}/healthz", seconds=20)
        [_, health] = instructions("HEALTHCHECK")[0].split("CMD ")

        subprocess.run(as_ours(json.loads(health)), env=environment(PORT=str(port)), check=True)
        assert web.stop() == 0, web.last_words()


def test_worker_shows_that_it_lives_and_ends_when_told(
    redis_server: LocalRedis, journal: Journal, tmp_path: Path
) -> None:
    with started("worker", environment(REDIS_URL=redis_server.url), tmp_path) as worker:
        wait_until(lambda: journal.workforce().alive == 1, 20)

        assert worker.stop() == 0, worker.last_words()
        assert journal.workforce().alive == 0


def test_a_submission_becomes_a_contact(redis_server: LocalRedis, journal: Journal, tmp_path: Path) -> None:
    with all_of_it(tmp_path, REDIS_URL=redis_server.url) as (web, sandbox):
        assert newsletter(web).status_code == 200
        wait_until(lambda: emails(sandbox) == ["ada@example.com"], 20)

    assert journal.ledger().delivered == 1


# Redis over TLS, as Heroku's: the certificate is self-signed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := missing():
        pytest.skip(reason)
    return a_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def tls_redis(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalRedis, str]]:
    """Yield a server and its rediss:// address; the server's plain port stays open for the test itself."""
    port = str(free_port())
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(certificate.with_name("key.pem")))
    folder = tmp_path_factory.mktemp("tls-redis")
    server = LocalRedis(folder, 0, "--tls-port", port, *files, "--tls-auth-clients", "no").start()
    yield server, f"rediss://127.0.0.1:{port}/0"
    server.stop()


@pytest.mark.parametrize("verified", [False, True])
def test_everything_works_over_tls(
    tls_redis: tuple[LocalRedis, str], certificate: Path, tmp_path: Path, verified: bool
) -> None:
    server, url = tls_redis
    ours = {"REDIS_URL": url, "REDIS_CA_FILE": str(certificate) if verified else ""}
    with connect(Settings(redis_url=server.url), connections=1, retries=0) as redis:
        redis.flushall()

    with all_of_it(tmp_path, **ours) as (web, sandbox):
        assert httpx.get(f"{web}/readyz", timeout=10, trust_env=False).json()["redis"] == "ok"
        assert newsletter(web).status_code == 200
        wait_until(lambda: emails(sandbox) == ["ada@example.com"], 20)


def test_a_redis_with_another_certificate_is_refused(tls_redis: tuple[LocalRedis, str], tmp_path: Path) -> None:
    _, url = tls_redis
    other, port = a_certificate(tmp_path / "other"), free_port()
    with started("web", environment(REDIS_URL=url, REDIS_CA_FILE=str(other), PORT=str(port)), tmp_path) as web:
        web.wait_for(f"http://127.0.0.1:{port}/healthz", seconds=20)

        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=20, trust_env=False)
        assert (answer.status_code, answer.json()["redis"]) == (503, "unreachable")


# What the tests of the processes share


def environment(**more: str) -> dict[str, str]:
    """Return a bare environment, so that nothing of this shell's settings reaches a process."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **SAMPLE, **more}


def as_ours(command: list[str]) -> list[str]:
    """Return a command that runs the Python of these tests."""
    assert command[0] == "python"
    return [sys.executable, *command[1:]]


def released(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = as_ours(shlex.split(PROCFILE["release"]))
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)


@contextmanager
def started(name: str, variables: dict[str, str], folder: Path) -> Iterator[Process]:
    """Start a process of the Procfile; it ends with the block at the latest."""
    process = Process(name, tuple(shlex.split(PROCFILE[name])[1:]), variables, folder / f"{name}.log").start()
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def all_of_it(folder: Path, **variables: str) -> Iterator[tuple[str, str]]:
    """Start web, worker and a local HighLevel; yield the addresses of web and HighLevel."""
    web, sandbox = free_port(), free_port()
    addresses = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{sandbox}"
    ours = environment(**variables, PORT=str(web), HIGHLEVEL_BASE_URL=addresses[1])
    with ExitStack() as ending:
        highlevel = Process("sandbox", ("-m", "sandbox", "--port", str(sandbox)), ours, folder / "sandbox.log")
        ending.callback(highlevel.stop)
        highlevel.start().wait_for(addresses[1])
        ending.enter_context(started("worker", ours, folder))
        ending.enter_context(started("web", ours, folder)).wait_for(f"{addresses[0]}/healthz")
        yield addresses


def newsletter(web: str) -> httpx.Response:
    """Send the sample's newsletter form as a browser does."""
    url = f"{web}/hooks/newsletter/{SAMPLE['NEWSLETTER_URL_TOKEN']}"
    return httpx.post(url, data={"email": "ada@example.com", "website_url": ""}, timeout=10, trust_env=False)


def emails(sandbox: str) -> list[str]:
    contacts = httpx.get(f"{sandbox}/_sandbox/contacts", timeout=10, trust_env=False).json()["contacts"]
    return [contact["email"] for contact in contacts]
