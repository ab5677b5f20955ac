from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared import dead_letters
from shared.config import Config
from shared.dead_letters import CannotReplay, Filter, NotDead, preview
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.journal import Journal
from shared.providers import PROVIDERS
from shared.settings import Settings
from shared.stores.custom_fields import FieldCache, source_of
from shared.submission import Diagnosis, Edit, Reason, State
from tests.cli.letters import BAD_PHONE, NO_IDENTIFIER, a_body, accept, bury

WEBSITE = Diagnosis(field="website", rule="property website should not exist", proposal=Edit(to_note=("website",)))
COUNTRY = Diagnosis(field="country", rule="must be a country", proposal=Edit(fields={"country": "AT"}))


def a_config(**more: object) -> Config:
    form = {"provider": "html_form", "location": "main", "auth": "none", **more}
    location = {"location_id": "loc-1", "token": "pit"}
    tables = {"locations": {"main": location, "second": {**location, "location_id": "loc-2"}}}
    return Config.model_validate({**tables, "forms": {"contact-us": form}})


def matching(journal: Journal, **wanted: object) -> list[str]:
    return [record.id for record in dead_letters.matching(journal, Filter.model_validate(wanted))]


def test_a_filter_finds_what_matches_everything_in_it(journal: Journal) -> None:
    bury(journal, "s1")
    bury(journal, "s2", Reason.UNMAPPABLE, (NO_IDENTIFIER,))
    bury(journal, "s3", form="other")

    assert matching(journal) == ["s3", "s2", "s1"]
    assert matching(journal, form="contact-us", reason="rejected") == ["s1"]
    assert matching(journal, form="contact-us", location="elsewhere") == []


def test_since_means_buried_at_that_time_or_later(journal: Journal) -> None:
    bury(journal, "s1")
    record = journal.find("s1")
    assert record

    assert matching(journal, since=record.since) == ["s1"]
    assert matching(journal, since=record.since + timedelta(milliseconds=1)) == []


def test_the_largest_group_comes_first(journal: Journal) -> None:
    bury(journal, "s1", Reason.UNMAPPABLE, (NO_IDENTIFIER,))
    bury(journal, "s2")
    bury(journal, "s3", form="other")

    groups = dead_letters.groups(dead_letters.matching(journal, Filter()))

    assert [(group.reason, group.count, group.forms) for group in groups] == [
        (Reason.REJECTED, 2, ("contact-us", "other")),
        (Reason.UNMAPPABLE, 1, ("contact-us",)),
    ]


def test_a_plan_counts_by_form_reason_and_group(journal: Journal) -> None:
    for id in ("s1", "s2"):
        bury(journal, id)

    [(key, count)] = dead_letters.plan(dead_letters.matching(journal, Filter())).items()

    assert key[:2] == ("contact-us", "rejected")
    assert count == 2


@pytest.mark.parametrize(
    ("reason", "diagnosis", "commands"),
    [
        (
            Reason.REJECTED,
            BAD_PHONE,
            ["hookline dead edit s1 --field phone=+15551234567", "hookline dead edit s1 --drop phone"],
        ),
        (Reason.UNMAPPABLE, NO_IDENTIFIER, ["hookline dead edit s1 --field email=VALUE"]),
        (
            Reason.REJECTED,
            Diagnosis(field="email", rule="No duplicates", fix='discard this, or set on_duplicate = "update"'),
            ["hookline dead discard s1"],
        ),
        (
            Reason.IDENTITY_CHANGED,
            Diagnosis(field="email", rule="another", fix="replay to write it anyway, or leave it out: --drop email"),
            ["hookline dead edit s1 --drop email", "hookline dead replay s1"],
        ),
        (
            Reason.OUTCOME_UNKNOWN,
            Diagnosis(field="", rule="no answer", fix="discard this if it is there, replay to make it"),
            ["hookline dead replay s1", "hookline dead discard s1"],
        ),
        (
            Reason.REJECTED,
            Diagnosis(field="x", rule="no", fix="put it into the note: --to-note 'customFields.My replay'"),
            ["hookline dead edit s1 --to-note 'customFields.My replay'"],
        ),
        (Reason.UNEXPECTED, Diagnosis(field="", rule="HTTP 418: tea", fix="read the answer"), []),
    ],
)
def test_a_fix_holds_the_commands_that_mend_it(
    journal: Journal, reason: Reason, diagnosis: Diagnosis, commands: list[str]
) -> None:
    bury(journal, "s1", reason, (diagnosis,))

    [shown] = dead_letters.show(journal, "s1").diagnosis

    assert dead_letters.commands(shown.fix) == commands


def test_a_replay_takes_provider_and_location_of_today(journal: Journal) -> None:
    bury(journal, "s1", provider="typeform")

    dead_letters.replay(journal, a_config(location="second"), "s1")

    record = journal.find("s1")
    assert record
    assert (record.state, record.provider, record.location) == (State.WAITING, "html_form", "second")
    assert journal.ledgers_of_locations()["second"].waiting == 1


