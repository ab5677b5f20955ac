"""
How long a text may be. HighLevel documents no limits, so these are ours: far over what people write in a field, and
under what databases commonly take. What is longer is cut at a word, and the whole text stays in the note.
"""

from collections.abc import Mapping

LONGEST_FIELD = 255
# By HighLevel's types; those that are not here (numbers, options, dates) have forms of their own.
LONGEST_CUSTOM: Mapping[str, int] = {"TEXT": 5_000, "LARGE_TEXT": 30_000, "": 30_000}
LONGEST_NOTE = 60_000
LONGEST_TAG = 100
MOST_TAGS = 100
ELLIPSIS = "…"


def cut(text: str, most: int) -> str:
    """Return a text that is too long up to its last word that fits."""
    if len(text) <= most:
        return text
    head = text[: most - len(ELLIPSIS)]
    words, blank, _ = head.rpartition(" ") if not text[len(head)].isspace() else (head, " ", "")
    # A text without blanks is cut anywhere.
    kept = words if blank and len(words) > most // 2 else head
    return f"{kept.rstrip()}{ELLIPSIS}"


def cut_at(most: int) -> str:
    """Say that a text was cut."""
    return f"cut at {most:,} characters"


def cut_note(text: str, submission_id: str) -> str:
    """Return a note as long as one may be; where it is cut it says where the rest is."""
    if len(text) <= LONGEST_NOTE:
        return text
    return f"{cut(text, LONGEST_NOTE)}\n({cut_at(LONGEST_NOTE)}; whole: hookline submissions show {submission_id})"
