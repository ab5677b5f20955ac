"""
Turns a submission's answers into a HighLevel contact: pure, and the only code that knows both sides.

`map_answers` is the door. Each answer that says something ends in the contact, in the note or among what was left out.
"""

from shared.mapping.configured import named_custom_fields, unknown_fields
from shared.mapping.consent import consent_fields
from shared.mapping.edits import edited, unmatched
from shared.mapping.lengths import cut_note
from shared.mapping.mapped import LeftOut, Mapped, Origin, Unmappable
from shared.mapping.mapper import edited_by, map_answers, needs_catalogue, same_named
from shared.mapping.sent import sent_fields, without
from shared.mapping.suggest import suggested

__all__ = [
    "LeftOut",
    "Mapped",
    "Origin",
    "Unmappable",
    "consent_fields",
    "cut_note",
    "edited",
    "edited_by",
    "map_answers",
    "named_custom_fields",
    "needs_catalogue",
    "same_named",
    "sent_fields",
    "suggested",
    "unknown_fields",
    "unmatched",
    "without",
]
