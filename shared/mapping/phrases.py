"""The phrases of labels.toml, folded and turned round: a label looks its words up in them."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shared.once import once
from shared.words import folded

TABLE = Path(__file__).with_name("labels.toml")
NO_FIELDS = frozenset({"languages", "bare", "endings", "fillers", "asking", "others", "consent"})
ANY, ENGLISH = "any", "en"
# Thai, Japanese, Chinese and Korean: words stand without blanks between them, or with small words written onto them.
UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)")
LEAST_WORDS = 2
SHORTEST_STEM = 3
STEMS = range(SHORTEST_STEM, 15)  # lengths of the beginnings of words
LONGEST_START = 4

Meanings = Mapping[str, frozenset[str]]  # a meaning -> the languages that have it
Index = Mapping[str, Meanings]  # a phrase, written without blanks -> what it means


@dataclass(frozen=True)
class Phrases:
    """
    What phrases and words mean.

    `reduced` are the phrases of fields without their small words, `others` and `stems` speak of somebody else, and
    `pieces` are the words that are known where no blanks stand between them.
    """

    languages: tuple[str, ...]
    fields: Index
    reduced: Index
    consent: Index
    fillers: Mapping[str, frozenset[str]]
    asking: Mapping[str, frozenset[str]]
    others: frozenset[str]
    stems: frozenset[str]
    starts: frozenset[str]  # how phrases begin, up to LONGEST_START letters: what does not is looked up no further
    bare: Collection[str]
    pieces: frozenset[str]
    longest: Mapping[str, int]  # a first letter -> the length of the longest piece

    def split(self, word: str) -> Iterator[str]:
        """Yield the pieces of a word: itself, or the words in it if it is of a script without blanks."""
        for part in filter(None, UNSPACED.split(word)):
            if UNSPACED.match(part):
                yield from self._known(part)
            else:
                yield part

    def _known(self, text: str) -> Iterator[str]:
        """Yield the known pieces of a text, the longest that begins at each place, and what stands between them."""
        unknown = place = 0
        while place < len(text):
            longest = min(self.longest.get(text[place], 0), len(text) - place)
            ends = range(place + longest, place, -1)
            end = next((end for end in ends if text[place:end] in self.pieces), place)
            if end > place:
                yield from filter(None, [text[unknown:place], text[place:end]])
                unknown = end
            place = max(end, place + 1)
        yield from filter(None, [text[unknown:]])


@dataclass(frozen=True)
class _Phrase:
    language: str
    words: tuple[str, ...]
    meaning: str = ""
    is_stem: bool = False


@once
def phrases() -> Phrases:
    """Return the phrases of labels.toml."""
    table: dict[str, Any] = tomllib.loads(TABLE.read_text("utf-8"))
    fillers, asking, others = (list(_phrases(table[name])) for name in ("fillers", "asking", "others"))
    bare = list(_phrases(table["bare"]))
    named = [phrase for field in table if field not in NO_FIELDS for phrase in _phrases(table[field], field)]
    asked = [phrase for kind, section in table["consent"].items() for phrase in _phrases(section, kind)]
    small = _by_word(fillers)
    known = {word for phrase in (*fillers, *asking, *others, *named, *asked) for word in phrase.words}
    pieces = {piece for word in known for piece in UNSPACED.findall(word)}
    fields, asked_index = _index([*named, *_inflected(named, table["endings"])]), _index(asked)
    reduced = _index([*named, *_without_fillers(named, small)])
    other_words = frozenset("".join(phrase.words) for phrase in others if not phrase.is_stem)
    stems = frozenset("".join(phrase.words) for phrase in others if phrase.is_stem)
    begun = {*fields, *reduced, *asked_index, *other_words, *stems}
    return Phrases(
        languages=tuple(table["languages"]),
        fields=fields,
        reduced=reduced,
        consent=asked_index,
        fillers=small,
        asking=_by_word(asking),
        others=other_words,
        stems=stems,
        starts=frozenset(phrase[:end] for phrase in begun for end in range(1, LONGEST_START + 1)),
        bare=_index([*bare, *_inflected(bare, table["endings"])]),
        pieces=frozenset(pieces),
        longest={piece[0]: len(piece) for piece in sorted(pieces, key=len)},
    )


def _phrases(section: Mapping[str, list[str]], meaning: str = "") -> Iterator[_Phrase]:
    """Yield each phrase of a section, once for each language it is listed for."""
    for languages, listed in section.items():
        for text in listed:
            told = tuple(folded(text))
            yield from (_Phrase(language, told, meaning, text.endswith("*")) for language in languages.split())


def _by_word(listed: list[_Phrase]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for phrase in listed:
        for word in phrase.words:
            found[word] = found.get(word, frozenset()) | {phrase.language}
    return found


def _index(listed: list[_Phrase]) -> Index:
    found: dict[str, dict[str, frozenset[str]]] = {}
    for phrase in listed:
        meanings = found.setdefault("".join(phrase.words), {})
        meanings[phrase.meaning] = meanings.get(phrase.meaning, frozenset()) | {phrase.language}
    return found


def _inflected(named: list[_Phrase], endings: Mapping[str, list[str]]) -> Iterator[_Phrase]:
    """Yield the phrases with the endings of their language."""
    for phrase in named:
        for ending in endings.get(phrase.language, ()):
            yield replace(phrase, words=(*phrase.words, ending))


def _without_fillers(named: list[_Phrase], fillers: Mapping[str, frozenset[str]]) -> Iterator[_Phrase]:
    """Yield the phrases without their small words: "nom de l'entreprise" is asked for as "nom de votre entreprise"."""
    for phrase in named:
        kept = tuple(word for word in phrase.words if word not in fillers)
        own = tuple(word for word in phrase.words if phrase.language not in fillers.get(word, ()))
        if LEAST_WORDS <= len(kept) < len(phrase.words) and kept == own:
            yield replace(phrase, words=kept)
