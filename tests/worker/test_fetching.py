"""Answers that are fetched: real deliveries against builders' APIs that listen, and fail."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from shared.config import Config, Form, Location
from shared.dead_letters import preview_replay
from shared.journal import Record
from shared.providers import PROVIDERS
from shared.providers.base import Provider
from shared.status import FETCH, show
from shared.stores.custom_fields import FieldCache
from shared.stores.fetches import FetchRefusals
from shared.submission import Answer, Edit, Reason, State
from tests.builders_api import BuildersApi, serving
from tests.samples import SAMPLES, Sample
from tests.worker.conftest import World
from worker.decide import FORBIDDEN_TRIES, NOT_FOUND_TRIES

FETCHED = [sample for sample in SAMPLES if sample.fetched]
LEAD = {"field_data": [{"name": "full_name", "values": ["Ada King"]}, {"name": "email", "values": ["ada@example.com"]}]}
Deliver = Callable[..., Record]


@pytest.fixture
def api() -> Iterator[BuildersApi]:
    with serving(BuildersApi(has={"/1": LEAD, "/2": LEAD})) as api:
        yield api


@pytest.fixture
def lead_world(world: World, api: BuildersApi) -> World:
    configure(world, api)
    return world


def configure(world: World, api: BuildersApi, **fetch: Any) -> None:
    """Let a form fetch its leads from this API; another form has its answers at hand."""
    access = {"token": api.token, "base_url": api.address, **fetch}
    lead_ads = {"provider": "facebook_lead_ads", "location": "main", "auth": "none", "fetch": access}
    contact_us = {"provider": "generic_json", "location": "main", "auth": "none"}
    world.config = Config(
        locations={"main": Location(location_id="L1", token=SecretStr("pit-1"))},
        forms={name: Form.model_validate(form) for name, form in (("lead-ads", lead_ads), ("contact-us", contact_us))},
    )


def accept_lead(world: World, lead: str = "1") -> str:
    change = {"field": "leadgen", "value": {"leadgen_id": lead}}
    return world.accept("lead-ads", object="page", entry=[{"changes": [change]}])


def deliver_lead(world: World, lead: str = "1") -> Record:
    submission = accept_lead(world, lead)
    world.work()
    return world.record(submission)


def go_on(world: World, record: Record) -> Record:
    """Let a submission be tried again at once."""
    world.hurry(record.id)
    world.work()
    return world.record(record.id)


def let_ask(world: World) -> None:
    """Let the minute pass in which nobody asks."""
    world.journal.redis.delete("hookline:fetch:asked:lead-ads")


def refusals(world: World) -> FetchRefusals:
    return FetchRefusals(world.journal.redis, world.settings)


# What is had ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", FETCHED, ids=lambda sample: sample.name)
def test_every_submission_of_a_delivery_becomes_a_contact(world: World, api: BuildersApi, sample: Sample) -> None:
    api.learn(sample)
    provider = PROVIDERS[sample.provider]
    table = sample.table(fetch={**sample.form["fetch"], "base_url": api.address})
    form = Form.model_validate({**table, "unmapped": "drop"})
    world.config = Config(locations=world.config.locations, forms={"a": form})
    bodies = [body for body in split(provider, sample) if not provider.read(body, sample.content_type).ignored]

    records = [world.deliver_body("a", body, sample.content_type) for body in bodies]

    assert [record.state for record in records] == [State.DELIVERED] * sample.events
    assert {path.partition("?")[0] for path in api.asked} == {one["path"] for one in sample.fetched}
    expected, first = sample.expect, records[0]
    assert provider.read(bodies[0], sample.content_type).submission_id == expected.submission_id
    assert expected.answers.items() <= {answer.label: answer.value for answer in first.fetched or ()}.items()
    contact = first.mapped["contact"]
    assert contact.get("email") == expected.email
    assert contact.get("phone") == expected.phone
    assert (contact["firstName"], contact["lastName"]) == (expected.first_name, expected.last_name)
    assert expected.contact.items() <= contact.items()


def split(provider: Provider, sample: Sample) -> tuple[bytes, ...]:
    return provider.split(sample.body, sample.content_type) if provider.split else (sample.body,)


def test_a_lead_is_fetched_and_the_call_is_on_record_without_the_token(lead_world: World, api: BuildersApi) -> None:
    record = deliver_lead(lead_world)

    [attempt, *_] = lead_world.journal.attempts(record.id)
    assert record.state is State.DELIVERED
    assert (attempt.step, attempt.status, attempt.response) == ("fetch", 200, LEAD)
    assert attempt.request == f"GET {api.address}/1?fields=field_data%2Ccustom_disclaimer_responses"
    assert api.token not in repr(lead_world.journal.attempts(record.id))
    assert lead_world.calls() == ["POST upsert 200"]


def test_what_was_fetched_is_not_fetched_again(lead_world: World, api: BuildersApi) -> None:
    lead_world.fault(match={"path": "/upsert"}, status=503)
    record = deliver_lead(lead_world)
    assert (record.state, record.attempts) == (State.WAITING, 1)

    assert go_on(lead_world, record).state is State.DELIVERED
    assert len(api.asked) == 1


def test_a_replay_takes_what_was_fetched(lead_world: World, api: BuildersApi) -> None:
    api.has["/1"] = {"field_data": [{"name": "email", "values": ["ada@example.c"]}]}
    record = deliver_lead(lead_world)
    assert record.reason is Reason.REJECTED
    lead_world.journal.edit(record.id, Edit(answers={"email": "ada@example.com"}))

    lead_world.journal.replay(record.id, record.provider, "main", calls=1)
    lead_world.work()

    assert lead_world.record(record.id).state is State.DELIVERED
    assert lead_world.contacts()[0]["email"] == "ada@example.com"
    assert len(api.asked) == 1


def test_what_was_fetched_is_shown_and_previewed(lead_world: World, api: BuildersApi) -> None:
    api.has["/1"] = {"field_data": [{"name": "email", "values": ["ada@example.c"]}]}
    record = deliver_lead(lead_world)

    cache = FieldCache(lead_world.journal.redis, lead_world.settings)
    preview = preview_replay(lead_world.journal, lead_world.config, cache, record.id)

    email = Answer(key="email", label="email", type="email", value="ada@example.c")
    assert show(lead_world.journal, record.id).answers == (email,)
    assert (preview.status, preview.answers) == ("mapped", (email,))


def test_what_is_alike_for_all_submissions_is_not_kept_with_each(world: World, api: BuildersApi) -> None:
    sample = next(sample for sample in FETCHED if sample.provider == "surveymonkey")
    api.learn(sample)
    table = sample.table(fetch={**sample.form["fetch"], "base_url": api.address})
    world.config = Config(locations=world.config.locations, forms={"a": Form.model_validate(table)})

    record = world.deliver_body("a", sample.body, sample.content_type)

    response, survey, *_ = world.journal.attempts(record.id)
    assert (response.status, survey.status) == (200, 200)
    assert response.response
    assert survey.response is None


# What goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_builder_that_fails_is_asked_again(lead_world: World, api: BuildersApi, status: int) -> None:
    api.fail(status, {"error": {"message": "try later"}})

    record = deliver_lead(lead_world)
    assert (record.state, record.attempts) == (State.WAITING, 1)

    assert go_on(lead_world, record).state is State.DELIVERED


def test_an_answer_that_is_no_json_is_none(lead_world: World, api: BuildersApi) -> None:
    api.fail(200, "<html>Just a moment</html>")

    record = deliver_lead(lead_world)

    assert (record.state, record.attempts, record.fetched) == (State.WAITING, 1, None)
    assert go_on(lead_world, record).state is State.DELIVERED


def test_a_builder_that_cannot_be_reached_is_asked_again(lead_world: World, api: BuildersApi) -> None:
    configure(lead_world, api, base_url="http://127.0.0.1:1")

    record = deliver_lead(lead_world)

    [attempt] = lead_world.journal.attempts(record.id)
    assert (record.state, record.attempts) == (State.WAITING, 1)
    assert attempt.response == "no answer from Meta Lead Ads: ConnectError"


def test_a_builder_that_is_slow_is_not_waited_for(
    lead_world: World, api: BuildersApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.highlevel.wire.CALL_SECONDS", 0.05)
    api.fail(200, LEAD, hangs=True)

    record = deliver_lead(lead_world)

    assert (record.state, record.attempts) == (State.WAITING, 1)
    assert lead_world.calls() == []


def test_an_answer_without_end_is_not_read_to_it(lead_world: World, api: BuildersApi) -> None:
    api.fail(200, {"field_data": "x" * 2_000_000})

    assert deliver_lead(lead_world).state is State.WAITING


def test_a_builder_that_keeps_failing_makes_a_dead_letter(lead_world: World, api: BuildersApi) -> None:
    api.fail(500, {"error": {"message": "broken"}}, count=2)
    lead_world.settings = lead_world.settings.model_copy(update={"max_attempts": 2})

    record = go_on(lead_world, deliver_lead(lead_world))

    assert (record.state, record.reason) == (State.DEAD, Reason.EXHAUSTED)
    assert record.diagnosis[0].fix == "replay when Meta Lead Ads answers again"


def test_failures_of_a_builder_are_none_of_highlevel(lead_world: World, api: BuildersApi) -> None:
    api.fail(500, count=6)
    records = [deliver_lead(lead_world, str(lead)) for lead in range(3, 9)]

    contact = lead_world.deliver(email="ada@example.com")

    assert {(record.state, record.attempts) for record in records} == {(State.WAITING, 1)}
    assert lead_world.journal.holds() == []
    assert contact.state is State.DELIVERED


def test_a_redirect_is_not_followed(lead_world: World, api: BuildersApi) -> None:
    api.fail(302, {}, headers={"Location": f"{api.address}/2"})

    record = deliver_lead(lead_world)

    assert (record.state, record.reason) == (State.DEAD, Reason.UNEXPECTED)
    assert len(api.asked) == 1


# What is not there ---------------------------------------------------------------------------------------------------


def test_a_lead_that_is_not_there_yet_is_asked_for_again(lead_world: World, api: BuildersApi) -> None:
    record = deliver_lead(lead_world, "77")
    assert (record.state, record.missing) == (State.WAITING, 1)
    api.has["/77"] = LEAD

    assert go_on(lead_world, record).state is State.DELIVERED


def test_a_lead_that_is_never_there_makes_a_dead_letter_that_says_what_to_do(lead_world: World) -> None:
    record = deliver_lead(lead_world, "77")
    for _ in range(NOT_FOUND_TRIES - 1):
        record = go_on(lead_world, record)

    assert (record.state, record.reason) == (State.DEAD, Reason.UNEXPECTED)
    [diagnosis] = record.diagnosis
    assert diagnosis.rule == "HTTP 404: Meta Lead Ads answered 404: resource not found"
    assert diagnosis.fix == (
        "it was deleted there, or the token may not see it: look in Meta Lead Ads, then replay or discard"
    )


def test_a_replay_asks_as_often_again_for_what_was_not_there(lead_world: World, api: BuildersApi) -> None:
    record = deliver_lead(lead_world, "77")
    for _ in range(NOT_FOUND_TRIES - 1):
        record = go_on(lead_world, record)
    lead_world.journal.replay(record.id, record.provider, "main", calls=1)
    lead_world.work()
    assert lead_world.record(record.id).state is State.WAITING
    api.has["/77"] = LEAD
    lead_world.journal.redis.zadd("hookline:due:main:replay", {record.id: 0})
    lead_world.journal.redis.zadd("hookline:agenda", {"main": 0})
    lead_world.work()

    assert lead_world.record(record.id).state is State.DELIVERED


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        ({"code": 190, "message": "Session has expired"}, "waits"),
        ({"code": 200, "message": "Requires leads_retrieval"}, "waits"),
        ({"code": 4, "message": "Application request limit reached"}, "waits"),
        ({"code": 80005, "message": "Too many leads calls"}, "waits"),
        ({"code": 2, "message": "Service temporarily unavailable"}, "is tried again"),
        ({"code": 999, "message": "Odd", "is_transient": True}, "is tried again"),
        ({"code": 100, "error_subcode": 33, "message": "Object does not exist"}, "is tried again"),
        ({"code": 100, "message": "Unknown field"}, "is buried"),
        ({"code": "190"}, "is buried"),
    ],
)
def test_metas_own_codes_say_what_a_400_means(
    lead_world: World, api: BuildersApi, error: dict[str, Any], becomes: str
) -> None:
    api.fail(400, {"error": error})

    record = deliver_lead(lead_world)

    expected = {
        "waits": (State.WAITING, 0, FETCH),
        "is tried again": (State.WAITING, 1, ""),
        "is buried": (State.DEAD, 0, ""),
    }
    assert (record.state, record.attempts, record.waits_for) == expected[becomes]


@pytest.mark.parametrize("answer", [{"id": "1"}, [], {"field_data": None}, None])
def test_an_answer_of_another_shape_makes_a_dead_letter_that_is_fetched_anew(
    lead_world: World, api: BuildersApi, answer: Any
) -> None:
    api.fail(200, answer)
    record = deliver_lead(lead_world)
    assert (record.reason, record.fetched) == (Reason.UNMAPPABLE, None)

    lead_world.journal.replay(record.id, record.provider, "main", calls=1)
    lead_world.work()

    assert lead_world.record(record.id).state is State.DELIVERED


# Who waits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_lets_only_this_forms_submissions_wait(
    lead_world: World, api: BuildersApi, status: int
) -> None:
    api.fail(status, {"error": {"message": "Session has expired"}})
    records = [deliver_lead(lead_world, str(lead)) for lead in range(5)]

    contact = lead_world.deliver(email="ada@example.com")

    assert {(record.state, record.attempts, record.waits_for) for record in records} == {(State.WAITING, 0, FETCH)}
    assert len(api.asked) == 1
    assert contact.state is State.DELIVERED
    assert lead_world.journal.holds() == []
    [refusal] = refusals(lead_world).refusals()
    assert (refusal.alias, refusal.message) == (
        "lead-ads",
        f"Meta Lead Ads answered {status}: Session has expired. "
        "Replace the token of the form's fetch table; it needs leads_retrieval of the page.",
    )


FORBIDDEN = {"error": {"code": 200, "message": "Requires another page"}}


def forbid(world: World, api: BuildersApi, record: Record) -> Record:
    """Let a submission ask and be refused by the builder."""
    let_ask(world)
    api.fail(403, FORBIDDEN)
    return go_on(world, record)


def pass_another(world: World, lead: str) -> None:
    let_ask(world)
    assert deliver_lead(world, lead).state is State.DELIVERED


def test_a_lead_that_is_forbidden_alone_is_buried_and_stops_nobody(lead_world: World, api: BuildersApi) -> None:
    api.fail(403, FORBIDDEN)
    record = deliver_lead(lead_world, "77")
    pass_another(lead_world, "1")
    waiting = []
    for _ in range(FORBIDDEN_TRIES - 1):
        record = forbid(lead_world, api, record)
        waiting.append(record.state)
    assert deliver_lead(lead_world, "2").state is State.DELIVERED  # nobody has to wait any more
    record = forbid(lead_world, api, record)

    assert set(waiting) == {State.WAITING}
    assert (record.state, record.reason) == (State.DEAD, Reason.FORBIDDEN)
    [diagnosis] = record.diagnosis
    assert diagnosis.rule == "HTTP 403: Meta Lead Ads answered 403: Requires another page"
    assert diagnosis.fix == (
        "others of the form pass: look in Meta Lead Ads who may see this one, then replay or discard"
    )


def test_leads_that_are_all_forbidden_are_not_buried(lead_world: World, api: BuildersApi) -> None:
    api.fail(403, FORBIDDEN)
    record = deliver_lead(lead_world)
    for _ in range(FORBIDDEN_TRIES + 1):
        record = forbid(lead_world, api, record)

    assert (record.state, record.attempts, record.waits_for) == (State.WAITING, 0, FETCH)
    assert go_on(lead_world, record).state is State.WAITING  # its minute is not over
    let_ask(lead_world)
    assert go_on(lead_world, record).state is State.DELIVERED


def test_a_token_that_is_refused_after_others_have_passed_is_no_fault_of_the_lead(
    lead_world: World, api: BuildersApi
) -> None:
    api.fail(403, FORBIDDEN)
    record = deliver_lead(lead_world, "77")
    pass_another(lead_world, "1")
    let_ask(lead_world)
    api.fail(401)

    record = go_on(lead_world, record)

    assert (record.state, record.attempts, record.waits_for) == (State.WAITING, 0, FETCH)
    assert deliver_lead(lead_world, "2").waits_for == FETCH


def test_one_submission_asks_when_the_minute_is_over(lead_world: World, api: BuildersApi) -> None:
    api.fail(401, count=2)
    records = [deliver_lead(lead_world, str(lead)) for lead in range(3)]
    let_ask(lead_world)

    for record in records:
        go_on(lead_world, record)

    assert len(api.asked) == 2
    assert {lead_world.record(record.id).attempts for record in records} == {0}


def test_when_the_token_is_taken_again_all_go(lead_world: World, api: BuildersApi) -> None:
    api.fail(401)
    first, second = deliver_lead(lead_world), deliver_lead(lead_world, "2")
    let_ask(lead_world)

    go_on(lead_world, first)  # this one asks, and the other need not wait out its minute
    lead_world.work()

    assert {lead_world.record(one.id).state for one in (first, second)} == {State.DELIVERED}
    assert refusals(lead_world).refusals() == []


def test_a_new_token_is_tried_at_once(lead_world: World, api: BuildersApi) -> None:
    record = deliver_lead(lead_world)
    api.token = "new-token"
    assert deliver_lead(lead_world, "2").waits_for == FETCH
    configure(lead_world, api)

    assert deliver_lead(lead_world, "2").state is State.DELIVERED
    assert record.state is State.DELIVERED


def test_a_busy_builder_is_left_alone_as_long_as_it_says(lead_world: World, api: BuildersApi) -> None:
    api.fail(429, {"error": {"message": "slow down"}}, headers={"Retry-After": "600"})

    record = deliver_lead(lead_world)
    other = deliver_lead(lead_world, "2")

    assert (record.attempts, record.waits_for, other.waits_for) == (0, FETCH, FETCH)
    assert len(api.asked) == 1
    [refusal] = refusals(lead_world).refusals()
    assert (refusal.asked_again_at - refusal.since).total_seconds() == 600


def test_a_waiting_submission_tells_why(lead_world: World, api: BuildersApi) -> None:
    api.fail(401, {"error": {"message": "Session has expired"}})
    record = deliver_lead(lead_world)

    lead_world.journal.turn("worker", 16)
    detail = show(lead_world.journal, record.id, (), refusals(lead_world).refusals())

    assert detail.waits_for == FETCH
    assert "Session has expired" in detail.waits_because
    assert detail.next_look


@pytest.mark.parametrize("repeated", ["app|token", "app%7Ctoken"])
def test_no_token_is_kept_though_a_builder_repeats_it(lead_world: World, api: BuildersApi, repeated: str) -> None:
    configure(lead_world, api, token="app|token")
    api.fail(400, {"error": {"code": 190, "message": f"Malformed access token {repeated}"}})

    record = deliver_lead(lead_world)

    [attempt] = lead_world.journal.attempts(record.id)
    assert attempt.response == {"error": {"code": 190, "message": "Malformed access token [removed]"}}
    assert repeated not in repr(refusals(lead_world).refusals())


def test_a_form_that_may_not_fetch_any_more_waits_for_the_configuration(lead_world: World) -> None:
    submission = accept_lead(lead_world)
    forms = {**lead_world.config.forms, "lead-ads": lead_world.config.forms["contact-us"]}
    lead_world.config = Config(locations=lead_world.config.locations, forms=forms)
    lead_world.work()

    record = lead_world.record(submission)
    assert (record.state, record.attempts) == (State.WAITING, 0)
    assert record.unknown_since


def test_a_token_is_shown_to_no_other_builder_than_its_own(lead_world: World, api: BuildersApi) -> None:
    submission = accept_lead(lead_world)
    form = lead_world.config.forms["lead-ads"].model_copy(update={"provider": "hubspot"})
    lead_world.config = Config(locations=lead_world.config.locations, forms={"lead-ads": form})
    lead_world.work()

    record = lead_world.record(submission)
    assert (api.asked, record.state) == ([], State.WAITING)
    assert record.unknown_since


def test_what_the_form_does_not_fetch_any_more_is_buried_with_what_to_do(
    lead_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.deliverer.UNKNOWN_PATIENCE_SECONDS", 0)
    submission = accept_lead(lead_world)
    forms = {"lead-ads": lead_world.config.forms["contact-us"]}
    lead_world.config = Config(locations=lead_world.config.locations, forms=forms)
    lead_world.work()

    [diagnosis] = lead_world.record(submission).diagnosis
    assert diagnosis.rule == "the form 'lead-ads' fetches no answers of facebook_lead_ads any more"
    assert diagnosis.fix == "set its provider and fetch table again, restart, then replay"


def test_a_worker_that_stops_asks_nobody(lead_world: World, api: BuildersApi) -> None:
    lead_world.stopping.append(True)

    record = deliver_lead(lead_world)

    assert (record.state, record.attempts) == (State.WAITING, 0)
    assert api.asked == []
