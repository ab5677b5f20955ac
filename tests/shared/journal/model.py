"""
A plain model of the journal: where each submission stands, who may write what, and what the journal has to answer.

Which of the waiting ones is leased when is the journal's to choose. The model is told (`leased`) and says what speaks
against it. So it needs no queue, no pace and no turns; what it does not model it lets the journal choose.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.journal import Limits
from shared.journal.journal import HEARTBEAT_SECONDS
from shared.submission import Reason, State

SECOND = 1000
DAY = 24 * 3600 * SECOND
KEEP_DELIVERED = KEEP_DISCARDED = 30 * DAY
LOOK_FIRST = 30 * DAY
LEAD_MEMORY = 180 * DAY
KINDS_WITH_A_TIME = ("rate", "daily")


@dataclass(frozen=True)
class Lost:
    """What a worker hears whose lease is somebody else's by now, or nobody's."""


LOST: Final = Lost()


# What ends a lease ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    """HighLevel has confirmed it."""


@dataclass(frozen=True)
class Retry:
    """It is to be tried again; `spends` says that this cost an attempt, and `fails` that HighLevel failed."""

    seconds: int
    spends: bool
    fails: bool
    calls: int
    waits_for: str = ""


@dataclass(frozen=True)
class Refuse:
    """The location has to wait."""

    kind: str
    seconds: int
    token: str
    calls: int


@dataclass(frozen=True)
class Bury:
    """It cannot succeed."""

    reason: Reason
    is_open: bool


@dataclass(frozen=True)
class Crashed:
    """The process that delivered it alone has ended."""

    seconds: int


End = Delivered | Retry | Refuse | Bury | Crashed


# What there is --------------------------------------------------------------------------------------------------------


@dataclass
class Known:
    """One submission that was accepted."""

    id: str
    form: str
    location: str
    calls: int
    accepted_at: int
    due: int
    lead: str = ""
    state: State = State.WAITING
    lane: Literal["live", "replay"] = "live"
    suspect: bool = False
    waits_for: str = ""
    generation: int = 0
    attempts: int = 0
    crashes: int = 0
    vanished: int = 0
    settled: int = 0
    since: int = 0
    edits: int = 0
    reason: str = ""
    persons: tuple[str, ...] | None = None  # None: nobody has mapped it yet
    wanted: tuple[str, ...] = ()  # whom it waits for
    creating: int = 0
    is_written: bool = False
    # Of the present lease, or the last one:
    leased_at: int = 0
    expires: int = 0
    nudge_at: int | None = None  # None: begun
    nonce: str = ""
    worker: str = ""
    slots: int = 0
    is_probe: bool = False


@dataclass
class Hold:
    """A location waits, and when somebody tries next whether it still has to."""

    kind: str
    since: int
    probe_at: int
    interval: int
    token: str


@dataclass
class Expiring:
    """A submission that stands for something until a time."""

    id: str
    until: int


@dataclass
class Lead:
    """What is known of a lead: its newest revision that was accepted, and whether its contact is."""

    newest: str = ""
    progress: int = -1
    has_contact: bool = False
    until: int = 0


@dataclass(frozen=True)
class Handed:
    """What the receiver hands over."""

    id: str
    key: str
    remember_seconds: int
    form: str
    location: str
    calls: int
    lead: str = ""
    progress: int = 0


@dataclass(frozen=True)
class Turn:
    """What a turn of the pump does beside leasing."""

    taken_back: list[str]
    buried: list[str]
    nudged: list[tuple[str, int]]


@dataclass
class Model:
    """The journal, as it ought to be; all times are milliseconds."""

    limits: Limits
    now: int
    all: dict[str, Known] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    locks: dict[tuple[str, str], Expiring] = field(default_factory=dict)
    slots: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    late: set[str] = field(default_factory=set)  # slots of calls whose answer was stored when the lease had run out
    apart: set[str] = field(default_factory=set)  # the suspects that are leased
    outside: Counter[tuple[str, str]] = field(default_factory=Counter)  # duplicates of a form and location
    _keys: dict[str, Expiring] = field(default_factory=dict)
    _leads: dict[str, Lead] = field(default_factory=dict)
    _workers: dict[str, tuple[int, int]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _trouble: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _days: dict[str, tuple[int, int]] = field(default_factory=dict)

    # Receiving --------------------------------------------------------------------------------------------------------

    def accept(self, one: Handed) -> tuple[str, str]:
        """Return what becomes of a submission, and the id of the one that stands for it."""
        known = self._keys.get(one.key)
        if known and known.until > self.now:
            if known.id == one.id:
                return "accepted", one.id
            self.outside[one.form, one.location] += 1
            return "duplicate", known.id
        if one.lead:
            lead = self._lead(one.lead)
            if lead.progress > one.progress:
                return "superseded", lead.newest
            lead.newest, lead.progress, lead.until = one.id, one.progress, self.now + LEAD_MEMORY
        self._keys[one.key] = Expiring(one.id, self.now + one.remember_seconds * SECOND)
        self.all[one.id] = Known(
            one.id, one.form, one.location, one.calls, self.now, due=self.now, lead=one.lead, since=self.now
        )
        return "accepted", one.id

    # Leasing ----------------------------------------------------------------------------------------------------------

    def turn(self, worker: str, threads: int) -> Turn:
        """Note that a worker lives, or stops; take back what has expired, and name what nobody has begun."""
        if threads == 0:
            self._workers.pop(worker, None)
            return Turn([], [], [])
        self._workers[worker] = self.now + HEARTBEAT_SECONDS * SECOND, threads
        expired = sorted((one for one in self.leased_ones() if one.expires <= self.now), key=lambda one: one.expires)
        buried = [one.id for one in expired if self._take_back(one)]
        nudged = []
        for one in self.leased_ones():
            if one.nudge_at is not None and one.nudge_at <= self.now:
                one.nudge_at = self.now + self.limits.nudge
                nudged.append((one.id, one.generation))
        return Turn([one.id for one in expired], buried, nudged)

    def leased(self, id: str) -> list[str]:
        """Note that the journal has leased one, and return what speaks against it."""
        one = self.all[id]
        objections = [f"{id} is leased {why}" for why in self._objections(one)]
        hold = self.holds.get(one.location)
        if hold:
            hold.probe_at = self.now + hold.interval
            longest = self.limits.outage_cap if hold.kind == "outage" else self.limits.probe_cap
            hold.interval = min(2 * hold.interval, longest)
        if one.suspect:
            self.apart.add(id)
        one.state, one.since, one.leased_at = State.LEASED, self.now, self.now
        one.expires, one.nudge_at = self.now + self.limits.lease, self.now + self.limits.nudge
        one.generation += 1
        one.slots, one.is_probe, one.nonce = one.calls, bool(hold), ""
        self._occupy(one, range(1, one.calls + 1))
        self._charge(one.location, one.calls)
        return objections

    def live_ones_that_wait(self, location: str) -> list[str]:
        """Return the live submissions of a location that are due, beside those that wait for a person."""
        return [
            one.id
            for one in self.all.values()
            if (one.state, one.location, one.lane) == (State.WAITING, location, "live")
            and not one.suspect
            and one.waits_for != "person"
            and one.due <= self.now
        ]

    def room(self) -> int:
        """Return how many more leases the living workers can begin."""
        threads = sum(threads for until, threads in self._workers.values() if until > self.now)
        return 2 * threads - sum(one.nudge_at is not None for one in self.leased_ones())

    def day_is_used_up(self, location: str) -> bool:
        """Say whether something waits at a location for which the day has too few calls left."""
        used, _ = self._day(location)
        waiting = (one for one in self.all.values() if one.state is State.WAITING and one.location == location)
        return any(used + one.calls > self.limits.daily for one in waiting)

    def calls_of_the_day(self, location: str) -> int:
        """Return how many calls of the day are permitted so far."""
        return self._day(location)[0]

    def taken(self, location: str) -> dict[str, int]:
        """Return the slots that are not free, and when they will be."""
        return {name: at for name, at in self.slots[location].items() if at > self.now}

    def leased_ones(self) -> list[Known]:
        """Return what is leased."""
        return [one for one in self.all.values() if one.state is State.LEASED]

    # Delivering -------------------------------------------------------------------------------------------------------

    def owns(self, id: str, generation: int) -> bool:
        """Say whether a lease is still what it was."""
        one = self.all.get(id)
        return bool(one and one.state is State.LEASED and one.generation == generation)

    def begin(self, id: str, generation: int, nonce: str, worker: str) -> bool:
        """Say whether a delivery is granted."""
        one = self.all.get(id)
        if one is None or not self.owns(id, generation) or one.expires <= self.now or one.nonce not in ("", nonce):
            return False
        one.nonce, one.worker, one.waits_for, one.nudge_at = nonce, worker, "", None
        one.expires = self.now + self.limits.lease
        self._occupy(one, range(1, one.slots + 1))
        return True

    def prepare(self, id: str, generation: int, used: int, calls: int, persons: tuple[str, ...]) -> bool | Lost:
        """Take these persons, or say that another submission has one of them: then the lease is over."""
        if not self.owns(id, generation):
            return True if self._was_settled(id, generation) else LOST
        one = self.all[id]
        if any(self._is_in_the_way(self.all[other], persons) for other in self.holders(one, persons)):
            self._release(one, used + 1)
            one.calls, one.waits_for, one.wanted = calls, "person", persons
            self._wait(one, self.now, settled=True)
            self._probe_again(one, self.now)
            return True
        self._release(one, used + calls + 1)
        self._unlock(one)
        one.persons = persons
        self._lock(one, persons, self.now + max(0, one.expires - self.now) + self.limits.lease)
        return False

    def grant(self, id: str, generation: int, call: int) -> list[str]:
        """Note that one more call was permitted, and return what speaks against it."""
        one = self.all[id]
        if f"{id}:{generation}:{call}" in self.slots[one.location]:
            return []
        objections = [f"{id} is granted a call {why}" for why in self._too_many(one, 1)]
        self._occupy(one, [call])
        self._charge(one.location, 1)
        one.slots = call
        return objections

    def store(
        self, id: str, generation: int, answered: int, creating: int | None = None, wrote: bool = False
    ) -> Lost | None:
        """Keep what a step has found out; the answer to a call gives its slot back after a window."""
        if not self.owns(id, generation):
            return LOST
        one = self.all[id]
        if creating is not None:
            one.creating = creating
        if answered:
            slot = f"{id}:{generation}:{answered}"
            self.slots[one.location][slot] = self.now + self.limits.window
            self.late |= {slot} if one.expires <= self.now else set()
        if wrote:
            one.is_written = True
            if one.lead:
                lead = self._lead(one.lead)
                lead.has_contact, lead.until = True, self.now + LEAD_MEMORY
        return None

    def spare(self, id: str, generation: int, first: int) -> Lost | None:
        """Give calls back, from this one on."""
        if not self.owns(id, generation):
            return LOST
        self._release(self.all[id], first)
        return None

    def settle(self, id: str, generation: int, used: int, end: End) -> bool | Lost:
        """End a lease; return whether that lifted a hold, or began one."""
        if not self.owns(id, generation):
            return False if self._was_settled(id, generation) else LOST
        one = self.all[id]
        if isinstance(end, Crashed):
            return self._crashed(one, end)
        self._release(one, used + 1)
        match end:
            case Delivered():
                return self._delivered(one, used)
            case Retry():
                return self._retry(one, end)
            case Refuse():
                return self._refuse(one, end)
            case Bury():
                return self._bury(one, end)

    # Operating --------------------------------------------------------------------------------------------------------

    def announce_token(self, location: str, token: str) -> bool:
        """Note the newest token; return whether that lifts a hold."""
        self._tokens[location] = token
        hold = self.holds.get(location)
        return bool(hold and hold.kind == "credentials" and hold.token != token and self._lift(location))

    def lift(self, location: str) -> bool:
        """End a hold, and forget that there was trouble."""
        self._trouble.pop(location, None)
        return self._lift(location)

    def hasten(self, location: str, cause: str) -> int:
        """Bring forward what waits for a cause; return how many."""
        late = [
            one
            for one in self.all.values()
            if (one.state, one.location, one.waits_for) == (State.WAITING, location, cause)
            and not one.suspect
            and one.due > self.now
        ]
        for one in late:
            one.due = self.now
        return len(late)

    def replay(self, id: str, location: str, calls: int) -> bool:
        """Let a dead letter wait again."""
        one = self.all.get(id)
        if one is None or one.state is not State.DEAD:
            return False
        if location != one.location or one.reason == Reason.OUTCOME_UNKNOWN:
            one.creating = 0
        one.state, one.since, one.due, one.lane = State.WAITING, self.now, self.now, "replay"
        one.location, one.calls, one.waits_for, one.reason = location, calls, "", ""
        one.persons, one.is_written = None, False
        one.attempts = one.crashes = one.vanished = 0
        return True

    def edit(self, id: str) -> bool:
        """Change a dead letter."""
        one = self.all.get(id)
        if one is None or one.state is not State.DEAD:
            return False
        one.edits += 1
        return True

    def forget_edits(self, id: str) -> bool:
        """Take the changes of a dead letter back."""
        one = self.all.get(id)
        if one is None or one.state is not State.DEAD:
            return False
        one.edits = 0
        return True

    def discard(self, id: str) -> bool:
        """Drop a dead letter."""
        one = self.all.get(id)
        if one is None or one.state is not State.DEAD:
            return False
        one.state, one.since = State.DISCARDED, self.now
        return True

    def forget(self) -> int:
        """Forget what was delivered or discarded long ago; return how many."""
        kept = {State.DELIVERED: KEEP_DELIVERED, State.DISCARDED: KEEP_DISCARDED}
        old = [one for one in self.all.values() if one.state in kept and one.since <= self.now - kept[one.state]]
        for one in old:
            one.state = State.FORGOTTEN
        return len(old)

    # Ends of a lease --------------------------------------------------------------------------------------------------

    def _delivered(self, one: Known, used: int) -> bool:
        self._leave(one, State.DELIVERED, settled=True)
        if used == 0:
            self._probe_again(one, self.now)
            return False
        return self._answered(one)

    def _retry(self, one: Known, end: Retry) -> bool:
        one.calls = end.calls
        one.waits_for = end.waits_for or one.waits_for
        if end.fails and one.location in self.holds:
            self._wait(one, self.now, settled=True)
            return False
        one.attempts += end.spends
        self._wait(one, self.now + end.seconds * SECOND, settled=True)
        if not end.fails:
            self._probe_again(one, self.now)
            return False
        failures = self._trouble[one.location]
        failures.append(one.id)
        is_outage = len(failures) >= self.limits.outage_failures
        if is_outage and len(set(failures)) >= self.limits.outage_submissions:
            self._hold(one.location, "outage", self.limits.probe, "")
            return True
        return False

    def _refuse(self, one: Known, end: Refuse) -> bool:
        one.calls = end.calls
        if end.token and end.token != self._tokens.get(one.location, end.token):
            self._wait(one, self.now + self.limits.stale_token, settled=True)
            self._probe_again(one, self.now + self.limits.stale_token)
            return False
        self._wait(one, self.now, settled=True)
        at, hold = self.now + end.seconds * SECOND, self.holds.get(one.location)
        if hold is None:
            self._hold(one.location, end.kind, end.seconds * SECOND, end.token)
            return True
        if one.is_probe:
            hold.kind, hold.token = end.kind, end.token
        if end.kind in KINDS_WITH_A_TIME:
            hold.probe_at = at if one.is_probe else max(hold.probe_at, at)
        return False

    def _bury(self, one: Known, end: Bury) -> bool:
        one.reason = end.reason
        self._leave(one, State.DEAD, settled=True)
        if end.is_open:
            return self._answered(one)
        self._probe_again(one, self.now)
        return False

    def _crashed(self, one: Known, end: Crashed) -> bool:
        one.crashes += 1
        one.suspect, one.settled = True, one.generation
        self._probe_again(one, self.now)
        is_over = one.crashes >= self.limits.crashes
        if is_over:
            one.reason = Reason.CRASHED
            self._leave(one, State.DEAD)
        else:
            self._wait(one, self.now + end.seconds * SECOND)
            free = [person for person in one.persons or () if not self._lock_of(one.location, person)]
            self._lock(one, free, self.now + max(1, end.seconds * SECOND))
        return is_over

    def _take_back(self, one: Known) -> bool:
        """Take an expired lease back; return whether the submission is buried."""
        if not one.nonce:
            self._release(one, 1)
            self._wait(one, self.now)
            return False
        if self._is_alive(one.worker):
            one.vanished += 1
            is_over = one.vanished >= self.limits.vanished
        else:
            one.crashes += one.id in self.apart
            is_over = one.crashes >= self.limits.crashes
            one.suspect = True
        if is_over:
            one.reason = Reason.CRASHED
            self._leave(one, State.DEAD)
        else:
            self._wait(one, self.now)
        return is_over

    def _is_alive(self, worker: str) -> bool:
        until, _ = self._workers.get(worker, (0, 0))
        return until > self.now

    def _wait(self, one: Known, due: int, settled: bool = False) -> None:
        one.due = due
        self._leave(one, State.WAITING, settled)

    def _leave(self, one: Known, to: State, settled: bool = False) -> None:
        """Leave the lease, and its persons: only while the outcome of a create is unknown it keeps them."""
        kept_until, persons = one.creating + LOOK_FIRST, one.persons or ()
        if to is State.WAITING and kept_until > self.now and not self.holders(one, persons):
            self._lock(one, persons, kept_until)
        else:
            self._unlock(one)
            if to is State.WAITING and self._may_have_written(one) and not self.holders(one, [one.lead]):
                self._lock(one, [one.lead], self.now + LOOK_FIRST)
        self.apart.discard(one.id)
        one.state, one.since, one.nudge_at = to, self.now, None
        if settled:
            one.settled, one.suspect = one.generation, False

    def _was_settled(self, id: str, generation: int) -> bool:
        one = self.all.get(id)
        is_there = one and one.state not in (State.LEASED, State.FORGOTTEN)
        return bool(one and is_there and one.settled == generation)

    # Holds ------------------------------------------------------------------------------------------------------------

    def _hold(self, location: str, kind: str, milliseconds: int, token: str) -> None:
        self.holds[location] = Hold(kind, self.now, self.now + milliseconds, self.limits.probe, token)

    def _lift(self, location: str) -> bool:
        return self.holds.pop(location, None) is not None

    def _answered(self, one: Known) -> bool:
        self._trouble.pop(one.location, None)
        hold = self.holds.get(one.location)
        return bool(hold and one.leased_at >= hold.since and self._lift(one.location))

    def _probe_again(self, one: Known, at: int) -> None:
        if one.is_probe and one.location in self.holds:
            self.holds[one.location].probe_at = at

    # Persons ----------------------------------------------------------------------------------------------------------

    def holders(self, one: Known, persons: Iterable[str]) -> list[str]:
        """Return the other submissions that have some of these persons."""
        locks = [self._lock_of(one.location, person) for person in persons]
        return [lock.id for lock in locks if lock and lock.id != one.id]

    def _is_in_the_way(self, holder: Known, persons: tuple[str, ...]) -> bool:
        is_about = holder.state is not State.WAITING or holder.suspect
        return is_about or bool(holder.creating) or holder.persons != persons

    def _may_have_written(self, one: Known) -> bool:
        """Say whether it may have made the contact of its lead, which nobody knows."""
        is_known = one.is_written or self._lead(one.lead).has_contact
        return bool(one.lead) and one.persons is not None and not is_known

    def _lock_of(self, location: str, person: str) -> Expiring | None:
        lock = self.locks.get((location, person))
        return lock if lock and lock.until > self.now else None

    def _lock(self, one: Known, persons: Iterable[str], until: int) -> None:
        for person in persons:
            self.locks[one.location, person] = Expiring(one.id, until)

    def _unlock(self, one: Known) -> None:
        for person in one.persons or ():
            lock = self.locks.get((one.location, person))
            if lock and lock.id == one.id:
                del self.locks[one.location, person]

    def _lead(self, name: str) -> Lead:
        if name not in self._leads or self._leads[name].until <= self.now:
            self._leads[name] = Lead()
        return self._leads[name]

    # Calls ------------------------------------------------------------------------------------------------------------

    def _objections(self, one: Known) -> list[str]:
        hold = self.holds.get(one.location)
        used, _ = self._day(one.location)
        beside = [other for id in self.apart if not (other := self.all[id]).nonce or self._is_alive(other.worker)]
        facts = {
            f"though it is {one.state}": one.state is not State.WAITING,
            "before its time": one.waits_for != "person" and one.due > self.now,
            "though its location is held": hold is not None and hold.probe_at > self.now,
            "beside too many suspects": one.suspect and len(beside) >= self.limits.apart,
            "beside another suspect, where one has crashed": one.suspect
            and bool(beside)
            and any(other.crashes for other in (one, *beside)),
            "though no worker has room": self.room() <= 0,
            "though the rest of the day is not for replays": one.lane == "replay"
            and used + one.calls > self.limits.daily * self.limits.spare // 100,
        }
        return [*(why for why, is_so in facts.items() if is_so), *self._too_many(one, one.calls)]

    def _too_many(self, one: Known, calls: int) -> list[str]:
        used, _ = self._day(one.location)
        facts = {
            "though all slots are taken": len(self.taken(one.location)) + calls > self.limits.rate,
            "though the day is used up": used + calls > self.limits.daily,
        }
        return [why for why, is_so in facts.items() if is_so]

    def _occupy(self, one: Known, calls: Iterable[int]) -> None:
        for call in calls:
            self.slots[one.location][f"{one.id}:{one.generation}:{call}"] = self.now + self.limits.lease

    def _release(self, one: Known, first: int) -> None:
        for call in range(first, one.slots + 1):
            if self.slots[one.location].pop(f"{one.id}:{one.generation}:{call}", None) is not None:
                self._charge(one.location, -1)

    def _charge(self, location: str, calls: int) -> None:
        used, ends = self._day(location)
        self._days[location] = max(0, used + calls), ends

    def _day(self, location: str) -> tuple[int, int]:
        used, ends = self._days.get(location, (0, 0))
        return (used, ends) if ends > self.now else (0, (self.now // DAY + 1) * DAY)
