"""
Splits a full name into what HighLevel calls the first and the last name; no word is dropped, and none changes its place
without a word.

The first name is the given name, the last name is everything that follows: middle names, particles, suffixes. A title
belongs to neither. What the parser does not read as exactly the words of the name is split at its first blank.
"""

import re
from dataclasses import dataclass
from functools import cache

from nameparser import Parser, Role, Token

LONGEST_NAME = 200  # what is longer is no name that a parser should read
# Only words that are nobody's given name: of King, Major, Baron or Prince nobody can tell.
_TITLES = """
    mr mrs ms miss mx mister doctor dr dra prof professor sir dame rev reverend
    herr frau fräulein fraeulein dipl-ing dr-ing
    mme mlle monsieur madame mademoiselle
    señor señora señorita senor senora senorita sra srta dott dottssa dottoressa signor signora signorina
    sigra profssa senhor senhora dhr mevr mevrouw meneer fru fröken pani judr mudr mvdr rndr phdr paeddr smt
"""
TITLES = frozenset(_TITLES.split())
# These need their dot: without it they may be a name.
_DOTTED_TITLES = """
    fr hr sr sig ing dipl mag lic hon capt sgt lt col mgr bc avv arch geom eng inż
"""
DOTTED_TITLES = frozenset(_DOTTED_TITLES.split())
# Of which faculty, as in "Dr. med. dent.": only behind a title.
FACULTIES = frozenset({"med", "dent", "vet", "jur", "phil", "nat", "rer", "pol", "ing", "habil", "hc", "h", "c"})
BETWEEN_TITLES = frozenset({"&", "and", "und", "et", "y", "e", "en"})
# What a comma does not put behind a family name: "Sam, the gardener".
NO_NAMES = frozenset({"the", "of"})
# Han, Kana and Hangul, with the marks of iteration and of long vowels.
FAMILY_FIRST = re.compile(
    r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+"
)
# In French and Italian papers the family name stands in capitals; of two letters may be initials ("JJ Abrams").
SHORTEST_CAPITALS = 3
# The name of the father: "Ivanov Ivan Ivanovich".
PATRONYMIC = re.compile(r".+(?:(?:ов|ев|йов)ич|(?:ов|ев|ичн|иничн|ів|їв)на|ична|инична|(?:ov|ev)ich|(?:ov|ev)na)")
AFTER_COMMA = re.compile(r"\s*,\s*")
SPLIT = "split into first and last name"
COMMA = "the last name stood before a comma"
FAMILY = "the last name stood in front"


@dataclass(frozen=True)
class Name:
    """A full name in two parts, the titles that are in neither, and what was done to tell them apart."""

    first: str
    last: str = ""
    title: str = ""
    how: str = ""

    @property
    def change(self) -> str:
        """Return what was done to the name."""
        split = SPLIT if self.first and self.last else ""
        return "; ".join(filter(None, [split, self.how, f"without the title {self.title}" if self.title else ""]))


def split_name(text: str, *, family_first: bool = False) -> Name:
    """Return a full name as first and last name; `family_first` means that the family name was asked for first."""
    words = AFTER_COMMA.sub(", ", text).strip(", \t\n").split() or text.split()
    if len(words) < 2 or len(text) > LONGEST_NAME:
        return _at_first_blank(words)
    titles = _titles_in_front(words)
    name = words[len(titles) :]
    found = _in_front(name, family_first) or _parsed(name, is_titled=bool(titles))
    return Name(found.first, found.last, " ".join(filter(None, [*titles, found.title])), found.how)


def _at_first_blank(words: list[str]) -> Name:
    return Name(" ".join(words[:1]), " ".join(words[1:]))


def _titles_in_front(words: list[str]) -> list[str]:
    """Return the titles before a name; the last word is always a name."""
    count = 0
    while count < len(words) - 1:
        bound = bool(count) and words[count].casefold() in BETWEEN_TITLES and _is_title(words[count + 1])
        if not (_is_title(words[count]) or bound or (count and _is_faculty(words[count]))):
            break
        count += 1
    return words[:count]


def _is_title(word: str) -> bool:
    plain = _plain(word)
    return plain in TITLES or (word.endswith(".") and plain in DOTTED_TITLES)


def _is_faculty(word: str) -> bool:
    return word.endswith(".") and _plain(word) in FACULTIES


def _plain(word: str) -> str:
    return word.casefold().replace(".", "").strip(",")


