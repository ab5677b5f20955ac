"""
A contact in the making: what each field holds and why, and what became of each answer.

Custom fields are kept as they were answered, under the id that the location's catalogue gives them (without a
catalogue: under the name that is configured), until all of them are known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from shared.field_names import CUSTOM
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.generations import Generation
from shared.highlevel.values import Normal, Refused
from shared.mapping.aliases import IDENTIFIERS, is_plainly
from shared.mapping.mapped import LeftOut
from shared.mapping.normalise import normalise
from shared.submission import Answer, as_text


@dataclass
class Draft:
    """The fields so far, by HighLevel's names; answers are told apart by their place."""

    answers: Sequence[Answer]
    region: str
    generation: Generation
    catalogue: Catalogue | None = None
    fields: dict[str, str] = field(default_factory=dict)
    custom_fields: dict[str, JsonValue] = field(default_factory=dict)
    custom_names: dict[str, str] = field(default_factory=dict)  # custom field -> what it was called
    disturb: dict[str, bool] = field(default_factory=dict)  # field of do-not-disturb -> may the contact be disturbed
    provenance: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    noted: dict[int, str] = field(default_factory=dict)  # place -> what of the answer goes into the note
    claimed: set[int] = field(default_factory=set)  # places that feed a field and feed no other by themselves
    copied: set[int] = field(default_factory=set)  # places that only a custom field or a consent took
    noted_fields: list[str] = field(default_factory=list)  # lines of the note: values that an edit takes out of a field

    def __post_init__(self) -> None:
        self.noted = {place: text for place, answer in enumerate(self.answers) if (text := answer.text.strip())}

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
        # An answer that is plainly called email stays the contact's email even if a custom field copies it.
        named = is_plainly(target, answer.label) or is_plainly(target, answer.key)
        return place not in self.copied or (target in IDENTIFIERS and named)

    def offer(self, target: str, place: int, value: JsonValue, origin: str) -> bool:
        """Put an answer's value into a field that is still empty; say whether the field holds it now."""
        found = self._normal(target, value)
        if found is None or not found.text or self.fields.get(target, found.text) != found.text:
            return False
        self.put(target, found.text, origin)
        self.claim(place, "" if not found.lost else as_text(value))
        if found.lost:
            self.leave_out(target, as_text(value), found.lost)
        return True

    def offer_part(self, target: str, value: JsonValue, origin: str) -> bool:
        """Put a text into a field that is still empty; say whether the field holds all of it now."""
        found = self._normal(target, value)
        if found is None:
            return False
        if found.lost:
            self.leave_out(target, as_text(value), found.lost)
        self.put(target, found.text, origin)
        return self.fields.get(target) == found.text and not found.lost

    def lacks(self, target: str) -> bool:
        """Say whether the contacts of the location's API have no such field."""
        return target.partition(".")[0] not in self.generation.fields

    @property
    def no_such_field(self) -> str:
        """Return why a field that the API lacks is left out."""
        return f"the {self.generation.name} API has no such field"

    def put(self, target: str, text: str, origin: str) -> None:
        """Set a field, unless it is set already."""
        if text and target not in self.fields:
            self.fields[target] = text
            self.provenance[target] = origin

    def put_custom(self, name: str, value: JsonValue, origin: str) -> bool:
        """Set a custom field, unless it is set already; say whether it was set."""
        target = self.custom_target(name)
        if target in self.custom_fields or not as_text(value).strip():
            return False
        self.custom_fields[target] = value
        self.custom_names[target] = name.strip()
        self.provenance[custom(target)] = origin
        return True

    def custom_target(self, name: str) -> str:
        """Return under which name a custom field is kept: its id, where a catalogue knows it."""
        known = self.catalogue.find(name) if self.catalogue else None
        return known.id if known else name.strip()

    def name_of_custom(self, name: str) -> str:
        """Return what people call a custom field: its name, where a catalogue knows it."""
        known = self.catalogue.find(name) if self.catalogue else None
        return (known.name if known else "") or name.strip()

    def claim(self, place: int, rest: str = "") -> None:
        """Take an answer; what of it is in no field stays in the note."""
        self.claimed.add(place)
        if rest.strip():
            self.noted[place] = rest.strip()
        else:
            self.noted.pop(place, None)

    def mention(self, place: int) -> None:
        """Keep an answer out of the note: a template has written it down, and fields may still take it."""
        self.noted.pop(place, None)

    def copy(self, place: int) -> None:
        """Take an answer for a custom field or a consent."""
        self.copied.add(place)
        self.noted.pop(place, None)

    def leave_out(self, target: str, value: str, why: str) -> None:
        """Record a value that did not go into its field as it was."""
        found = LeftOut(field=target, value=value, why=why)
        if found not in self.left_out:
            self.left_out.append(found)

    def forget_left_out(self, target: str) -> None:
        """Take back what was said of a field's earlier values: it has got another one."""
        self.left_out = [found for found in self.left_out if found.field != target]

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

    def _normal(self, target: str, value: JsonValue) -> Normal | None:
        """Return a value as a field takes it; if it does not, leave it out and say why."""
        if self.lacks(target):
            self.leave_out(target, as_text(value), self.no_such_field)
            return None
        try:
            return normalise(target, value, self.region)
        except Refused as refused:
            self.leave_out(target, as_text(value), f"the value {refused}")
            return None


def custom(name: str) -> str:
    """Return how the provenance calls a custom field."""
    return f"{CUSTOM}{name}"
