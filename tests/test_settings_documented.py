"""Every environment variable is documented where people look for it: .env.example and the README."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from shared.settings import Settings
from shared.tables import VARIABLE

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / ".env.example"
SETTINGS = sorted(name.upper() for name in Settings.model_fields)
CONFIGURED = sorted(set(VARIABLE.findall(repr(tomllib.loads((ROOT / "hookline.toml").read_text())))))


@pytest.mark.parametrize("name", [*CONFIGURED, *SETTINGS])
def test_the_example_environment_holds_each_variable_once_with_its_meaning(name: str) -> None:
    lines = EXAMPLE.read_text().splitlines()

    [place] = [place for place, line in enumerate(lines) if re.match(rf"#?{name}=", line)]
    assert re.match(r"# \w.*\.$", lines[place - 1])


def test_the_readme_names_each_variable() -> None:
    readme = (ROOT / "README.md").read_text()

    assert [name for name in [*CONFIGURED, *SETTINGS] if f"`{name}`" not in readme] == []


def test_the_example_environment_holds_nothing_that_is_not_read() -> None:
    assert set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)) == {*CONFIGURED, *SETTINGS}


def test_a_shell_loads_the_example_environment(tmp_path: Path) -> None:
    loaded = environment_of(EXAMPLE, tmp_path)

    assert dict.fromkeys([*CONFIGURED, "SECRET_KEY"], "").items() <= loaded.items()


def test_the_defaults_in_the_example_environment_are_the_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = tmp_path / "everything"
    everything.write_text(re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    loaded = environment_of(everything, tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    defaults = Settings()
    for name in SETTINGS:
        monkeypatch.setenv(name, loaded[name])

    assert Settings() == defaults


def environment_of(file: Path, folder: Path) -> dict[str, str]:
    """Return the environment that a shell has after it has loaded a file, as the README says."""
    script = f'set -eu; set -a; . "{file}"; set +a; exec env -0'
    command = ["sh", "-c", script]
    run = subprocess.run(command, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
    assert run.stderr == b""
    return dict(entry.split("=", 1) for entry in run.stdout.decode().split("\0") if entry)
