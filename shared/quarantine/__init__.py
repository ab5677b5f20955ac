"""
The requests that we refused but kept: a wrong proof, an unreadable body, a filled honeypot.

Nothing here was promised to its sender, so it is bounded: the oldest goes first, is counted and is logged.
"""

from shared.quarantine.quarantine import Kept, Quarantine, Refused

__all__ = ["Kept", "Quarantine", "Refused"]
