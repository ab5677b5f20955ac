from shared.journal import Journal, Lease
from shared.submission import Reason
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench


def refuse(lease: Lease, token: str = "old") -> bool:
    return lease.hold("credentials", "Invalid JWT", status=401, seconds=15, token=token, calls=1)


def fail(lease: Lease, status: int | None = None) -> bool:
    return lease.retry(1, spends=True, calls=1, details={"status": status})


def test_a_held_location_waits_and_nobodys_attempt_is_spent(bench: Bench, journal: Journal) -> None:
    assert refuse(bench.leased("s1"))
    bench.accept("s2")

    assert bench.turn() == []
    [hold] = journal.holds()
    assert (hold.location, hold.kind, hold.reason, hold.status) == ("main", "credentials", "Invalid JWT", "401")
    record = journal.find("s1")
    assert record
    assert record.attempts == 0
    assert bench.states() == {"accepted": 2, "waiting": 2}


def test_other_locations_go_on(bench: Bench) -> None:
    refuse(bench.leased("s1"))
    bench.accept("s2", location="south")

    assert [job.submission_id for job in bench.turn()] == ["s2"]


def test_one_submission_probes_each_time_another_one(bench: Bench, clock: Clock) -> None:
    for id in ("s1", "s2", "s3"):
        bench.accept(id)
    jobs = bench.turn()
    for job in jobs:
        refuse(bench.begin(job))
    probes = []
    for seconds in (15, 15, 30, 60):
        clock.advance(seconds + 0.1)
        [job] = bench.turn()
        probes.append(job.submission_id)
        assert not refuse(bench.begin(job))

    assert len(set(probes[:3])) == 3


def test_probes_come_at_doubling_distances_up_to_five_minutes(bench: Bench, journal: Journal, clock: Clock) -> None:
    refuse(bench.leased("s1"))
    distances = []
    for _ in range(7):
        before = clock.now
        while not (jobs := bench.turn()):
            clock.advance(1)
        refuse(bench.begin(jobs[0]))
        distances.append((clock.now - before) // 1000)

    assert distances == [15, 15, 30, 60, 120, 240, 300]


def test_a_probe_that_gets_through_lifts_the_hold(bench: Bench, journal: Journal, clock: Clock) -> None:
    refuse(bench.leased("s1"))
    bench.accept("s2")
    clock.advance(15.1)
    [job] = bench.turn()
    lease = bench.begin(job)
    lease.permit()

    assert lease.held
    assert lease.delivered({})
    assert journal.holds() == []
    assert len(bench.turn()) == 1


def test_a_refused_contact_lifts_the_hold_too(bench: Bench, journal: Journal, clock: Clock) -> None:
    refuse(bench.leased("s1"))
    clock.advance(15.1)
    [job] = bench.turn()

    assert bench.begin(job).bury(Reason.REJECTED, (), group="g", is_open=True)
    assert journal.holds() == []


def test_an_answer_to_a_call_from_before_the_hold_does_not_lift_it(
    bench: Bench, journal: Journal, clock: Clock
) -> None:
    early = bench.leased("s1")
    early.permit()
    clock.advance(0.1)
    refuse(bench.leased("s2"))

    assert not early.delivered({})
    assert len(journal.holds()) == 1


def test_a_probe_that_never_asked_highlevel_lets_the_next_one_try_at_once(bench: Bench, clock: Clock) -> None:
    refuse(bench.leased("s1"))
    bench.accept("s2")
    clock.advance(15.1)
    [job] = bench.turn()
    bench.begin(job).bury(Reason.UNMAPPABLE, (), group="g", is_open=False)

    assert len(bench.turn()) == 1


def test_a_429_holds_until_its_time(bench: Bench, clock: Clock) -> None:
    bench.leased("s1").hold("rate", "Too Many Requests", status=429, seconds=10, token="", calls=1)
    clock.advance(9.9)

    assert bench.turn() == []
    clock.advance(0.2)
    [job] = bench.turn()
    bench.begin(job).hold("rate", "Too Many Requests", status=429, seconds=10, token="", calls=1)
    clock.advance(9.9)
    assert bench.turn() == []
    clock.advance(0.2)
    assert len(bench.turn()) == 1


def test_five_failures_in_a_row_of_three_submissions_are_an_outage(
    bench: Bench, journal: Journal, clock: Clock
) -> None:
    held = [fail(bench.leased(id)) for id in ("s1", "s2", "s3")]
    clock.advance(1)
    held += [fail(bench.begin(job), status=503) for job in bench.turn()[:2]]

    assert held == [False, False, False, False, True]
    assert (journal.holds()[0].kind, journal.holds()[0].status) == ("outage", "503")


def test_failures_of_one_submission_are_no_outage(bench: Bench, journal: Journal, clock: Clock) -> None:
    fail(bench.leased("s1"))
    for _ in range(6):
        clock.advance(1.1)
        [job] = bench.turn()
        fail(bench.begin(job))

    assert journal.holds() == []


def test_a_failure_while_the_location_is_held_spends_nothing(bench: Bench, journal: Journal, clock: Clock) -> None:
    refuse(bench.leased("s1"))
    clock.advance(15.1)
    [job] = bench.turn()
    fail(bench.begin(job))

    record = journal.find("s1")
    assert record
    assert record.attempts == 0
    assert len(journal.holds()) == 1


def test_a_worker_with_another_token_lifts_a_hold_for_credentials(bench: Bench, journal: Journal) -> None:
    journal.announce_token("main", "old")
    refuse(bench.leased("s1"), token="old")

    assert not journal.announce_token("main", "old")
    assert journal.announce_token("main", "new")
    assert len(bench.turn()) == 1


def test_a_worker_whose_token_is_not_the_newest_holds_nothing(bench: Bench, journal: Journal, clock: Clock) -> None:
    lease = bench.leased("s1")
    journal.announce_token("main", "new")

    assert not refuse(lease, token="old")
    assert journal.holds() == []
    clock.advance(5.1)
    assert len(bench.turn()) == 1


def test_an_operator_can_lift_a_hold(bench: Bench, journal: Journal) -> None:
    refuse(bench.leased("s1"))

    assert journal.lift("main")
    assert not journal.lift("main")
    assert len(bench.turn()) == 1
