"""
The words of a text, written in one way whatever script it is in, so that texts can be compared.

What people write differently without meaning anything else is folded away: case, accents, full-width letters, invisible
marks, punctuation, emoji, Arabic letters that stand for each other, hiragana and katakana.
"""

import re
import unicodedata
from functools import lru_cache

LONGEST_TEXT = 1200  # what stands behind is not read
CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Letters that Unicode does not take apart; Arabic, Persian and Urdu letters that are typed for each other.
_LATIN = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "ĸ": "k",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
}
_ARABIC = {"ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ٱ": "ا", "ـ": ""}
PLAIN = _LATIN | _ARABIC

# Combining classes of marks that make another letter: vowels, voiced kana, the virama of Indian scripts, Thai tones.
KEPT_MARKS = frozenset({0, 8, 9, 103, 107})
VARIATIONS = frozenset(map(chr, [0x034F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
KATAKANA, TO_HIRAGANA = range(0x30A1, 0x30F7), -0x60

# Arabic writes "the" and "your" onto the word, Hebrew writes "the".
ARABIC_THE, HEBREW_THE = "ال", "ה"
ARABIC_YOUR = ("كم", "كن", "ك")
SHORTEST_STEM = 3


def folded(text: str) -> list[str]:
    """Return the words of a text or key: lower case, without accents and punctuation, camelCase split."""
    whole = unicodedata.normalize("NFKC", text[:LONGEST_TEXT])[:LONGEST_TEXT]  # one letter may become eighteen
    split = CAMEL_CASE.sub(" ", whole)
    letters = "".join(map(_folded, unicodedata.normalize("NFKD", split.casefold())))
    return [word if word.isascii() else _stem(word) for word in unicodedata.normalize("NFC", letters).split()]


@lru_cache(maxsize=8192)
def _folded(letter: str) -> str:
    """Return the plain form of a letter, nothing for a mark, and a blank for what stands between words."""
    if letter in PLAIN:
        return PLAIN[letter]
    kind = unicodedata.category(letter)
    is_mark = kind == "Me" or (kind[0] == "M" and unicodedata.combining(letter) not in KEPT_MARKS)
    if is_mark or kind == "Cf" or letter in VARIATIONS:
        return ""
    if ord(letter) in KATAKANA:
        return chr(ord(letter) + TO_HIRAGANA)
    return letter if kind[0] in "LMN" else " "


def _stem(word: str) -> str:
    """Return a word without the "the" and the "your" that are written onto it."""
    if word[0] == HEBREW_THE:
        return word[1:] if len(word) > SHORTEST_STEM else word
    while word.startswith(ARABIC_THE) and len(word) >= SHORTEST_STEM + len(ARABIC_THE):
        word = word.removeprefix(ARABIC_THE)
    your = next((ending for ending in ARABIC_YOUR if word.endswith(ending)), "")
    return word.removesuffix(your) if len(word) >= SHORTEST_STEM + len(your) else word
