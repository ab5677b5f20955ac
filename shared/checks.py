"""What is checked of a configuration beyond its shape, before a process starts to work with it."""

import os
from collections.abc import Mapping
from pathlib import Path

from shared.config import Config, ConfigError, Fault, load_config
from shared.mapping import unknown_fields


def checked_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration and check all of it; raise ConfigError with every fault."""
    config = load_config(path, environment)
    if faults := check_config(config):
        raise ConfigError(path, faults)
    return config


def check_config(config: Config) -> list[Fault]:
    """Return what is wrong with a configuration whose shape is right: fields that HighLevel does not have."""
    return [
        Fault(
            f"forms.{name}",
            f"fields.{field}",
            "is not a field of a HighLevel contact",
            'See "Configuration" in the README.',
        )
        for name, form in config.forms.items()
        for field in unknown_fields(form)
    ]
