"""
UTM parameters and click ids: where a visitor came from, as hidden answers, an object of them or a page's address say.

They go to the location's custom fields of the same names, if it has them. Nobody has asked for them by name, so a value
that does not fit its field stays in the note.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.custom_values import WrongValue, converted
from shared.mapping.draft import Draft
from shared.mapping.lookup import query_of
from shared.mapping.mapped import Origin
from shared.submission import Answer, as_text
from shared.words import folded

UTM = ("source", "medium", "campaign", "term", "content", "id", "source_platform", "creative_format")
CLICK_IDS = ("gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid", "dclid")
# What only the page may say: a visitor who is asked for a referrer names a person.
OF_THE_PAGE = ("landing_page", "referrer")
OBJECTS = frozenset({"utm", "utms", "utmparams", "utmparameters", "utmdata", "tracking", "trackingdata", "attribution"})
_PAGES = """
    page pageurl pagelink pageaddress sourceurl sourcepage sourcepageurl landingpage landingpageurl landingurl
    referrer referrerurl referer formurl formpage formpageurl currenturl url
"""
PAGES = frozenset(_PAGES.split())
RULE = "custom field of the same name"


class Tracked(NamedTuple):
    """A value and the answer it stands in; `part` is its key there, `is_read` says that it was read out of a text."""

    place: int
    value: JsonValue
    part: str = ""
    is_read: bool = False


def tracked(answers: Sequence[Answer]) -> dict[str, Tracked]:
    """Return what the answers say of where a visitor came from: plain answers first, then objects, then addresses."""
    found: dict[str, Tracked] = {}
    for kind in (_plain, _in_object, _in_address):
        for place, answer in enumerate(answers):
            for name, value in kind(place, answer):
                if as_text(value.value).strip():
                    found.setdefault(name, value)
    return found


def apply_tracking(draft: Draft) -> None:
    """Put what is tracked into the custom fields of the same names; without a catalogue nobody knows of any."""
    found = tracked(draft.answers) if draft.catalogue else {}
    fields = _fields(draft.catalogue) if draft.catalogue and found else {}
    taken: dict[int, set[str]] = {}
    for name, value in found.items():
        field = fields.get(_compact(name))
        is_taken = value.place in draft.claimed or value.place in draft.copied
        if field and not is_taken and _put(draft, field, value) and not value.is_read:
            taken.setdefault(value.place, set()).add(value.part)
    for place, parts in taken.items():
        draft.copy(place, _rest(draft.answers[place].value, parts))


def _plain(place: int, answer: Answer) -> Iterator[tuple[str, Tracked]]:
    name = NAMES.get(_compact(answer.label)) or NAMES.get(_compact(answer.key))
    if name and not isinstance(answer.value, dict) and (name not in OF_THE_PAGE or answer.type == "hidden"):
        yield name, Tracked(place, answer.value)


def _in_object(place: int, answer: Answer) -> Iterator[tuple[str, Tracked]]:
    if isinstance(answer.value, dict) and not OBJECTS.isdisjoint({_compact(answer.label), _compact(answer.key)}):
        for key, value in answer.value.items():
            if name := NAMES.get(_compact(key)) or NAMES.get(f"utm{_compact(key)}"):
                yield name, Tracked(place, value, key)


def _in_address(place: int, answer: Answer) -> Iterator[tuple[str, Tracked]]:
    """Yield what the query of a page's address says; the address of a visitor's website is none."""
    is_page = answer.type == "hidden" or not PAGES.isdisjoint({_compact(answer.label), _compact(answer.key)})
    query = query_of(answer.value) if is_page and isinstance(answer.value, str) else {}
    for key, value in query.items():
        if (name := NAMES.get(_compact(key))) and name not in OF_THE_PAGE:
            yield name, Tracked(place, value, key, is_read=True)


def _put(draft: Draft, field: LocationField, found: Tracked) -> bool:
    """Put a value into a custom field, unless it is set or does not fit; say whether the field holds all of it."""
    try:
        if converted(field, found.value, draft.region) in ("", [], {}):
            return False
    except WrongValue:
        return False
    answer = draft.answers[found.place]
    return draft.put_custom(
        field.id, found.value, Origin(answer=answer.label or answer.key, part=found.part, rule=RULE)
    )


def _rest(value: JsonValue, taken: set[str]) -> str:
    """Return what no field took of an answer."""
    return as_text({key: item for key, item in value.items() if key not in taken}) if isinstance(value, dict) else ""


def _fields(catalogue: Catalogue) -> Mapping[str, LocationField]:
    """Return the custom fields by key, or else by name where only one has it."""
    named: dict[str, list[LocationField]] = {}
    for field in catalogue.fields:
        named.setdefault(_compact(field.name), []).append(field)
    only = {name: fields[0] for name, fields in named.items() if len(fields) == 1}
    return only | {_compact(field.key): field for field in catalogue.fields if field.key}


def _compact(name: str) -> str:
    return "".join(folded(name))


NAMES = {_compact(name): name for name in (*(f"utm_{part}" for part in UTM), *CLICK_IDS, *OF_THE_PAGE)}
