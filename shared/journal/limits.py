"""The numbers that the journal's scripts work with."""

from dataclasses import asdict, dataclass

from shared.settings import Settings


@dataclass(frozen=True)
class Limits:
    """
    Times in milliseconds, and counts.

    `rate` calls in any `window`, and `daily` a day, are what HighLevel permits a location; the daily figure leaves a
    reserve for other programs. `pace` spreads the calls, with a `burst` of that many at once, so that leases do not
    queue for threads while they hold slots.
    """

    rate: int = 100
    window: int = 10_000
    daily: int = 199_000
    pace: int = 90
    burst: int = 10
    visit: int = 25
    lease: int = 40_000
    nudge: int = 10_000
    probe: int = 15_000
    probe_cap: int = 300_000
    crashes: int = 3
    vanished: int = 10
    outage_failures: int = 5
    outage_submissions: int = 3
    attempts: int = 50
    history: int = 200
    idle: int = 1000
    stale_token: int = 5000

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Return the limits that the environment asks for."""
        probe = int(settings.hold_probe_seconds * 1000)
        return cls(lease=int(settings.lease_seconds * 1000), probe=probe, probe_cap=max(probe, cls.probe_cap))

    def lua(self) -> str:
        """Return the limits as a Lua table."""
        return f"local LIMITS = {{ {', '.join(f'{name} = {number}' for name, number in asdict(self).items())} }}"
