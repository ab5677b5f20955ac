import json

from shared.journal import Journal
from tests.cli.conftest import Hookline
from tests.cli.letters import accept, bury, deliver

KEYS = {"id", "form", "location", "state", "accepted_at", "contact_id", "attempts", "reason", "group"}


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
