"""The numbers that the journal's scripts work with."""

from dataclasses import asdict, dataclass

from shared.settings import Settings


@dataclass(frozen=True)
class Limits:
    """
    Times in milliseconds, and counts.

    `rate` calls in any `window`, and `daily` a day, are what HighLevel permits a location until its headers say
    something else; of a day's calls by the headers, `reserve` per mille stay for other programs. Replays use no more
    than `spare` percent of a day, so that live submissions never wait for them.

    `pace` spreads the calls, with a `burst` of that many at once, so that leases do not queue for threads while they
    hold slots. What other programs were seen to take is left to them for `memory` windows or more, and beside it a
    `margin` in percent of the limit, or `yields` when nothing remains; but never fewer than `least` calls are ours.

    A held location is probed after `probe`, then after twice as long each time, up to `probe_cap`. An outage ends
    without a hand, so then it is no longer than `outage_cap`: a minute after its end all is delivered.
    """

    rate: int = 100
    window: int = 10_000
    daily: int = 199_000
    reserve: int = 5
    spare: int = 80
    least: int = 5
    margin: int = 2
    yields: int = 5
    memory: int = 2
    pace: int = 90
    burst: int = 10
    visit: int = 25
    lease: int = 40_000
    nudge: int = 10_000
    probe: int = 15_000
    probe_cap: int = 300_000
    outage_cap: int = 30_000
    crashes: int = 3
    apart: int = 4
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
        return cls(
            lease=int(settings.lease_seconds * 1000),
            probe=probe,
            probe_cap=max(probe, cls.probe_cap),
            outage_cap=max(probe, cls.outage_cap),
        )

    def lua(self) -> str:
        """Return the limits as a Lua table."""
        return f"local LIMITS = {{ {', '.join(f'{name} = {number}' for name, number in asdict(self).items())} }}"
