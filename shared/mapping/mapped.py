"""What mapping gives back: a contact and what did not fit in it, or the reasons why there can be none."""

from pydantic import Field

from shared.highlevel.contact import Contact
from shared.submission import Diagnosis, Frozen


class LeftOut(Frozen):
    """A value that did not go, or not as it was given, into the HighLevel field that it was meant for."""

    field: str
    value: str
    why: str


class Origin(Frozen):
    """Where a value came from: an answer, the rule that gave it its field, and what was done to it."""

    answer: str = ""  # its label, or its key; empty for what no answer said
    part: str = ""  # the key of a part of an answer that has several, such as a city
    taken_for: str = ""  # the field that means all that the answer fills, name or address1, if it fills several
    rule: str
    change: str = ""  # empty for a value that is sent as it was answered

    def changed(self, change: str) -> "Origin":
        """Return the same with what was done to the value."""
        return self.model_copy(update={"change": change})

    def __str__(self) -> str:
        part = f', part "{self.part}"' if self.part else ""
        said = f'answer "{self.answer}"{part}' if self.answer else ""
        return " → ".join(filter(None, [said, self.rule, self.change]))


class Mapped(Frozen):
    """A submission as HighLevel takes it."""

    contact: Contact
    tags: tuple[str, ...] = ()
    note: str = ""
    noted: tuple[str, ...] = Field((), exclude=True)  # the same, answer by answer
    provenance: dict[str, Origin] = {}  # HighLevel's field -> where its value came from
    left_out: tuple[LeftOut, ...] = ()


class Unmappable(Exception):
    """No contact can be made of these answers; `diagnosis` says why, field by field."""

    def __init__(self, diagnosis: tuple[Diagnosis, ...]) -> None:
        # No values here: the message may be logged, and the values are a visitor's.
        super().__init__("; ".join(f"{found.field}: {found.rule}" for found in diagnosis))
        self.diagnosis = diagnosis
