import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import dead
from shared.diagnosis import diagnose
from shared.journal import Journal
from shared.submission import Attempt, Diagnosis, Edit, NotStored, Reason, State
from tests.cli.conftest import Hookline
from tests.cli.letters import NO_IDENTIFIER, a_body, accept, bury
from tests.shared.journal.factories import Bench
from worker.decide import Bury, History, IdentityChanged, Policy, decide

BAD_WEBSITE = diagnose(["property website should not exist"], {"website": "https://example.com"})


def states(journal: Journal, *ids: str) -> list[State]:
    return [record.state for id in ids if (record := journal.find(id))]


def test_dead_letters_are_listed_by_what_they_have_in_common(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    bury(journal, "s2", form="other", location="second")
    bury(journal, "s3", Reason.UNMAPPABLE, (NO_IDENTIFIER,))

    def listed(*options: str) -> list[str]:
        return [row["id"] for row in json.loads(hookline("dead", "list", "--json", *options).stdout)["items"]]

    group = json.loads(hookline("dead", "list", "--groups", "--json").stdout)["items"][0]
    assert listed() == ["s3", "s2", "s1"]
    assert listed("--form", "other") == ["s2"]
    assert listed("--location", "main") == ["s3", "s1"]
    assert listed("--reason", "unmappable") == ["s3"]
    assert listed("--group", group["group"]) == ["s2", "s1"]
    assert listed("--since", "1h") == ["s3", "s2", "s1"]
    assert listed("--since", "2999-01-01T00:00:00Z") == []


def test_groups_tell_how_many_share_a_cause(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    bury(journal, "s2")
    bury(journal, "s3", Reason.UNMAPPABLE, (NO_IDENTIFIER,))

    groups = json.loads(hookline("dead", "list", "--groups", "--json").stdout)["items"]
    plain = hookline("dead", "list", "--groups").stdout

    assert [(group["count"], group["reason"]) for group in groups] == [(2, "rejected"), (1, "unmappable")]
    assert groups[0]["rule"] == "phone: The string supplied did not seem to be a phone number"
    assert groups[0]["oldest"] <= groups[0]["newest"]
    assert groups[0]["group"] in plain


def test_show_gives_the_reason_and_a_command_to_copy(hookline: Hookline, journal: Journal) -> None:
    attempt = Attempt(
        at=datetime(2026, 9, 21, tzinfo=UTC), step="upsert", request={"phone": "+1555"}, status=422, response={"a": 1}
    )
    bury(journal, "s1", attempt=attempt)

    plain = hookline("dead", "show", "s1").stdout
    shown = json.loads(hookline("dead", "show", "s1", "--json").stdout)

    lines = [line.strip() for line in plain.splitlines()]
    assert "hookline dead edit s1 --field phone=+15551234567" in lines
    assert "hookline dead edit s1 --drop phone" in lines
    assert "first_name=Ada&email=ada%40example.com" in lines
    assert 'sent: {"phone": "+1555"}' in lines
    assert 'HTTP 422: {"a": 1}' in lines
    assert "pit-very-secret" not in plain
    assert shown["reason"] == "rejected"
    assert shown["diagnosis"][0]["fix"].startswith("correct it: hookline dead edit s1 --field phone=")
    assert shown["attempts"][0]["at"] == "2026-09-21T00:00:00Z"
    assert shown["contact"] == {"email": "ada@example.com"}
    assert [answer["value"] for answer in shown["answers"]] == ["Ada", "ada@example.com"]


def test_a_diagnosis_without_an_option_gets_a_command_too(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1", Reason.UNMAPPABLE, (NO_IDENTIFIER,))

    assert "hookline dead edit s1 --field email=VALUE" in hookline("dead", "show", "s1").stdout


def test_a_binary_body_is_shown_in_base64(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1", body=b"\xff\x00")

    shown = json.loads(hookline("dead", "show", "s1", "--json").stdout)

    assert (shown["body"], shown["body_encoding"]) == ("/wA=", "base64")


def test_show_leads_to_submissions_when_it_is_no_dead_letter(hookline: Hookline, journal: Journal) -> None:
    accept(journal, "s1")

    result = hookline("dead", "show", "s1")

    assert result.exit_code == 1
    assert "s1 is no dead letter: it is waiting" in result.stderr
    assert "hookline submissions show s1" in result.stderr


def test_an_edit_shows_what_would_be_sent_now(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    result = hookline("dead", "edit", "s1", "--field", "phone=+12065550161", "--answer", "first_name=Augusta")

    assert result.exit_code == 0
    assert "+12065550161" in result.stdout
    assert "Augusta" in result.stdout
    assert states(journal, "s1") == [State.DEAD]
    record = journal.find("s1")
    assert record
    assert record.edit.fields == {"phone": "+12065550161"}
    assert record.edit.answers == {"first_name": "Augusta"}


def test_a_later_edit_keeps_the_earlier_one(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    hookline("dead", "edit", "s1", "--field", "city=Graz")
    hookline("dead", "edit", "s1", "--drop", "phone")

    record = journal.find("s1")

    assert record
    assert record.edit.fields == {"city": "Graz"}
    assert record.edit.drop == ("phone",)


def test_an_edited_letter_can_be_replayed_at_once(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    result = hookline("dead", "edit", "s1", "--field", "city=Graz", "--replay")

    assert result.exit_code == 0
    assert states(journal, "s1") == [State.WAITING]


def test_an_edit_that_leaves_no_contact_warns_and_is_not_replayed(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    warned = hookline("dead", "edit", "s1", "--drop", "email")
    refused = hookline("dead", "edit", "s1", "--drop", "email", "--replay")

    assert warned.exit_code == 0
    assert "still no contact can be made of it" in warned.stderr
    assert refused.exit_code == 1
    assert states(journal, "s1") == [State.DEAD]


def test_a_value_is_put_into_the_note(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1", body=a_body(city="Graz"))

    result = hookline("dead", "edit", "s1", "--to-note", "city")

    assert result.exit_code == 0
    assert "Note\nCity: Graz\n" in result.stdout
    shown = hookline("dead", "show", "s1").stdout
    assert ["to", "note", "city"] in [line.split() for line in shown.splitlines()]


def test_what_may_be_a_slip_is_said_and_kept(hookline: Hookline, journal: Journal) -> None:
    for id in ("s1", "s2"):
        bury(journal, id)

    one = hookline("dead", "edit", "s1", "--answer", "pln=A", "--drop", "nonsense")
    several = hookline("dead", "edit", "s1", "s2", "--drop", "nonsens")

    record = journal.find("s1")
    assert record
    assert one.stderr == (
        "Warning: no answer is called 'pln'; it is added\nWarning: 'nonsense' is no field of this contact\n"
    )
    assert several.stderr == "Warning: 'nonsens' is no field of this contact\n"
    assert (record.edit.answers, record.edit.drop) == ({"pln": "A"}, ("nonsense", "nonsens"))


def test_a_mistyped_standard_field_is_said_to_become_a_custom_one(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    result = hookline("dead", "edit", "s1", "--field", "emial=ada@example.com")

    assert result.exit_code == 0
    assert result.stderr == (
        "Warning: 'emial' is no standard field, so it is taken for a custom one. Did you mean \"email\"?\n"
    )


def test_edits_are_taken_back(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    hookline("dead", "edit", "s1", "--field", "city=Graz")

    reset = hookline("dead", "edit", "s1", "--reset")

    record = journal.find("s1")
    assert record
    assert "The edits are taken back. To send it: hookline dead replay s1" in reset.stdout
    assert "Graz" not in reset.stdout
    assert record.edit == Edit()


def test_an_edit_can_begin_anew(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    hookline("dead", "edit", "s1", "--field", "city=Graz")

    result = hookline("dead", "edit", "s1", "--reset", "--field", "state=Styria")

    record = journal.find("s1")
    assert record
    assert "The edit is kept." in result.stdout
    assert record.edit == Edit(fields={"state": "Styria"})


@pytest.mark.parametrize("other", [("--drop", "plan"), ("--to-note", "customFields.PLAN")])
def test_a_field_cannot_be_set_and_left_out_at_once(
    hookline: Hookline, journal: Journal, other: tuple[str, str]
) -> None:
    bury(journal, "s1")

    result = hookline("dead", "edit", "s1", "--field", "customFields.Plan=A", *other)

    assert result.exit_code == 2
    assert "'customFields.Plan' is given two ways" in result.stderr


@pytest.mark.parametrize("options", [(), ("--field", "phone"), ("--answer", "=x")])
def test_an_edit_without_a_change_is_wrong_usage(hookline: Hookline, journal: Journal, options: tuple[str]) -> None:
    bury(journal, "s1")

    assert hookline("dead", "edit", "s1", *options).exit_code == 2


def test_one_dead_letter_is_replayed_without_a_question(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    result = hookline("dead", "replay", "s1")

    assert result.exit_code == 0
    assert result.stdout == "Replayed 1 of 1.\n"
    assert states(journal, "s1") == [State.WAITING]


def test_many_are_replayed_after_their_plan(hookline: Hookline, journal: Journal) -> None:
    for id in ("s1", "s2", "s3"):
        bury(journal, id)
    bury(journal, "s4", Reason.UNMAPPABLE, (NO_IDENTIFIER,))

    result = hookline("dead", "replay", "--reason", "rejected", "--yes")

    assert result.exit_code == 0
    assert "To replay: 3" in result.stdout
    assert "contact-us  rejected" in result.stdout
    assert "Replayed 3 of 3." in result.stdout
    assert states(journal, "s1", "s4") == [State.WAITING, State.DEAD]


def test_off_a_terminal_a_bulk_act_needs_yes(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    result = hookline("dead", "discard", "--all")

    assert result.exit_code == 2
    assert "add --yes to discard these 1" in result.stderr
    assert states(journal, "s1") == [State.DEAD]


@pytest.mark.parametrize(("answer", "after"), [("y\n", State.DISCARDED), ("n\n", State.DEAD)])
def test_on_a_terminal_a_bulk_act_asks(
    hookline: Hookline, journal: Journal, monkeypatch: pytest.MonkeyPatch, answer: str, after: State
) -> None:
    bury(journal, "s1")
    monkeypatch.setattr(dead, "is_terminal", lambda: True)

    result = hookline("dead", "discard", "--all", input=answer)

    assert "Discard 1?" in result.stdout
    assert states(journal, "s1") == [after]


def test_nothing_matched_is_an_error(hookline: Hookline) -> None:
    result = hookline("dead", "replay", "--form", "nobody", "--yes")

    assert result.exit_code == 1
    assert "No dead letters match" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "or choose them by options such as --group or --all.\n"),
        (("s1", "--all"), "or choose them by options, not both.\n"),
        (("s1", "--form", "x"), "or choose them by options, not both.\n"),
        (("--since", "yesterday"), "'yesterday' is no time"),
    ],
)
def test_an_unclear_choice_is_wrong_usage(
    hookline: Hookline, journal: Journal, arguments: tuple[str, ...], message: str
) -> None:
    bury(journal, "s1")

    result = hookline("dead", "replay", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert states(journal, "s1") == [State.DEAD]


def test_those_that_cannot_be_replayed_are_named_and_the_others_go(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    bury(journal, "s2", form="removed")

    result = hookline("dead", "replay", "s1", "s2", "s3")

    assert result.exit_code == 1
    assert "Replayed 1 of 3." in result.stdout
    assert "its form 'removed' is not in the configuration" in result.stderr
    assert "no submission 's3'" in result.stderr
    assert states(journal, "s1", "s2") == [State.WAITING, State.DEAD]


def test_a_broken_configuration_stops_a_replay(hookline: Hookline, journal: Journal, configuration: Path) -> None:
    bury(journal, "s1")
    configuration.write_text("[forms")

    result = hookline("dead", "replay", "s1")

    assert result.exit_code == 1
    assert "not valid TOML" in result.stderr
    assert states(journal, "s1") == [State.DEAD]


def test_show_ends_with_the_proposed_edit(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1", diagnosis=diagnose(["property website should not exist"], {"website": "example.com"}))
    bury(journal, "s2", diagnosis=diagnose(["customFields must be an array"], {}))

    proposed = hookline("dead", "show", "s1").stdout
    unknown = hookline("dead", "show", "s2").stdout
    shown = json.loads(hookline("dead", "show", "s1", "--json").stdout)

    assert (
        "What to do\nwebsite: HighLevel does not know this field here; put it into the note:\n"
        "  hookline dead edit s1 --to-note website\n"
        "\nProposed\nnote website\n  hookline dead replay s1 --fix\n"
    ) in proposed
    assert proposed.count("--to-note website") == 1
    assert "customFields: a fault of Hookline" in unknown
    assert "Proposed" not in unknown
    assert shown["diagnosis"][0]["proposal"] == {"answers": {}, "fields": {}, "drop": [], "to_note": ["website"]}


def test_a_letter_about_whose_contact_it_is_can_be_replayed_as_it_is(hookline: Hookline, journal: Journal) -> None:
    changes = (NotStored(field="email", sent="a@b.test"), NotStored(field="phone", sent="+12065550161"))
    decision = decide(IdentityChanged(changes), History(), Policy(), 0)
    assert isinstance(decision, Bury)
    bury(journal, "s1", decision.reason, decision.diagnosis)

    lines = hookline("dead", "show", "s1").stdout.splitlines()

    assert lines.count("  hookline dead replay s1") == 1
    assert "  hookline dead edit s1 --to-note phone" in lines


def test_a_duplicate_can_be_discarded(hookline: Hookline, journal: Journal) -> None:
    fix = 'the contact c1 is the same person: discard this, or let it be changed by on_duplicate = "update"'
    bury(journal, "s1", diagnosis=(Diagnosis(field="email", rule="This location does not allow it", fix=fix),))

    assert f"email: {fix}\n  hookline dead discard s1\n" in hookline("dead", "show", "s1").stdout


def test_what_was_not_stored_is_shown_with_its_cause(hookline: Hookline, journal: Journal) -> None:
    lost = NotStored(field="gender", sent="female", stored="male", why="HighLevel does not change it")
    lease = Bench(journal).leased("s1")
    lease.store(not_stored=[lost.model_dump()])
    lease.bury(Reason.EXHAUSTED, (), group="exhausted", is_open=False)

    lines = [line.split() for line in hookline("dead", "show", "s1").stdout.splitlines()]

    assert ["gender", "female", "male", "HighLevel", "does", "not", "change", "it"] in lines


def test_a_letter_is_mended_as_its_diagnosis_proposes(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1", diagnosis=BAD_WEBSITE, body=a_body(website="https://example.com"))

    result = hookline("dead", "replay", "s1", "--fix")

    record = journal.find("s1")
    assert result.stdout == "Mended and replayed 1 of 1.\n"
    assert record
    assert record.state is State.WAITING
    assert record.edit.to_note == ("website",)


def test_a_group_is_mended_after_a_plan_of_the_changes(hookline: Hookline, journal: Journal) -> None:
    for id in ("s1", "s2"):
        bury(journal, id, diagnosis=BAD_WEBSITE)
    bury(journal, "s3")

    result = hookline("dead", "replay", "--reason", "rejected", "--fix", "--yes")

    rows = [line.split() for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    plan = sorted(row[3:] for row in rows if row[:1] == ["contact-us"])
    assert plan == [["note", "website", "2"], ["nothing:", "it", "stays", "1"]]
    assert "Mended and replayed 2 of 3." in result.stdout
    assert "s3 stays a dead letter: no fix is proposed: replay it without --fix, or edit it" in result.stderr
    assert states(journal, "s1", "s2", "s3") == [State.WAITING, State.WAITING, State.DEAD]


def test_one_edit_changes_a_whole_group(hookline: Hookline, journal: Journal) -> None:
    for id in ("s1", "s2"):
        bury(journal, id)
    bury(journal, "s3", Reason.UNMAPPABLE, (NO_IDENTIFIER,))

    asked = hookline("dead", "edit", "--reason", "rejected", "--drop", "phone")
    result = hookline("dead", "edit", "--reason", "rejected", "--drop", "phone", "--replay", "--yes")

    assert asked.exit_code == 2
    assert "add --yes to edit these 2" in asked.stderr
    assert result.exit_code == 0
    assert "Edited and replayed 2 of 2." in result.stdout
    assert states(journal, "s1", "s2", "s3") == [State.WAITING, State.WAITING, State.DEAD]


def test_several_are_edited_without_being_replayed(hookline: Hookline, journal: Journal) -> None:
    for id in ("s1", "s2"):
        bury(journal, id)

    result = hookline("dead", "edit", "s1", "s2", "--field", "city=Graz")

    records = [journal.find("s1"), journal.find("s2")]
    assert "Edited 2 of 2." in result.stdout
    assert [record.edit.fields for record in records if record] == [{"city": "Graz"}, {"city": "Graz"}]
    assert states(journal, "s1", "s2") == [State.DEAD, State.DEAD]


def test_those_of_a_group_that_still_make_no_contact_stay_and_are_named(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1", body=a_body(phone="+12065550161"))
    bury(journal, "s2")

    result = hookline("dead", "edit", "--all", "--drop", "email", "--replay", "--yes")

    assert result.exit_code == 1
    assert "s2 stays a dead letter: the edit is kept, but still no contact can be made of it" in result.stderr
    assert states(journal, "s1", "s2") == [State.WAITING, State.DEAD]


def test_an_edit_of_nothing_in_particular_is_wrong_usage(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")

    assert hookline("dead", "edit", "--drop", "phone").exit_code == 2
