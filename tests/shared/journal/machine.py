"""
Receivers, workers and operators do to the journal what they like; a plain model says what must come of it.

Calls are made twice when their answer gets lost. Messages come late, twice or never. Workers die, stop, or come back
when their lease is somebody else's. At the end all faults are over, and what was accepted must be delivered.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.journal import Job, Limits
from shared.submission import Reason, State
from tests.shared.journal.actors import CAUSE, LOCATIONS, Actors, Filled, T, hold_in
from tests.shared.journal.model import DAY, SECOND, Bury, Crashed, Delivered, End, Known, Refuse, Retry
from tests.shared.journal.tampered import Dump, Server

# Few of everything, so that submissions meet at the limit, as suspects, at a hold.
LIMITS = Limits(
    rate=5,
    daily=20,
    least=1,
    pace=200,
    burst=5,
    visit=3,
    probe_cap=60_000,
    outage_cap=20_000,
    crashes=2,
    apart=2,
    vanished=3,
    outage_failures=3,
    outage_submissions=2,
)
FORMS = "contact", "quote"
WORKERS = "first", "second"
PERSONS: tuple[tuple[str, ...], ...] = ((), ("ada",), ("ada", "ada's phone"), ("ada's phone",))
TOKENS = "old", "new"
KEPT = State.DELIVERED, State.DISCARDED  # for a time
MOST = 12  # submissions, so that time is left for what becomes of them
TURNS = 400  # after which everything is delivered

# What is drawn --------------------------------------------------------------------------------------------------------

CALLS = st.sampled_from((1, 1, 2, 3))
FILLED = st.builds(
    Filled,
    form=st.sampled_from(FORMS),
    location=st.sampled_from(("north", *LOCATIONS)),
    calls=CALLS,
    persons=st.sampled_from(PERSONS),
    lead=st.sampled_from(("", "", "lead")),
    progress=st.integers(0, 3),
    again=st.sampled_from((False, False, False, True)),
)
RETRIES = st.builds(
    Retry,
    seconds=st.sampled_from((0, 2, 60)),
    spends=st.booleans(),
    fails=st.sampled_from((True, True, False)),
    calls=CALLS,
    waits_for=st.sampled_from(("", CAUSE)),
)
FAILURES = st.builds(Retry, st.just(0), st.just(True), st.just(True), st.just(1))
REFUSALS = st.one_of(
    st.builds(Refuse, st.just("credentials"), st.just(15), st.sampled_from(TOKENS), CALLS),
    st.builds(Refuse, st.sampled_from(("rate", "configuration")), st.sampled_from((1, 15)), st.just(""), CALLS),
)
BURIALS = st.builds(Bury, st.sampled_from((Reason.REJECTED, Reason.OUTCOME_UNKNOWN)), st.booleans())
ENDS = st.one_of(st.just(Delivered()), RETRIES, REFUSALS, BURIALS, st.builds(Crashed, st.sampled_from((0, 20))))
BUDGETS = st.sampled_from((None, None, 0, 2, 4))  # calls that remain by an answer's headers
PICKS = st.integers(0, 5)


class JournalMachine(RuleBasedStateMachine):
    """What may happen on one server."""

    server: Server

    def __init__(self) -> None:
        super().__init__()
        self.actors = Actors(self.server)
        self.model, self.journal = self.actors.model, self.actors.journal

    # Receivers --------------------------------------------------------------------------------------------------------

    @initialize(forms=st.lists(FILLED, min_size=3, max_size=3), threads=st.sampled_from((0, 4)))
    def open(self, forms: list[Filled], threads: int) -> None:
        """The day begins, with a worker or with none."""
        self.actors.turn(WORKERS[0], threads)
        self.actors.fill_in(*forms)

    @precondition(lambda self: len(self.actors.handed) < MOST)
    @rule(forms=st.lists(FILLED, min_size=1, max_size=3))
    def accept(self, forms: list[Filled]) -> None:
        """A receiver takes one submission, or several at once."""
        self.actors.fill_in(*forms)

    @precondition(lambda self: self.actors.repeatable() and len(self.actors.handed) < MOST)
    @rule(pick=PICKS)
    def accept_again(self, pick: int) -> None:
        """A receiver repeats a call, since it has not heard the answer."""
        self.actors.accept([_recent(self.actors.repeatable(), pick)])

    @precondition(lambda self: not self.server.scripts.lost_answers)
    @rule()
    def lose_the_next_answer(self) -> None:
        """The connection breaks after the next call was carried out, and the client makes it again."""
        self.server.scripts.lost_answers = 1

    # Workers ----------------------------------------------------------------------------------------------------------

    @rule(worker=st.sampled_from(WORKERS), threads=st.sampled_from((4, 4, 2, 1, 0)))
    def turn(self, worker: str, threads: int) -> None:
        """A worker's pump takes a turn, or says that the worker stops."""
        self.actors.turn(worker, threads)

    @precondition(lambda self: self.actors.messages)
    @rule(
        pick=PICKS,
        away=st.sampled_from((0, 0, 0, 0, 1, -1)),
        workers=st.lists(st.sampled_from(WORKERS), min_size=1, max_size=2),
    )
    def begin(self, pick: int, away: int, workers: list[str]) -> None:
        """A message arrives, perhaps late or more than once, or of a lease that there has never been."""
        job = _recent([*self.actors.messages, *self.actors.unbegun()], pick)
        for worker in workers:
            self.actors.begin(Job(job.submission_id, job.generation + away), worker)

    @precondition(lambda self: self.actors.just_begun())
    @rule(pick=PICKS)
    def begin_again(self, pick: int) -> None:
        """A worker repeats its begin, since it has not heard the answer."""
        self.actors.begin_again(_recent(self.actors.just_begun(), pick))

    @precondition(lambda self: self.actors.open())
    @rule(pick=PICKS, calls=CALLS, writes=st.booleans(), remaining=BUDGETS)
    def go_on(self, pick: int, calls: int, writes: bool, remaining: int | None) -> None:
        """A worker takes the next step of a delivery."""
        self.actors.go_on(_recent(self.actors.open(), pick), calls, writes, remaining)

    @precondition(lambda self: self.actors.open())
    @rule(pick=PICKS, is_begun=st.booleans())
    def note_create(self, pick: int, is_begun: bool) -> None:
        """A worker notes that it is about to make a contact, or that it has not."""
        self.actors.note_create(_recent(self.actors.open(), pick), is_begun)

    @precondition(lambda self: self.actors.deliveries)
    @rule(pick=PICKS, end=ENDS)
    def settle(self, pick: int, end: End) -> None:
        """A worker settles what it has begun, perhaps too late or for a second time."""
        over = [one for one in self.actors.deliveries if one.is_over]
        self.actors.settle(_recent([*over, *self.actors.open()], pick), end)

    @precondition(lambda self: self.actors.unbegun())
    @rule(
        pick=PICKS,
        worker=st.sampled_from(WORKERS),
        end=st.one_of(st.none(), ENDS),
        most=st.sampled_from((0, 1, 3)),
        remaining=BUDGETS,
    )
    def deliver(self, pick: int, worker: str, end: End | None, most: int, remaining: int | None) -> None:
        """A worker does all that a delivery takes, or leaves it open after its calls."""
        self.actors.deliver(_recent(self.actors.unbegun(), pick), worker, end, most, remaining)

    @precondition(lambda self: self.actors.unbegun())
    @rule(
        worker=st.sampled_from(WORKERS),
        ends=st.one_of(
            st.lists(ENDS, min_size=2, max_size=3),
            st.lists(st.none(), min_size=2, max_size=4),
            st.lists(FAILURES, min_size=3, max_size=3),
        ),
        most=st.sampled_from((0, 3)),
    )
    def deliver_several(self, worker: str, ends: list[End | None], most: int) -> None:
        """The threads of a worker deliver."""
        for job, end in zip(self.actors.unbegun(), ends, strict=False):
            self.actors.deliver(job, worker, end, most)

    @precondition(lambda self: self.actors.unbegun())
    @rule(times=st.sampled_from((1, 1, 2, 3)), lives=st.booleans())
    def vanish(self, times: int, lives: bool) -> None:
        """Deliveries end without a word, since their worker dies each time, or since it cannot reach the journal."""
        for _ in range(times):
            for job in self.actors.unbegun()[:2]:
                self.actors.begin(job, WORKERS[0])
            self.actors.wait(LIMITS.lease + SECOND)
            self.actors.turn(WORKERS[0] if lives else WORKERS[1], 4)

    @precondition(lambda self: self.actors.deliveries)
    @rule(
        pick=PICKS,
        location=st.sampled_from(LOCATIONS),
        token=st.sampled_from(TOKENS),
        persons=st.sampled_from(PERSONS),
    )
    def start(self, pick: int, location: str, token: str, persons: tuple[str, ...]) -> None:
        """A worker starts with a token, and a configuration by which one is mapped anew and for which others wait."""
        self.actors.announce(location, token)
        self.actors.hasten(location)
        self.actors.map_anew(_recent(list(self.model.all), pick), persons)

    @rule(worker=st.sampled_from(WORKERS), forms=st.lists(FILLED, min_size=1, max_size=3))
    def lag(self, worker: str, forms: list[Filled]) -> None:
        """Leases run out while no pump takes its turn, though workers live."""
        self.actors.wait(LIMITS.lease - 10 * SECOND)
        self.actors.turn(worker, 4)
        self.actors.wait(11 * SECOND)
        self.actors.fill_in(*forms)

    # Time -------------------------------------------------------------------------------------------------------------

    @rule(
        seconds=st.sampled_from((1, 2, 5, 11, 16, 30, 41, 3600)),
        worker=st.sampled_from(("", *WORKERS, *WORKERS)),
    )
    def wait(self, seconds: int, worker: str) -> None:
        """Nothing happens for a while, or until a pump's next turn."""
        self.actors.wait(seconds * SECOND)
        if worker:
            self.actors.turn(worker, 4)

    @precondition(lambda self: any(one.state in KEPT for one in self.model.all.values()))
    @rule(days=st.sampled_from((0, 1, 31)))
    def forget(self, days: int) -> None:
        """A pump removes what is old, perhaps after a long silence."""
        self.actors.wait(days * DAY)
        self.actors.forget()

    # Operators --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.actors.ended())
    @rule(pick=PICKS, location=st.sampled_from(LOCATIONS), calls=CALLS, persons=st.sampled_from(PERSONS))
    def replay(self, pick: int, location: str, calls: int, persons: tuple[str, ...]) -> None:
        """An operator replays what may be no dead letter any more, and which may name others than it did."""
        self.actors.replay(_recent(self.actors.ended(), pick), location, calls, persons)

    @precondition(lambda self: self.actors.ended())
    @rule(pick=PICKS, deed=st.sampled_from((Actors.edit, Actors.forget_edits, Actors.discard)))
    def operate(self, pick: int, deed: Callable[[Actors, str], None]) -> None:
        """An operator changes, restores or discards what may be no dead letter any more."""
        deed(self.actors, _recent(self.actors.ended(), pick))

    @precondition(lambda self: self.model.holds)
    @rule(location=st.sampled_from(LOCATIONS))
    def lift(self, location: str) -> None:
        """An operator lifts a hold."""
        self.actors.lift(location)

    # What holds after every step --------------------------------------------------------------------------------------

    def check_invariants(self, settings: Any, output: Callable[[str], object], runtimes: dict[str, float]) -> None:
        """Check all, so that a failure names each that is broken, and leave that out of the program that is printed."""
        self.check()

    def check(self) -> None:
        """Fail unless everything holds."""
        self.actors.is_sound = False
        broken = []
        for each in self.invariants:
            try:
                each.function(self)
            except AssertionError as error:
                broken.append(f"{each.function.__name__.replace('_', ' ')}: {error}")
        assert broken == [], "\n".join(broken)
        self.actors.is_sound = True

    @invariant()
    def every_accepted_one_stands_where_it_belongs(self) -> None:
        """It is waiting, leased, delivered, dead or discarded, on one shelf and with its body; or it is forgotten."""
        dump = self.actors.look()
        remembered = {id for id, one in self.model.all.items() if one.state is not State.FORGOTTEN}
        same(set(dump.records), remembered)
        for id in remembered:
            one = self.model.all[id]
            same(_shelves(dump, id), [_shelf(one)], id)
            has_body = f"body:{id}" in dump.found
            assert has_body or one.state in KEPT, f"{id}, {one.state}, has no body"
        for beginning in ("body:", "attempts:", "events:"):
            same(set(dump.names(beginning)) - remembered, set(), beginning)

    @invariant()
    def what_waits_stands_in_a_queue(self) -> None:
        """Once, by where it waits, of which form and for what."""
        dump = self.actors.look()
        waiting = [one for one in self.model.all.values() if one.state is State.WAITING]
        queued = [(id, name) for name in dump.names("queue:") for id in dump.scores(f"queue:{name}")]
        same(sorted(id for id, _ in queued), sorted(one.id for one in waiting))
        places = {one.id: f"{one.location}:{one.form}:" for one in waiting}
        same([(id, name) for id, name in queued if not name.startswith(places[id])], [])

    @invariant()
    def every_record_is_as_in_the_model(self) -> None:
        """Its state and all that later decisions hang on."""
        records = self.actors.look().records
        for id in records.keys() & self.model.all.keys():
            same(_told(records[id]), _expected(self.model.all[id]), id)

    @invariant()
    def every_answer_is_the_models(self) -> None:
        """Whatever an actor has asked."""
        same(self.actors.surprises, [])

    @invariant()
    def the_ledger_balances(self) -> None:
        """In the whole, for each form and for each location; and it is what stands on the shelves and in the model."""
        dump, ones, outside = self.actors.look(), list(self.model.all.values()), self.model.outside
        same(_ledger(dump, "ledger"), _populations(ones, outside.total()))
        for form in FORMS:
            duplicates = sum(number for (name, _), number in outside.items() if name == form)
            expected = _populations([one for one in ones if one.form == form], duplicates)
            same(_ledger(dump, f"ledger:form:{form}"), expected, form)
        for location in LOCATIONS:
            duplicates = sum(number for (_, name), number in outside.items() if name == location)
            expected = _populations([one for one in ones if one.location == location], duplicates)
            same(_ledger(dump, f"ledger:location:{location}"), expected, location)
        assert self.journal.ledger().balanced, "a state is missing"
        same([row for row in self.journal.shelves() if row[1] != row[2]], [], "shelves")

    @invariant()
    def never_two_deliveries_of_one_submission(self) -> None:
        """A lease is granted once, and nobody else is at work at the submission meanwhile."""
        at_work = [one for one in self.actors.deliveries if one.is_at_work(self.actors.now)]
        same(_doubled(one.job.submission_id for one in at_work), [])
        same([job for job, number in self.actors.begun.items() if number > 1], [])

    @invariant()
    def never_two_deliveries_of_one_person(self) -> None:
        """Who has been told that a person is free has it until the delivery's end."""
        at_work = [one for one in self.actors.deliveries if one.is_prepared and one.is_at_work(self.actors.now)]
        same(_doubled((one.lease.record.location, person) for one in at_work for person in one.persons), [])

    @invariant()
    def only_what_may_run_is_leased(self) -> None:
        """When it is due, not beside another suspect, at a held location as its probe, and within the limits."""
        same(self.actors.objections, [])

    @invariant()
    def never_more_calls_than_the_limit_in_a_window(self) -> None:
        """However long each took to arrive at HighLevel."""
        since = self.actors.now - LIMITS.window
        recent = Counter(call.location for call in self.actors.calls if call.until > since)
        same({location: number for location, number in recent.items() if number > LIMITS.rate}, {})

    @invariant()
    def never_more_slots_than_the_limit(self) -> None:
        """What is leased, or was asked lately, has one for each call; nothing else has."""
        dump = self.actors.look()
        for location in LOCATIONS:
            taken = {name: at for name, at in dump.scores(f"slots:{location}").items() if at > self.actors.now}
            same(taken, self.model.taken(location), location)
            # An answer that comes too late takes a slot once more for a call of long ago, which does no harm.
            promised = sorted(taken.keys() - self.model.late)
            assert len(promised) <= LIMITS.rate, f"{location}: {promised}"

    @invariant()
    def the_days_calls_are_counted(self) -> None:
        """Those that were permitted and not given back."""
        dump = self.actors.look()
        for location in LOCATIONS:
            day = dump.hash(f"day:{location}")
            used = int(day["used"]) if day and int(day["ends"]) > self.actors.now else 0
            same(used, self.model.calls_of_the_day(location), location)

    @invariant()
    def persons_are_taken_by_whom_the_model_says(self) -> None:
        """By what is prepared, or perhaps makes a contact of them; by nobody else."""
        dump = self.actors.look()
        taken = {name: dump.text(f"person:{name}") for name in dump.names("person:")}
        locks = {f"{place}:{who}": lock for (place, who), lock in self.model.locks.items()}
        same(taken, {name: lock.id for name, lock in locks.items() if lock.until > self.actors.now})

    @invariant()
    def nobody_waits_for_a_person_who_is_free(self) -> None:
        """Somebody has the person still, or another submission of the location is tried first."""
        dump, now = self.actors.look(), self.actors.now
        for one in self.model.all.values():
            if one.state is State.WAITING and one.waits_for == "person" and _due(dump, one) > now:
                others = [other for other in self.model.all.values() if other.location == one.location]
                is_behind = any(_is_next(dump, other, now) for other in others)
                assert is_behind or self.model.holders(one, one.wanted), one.id

    @invariant()
    def holds_are_as_in_the_model(self) -> None:
        """And are listed."""
        dump = self.actors.look()
        same(dump.names("hold:"), sorted(self.model.holds))
        same([hold.location for hold in self.journal.holds()], sorted(self.model.holds))
        for location, hold in self.model.holds.items():
            same(hold_in(dump, location), hold, location)

    @invariant()
    def few_suspects_are_leased_at_a_time(self) -> None:
        """So that a few more processes are enough."""
        same(self.journal.redis.smembers("hookline:apart"), {id.encode() for id in self.model.apart})
        suspects = {one.id for one in self.model.leased_ones() if one.suspect}
        same(suspects, self.model.apart)

    @invariant()
    def nothing_that_waits_is_without_a_time_to_look(self) -> None:
        """A location where something waits stands in the agenda."""
        dump = self.actors.look()
        lanes = [(location, lane) for location in LOCATIONS for lane in ("live", "replay")]
        waiting = {location for location, lane in lanes if dump.scores(f"due:{location}:{lane}")}
        same(waiting - set(dump.scores("agenda")), set())

    # What holds at the end --------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """End all faults: workers live, and HighLevel takes everything."""
        if not self.actors.is_sound:  # a step has failed: what comes after proves nothing
            return
        self.server.scripts.lost_answers = 0
        self._recover()
        self._everything_is_settled()
        self.actors.wait(LIMITS.lease + LIMITS.window)
        self._nothing_is_left_behind()
        self.actors.wait(31 * DAY)
        self.actors.forget()
        self._only_dead_letters_are_left()

    def _recover(self) -> None:
        """Deliver everything, and one more at each location: if it is held, somebody has to try."""
        pause = SECOND
        self.actors.fill_in(*(Filled(FORMS[0], location) for location in LOCATIONS))
        for _ in range(TURNS):
            self.actors.wait(pause)
            self.actors.turn("healthy", 4)
            jobs = self.actors.unbegun()
            for job in jobs:
                self.actors.deliver(job, "healthy", Delivered())
            self.check()
            pause = SECOND if jobs else min(2 * pause, 3600 * SECOND)
            if not self.actors.unsettled():
                return

    def _everything_is_settled(self) -> None:
        self.check()
        same(self.actors.unsettled(), [], "what is accepted is delivered in the end")
        same(self.model.holds, {}, "holds end by a delivery")

    def _nothing_is_left_behind(self) -> None:
        dump = self.actors.look()
        for location in LOCATIONS:
            taken = [name for name, at in dump.scores(f"slots:{location}").items() if at > self.actors.now]
            same(taken, [], "slots are free in the end")
        kinds = ("person:", "blocked:", "hold", "leased", "unbegun", "suspects", "apart", "due:", "queue")
        same([name for name in dump.found if name.startswith(kinds)], [], "nothing is left behind")

    def _only_dead_letters_are_left(self) -> None:
        self.check()
        same(set(self.actors.look().records), set(self.actors.dead()), "only dead letters have no limit")


