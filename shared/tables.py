"""
Files of tables, in TOML or JSON: how they are read, how their ${NAME}s are filled in, and what is wrong with them.

A fault names its table, its key, what is wrong and how to mend it.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the configuration: where, what, and the way out; `file` if it is not in hookline.toml."""

    table: str
    key: str
    problem: str
    remedy: str
    file: Path | None = None

    def __str__(self) -> str:
        place = f"[{self.table}]" + (f" {self.key}" if self.key else "")
        return f"{place}: {self.problem}. {self.remedy}"


class ConfigError(Exception):
    """The configuration has faults; `faults` holds all of them, and the message is one line for each."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{fault.file or path}: {fault}" for fault in faults))
        self.faults = faults


def read_tables(path: Path, if_missing: str) -> dict[str, Any]:
    """Read a TOML file, or a JSON one if it is called .json; raise ConfigError when it cannot be read."""
    language = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        text = path.read_text(encoding="utf-8")
        return _json(text) if language == "JSON" else tomllib.loads(text)
    except FileNotFoundError as error:
        raise _unreadable(path, "the file does not exist", if_missing) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"the file cannot be read: {error}", "Make it readable UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"not valid {language}: {error}", "Mend that line.") from error


def substituted(value: Any, place: str, environment: Mapping[str, str], faults: list[Fault]) -> Any:
    """Return the document with each ${NAME} replaced; a missing variable becomes a fault and stays as it is."""
    match value:
        case dict():
            return {
                key: substituted(item, f"{place}.{key}" if place else key, environment, faults)
                for key, item in value.items()
            }
        case list():
            return [substituted(item, f"{place}.{number}", environment, faults) for number, item in enumerate(value)]
        case str():
            for name in VARIABLE.findall(value):
                if not environment.get(name):
                    table, key = table_and_key(tuple(place.split(".")))
                    problem = f"{name} is not set"
                    faults.append(Fault(table, key, problem, f"Set the environment variable {name}."))
            return VARIABLE.sub(lambda found: environment.get(found[1]) or found[0], value)
        case _:
            return value


def tables_of(tables: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables of a kind, locations or forms, with their names."""
    group = tables.get(kind)
    if isinstance(group, dict):
        yield from ((name, table) for name, table in group.items() if isinstance(table, dict))


def table_and_key(place: tuple[str | int, ...]) -> tuple[str, str]:
    """Split a path into its table ([forms.contact-us]) and the key in it."""
    parts = [str(part) for part in place]
    return ".".join(parts[:2]), ".".join(parts[2:])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question for the known name that is most like this one; nothing where none is."""
    plain = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), plain, n=1)
    return f'Did you mean "{plain[near[0]]}"?' if near else ""


def _json(text: str) -> dict[str, Any]:
    document = json.loads(text, object_pairs_hook=_without_doubles)
    if not isinstance(document, dict):
        raise ValueError("it must be an object")  # noqa: TRY004 - one kind of error for all that is not valid
    return document


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # TOML forbids them; JSON would keep the last one without a word.
    twice = [key for key, number in Counter(key for key, _ in pairs).items() if number > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is there twice")
    return dict(pairs)


def _unreadable(path: Path, problem: str, remedy: str) -> ConfigError:
    return ConfigError(path, [Fault("file", "", problem, remedy)])
