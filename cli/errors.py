"""Errors as one message that names the thing and the way out, instead of a traceback."""

from typing import Any

import click
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import OutOfMemoryError, RedisError
from redis.exceptions import TimeoutError as NoAnswer

from cli.wiring import Wiring
from shared.dead_letters import DeadLetterError
from shared.redis_health import full, memory_of, unreachable
from shared.settings import SettingsError
from shared.status import BadCursor, NoSuchSubmission
from shared.tables import ConfigError


class SafeGroup(click.Group):
    """A group whose commands may raise what our objects raise: it ends the process with 1, or 2 for wrong usage."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (SettingsError, ConfigError, NoSuchSubmission, DeadLetterError) as error:
            raise click.ClickException(str(error)) from error
        except BadCursor as error:
            raise click.UsageError(f"--after: {error}.") from error
        except (NoConnection, NoAnswer) as error:
            found = unreachable(error)
            address = ctx.ensure_object(Wiring).redis_address
            raise click.ClickException(f"Redis at {address} {found.says}. {found.remedy}") from error
        except OutOfMemoryError as error:
            found = full(memory_of(ctx.ensure_object(Wiring).journal.redis))
            raise click.ClickException(f"{found.says}. {found.remedy}") from error
        except RedisError as error:
            raise click.ClickException(f"Redis refused: {error}") from error