def same(seen: object, expected: object, what: str = "") -> None:
    """Fail unless what is seen is what is expected, and say both."""
    assert seen == expected, f"{what + ': ' if what else ''}{seen}, not {expected}"


def _recent(items: list[T], pick: int) -> T:
    return items[-1 - pick % len(items)]


def _doubled(items: Iterable[object]) -> list[object]:
    return [item for item, number in Counter(items).items() if number > 1]


# What stands in the journal, and what ought to ------------------------------------------------------------------------


def _shelves(dump: Dump, id: str) -> list[str]:
    due = [f"due:{name}" for name in dump.names("due:")]
    return [shelf for shelf in [*due, "suspects", *map(str, State)] if id in dump.scores(shelf)]


def _shelf(one: Known) -> str:
    if one.state is not State.WAITING:
        return one.state
    return "suspects" if one.suspect else f"due:{one.location}:{one.lane}"


def _due(dump: Dump, one: Known) -> int:
    """Return when somebody looks at what waits."""
    return dump.scores(_shelf(one)).get(one.id, 0)


def _is_next(dump: Dump, one: Known, now: int) -> bool:
    return one.state is State.LEASED or (one.state is State.WAITING and _due(dump, one) <= now)


def _told(record: dict[str, str]) -> dict[str, object]:
    numbers = ("generation", "attempts", "crashes", "vanished", "calls")
    texts = ("state", "lane", "location", "form", "reason", "waits_for")
    return {
        **{name: int(record.get(name, 0)) for name in numbers},
        **{name: record.get(name, "") for name in texts},
        "suspect": record.get("suspect") == "1",
        "edits": len(record["edit"].split("\n")) if record.get("edit") else 0,
    }


def _expected(one: Known) -> dict[str, object]:
    return {
        "generation": one.generation,
        "attempts": one.attempts,
        "crashes": one.crashes,
        "vanished": one.vanished,
        "calls": one.calls,
        "state": one.state,
        "lane": one.lane,
        "suspect": one.suspect,
        "location": one.location,
        "form": one.form,
        "reason": one.reason,
        "waits_for": one.waits_for,
        "edits": one.edits,
    }


def _ledger(dump: Dump, name: str) -> dict[str, int]:
    return {column: int(number) for column, number in dump.hash(name).items() if number != "0"}


def _populations(ones: list[Known], duplicates: int) -> dict[str, int]:
    states = Counter(str(one.state) for one in ones)
    numbers = {**states, "accepted": len(ones), "duplicate": duplicates}
    return {name: number for name, number in numbers.items() if number}
