"""
Finds answers by what the configuration calls them, and fills templates with them.

In a template `{Question}` stands for the answer with this label or key, `{Address.city}` for a part of one (a part of a
page's address is what its query says: `{page_url.utm_source}`), `{hidden:key}` for an answer that the page gives and no
visitor types, as far as its builder tells them apart; `{{` and `}}` stand for braces.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from pydantic import JsonValue

from shared.submission import Answer, as_text

TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
UNCLOSED = re.compile(r"\{[^{}]*(?:\{|$)")
BRACES = {"{{": "{", "}}": "}"}
HIDDEN = "hidden:"
LONGEST_ADDRESS = 8_000


@dataclass(frozen=True)
class Found:
    """An answer, or with a dotted name (`utm.source`) a part of one."""

    place: int
    value: JsonValue
    whole: bool = True

    @property
    def text(self) -> str:
        return as_text(self.value).strip()


@dataclass(frozen=True)
class Filled:
    """A template's text, and the answers that are in it."""

    text: str
    found: tuple[Found, ...]
    complete: bool


class Names:
    """Some answers by what the configuration calls them; made once, since a body may hold thousands."""

    def __init__(self, answers: Sequence[Answer], *, tells_hidden: bool = True) -> None:
        said = [(place, answer) for place, answer in enumerate(answers) if answer.text.strip()]
        self._all = _by_name(said)
        hidden = _by_name([(place, answer) for place, answer in said if answer.type == "hidden"])
        self._hidden = hidden if tells_hidden else {**self._all, **hidden}

    def find(self, name: str) -> Found | None:
        """Return the first answer with this label, else with this key, else the part of one that a dotted name has."""
        answers = self._hidden if is_hidden(name) else self._all
        own = own_name(name)
        return answers.get(same(own)) or _part(answers, own)

    def fill(self, template: str) -> Filled:
        """Fill a template; it has no text at all if none of its placeholders has an answer."""
        names = placeholders(template)
        found = {name: answer for name in names if (answer := self.find(name)) and answer.text}
        if names and not found:
            return Filled("", (), complete=False)
        texts = {name: answer.text for name, answer in found.items()}
        text = TOKEN.sub(lambda token: BRACES.get(token[0]) or texts.get(token[1], ""), template)
        return Filled(text.strip(), tuple(found.values()), complete=len(found) == len(names))


def query_of(text: str) -> dict[str, str]:
    """Return what the query of a page's address says: of each name the first; nothing for any other text."""
    if "?" not in text or len(text) > LONGEST_ADDRESS or not text.startswith(("https://", "http://")):
        return {}
    try:
        return dict(reversed(parse_qsl(urlsplit(text).query)))
    except ValueError:  # no address after all
        return {}


def find(answers: Sequence[Answer], name: str) -> Found | None:
    """Return what a name means among some answers; for many names make Names once."""
    return Names(answers).find(name)


def same(name: str) -> str:
    """Return a name as it is compared: without regard to case and blanks."""
    return " ".join(name.split()).casefold()


def is_hidden(name: str) -> bool:
    """Say whether a name means hidden answers only."""
    return name.strip().startswith(HIDDEN)


def own_name(name: str) -> str:
    """Return what an answer is called by a name that may also say that the answer is hidden."""
    return name.strip().removeprefix(HIDDEN).strip()


def is_template(text: str) -> bool:
    """Say whether a configured text has placeholders."""
    return bool(placeholders(text))


def is_unclosed(text: str) -> bool:
    """Say whether a text opens a placeholder that it does not close."""
    return UNCLOSED.search(TOKEN.sub("", text)) is not None


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names in a template, each once."""
    return tuple(dict.fromkeys(name for name in TOKEN.findall(text) if name))


def only_placeholder(text: str) -> str:
    """Return the name in a template that is one placeholder and nothing else, or nothing."""
    match = TOKEN.fullmatch(text.strip())
    return (match[1] or "") if match else ""


def _by_name(said: Sequence[tuple[int, Answer]]) -> dict[str, Found]:
    """Return the first answer with each label, and where no label is so the first with each key."""
    found: dict[str, Found] = {}
    for kind in ("key", "label"):
        for place, answer in reversed(said):
            found[same(getattr(answer, kind))] = Found(place, answer.value)
    found.pop("", None)
    return found


def _part(answers: dict[str, Found], name: str) -> Found | None:
    for base, path in _splits(name):
        whole = answers.get(same(base))
        # Some builders call a part like a question: the answer 1 has the parts 1.3 and 1.6.
        for part in (name, path) if whole else ():
            if whole and as_text(value := _inside(whole.value, part)).strip():
                return Found(whole.place, value, whole=False)
    return None


def _inside(value: JsonValue, path: str) -> JsonValue:
    """Return what a path leads to, by the longest keys that there are."""
    named = query_of(value) if isinstance(value, str) else value
    if not isinstance(named, dict):
        return None
    parts = {same(key): item for key, item in named.items()}
    if same(path) in parts:
        return parts[same(path)]
    inner = (_inside(parts.get(same(base)), rest) for base, rest in _splits(path))
    return next((item for item in inner if item is not None), None)


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to take a dotted name for something and a part of it, the longest something first."""
    steps = name.split(".")
    yield from ((".".join(steps[:end]), ".".join(steps[end:])) for end in range(len(steps) - 1, 0, -1))
