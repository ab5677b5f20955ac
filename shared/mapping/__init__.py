"""
Turns a submission's answers into a HighLevel contact: pure, and the only code that knows both sides.

`map_answers` is the door. Each answer that says something ends in the contact, in the note or among what was left out.
"""

from shared.mapping.configured import named_custom_fields, unknown_fields
from shared.mapping.consent import consent_fields
from shared.mapping.edits import unmatched
from shared.mapping.mapped import LeftOut, Mapped, Unmappable
from shared.mapping.mapper import edited_by, map_answers, needs_catalogue
from shared.mapping.sent import sent_fields, without

__all__ = [
    "LeftOut",
    "Mapped",
    "Unmappable",
    "consent_fields",
    "edited_by",
    "map_answers",
    "named_custom_fields",
    "needs_catalogue",
    "sent_fields",
    "unknown_fields",
    "unmatched",
    "without",
]
