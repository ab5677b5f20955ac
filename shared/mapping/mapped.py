"""What mapping gives back: a contact and what did not fit in it, or the reasons why there can be none."""

from shared.highlevel.contact import Contact
from shared.submission import Diagnosis, Frozen


class LeftOut(Frozen):
    """A value that did not go, or not as it was given, into the HighLevel field that it was meant for."""

    field: str
    value: str
    why: str


class Mapped(Frozen):
    """A submission as HighLevel takes it."""

    contact: Contact
    tags: tuple[str, ...] = ()
    note: str = ""
    provenance: dict[str, str] = {}  # HighLevel's field -> where its value came from
    left_out: tuple[LeftOut, ...] = ()


class Unmappable(Exception):
    """No contact can be made of these answers; `diagnosis` says why, field by field."""

    def __init__(self, diagnosis: tuple[Diagnosis, ...]) -> None:
        # No values here: the message may be logged, and the values are a visitor's.
        super().__init__("; ".join(f"{found.field}: {found.rule}" for found in diagnosis))
        self.diagnosis = diagnosis
