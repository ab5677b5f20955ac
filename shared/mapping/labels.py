"""
What a label asks for: which field of a contact, or whether the contact may be reached.

The phrases of each language stand in labels.toml. The words of a label that belong to a phrase of a field are
explained, and so are the fillers of its language ("What is your ...?"); all others are strange. In letters, a field
scores

    explained / (explained + strange) - FILLER_COST * fillers / (explained + fillers)

where a strange word has SHORTEST_STRANGE letters at least. A label that is a phrase and nothing else scores 1, "pet
name" 0.5: below the threshold a label names no field.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.field_names import WRITABLE_FIELDS
from shared.mapping.phrases import ANY, ENGLISH, LONGEST_START, SHORTEST_STEM, STEMS, Index, Meanings, Phrases, phrases
from shared.words import folded

FILLER_COST = 0.1
SHORTEST_STRANGE = 4
THRESHOLD = 0.9  # in effect: nothing is strange
# An email or phone may have something strange beside it, since their values give a wrong guess away.
IDENTIFIERS = ("email", "phone")
IDENTIFIER_THRESHOLD = 0.6

LONGEST_LABEL = 200  # what stands behind is not read: it is a text, not a name
LONGEST_QUESTION = 1200  # of consent, which lawyers write
LONGEST_PHRASE = 8  # in pieces
MOST_PIECES = 30  # of a label: what stands behind is one strange word
REMEMBERED = 4096
REMEMBERED_PIECES = 256  # each label is asked for several things in a row

NUMBERING = re.compile(r"q?[0-9]{1,3}[a-z]?")
LAST_NUMBER = re.compile(r"(?<=[^0-9])[0-9]{1,4}\Z")
WRITTEN_ON = "#"  # before a number that ends a key ("city12"): a builder's, while people write "City 2" apart
CHANNELS = frozenset({"call", "email", "sms", "whatsapp"})
NOWHERE: frozenset[str] = frozenset()
EVERYWHERE = frozenset({ANY})


@dataclass(frozen=True)
class Recognised:
    """A field that a label asks for, how surely and in which language; `bare` if it may mean a part of the name."""

    field: str
    score: float
    language: str = ANY
    bare: bool = False

    @property
    def is_sure(self) -> bool:
        """Say whether this may be taken for what the label means."""
        return self.score >= (IDENTIFIER_THRESHOLD if self.field in IDENTIFIERS else THRESHOLD)

    def __str__(self) -> str:
        language = "" if self.language == ANY else f" ({self.language})"
        return f"{self.field}{language}, score {self.score:.2f}"


def field_called(name: str) -> str | None:
    """Return the HighLevel field that a label or key names, if it names one."""
    found = recognise(name)
    return found.field if found and found.field in WRITABLE_FIELDS else None


def recognise(name: str) -> Recognised | None:
    """Return what a label or key asks for, if that is sure: a HighLevel field, or `address2`."""
    found = nearest(name)
    return found if found and found.is_sure and not is_about_someone_else(name) else None


def nearest(name: str) -> Recognised | None:
    """Return the field that a label or key comes nearest to, however far that is."""
    return _nearest(name[:LONGEST_LABEL])


def is_bare_name(name: str) -> bool:
    """Say whether a label is just "name", which may mean a part of the name."""
    found = recognise(name)
    return found is not None and found.bare


def is_plainly(field: str, name: str) -> bool:
    """Say whether a label is a field's name and nothing else."""
    found = nearest(name)
    return found is not None and found.field == field and found.score == 1


def is_about_someone_else(name: str) -> bool:
    """Say whether a label speaks of somebody or something besides the visitor."""
    return _is_about_someone_else(name[:LONGEST_LABEL])


def consent_asked(name: str) -> frozenset[str]:
    """
    Return the channels that a question asks consent for, among "call", "email", "sms" and "whatsapp"; or "all".

    It is "all" if no channel is named. A question to which a yes would mean no ("Unsubscribe") asks for none.
    """
    return _consent_asked(name[:LONGEST_QUESTION])


@lru_cache(maxsize=REMEMBERED)
def _nearest(name: str) -> Recognised | None:
    table = phrases()
    pieces = _without_numbers(_pieces(name), table)
    pieces = [*pieces[:MOST_PIECES], *filter(None, ["".join(pieces[MOST_PIECES:])])]
    places: dict[str, set[int]] = {}
    languages: dict[str, set[str]] = {}
    for found, meanings in _fields_in(pieces, table):
        for field, spoken in meanings.items():
            places.setdefault(field, set()).update(found)
            languages.setdefault(field, set()).update(spoken)
    scored = [_scored(field, pieces, places[field], languages[field], table) for field in places]
    return max(scored, key=lambda recognised: recognised.score, default=None)


