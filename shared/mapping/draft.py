"""
A contact in the making: what each field holds and why, and what became of each answer.

Custom fields are kept as they were answered, under the id that the location's catalogue gives them (without a
catalogue: under the name that is configured), until all of them are known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from shared.field_names import CUSTOM
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.generations import Generation
from shared.highlevel.values import Normal, Refused
from shared.mapping.files import file_address
from shared.mapping.labels import IDENTIFIERS, is_plainly
from shared.mapping.lengths import LONGEST_CUSTOM, cut, cut_at
from shared.mapping.lookup import Names
from shared.mapping.mapped import LeftOut, Origin
from shared.mapping.normalise import normalise
from shared.submission import Answer, as_text

FILES = "FILE_UPLOAD"
ADDRESS_OF_FILE = "the file's address"
FILE_LEFT = "a file that stands in the answer itself is only mentioned"
# What normalising does to the values of a field.
CHANGES = {
    "email": "trimmed, in lower case",
    "phone": "in E.164",
    "country": "as its code",
    "dateOfBirth": "as YYYY-MM-DD",
    "timezone": "as its IANA name",
    "gender": "in lower case",
}


@dataclass
class Draft:
    """The fields so far, by HighLevel's names; answers are told apart by their place."""

    answers: Sequence[Answer]
    region: str
    generation: Generation
    catalogue: Catalogue | None = None
    tells_hidden: bool = True
    files: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # place -> files in the answer, as mentions
    fields: dict[str, str] = field(default_factory=dict)
    custom_fields: dict[str, JsonValue] = field(default_factory=dict)
    custom_names: dict[str, str] = field(default_factory=dict)  # custom field -> what it was called
    disturb: dict[str, bool] = field(default_factory=dict)  # field of do-not-disturb -> may the contact be disturbed
    provenance: dict[str, Origin] = field(default_factory=dict)
    left_out: dict[LeftOut, None] = field(default_factory=dict)  # in their order, each once
    noted: dict[int, str] = field(default_factory=dict)  # place -> what of the answer goes into the note
    claimed: set[int] = field(default_factory=set)  # places that feed a field and feed no other by themselves
    copied: set[int] = field(default_factory=set)  # places that only a custom field or a consent took
    noted_fields: list[str] = field(default_factory=list)  # lines of the note: values that an edit takes out of a field

    def __post_init__(self) -> None:
        for place, mentions in self.files.items():
            for mention in mentions:
                self.leave_out("note", f"{self.answers[place].label or self.answers[place].key}: {mention}", FILE_LEFT)
        self.noted = {place: text for place, answer in enumerate(self.answers) if (text := answer.text.strip())}

    @cached_property
    def names(self) -> Names:
        """Return the answers by what the configuration calls them."""
        return Names(self.answers, tells_hidden=self.tells_hidden)

    def free(self, target: str) -> Iterator[tuple[int, Answer]]:
        """Yield the answers that may still feed a field, with their places."""
        for place, answer in enumerate(self.answers):
            if self.is_free(place, target):
                yield place, answer

    def is_free(self, place: int, target: str) -> bool:
        """Say whether an answer may still feed a field."""
        answer = self.answers[place]
        if place in self.claimed or not answer.text.strip():
            return False
        if place not in self.copied:
            return True
        # An answer that is plainly called email stays the contact's email even if a custom field copies it.
        return target in IDENTIFIERS and (is_plainly(target, answer.label) or is_plainly(target, answer.key))

    def offer(self, target: str, place: int, value: JsonValue, origin: Origin) -> bool:
        """Put an answer's value into a field that is still empty; say whether the field holds it now."""
        found = self._normal(target, value)
        if found is None or not found.text or self.fields.get(target, found.text) != found.text:
            return False
        self.put(target, found.text, _told(origin, _change(target, value, found)))
        self.claim(place, "" if not found.lost else as_text(value))
        if found.lost:
            self.leave_out(target, as_text(value), found.lost)
        return True

    def offer_part(self, target: str, value: JsonValue, origin: Origin) -> bool:
        """Put a text into a field that is still empty; say whether the field holds all of it now."""
        found = self._normal(target, value)
        if found is None:
            return False
        if found.lost:
            self.leave_out(target, as_text(value), found.lost)
        self.put(target, found.text, _told(origin, _change(target, value, found)))
        return self.fields.get(target) == found.text and not found.lost

    def lacks(self, target: str) -> bool:
        """Say whether the contacts of the location's API have no such field."""
        return target.partition(".")[0] not in self.generation.fields

    @property
    def no_such_field(self) -> str:
        """Return why a field that the API lacks is left out."""
        return f"the {self.generation.name} API has no such field"

    def put(self, target: str, text: str, origin: Origin) -> None:
        """Set a field, unless it is set already."""
        if text and target not in self.fields:
            self.fields[target] = text
            self.provenance[target] = origin

    def put_custom(self, name: str, value: JsonValue, origin: Origin) -> bool:
        """Set a custom field, unless it is set already; say whether it holds all of the value now."""
        target = self.custom_target(name)
        if target in self.custom_fields or not as_text(value).strip():
            return False
        held, change = self._fitting(name, value)
        self.custom_fields[target] = held
        self.custom_names[target] = name.strip()
        self.provenance[custom(target)] = _told(origin, change)
        if change:
            self.leave_out(custom(name.strip()), as_text(value), change)
        return not change

    def custom_target(self, name: str) -> str:
        """Return under which name a custom field is kept: its id, where a catalogue knows it."""
        known = self.known_custom(name)
        return known.id if known else name.strip()

    def name_of_custom(self, name: str) -> str:
        """Return what people call a custom field: its name, where a catalogue knows it."""
        known = self.known_custom(name)
        return (known.name if known else "") or name.strip()

    def known_custom(self, name: str) -> LocationField | None:
        """Return a custom field, where a catalogue knows it."""
        return self.catalogue.find(name) if self.catalogue else None

    def claim(self, place: int, rest: str = "") -> None:
        """Take an answer; what of it is in no field stays in the note."""
        self.claimed.add(place)
        self._keep(place, rest)

    def mention(self, place: int) -> None:
        """Keep an answer out of the note: a template has written it down, and fields may still take it."""
        self.noted.pop(place, None)

    def copy(self, place: int, rest: str = "") -> None:
        """Take an answer for a custom field or a consent; what of it is in no field stays in the note."""
        self.copied.add(place)
        self._keep(place, rest)

    def notes(self) -> Iterator[tuple[int, str]]:
        """Yield what goes into the note, by the place of the answer: what no field took, and mentions of files."""
        for place in sorted(self.noted.keys() | self.files.keys()):
            yield place, ", ".join(filter(None, [self.noted.get(place, ""), *self.files.get(place, ())]))

    def leave_out(self, target: str, value: str, why: str) -> None:
        """Record a value that did not go into its field as it was."""
        self.left_out[LeftOut(field=target, value=value, why=why)] = None

    def forget_left_out(self, target: str) -> None:
        """Take back what was said of a field's earlier values: it has got another one."""
        self.left_out = {found: None for found in self.left_out if found.field != target}

    def drop(self, target: str) -> str:
        """Empty a field, or all parts of a nested one, and return what it held, as text."""
        parts = [name for name in self.disturb if name == target or name.startswith(f"{target}.")]
        for name in (target, *parts):
            self.provenance.pop(name, None)
        held = [as_text(self.disturb.pop(name)) for name in parts]
        return self.fields.pop(target, "") or ", ".join(held)

    def drop_custom(self, name: str) -> str:
        """Empty a custom field and return what it held, as text."""
        target = self.custom_target(name)
        self.provenance.pop(custom(target), None)
        self.custom_names.pop(target, None)
        return as_text(self.custom_fields.pop(target, None))

    def _keep(self, place: int, rest: str) -> None:
        if rest.strip():
            self.noted[place] = rest.strip()
        else:
            self.noted.pop(place, None)

    def _fitting(self, name: str, value: JsonValue) -> tuple[JsonValue, str]:
        """Return a value as a custom field of its type may hold it, and what was done to it."""
        known = self.known_custom(name)
        kind = known.type if known else ""
        plain = value if kind == FILES else file_address(value)
        change = "" if plain == value else ADDRESS_OF_FILE
        text, most = as_text(plain).strip(), LONGEST_CUSTOM.get(kind)
        if most is None or len(text) <= most:
            return plain, change
        return cut(text, most), cut_at(most)

    def _normal(self, target: str, value: JsonValue) -> Normal | None:
        """Return a value as a field takes it; if it does not, leave it out and say why."""
        if self.lacks(target):
            self.leave_out(target, as_text(value), self.no_such_field)
            return None
        try:
            return normalise(target, file_address(value), self.region)
        except Refused as refused:
            self.leave_out(target, as_text(value), f"the value {refused}")
            return None


def _change(target: str, value: JsonValue, found: Normal) -> str:
    """Say what was done to a value until it was the text that its field holds."""
    if as_text(value) == found.text:
        return ""
    change = "; ".join(filter(None, [CHANGES.get(target, ""), found.lost]))
    return change or ("trimmed" if as_text(value).strip() == found.text else ADDRESS_OF_FILE)


def _told(origin: Origin, change: str) -> Origin:
    """Return an origin that tells of one more change."""
    return origin.changed("; ".join(filter(None, [origin.change, change])))


def custom(name: str) -> str:
    """Return how the provenance calls a custom field."""
    return f"{CUSTOM}{name}"
