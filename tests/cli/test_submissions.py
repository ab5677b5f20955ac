import json
from datetime import UTC, datetime

from redis import Redis

from shared.journal import Journal
from shared.settings import Settings
from shared.stores.custom_fields import FieldCache
from shared.submission import Attempt
from tests.cli.conftest import Hookline
from tests.cli.letters import accept, bury, deliver
from tests.shared.journal.factories import Bench

KEYS = {"id", "form", "location", "state", "waits_for", "accepted_at", "contact_id", "attempts", "reason", "group"}


def test_a_list_holds_rows_and_a_cursor(hookline: Hookline, journal: Journal) -> None:
    for id in ("s1", "s2", "s3"):
        deliver(journal, id)

    first = json.loads(hookline("submissions", "list", "--limit", "2", "--json").stdout)
    rest = json.loads(hookline("submissions", "list", "--limit", "2", "--after", first["next"], "--json").stdout)

    assert set(first["items"][0]) == KEYS
    assert [row["id"] for row in first["items"] + rest["items"]] == ["s3", "s2", "s1"]
    assert rest["next"] is None
    assert first["items"][0]["accepted_at"].endswith("Z")
    assert first["items"][0]["contact_id"] == "c1"


def test_states_are_listed_together_and_apart(hookline: Hookline, journal: Journal) -> None:
    deliver(journal, "s1")
    bury(journal, "s2", form="other")
    accept(journal, "s3")

    everything = hookline("submissions", "list").stdout
    dead = hookline("submissions", "list", "--state", "dead").stdout
    other = hookline("submissions", "list", "--form", "contact-us").stdout

    assert all(id in everything for id in ("s1", "s2", "s3"))
    assert "s2" in dead
    assert "s1" not in dead
    assert "s2" not in other


def test_lists_do_not_tell_who_it_was(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    assert "ada@example.com" not in hookline("submissions", "list").stdout
    assert "ada@example.com" not in hookline("dead", "list", "--json").stdout


def test_a_wrong_cursor_is_wrong_usage(hookline: Hookline) -> None:
    result = hookline("submissions", "list", "--after", "nonsense")

    assert result.exit_code == 2
    assert "'nonsense' is not the `next` of a list" in result.stderr


def test_show_tells_the_story_of_a_replayed_dead_letter(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    hookline("dead", "replay", "s1")

    plain = hookline("submissions", "show", "s1").stdout
    shown = json.loads(hookline("submissions", "show", "s1", "--json").stdout)

    assert [event["event"] for event in shown["events"]] == ["accepted", "buried", "replayed"]
    assert shown["events"][1]["data"]["reason"] == "rejected"
    assert shown["events"][1]["data"]["diagnosis"][0]["field"] == "phone"
    assert shown["reason"] is None
    assert "phone: The string supplied did not seem to be a phone number" in plain
    assert {"answers", "contact", "provenance", "not_stored", "left_out", "salvaged", "attempts"} <= set(shown)


def test_an_unknown_id_is_named(hookline: Hookline) -> None:
    result = hookline("submissions", "show", "sub_nothing")

    assert result.exit_code == 1
    assert "There is no submission 'sub_nothing'" in result.stderr


def test_lists_say_what_a_submission_waits_for(hookline: Hookline, journal: Journal) -> None:
    deliver(journal, "s1")
    Bench(journal).leased("s2").retry(60, spends=False, calls=1, details={}, waits_for="custom fields")

    rows = json.loads(hookline("submissions", "list", "--json").stdout)["items"]
    plain = hookline("submissions", "list", "--state", "waiting").stdout

    assert [(row["id"], row["waits_for"]) for row in rows] == [("s2", "custom fields"), ("s1", None)]
    assert "waits_for" in plain.splitlines()[0]
    assert "custom fields" in plain


def test_show_says_that_a_submission_waits_for_custom_fields_and_the_way_out(
    hookline: Hookline, journal: Journal, redis: Redis, settings: Settings
) -> None:
    refused = "The token is not authorized for this scope."
    FieldCache(redis, settings).refuse("main", "v2 loc-1", refused, datetime.now(UTC))
    Bench(journal).leased("s1").retry(60, spends=False, calls=1, details={}, waits_for="custom fields")

    plain = hookline("submissions", "show", "s1").stdout
    shown = json.loads(hookline("submissions", "show", "s1", "--json").stdout)

    assert "for the custom fields of main, which its form needs\n" in plain
    assert f"{refused} The scope is View Custom Fields (locations/customFields.readonly).\nnext look at 20" in plain
    assert "`hookline hold lift main` asks HighLevel anew" in plain
    assert shown["waits_for"] == "custom fields"
    assert datetime.fromisoformat(shown["next_look"]) > datetime.fromisoformat(shown["since"])


def test_show_says_that_a_submission_waits_for_a_hold_to_end(hookline: Hookline, journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.hold("credentials", "the token is refused", status=401, seconds=15, token="", calls=1)

    plain = hookline("submissions", "show", "s1").stdout

    assert "to end, see `hookline hold list`\ncredentials: the token is refused (HTTP 401)\nnext look" in plain


def test_show_says_when_a_submission_is_tried_again(hookline: Hookline, journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.retry(60, spends=True, calls=1, details={"error": "HighLevelUnavailable", "retry_seconds": 60.0})

    plain = hookline("submissions", "show", "s1").stdout

    assert "to be tried again, see the failures in its history\nnext look at 20" in plain


def test_show_says_nothing_of_waiting_once_it_is_over(hookline: Hookline, journal: Journal) -> None:
    deliver(journal, "s1")

    shown = json.loads(hookline("submissions", "show", "s1", "--json").stdout)

    assert (shown["waits_for"], shown["waits_because"], shown["next_look"]) == (None, "", None)
    assert "Waiting" not in hookline("submissions", "show", "s1").stdout


def test_show_names_the_identifiers_that_a_delivery_replaced(hookline: Hookline, journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.store(replaced=["email"])
    lease.delivered({})

    plain = hookline("submissions", "show", "s1").stdout

    assert "Replaced\nThe contact had another email before, which Hookline knew.\n" in plain


def test_show_says_what_a_contact_was_sent_without_and_why(hookline: Hookline, journal: Journal) -> None:
    sent = {"email": "ada@example.com", "phone": "+12065550161"}
    rule = "The string supplied did not seem to be a phone number"
    refused = Attempt(at=datetime.now(UTC), step="upsert", request=sent, status=422, response={"message": [rule]})
    lease = Bench(journal).leased("s1")
    lease.store(refused, mapped={"contact": sent}, salvaged=["phone"])
    lease.delivered({"salvaged": ["phone"]})

    plain = hookline("submissions", "show", "s1").stdout

    [line] = [line for line in plain.splitlines() if rule in line]
    assert line.split(maxsplit=2) == ["phone", "+12065550161", rule]


def test_a_revision_that_was_left_to_a_newer_one_says_so(hookline: Hookline, journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.store(superseded_by="s2")
    lease.delivered({"contact_id": "c1", "superseded_by": "s2"})

    shown = hookline("submissions", "show", "s1")

    assert json.loads(hookline("submissions", "show", "s1", "--json").stdout)["superseded_by"] == "s2"
    assert "s2 is of the same lead and newer" in shown.stdout
