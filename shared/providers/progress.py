"""How far a submission has come, as a number that never goes down from an older revision to a newer one."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Above every time that can be written, and small enough that Redis and Lua keep it exactly.
FINISHED = 10**15


def progress(changed_at: str, is_partial: bool = False) -> int:
    """Return the unix time of a change in ms; what is finished stands above all that is partial."""
    return _unix_ms(changed_at) + (0 if is_partial else FINISHED)


def _unix_ms(text: str) -> int:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return 0
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return max(0, (aware - EPOCH) // timedelta(milliseconds=1))