def test_a_letter_whose_form_is_gone_stays(journal: Journal) -> None:
    bury(journal, "s1", form="removed")

    with pytest.raises(CannotReplay, match="'removed' is not in the configuration"):
        dead_letters.replay(journal, a_config(), "s1")

    assert matching(journal) == ["s1"]


def test_only_dead_letters_are_edited_replayed_and_discarded(journal: Journal) -> None:
    accept(journal, "s1")

    with pytest.raises(NotDead, match="it is waiting"):
        dead_letters.edit(journal, "s1", Edit(drop=("phone",)))
    with pytest.raises(NotDead):
        dead_letters.replay(journal, a_config(), "s1")
    with pytest.raises(NotDead):
        dead_letters.discard(journal, "s1")


def test_a_discarded_letter_is_counted_as_such(journal: Journal) -> None:
    bury(journal, "s1")

    dead_letters.discard(journal, "s1")

    assert (journal.ledger().dead, journal.ledger().discarded) == (0, 1)


def test_a_replay_would_send_what_was_edited(journal: Journal, settings: Settings) -> None:
    bury(journal, "s1", body=a_body(phone="12"))
    dead_letters.edit(journal, "s1", Edit(fields={"phone": "+12065550161"}))

    found = dead_letters.preview_replay(journal, a_config(), FieldCache(journal.redis, settings), "s1")

    assert found.contact["phone"] == "+12065550161"
    assert found.is_mapped


def test_a_fault_of_an_adapter_is_previewed_as_the_delivery_would_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_body: bytes, _content_type: str) -> None:
        raise IndexError

    config = a_config()
    provider = replace(PROVIDERS["html_form"], read=broken)  # type: ignore[arg-type]
    monkeypatch.setitem(PROVIDERS, "html_form", provider)

    found = preview(b"", "", config, "contact-us")

    assert found.status == "unmappable"
    assert found.diagnosis[0].rule == "IndexError while reading the answers"


def test_a_fix_with_a_blank_in_its_field_stays_one_command() -> None:
    fix = "correct it: hookline dead edit sub_1 --field 'customFields.My budget'=VALUE, or leave it out"

    assert dead_letters.commands(fix) == ["hookline dead edit sub_1 --field 'customFields.My budget'=VALUE"]


@pytest.mark.parametrize(
    ("fix", "option"),
    [
        ("correct it: --field email=VALUE; nothing else", "--field email=VALUE"),
        ("leave it out: --drop phone, or not", "--drop phone"),
        ("""take --field 'city=King'"'"'s Lynn, UK', or not""", """--field 'city=King'"'"'s Lynn, UK'"""),
    ],
)
def test_an_option_ends_where_the_sentence_goes_on(journal: Journal, fix: str, option: str) -> None:
    bury(journal, "s1", diagnosis=(Diagnosis(field="x", rule="no", fix=fix),))

    [shown] = dead_letters.show(journal, "s1").diagnosis

    assert dead_letters.commands(shown.fix) == [f"hookline dead edit s1 {option}"]


def test_the_proposals_of_all_diagnoses_are_one_edit(journal: Journal) -> None:
    bury(journal, "s1", diagnosis=(WEBSITE, COUNTRY))

    proposal = dead_letters.propose(dead_letters.show(journal, "s1"))

    assert proposal == Edit(fields={"country": "AT"}, to_note=("website",))


@pytest.mark.parametrize("diagnosis", [(), (NO_IDENTIFIER,), (WEBSITE, NO_IDENTIFIER)])
def test_what_is_mended_only_in_part_is_not_proposed(journal: Journal, diagnosis: tuple[Diagnosis, ...]) -> None:
    bury(journal, "s1", diagnosis=diagnosis)

    assert dead_letters.propose(dead_letters.show(journal, "s1")) is None
    assert not dead_letters.mend(journal, a_config(), "s1")


def test_mending_keeps_the_proposal_on_top_of_earlier_edits(journal: Journal) -> None:
    bury(journal, "s1", diagnosis=(COUNTRY,))
    dead_letters.edit(journal, "s1", Edit(fields={"city": "Graz", "country": "Austria"}))

    mended = dead_letters.mend(journal, a_config(), "s1")

    record = journal.find("s1")
    assert mended
    assert record
    assert record.edit.fields == {"city": "Graz", "country": "AT"}
    assert record.state is State.DEAD


def test_only_dead_letters_are_mended(journal: Journal) -> None:
    accept(journal, "s1")

    with pytest.raises(NotDead):
        dead_letters.mend(journal, a_config(), "s1")


def test_a_plan_of_mending_counts_changes_and_names_nobody(journal: Journal) -> None:
    proposal = Edit(
        fields={"phone": "+12065550161", "country": "AT", "customFields.Mail": "ada@example.com"},
        to_note=("customFields.Budget",),
        drop=("website",),
        answers={"Age": "7"},
    )
    bury(journal, "s1", diagnosis=(BAD_PHONE.model_copy(update={"proposal": proposal}),))
    bury(journal, "s2")

    plan = dead_letters.plan_of_mending(dead_letters.matching(journal, Filter()), a_config())

    assert {key[-1]: count for key, count in plan.items()} == {
        "note customFields.Budget, drop website, phone=…, country=AT, customFields.Mail=…, answer Age": 1,
        "": 1,
    }


