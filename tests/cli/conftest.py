"""A configuration in a file, and the command line as a function."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from cli.__main__ import hookline as command
from shared.settings import Settings

CONFIGURATION = """
[locations.main]
location_id = "loc-1"
token = "pit-very-secret"

[forms.contact-us]
provider = "html_form"
url_token = "a-token-that-is-long-enough"
location = "main"
tags = ["website"]
"""

Hookline = Callable[..., Result]


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "hookline.toml"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture
def hookline_offline(configuration: Path) -> Hookline:
    return hookline_with({"HOOKLINE_CONFIG": str(configuration), "REDIS_URL": "redis://:secret@127.0.0.1:1/0"})


@pytest.fixture
def hookline(redis: Redis, settings: Settings, configuration: Path) -> Hookline:
    return hookline_with({"HOOKLINE_CONFIG": str(configuration), "REDIS_URL": settings.redis_url})


def hookline_with(environment: dict[str, str]) -> Hookline:
    environment = {"PUBLIC_URL": "https://hooks.example.com", **environment}

    def run(*arguments: str, input: str | bytes | None = None) -> Result:
        result = CliRunner(env=environment).invoke(command, arguments, input=input, prog_name="hookline")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
