"""The short set of the fault matrix, and what judges it."""

import socket
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from types import MappingProxyType

import pytest

from bench.faults.__main__ import INCOMPLETE, SCENARIOS, main, play
from bench.faults.proxy import Mode, Proxy
from bench.faults.report import summary, table
from bench.faults.scenario import Outcome, Scenario, run
from bench.faults.senders import BUILDERS, Lead
from bench.faults.witness import Entry, Verdict, longest_silence, recovery_seconds, seen_by, verdict
from shared.fault_points import planned

SHORT = [scenario for scenario in SCENARIOS if scenario.is_short]
SCALE = 0.04
# Shorter leases, and so a shorter test: what a killed worker had in hand is taken back when its leases expire.
HURRIED = {"LEASE_SECONDS": "25", "DELIVERY_SECONDS": "5"}


@pytest.mark.fault
@pytest.mark.parametrize("scenario", SHORT, ids=[scenario.name for scenario in SHORT])
def test_nothing_is_lost_or_doubled(scenario: Scenario, tmp_path: Path) -> None:
    outcome = run(replace(scenario, seconds=8, environment=HURRIED), SCALE, 1, tmp_path)

    assert outcome.faults == ()
    assert outcome.accepted == outcome.delivered > 0


# What is told


CALM = Scenario("calm", "nothing is broken", lambda _: None)


def test_a_scenario_that_cannot_be_played_fails_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_redis(*_: object) -> Outcome:
        raise OSError("no redis-server")

    monkeypatch.setattr("bench.faults.__main__.run", no_redis)
    outcome = play("calm", Namespace(logs=tmp_path, scale=1, seed=1))

    assert outcome.faults == ("broken off: OSError: no redis-server",)
    assert table([outcome]).splitlines()[-1].endswith("| failed |")


def test_the_summary_says_how_much_was_played() -> None:
    outcomes = [Outcome("calm", sent=2200), Outcome("late", sent=300), Outcome("other", not_run="no such program")]

    told = summary(outcomes, 61.4, "bin/faults --scale 0.5 --seed 7 --jobs 3")

    assert told.startswith(
        "2,500 submissions in 2 of 3 scenarios, 61 s: `bin/faults --scale 0.5 --seed 7 --jobs 3` at commit "
    )
    assert told.endswith(" NOT RUN: other (no such program).")


