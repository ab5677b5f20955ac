"""Faults of HighLevel, and of the wire to it: refusals, silence, and answers that break off."""

import time
from collections.abc import Callable

from bench.faults.proxy import Mode
from bench.faults.scenario import Scenario
from bench.faults.theatre import Theatre

WRITES = r"/(upsert|notes|tags)$"
OUTAGE_SECONDS = 600.0
# The same in a tenth of the time: the first probe comes after a tenth of the 15 s, the rest follows from it.
SHORTENED_SECONDS = OUTAGE_SECONDS / 10
SHORTENED = {"HOLD_PROBE_SECONDS": "1.5"}


def bursts(program: str, count: int) -> Callable[[Theatre], None]:
    """Return a play in which that many calls are answered by a program, every few seconds."""

    def play(theatre: Theatre) -> None:
        used = 0
        for _ in theatre.each_few_seconds(5, least=2, most=5):
            with theatre.fault(f"up to {count} calls answered by {program}"):
                used += theatre.use_up(theatre.stage.program(program=program, count=count), count)
        theatre.demand(f"calls answered by {program}", used)

    return play


def outage(seconds: float) -> Callable[[Theatre], None]:
    """Return a play in which HighLevel is away for so long."""

    def play(theatre: Theatre) -> None:
        theatre.wait_for_delivered(0.05)
        with theatre.fault(f"an outage of {seconds:.0f} s: first no connection, then 503"):
            port, theatre.highlevel_wire.target = theatre.highlevel_wire.target, 1
            theatre.highlevel_wire.reset()
            time.sleep(seconds / 2)
            theatre.demand("connections refused", theatre.highlevel_wire.spoilt)
            program = theatre.stage.program(program="unavailable_503")
            theatre.highlevel_wire.target = port
            time.sleep(seconds / 2)
            theatre.demand("calls answered 503", theatre.used(program))
            theatre.end_programs()

    return play


def answer_too_late(theatre: Theatre) -> None:
    used = 0
    for _ in theatre.each_few_seconds(8, least=2, most=3):
        with theatre.fault("up to 10 calls are carried out and answered after 12 s"):
            used += theatre.use_up(theatre.stage.program(match={"path": WRITES}, delay_ms=12_000, count=10), 10)
            theatre.pause(12)
    theatre.demand("calls answered after 12 s", used)


def break_off(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.05)
    with theatre.fault("one answer in five is reset in its middle, for 15 s"):
        theatre.highlevel_wire.switch(Mode.CUT)
        theatre.pause(15)
        theatre.highlevel_wire.switch(Mode.PASS)
    theatre.demand("answers reset", theatre.highlevel_wire.spoilt)


def drip(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.05)
    with theatre.fault("one answer in five comes 4 bytes at a time, for 20 s"):
        theatre.highlevel_wire.switch(Mode.DRIP)
        theatre.pause(20)
        theatre.highlevel_wire.switch(Mode.PASS)
    theatre.demand("slow answers", theatre.highlevel_wire.spoilt)


def half_open(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    with theatre.fault("connections to HighLevel stay open and never answer; new ones do so again after 15 s"):
        theatre.highlevel_wire.switch(Mode.SILENT)
        theatre.pause(15)
        theatre.highlevel_wire.switch(Mode.PASS)
    theatre.demand("calls never answered", theatre.highlevel_wire.spoilt)


def refuse_the_token(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.2)
    with theatre.fault("the token is refused for 15 s"):
        theatre.stage.control("POST", "/_sandbox/tokens", json={"tokens": ["another"]})
        theatre.pause(15)
        theatre.stage.control("POST", "/_sandbox/tokens", json={"tokens": None})
    theatre.demand("calls answered 401", theatre.answered(401))


def expire_access_tokens(theatre: Theatre) -> None:
    for _ in theatre.each_few_seconds(6, least=2, most=4):
        with theatre.fault("all access tokens expire"):
            theatre.stage.control("PATCH", "/_sandbox/oauth/app", json={"expire_access_tokens": True})
    theatre.load.join()
    theatre.demand("calls answered 401", theatre.answered(401))


def _bursts(name: str, sentence: str, program: str, count: int) -> Scenario:
    return Scenario(name, sentence, bursts(program, count))


SCENARIOS = (
    _bursts("API 500", "bursts of 500", "internal_500", 25),
    _bursts("API 503", "bursts of 503", "unavailable_503", 25),
    Scenario(
        "API outage",
        "an outage of 10 minutes",
        outage(SHORTENED_SECONDS),
        seconds=80,
        environment=SHORTENED,
        in_full=Scenario(
            "API outage", "an outage of 10 minutes", outage(OUTAGE_SECONDS), submissions=1200, seconds=700
        ),
    ),
    _bursts("API 429", "storms of 429 with X-RateLimit headers", "rate_429", 25),
    _bursts("API 429 Retry-After", "storms of 429 with a Retry-After of 7 s", "rate_429_retry_after", 25),
    _bursts("API 429 bare", "storms of 429 without any header", "rate_429_bare", 25),
    Scenario("API too late", "read timeouts after the write was made", answer_too_late, seconds=40),
    _bursts("API reset", "the call is carried out and the connection reset", "stored_but_reset", 25),
    _bursts("API 504", "the call is carried out and the gateway answers 504", "stored_but_504", 25),
    Scenario("API cut", "answers are reset in their middle", break_off, seconds=30),
    Scenario("API drip", "answers come a few bytes at a time", drip, seconds=30),
    Scenario("API half-open", "connections that never answer", half_open, seconds=30),
    _bursts("API page 403", "Cloudflare's page instead of an answer", "edge_html_403", 15),
    _bursts("API page 200", "a page with a 200, and nothing stored", "html_200", 15),
    _bursts("API page 502", "Cloudflare's page of a bad gateway", "bad_gateway_502", 15),
    Scenario("API token", "the token is refused in mid-run", refuse_the_token, seconds=40),
    Scenario("API OAuth", "all OAuth tokens expire in mid-run, again and again", expire_access_tokens, oauth=True),
)
