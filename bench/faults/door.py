"""Too much at the door: senders that are too slow, and one form that is flooded."""

import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace

from bench.faults.scenario import Scenario
from bench.faults.senders import BUILDERS, Load, leads
from bench.faults.theatre import PAGE, Theatre
from bench.stage import TOKEN

SLOW_SENDERS = 200  # of each web process, which has 8 threads
SLOW_SECONDS = 40.0
BYTE_SECONDS = 1.0
HEAD = f"POST /hooks/form-0/{TOKEN} HTTP/1.1\r\nHost: web\r\nContent-Type: application/json\r\n"
BEGINNINGS = (
    b"",
    HEAD.encode(),
    f"{HEAD}Content-Length: 100000\r\n\r\n{{".encode(),
    f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(),
)
FLOOD_NUMBERS = 2_000_000  # so that they are nobody else's
FLOOD_SECONDS = 30.0
FLOOD_PER_SECOND = 30
ONE_TRY = next(builder for builder in BUILDERS if builder.tries == 1)


@dataclass
class SlowSenders:
    """Connections to one web process on which a byte comes each second; who is cut off begins anew."""

    port: int
    random: random.Random
    told: list[bytes] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "SlowSenders":
        self._thread = threading.Thread(target=self._run, name="slow senders", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        connections = [self._begin() for _ in range(SLOW_SENDERS)]
        while not self._stopped.wait(BYTE_SECONDS):
            connections = [connection if self._go_on(connection) else self._begin() for connection in connections]
        for connection in connections:
            connection.close()

    def _begin(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(self.random.choice(BEGINNINGS))
        connection.setblocking(False)
        return connection

    def _go_on(self, connection: socket.socket) -> bool:
        """Send one more byte; say whether the connection is still open."""
        with suppress(BlockingIOError):
            with suppress(ConnectionError):
                self.told.append(connection.recv(4096).partition(b"\r\n")[0])
            connection.close()
            return False
        with suppress(ConnectionError):
            connection.send(b"x")
        return True


def send_slowly(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.05)
    senders = [SlowSenders(port, theatre.random).start() for port in theatre.fleet.ports.values()]
    with theatre.fault(f"{SLOW_SENDERS} slow senders at each web process, for {SLOW_SECONDS:.0f} s"):
        theatre.pause(SLOW_SECONDS)
        for sender in senders:
            sender.stop()
    told = [line for sender in senders for line in sender.told]
    theatre.notes.append(f"slow connections cut off: {len(told)}, with a 408: {sum(b' 408 ' in line for line in told)}")
    if not told:
        theatre.faults.append("no slow connection was cut off")
    _judge_neighbours(theatre)


def flood(theatre: Theatre) -> None:
    """Send to one form far more than it takes; whatever is answered 200 has to be delivered like all else."""
    theatre.wait_for_delivered(0.05)
    number = round(FLOOD_SECONDS * FLOOD_PER_SECOND)
    crowd = [replace(lead, builder=ONE_TRY) for lead in leads(number, [PAGE], theatre.random, first=FLOOD_NUMBERS)]
    load = Load(crowd, [*theatre.fleet.ports.values()], FLOOD_SECONDS)
    with theatre.fault(f"{number} submissions to one form within {FLOOD_SECONDS:.0f} s"):
        load.start().join()
    theatre.load.join()
    theatre.notes.append(f"the flood was answered {dict(sorted(load.answers.items()))}")
    if set(load.answers) != {200, 429}:
        theatre.faults.append(f"the flood was answered {load.answers}, not 200 and then 429")
    _judge_neighbours(theatre)
    theatre.load.leads = [*theatre.load.leads, *crowd]
    theatre.load.told.update(load.told)
    theatre.load.refused += load.refused


def _judge_neighbours(theatre: Theatre) -> None:
    theatre.load.join()
    if set(theatre.load.answers) != {200}:
        theatre.faults.append(f"the others were not all answered 200: {theatre.load.answers}")


SCENARIOS = (
    Scenario("slow senders", "connections that bring a byte each second", send_slowly, seconds=50),
    Scenario(
        "flood",
        "one public form gets far more than its limit",
        flood,
        seconds=40,
        # All come from one address here, which is not what is to be tried.
        environment={"FORM_LIMIT_PER_MINUTE": "60", "ADDRESS_LIMIT_PER_MINUTE": "0"},
    ),
)
