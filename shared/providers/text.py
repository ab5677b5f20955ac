"""Bytes of any charset as text that can be stored: the rules that every kind of body shares."""

import codecs
import html
import re

# Senders often declare one of these and send UTF-8. Text that is valid UTF-8 by chance is next to impossible, so UTF-8
# is tried first; other charsets (UTF-16, ISO-2022-JP) can look like UTF-8 and are taken at their word.
WESTERN = frozenset({"", "ascii", "cp1252", "iso8859-1", "utf-8"})
# Codecs of Python that no sender means.
NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def decoded(data: bytes, charset: str) -> str:
    """Return the text of these bytes: in UTF-8, in the declared charset, or else as browsers read old pages."""
    declared = _known(charset)
    # What is called ISO 8859-1 on the web is cp1252, which has the euro sign as well.
    first = ("utf-8-sig", "cp1252") if declared in WESTERN else (declared, "utf-8-sig", "cp1252")
    for candidate in first:
        try:
            return data.decode(candidate)
        except UnicodeError:
            continue
    return data.decode("latin-1")


def cleaned(text: str) -> str:
    """Return text as it can be stored, with plain line ends."""
    return storable(text.replace("\r\n", "\n"))


def without_markup(text: str) -> str:
    """Return the text of a heading that may be HTML, in one line."""
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def storable(text: str) -> str:
    """Return text in which NUL and half a surrogate pair, which cannot be stored, are U+FFFD."""
    return UNSTORABLE.sub("\ufffd", text)


def _known(charset: str) -> str:
    """Return Python's name of a charset, or nothing for one that it does not know."""
    try:
        name = codecs.lookup(charset).name if charset else ""
        b"a".decode(name or "utf-8", "ignore")  # raises for codecs that are no charsets, such as zlib
    except (LookupError, ValueError):
        return ""
    return "" if name in NO_CHARSETS else name