def _in_front(words: list[str], family_first: bool) -> Name | None:
    """Return the parts of a name that plainly begins with the family name."""
    if len(words) < 2 or any("," in word for word in words):
        return None
    if all(FAMILY_FIRST.fullmatch(word) for word in words) or (family_first and len(words) == 2):
        return Name(" ".join(words[1:]), words[0], how=FAMILY)
    if count := _in_capitals(words):
        return Name(" ".join(words[count:]), " ".join(words[:count]), how=FAMILY)
    is_patronymic = [PATRONYMIC.fullmatch(word.casefold()) is not None for word in words]
    if is_patronymic[1:] == [False, True]:
        return Name(words[1], f"{words[2]} {words[0]}", how=FAMILY)
    return None


def _in_capitals(words: list[str]) -> int:
    """Return how many words of a family name stand in front, written in capitals as no other word is."""
    count = next((place for place, word in enumerate(words) if not word.isupper()), 0)
    letters = "".join(words[:count])
    is_family = letters.replace("-", "").replace("'", "").isalpha() and len(letters) >= SHORTEST_CAPITALS
    return count if is_family and all(word.istitle() for word in words[count:]) else 0


def _parsed(words: list[str], is_titled: bool) -> Name:
    """Return the parts of a name without titles in front."""
    if len(words) == 1:
        return Name("", words[0]) if is_titled else Name(words[0])
    text = " ".join(words)
    tokens = _parser().parse(text).tokens
    if "," in text:
        return _with_comma(words, tokens)
    if _is_family_name(tokens):
        return Name("", text)
    given = [token for token in tokens if token.role is Role.GIVEN]
    # Two given names that belong together, as in "Abdul Rahman Khan"; not two people.
    size = len(given) if given == list(tokens[: len(given)]) and _are_one_name(given) else 1
    return _of_the_same_words(words, Name(" ".join(words[:size]), " ".join(words[size:])))


def _with_comma(words: list[str], tokens: tuple[Token, ...]) -> Name:
    """Return the parts of "Watson, Mary Jane"; where a comma means anything else, of the name without its order."""
    given = [place for place, token in enumerate(tokens) if token.role is Role.GIVEN]
    family = [place for place, token in enumerate(tokens) if token.role is Role.FAMILY]
    unsure = any(token.role is Role.SUFFIX and not token.tags for token in tokens) or _is_family_behind(tokens)
    if not given or not family or given[0] < family[0] or unsure or _says_no_name(tokens):
        return _at_first_blank([words[0].rstrip(","), *words[1:]])
    titles = [token for token in tokens if token.role is Role.TITLE]
    middle = [token for token in tokens if token.role is Role.MIDDLE]
    rest = [token for token in tokens if token.role not in (Role.TITLE, Role.MIDDLE, Role.GIVEN)]
    name = Name(
        first=_text([token for token in tokens if token.role is Role.GIVEN]),
        last=_text([*middle, *rest]),
        title=_text(titles),
        how=COMMA,
    )
    return _of_the_same_words(words, name)


def _is_family_name(tokens: tuple[Token, ...]) -> bool:
    """Say whether a name is a family name alone, such as "de la Rosa"."""
    particles = sum(1 for token in tokens if "particle" in token.tags)
    return all(token.role is Role.FAMILY for token in tokens) or 1 < particles == len(tokens) - 1


def _is_family_behind(tokens: tuple[Token, ...]) -> bool:
    """Say whether a family name follows the comma, as in "Vincent, van Gogh"."""
    given = next((token for token in tokens if token.role is Role.GIVEN), None)
    has_more = any(token.role is Role.MIDDLE for token in tokens)
    return given is not None and has_more and "particle" in given.tags and given.text.islower()


def _are_one_name(given: list[Token]) -> bool:
    return bool(given) and not any("conjunction" in token.tags for token in given)


def _says_no_name(tokens: tuple[Token, ...]) -> bool:
    return any(token.text.casefold() in NO_NAMES for token in tokens)


def _of_the_same_words(words: list[str], name: Name) -> Name:
    """Return a name if it consists of these words, else they are split at the first blank."""
    said = sorted(" ".join(words).replace(",", " ").split())
    kept = sorted(f"{name.title} {name.first} {name.last}".replace(",", " ").split())
    return name if said == kept else _at_first_blank([words[0].rstrip(","), *words[1:]])


def _text(tokens: list[Token]) -> str:
    return " ".join(token.text for token in tokens)


@cache
def _parser() -> Parser:
    return Parser()