@lru_cache(maxsize=REMEMBERED)
def _is_about_someone_else(name: str) -> bool:
    table = phrases()
    pieces = _pieces(name)
    begins = any(
        piece[:end] in table.stems for piece in pieces if piece[:SHORTEST_STEM] in table.starts for end in STEMS
    )
    return begins or any(_runs(pieces, range(len(pieces)), table.others))


@lru_cache(maxsize=REMEMBERED)
def _consent_asked(name: str) -> frozenset[str]:
    table = phrases()
    pieces = _pieces(name)
    said = {kind for _, meanings in _hits(pieces, range(len(pieces)), table.consent) for kind in meanings}
    if "refusing" in said or said.isdisjoint({"asking", "alone"}):
        return frozenset()
    channels = (said & CHANNELS) | ({"email"} if "alone" in said else set())
    return frozenset(channels or ({"all"} if "contact" in said else ()))


@lru_cache(maxsize=REMEMBERED_PIECES)
def _pieces(name: str) -> tuple[str, ...]:
    """Return the words of a label; where words are written without blanks, those that are known."""
    table = phrases()
    return tuple(piece for word in folded(name) for piece in ((word,) if word.isascii() else table.split(word)))


def _without_numbers(pieces: Sequence[str], table: Phrases) -> Sequence[str]:
    """Return the pieces without the number of the question ("Q3: Email"), and with one that ends a key apart."""
    first = next((place for place, piece in enumerate(pieces) if not NUMBERING.fullmatch(piece)), len(pieces))
    told = pieces[first:]
    last = LAST_NUMBER.search(told[-1]) if told and told[-1] not in table.fields else None
    return [*told[:-1], told[-1][: last.start()], f"{WRITTEN_ON}{last.group()}"] if last else told


def _fields_in(pieces: Sequence[str], table: Phrases) -> Iterator[tuple[Sequence[int], Meanings]]:
    """Yield the places of each phrase of a field, as the words stand and with the small words between them left out."""
    yield from _hits(pieces, range(len(pieces)), table.fields)
    told = [place for place, piece in enumerate(pieces) if piece not in table.fillers]
    for places, meanings in _hits(pieces, told, table.reduced):
        if places[-1] - places[0] >= len(places):  # "Name of company", and not "Name, company"
            yield places, meanings


def _hits(pieces: Sequence[str], places: Sequence[int], index: Index) -> Iterator[tuple[Sequence[int], Meanings]]:
    """Yield the places of each phrase, and what it means."""
    for found, phrase in _runs(pieces, places, index):
        yield found, index[phrase]


def _runs(pieces: Sequence[str], places: Sequence[int], known: Container[str]) -> Iterator[tuple[Sequence[int], str]]:
    """Yield each run of the pieces at these places that is a known phrase, with its places."""
    starts = phrases().starts
    for start in range(len(places)):
        run = ""
        for end in range(start, min(len(places), start + LONGEST_PHRASE)):
            run += pieces[places[end]]
            if run[:LONGEST_START] not in starts:
                break
            if run in known:
                yield places[start : end + 1], run


def _scored(field: str, pieces: Sequence[str], places: set[int], spoken: set[str], table: Phrases) -> Recognised:
    """Return a field with its score in the language that leaves the fewest strange words."""
    explained = "".join(pieces[place] for place in sorted(places))
    rest = [(piece, _languages(piece, field, table)) for place, piece in enumerate(pieces) if place not in places]
    letters: dict[str, int] = {}  # of the words that are fillers in a language
    for piece, languages in rest:
        for language in languages:
            letters[language] = letters.get(language, 0) + len(piece)
    possible = table.languages if ANY in spoken else [language for language in table.languages if language in spoken]
    language = max(possible, key=lambda one: (letters.get(one, 0), one in spoken))
    known = {language, ENGLISH, ANY}  # English stands beside all: in keys such as "your-nombre"
    fillers = sum(len(piece) for piece, languages in rest if not known.isdisjoint(languages))
    strange = sum(max(len(piece), SHORTEST_STRANGE) for piece, languages in rest if known.isdisjoint(languages))
    return Recognised(
        field=field,
        score=_score(len(explained), strange, fillers),
        language=language if language in spoken or language in letters else ANY,
        bare=field == "name" and explained in table.bare and not any(piece.startswith(WRITTEN_ON) for piece in pieces),
    )


def _languages(piece: str, field: str, table: Phrases) -> frozenset[str]:
    """Return the languages in which a word beside a field says nothing."""
    if piece.startswith(WRITTEN_ON):
        return EVERYWHERE
    plain = table.fillers.get(piece, NOWHERE)
    if field not in IDENTIFIERS:
        return plain
    return EVERYWHERE if piece.isdecimal() else plain | table.asking.get(piece, NOWHERE)


def _score(explained: int, strange: int, fillers: int) -> float:
    return max(0.0, explained / (explained + strange) - FILLER_COST * fillers / (explained + fillers))