def test_a_form_that_wants_no_notes_gets_none_by_a_proposal(journal: Journal) -> None:
    bury(journal, "s1", diagnosis=(WEBSITE,))
    config = a_config(unmapped="drop")

    [(key, _)] = dead_letters.plan_of_mending(dead_letters.matching(journal, Filter()), config).items()
    dead_letters.mend(journal, config, "s1")

    record = journal.find("s1")
    assert record
    assert key[-1] == "drop website"
    assert record.edit == Edit(drop=("website",))


def test_what_a_proposal_takes_out_of_a_field_is_kept_in_the_note(journal: Journal, settings: Settings) -> None:
    bury(journal, "s1", diagnosis=(WEBSITE,), body=a_body(website="https://example.com"))

    dead_letters.mend(journal, a_config(), "s1")

    found = dead_letters.preview_replay(journal, a_config(), FieldCache(journal.redis, settings), "s1")
    assert "website" not in found.contact
    assert found.note == "Website: https://example.com"


def test_edits_are_taken_back(journal: Journal) -> None:
    bury(journal, "s1")
    dead_letters.edit(journal, "s1", Edit(fields={"city": "Graz"}))

    dead_letters.take_back(journal, "s1")

    record = journal.find("s1")
    assert record
    assert record.edit == Edit()


def test_only_a_dead_letters_edits_are_taken_back(journal: Journal) -> None:
    accept(journal, "s1")

    with pytest.raises(NotDead):
        dead_letters.take_back(journal, "s1")


def test_an_edit_is_doubted_by_what_the_letter_its_form_and_its_location_name(
    journal: Journal, settings: Settings
) -> None:
    fault = Diagnosis(field="customFields.Nope", rule="no such field")
    bury(journal, "s1", diagnosis=(fault,))
    dead_letters.edit(journal, "s1", Edit(fields={"Old": "x"}))
    config = a_config(custom_fields={"Plan": "Q"}, unmapped="custom_field:R")
    cache, source = FieldCache(journal.redis, settings), source_of(config.locations["main"])
    catalogue = Catalogue(fields=(LocationField(id="f1", name="Seats"),))
    cache.put("main", source, catalogue, datetime(2026, 9, 21, tzinfo=UTC))

    change = Edit(answers={"pln": "x"}, drop=("Nope", "old", "plan", "R", "seats", "city", "nonsense"))

    assert dead_letters.doubts(journal, config, cache, "s1", change) == (
        "no answer is called 'pln'; it is added",
        "'nonsense' is no field of this contact",
    )
    assert len(dead_letters.doubts(journal, Config(), cache, "s1", change)) == 5


def test_a_bad_email_and_a_bad_phone_need_not_both_be_mended(journal: Journal) -> None:
    bad = [Diagnosis(field=field, rule="is bad", fix="Correct it.") for field in ("email", "phone")]
    bury(journal, "s1", Reason.UNMAPPABLE, tuple(bad))
    bury(journal, "s2", Reason.UNMAPPABLE, tuple(bad[:1]))

    [both, _] = dead_letters.show(journal, "s1").diagnosis
    [alone] = dead_letters.show(journal, "s2").diagnosis

    assert both.fix == "Correct it. One of email and phone is enough: hookline dead edit s1 --field email=VALUE"
    assert alone.fix == "Correct it. hookline dead edit s2 --field email=VALUE"


def test_groups_show_no_value_of_a_visitor(journal: Journal) -> None:
    for id, email in (("s1", "ada@example.com"), ("s2", "bob@example.com")):
        bury(journal, id, diagnosis=(Diagnosis(field="email", value=email, rule=f"email {email} is blocked"),))

    [group] = dead_letters.groups(dead_letters.matching(journal, Filter()))

    assert (group.count, group.rule) == (2, "email: email … is blocked")


def test_custom_fields_that_nothing_is_known_of_are_said_to_be_unchecked(journal: Journal, settings: Settings) -> None:
    config = a_config(custom_fields={"Plan": "plan"}, unmapped="custom_field:Rest")
    edit = Edit(fields={"customFields.Seats": "5", "Plan": "x", "city": "Graz"})
    fields = (LocationField(id="f1", name="Plan"), LocationField(id="f2", name="Seats"))
    cache, source = FieldCache(journal.redis, settings), source_of(config.locations["main"])
    cache.put("main", source, Catalogue(fields=fields), datetime(2026, 9, 21, tzinfo=UTC))

    offline = preview(a_body(), "", config, "contact-us", edit)
    known = preview(a_body(), "", config, "contact-us", edit, cache)

    assert offline.unchecked == ("Plan", "Rest", "Seats")
    assert (known.status, known.unchecked) == ("mapped", ())