@pytest.mark.parametrize(("words", "wrong"), [(["--only", "NONSENSE"], "NONSENSE"), (["--scale", "0"], "above 0")])
def test_what_cannot_be_played_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], wrong: str
) -> None:
    monkeypatch.setattr("sys.argv", ["bin/faults", *words])

    with pytest.raises(SystemExit, match="2"):
        main()

    assert wrong in capsys.readouterr().err


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome("calm"), 0),
        (Outcome("calm", faults=("1 lost",)), 1),
        (Outcome("calm", not_run="no such program"), INCOMPLETE),
    ],
)
def test_only_a_matrix_that_was_played_whole_succeeds(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, status: int
) -> None:
    monkeypatch.setattr("sys.argv", ["faults", "--only", "calm"])
    monkeypatch.setattr("bench.faults.__main__._outcomes", lambda *_: iter([outcome]))
    monkeypatch.setattr("bench.faults.__main__.signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == status


def test_at_full_scale_100_000_submissions_come_in() -> None:
    assert sum(scenario.at(1).number(1) for scenario in SCENARIOS) >= 100_000


def test_what_is_shortened_is_played_in_full_at_full_scale() -> None:
    scenario = replace(CALM, in_full=replace(CALM, seconds=600))

    assert scenario.at(0.1).seconds == 20
    assert scenario.at(1).seconds == 600


# What judges


LEAD = Lead(1, "form-1", BUILDERS[0], is_sent_twice=False)
NOTE = {"body": LEAD.note("s1")}


def test_a_whole_contact_is_neither_lost_nor_doubled() -> None:
    found = judged([a_contact()])

    assert (found.lost, found.altered, found.doubled, found.repeats) == ((), (), (), 0)


def test_what_was_told_to_be_accepted_and_is_nowhere_is_lost() -> None:
    assert judged([]).lost[0] == "s1"


def test_a_contact_without_its_note_is_lost() -> None:
    assert judged([a_contact(notes=[])]).lost[0] == "s1"


def test_a_contact_without_its_tags_is_lost() -> None:
    assert judged([a_contact(tags=[])]).lost == ("s1",)


@pytest.mark.parametrize(
    "altered",
    [
        {"locationId": "L2"},
        {"firstName": "Altered"},
        {"companyName": "Made up"},
        {"tags": ["website", "vip"]},
        {"notes": [{"body": NOTE["body"].replace("blend 1", "blend 19")}]},
    ],
)
def test_what_is_not_as_it_was_filled_in_or_stands_elsewhere_is_altered(altered: dict[str, object]) -> None:
    assert judged([a_contact(**altered)]).altered == ("s1",)


def test_a_contact_of_nobody_is_altered() -> None:
    assert judged([a_contact(), a_contact(email="q1@example.com")]).altered == ("q1@example.com, who has sent nothing",)


def test_what_only_the_journal_has_delivered_is_lost_whatever_its_sender_was_told() -> None:
    assert judged([], told={}).lost == ("s1",)


def test_a_dead_letter_is_not_lost() -> None:
    found = judged([], state="dead")

    assert (found.lost, dict(found.dead)) == ((), {"crashed": 1})


def test_what_was_accepted_and_is_not_in_the_journal_is_unknown_to_it() -> None:
    found = judged([a_contact()], entries={})

    assert (found.lost, found.unknown) == ((), ("s1",))


def test_a_second_contact_is_a_double() -> None:
    assert len(judged([a_contact(), a_contact()]).doubled) == 1


def test_a_second_note_is_a_double() -> None:
    assert len(judged([a_contact(notes=[NOTE, NOTE])]).doubled) == 1


@pytest.mark.parametrize("told", [{LEAD.email: "s1"}, {}])
@pytest.mark.parametrize(("causes", "doubled"), [(2, 0), (1, 1), (0, 1)])
def test_each_further_write_is_a_double_unless_the_journal_shows_why(
    causes: int, doubled: int, told: dict[str, str]
) -> None:
    found = judged([a_contact(written=3)], told=told, causes=causes)

    assert (len(found.doubled), found.repeats) == (doubled, 2)


def test_silence_counts_only_while_something_waits() -> None:
    entries = [an_entry("a", 0, 1), an_entry("b", 100, 103), an_entry("c", 101, 110)]

    silence = longest_silence(entries)

    assert (silence.seconds, silence.began_at) == (7, 103)


def test_a_long_wait_is_no_silence_while_others_are_delivered() -> None:
    entries = [an_entry("slow", 0, 50), *(an_entry(str(at), at, at + 1) for at in range(49))]

    assert longest_silence(entries).seconds == 1


def test_a_fault_is_over_when_what_it_had_caught_is_settled() -> None:
    entries = {entry.id: entry for entry in [an_entry("caught", 0, 141), an_entry("later", 101, 103)]}

    assert recovery_seconds(100, 190, {"caught"}, entries) == 41


def test_a_fault_is_not_over_while_nothing_is_delivered_that_waits() -> None:
    entries = {entry.id: entry for entry in [an_entry("first", 99, 102), an_entry("second", 101, 130)]}

    assert recovery_seconds(100, 190, set(), entries) == 30
    assert recovery_seconds(100, 101, set(), entries) == 0


def test_a_fault_is_not_over_while_one_location_is_left_waiting() -> None:
    busy = [an_entry(str(at), at, at + 1) for at in range(100, 200)]
    entries = {entry.id: entry for entry in [*busy, an_entry("left", 101, 180, location="elsewhere")]}

    assert recovery_seconds(100, 190, set(), entries) == 80


def test_a_fault_is_not_over_while_senders_are_refused() -> None:
    assert recovery_seconds(100, 190, set(), {}, refused=[101, 150]) == 50


# The wire


ANSWER = b"0123456789"


@pytest.fixture
def answering() -> Iterator[int]:
    """Serve an answer to whatever is sent, and give the port."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):  # as it should be
                while self.request.recv(100):
                    self.request.sendall(ANSWER)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def wire(answering: int) -> Iterator[Proxy]:
    proxy = Proxy(answering, share=1).start()
    yield proxy
    proxy.stop()


@pytest.mark.parametrize("mode", [Mode.PASS, Mode.SLOW])
def test_a_wire_passes_what_is_asked_and_answered(wire: Proxy, mode: Mode) -> None:
    wire.switch(mode)
    with connected(wire) as connection:
        connection.sendall(b"?")

        assert connection.recv(100) == ANSWER


def test_a_cut_wire_resets_in_the_middle_of_an_answer(wire: Proxy) -> None:
    wire.switch(Mode.CUT)
    with connected(wire) as connection:
        connection.sendall(b"?")
        with pytest.raises(ConnectionResetError):
            read_all(connection)

    assert wire.spoilt == 1


def test_a_silent_wire_never_answers_and_its_connections_stay_dead_when_it_is_mended(wire: Proxy) -> None:
    with connected(wire) as dead:
        dead.sendall(b"?")
        dead.recv(100)
        wire.switch(Mode.SILENT)
        wire.switch(Mode.PASS)
        dead.settimeout(0.2)
        dead.sendall(b"?")
        with pytest.raises(TimeoutError):
            dead.recv(100)
    with connected(wire) as alive:
        alive.sendall(b"?")

        assert alive.recv(100) == ANSWER
    assert wire.spoilt == 1


def test_a_reset_breaks_what_is_connected_and_nothing_else(wire: Proxy) -> None:
    with connected(wire) as broken:
        broken.sendall(b"?")
        broken.recv(100)
        wire.reset()
        with pytest.raises(ConnectionResetError):
            broken.recv(100)
    with connected(wire) as connection:
        connection.sendall(b"?")

        assert connection.recv(100) == ANSWER
    assert wire.spoilt == 1


def connected(wire: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", wire.port), timeout=5)


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(100), b""))


# Fault points


def test_a_fault_point_ends_the_process_each_nth_time_it_is_passed_with_its_subject() -> None:
    ended: list[int] = []
    [point] = planned("begun@poison/2")
    point.end = lambda: ended.append(1)

    for subject in ("other", "poison", "poison", "other", "poison"):
        point.reach("begun", subject)
        point.reach("answered", subject)

    assert len(ended) == 1


@pytest.mark.parametrize("text", ["begun/0", "Begun", "begun@", "begun+x"])
def test_a_fault_point_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOOKLINE_FAULT_POINTS"):
        planned(text)


def judged(
    contacts: list[dict[str, object]],
    state: str = "delivered",
    *,
    told: Mapping[str, str] = MappingProxyType({LEAD.email: "s1"}),
    entries: Mapping[str, Entry] | None = None,
    causes: int = 0,
) -> Verdict:
    if entries is None:
        entries = {"s1": Entry("s1", state, "place-1", 0, 1, "crashed" if state == "dead" else "")}
    return verdict([LEAD], told, seen_by(contacts), entries, {LEAD.form: "L1"}, ("website",), lambda _: causes)


def a_contact(**more: object) -> dict[str, object]:
    stored = {"id": "c1", "locationId": "L1", "customFields": [], "firstNameLowerCase": "person", "written": 1}
    return {**LEAD.contact(), **stored, "notes": [NOTE], "tags": ["website"], **more}


def an_entry(name: str, accepted_at: float, settled_at: float, location: str = "place-1") -> Entry:
    return Entry(name, "delivered", location, accepted_at, settled_at)
