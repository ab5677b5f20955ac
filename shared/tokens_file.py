"""
The tokens of many locations in a file of their own, since a platform's environment is small.

HOOKLINE_TOKENS_FILE names it. Each key is a location's alias, and its value the token, or a table with the keys that
[locations.ALIAS] may have.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shared.tables import Fault, did_you_mean, read_tables, substituted

SETTING = "HOOKLINE_TOKENS_FILE"
HOW_TO_ADD = (
    "Add [locations.{alias}] with its location_id to hookline.toml, or write a table here: "
    '{alias} = {{ location_id = "…", token = "…" }}.'
)


@dataclass(frozen=True)
class TokensFile:
    """What the file says of each location, as tables; `bare` are those of which it gives nothing but the token."""

    path: Path
    tables: Mapping[str, Any]
    bare: frozenset[str] = frozenset()

    def joined(self, tables: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
        """Return the tables of hookline.toml with the locations of this file in them; what does not fit is a fault."""
        known = tables.get("locations", {})
        if not isinstance(known, dict) or not self.tables:
            return dict(tables)
        found = [fault for alias in self.tables for fault in self._misfits(alias, known)]
        faults += found
        wrong = {(fault.table, fault.key) for fault in found}
        locations = dict(known)
        for alias, table in self.tables.items():
            fitting = {key: value for key, value in table.items() if (f"locations.{alias}", key) not in wrong}
            if isinstance(old := known.get(alias, {}), dict) and (fitting or not table):
                locations[alias] = {**old, **fitting}
        return {**tables, "locations": locations}

    def placed(self, fault: Fault) -> Fault:
        """Return a fault with this file named, if it is about something that only this file says."""
        kind, _, alias = fault.table.partition(".")
        key = fault.key.partition(".")[0]
        said = self.tables.get(alias, {}) if kind == "locations" else {}
        is_here = key in said if key else bool(said) and alias not in self.bare
        return replace(fault, file=self.path) if is_here and fault.file is None else fault

    def _misfits(self, alias: str, known: Mapping[str, Any]) -> Iterator[Fault]:
        table, old = f"locations.{alias}", known.get(alias)
        if old is None and alias in self.bare:
            problem = "is no location of hookline.toml, and a token alone does not make one"
            remedy = did_you_mean(alias, known) or HOW_TO_ADD.format(alias=alias)
            yield Fault(table, "token", problem, remedy, self.path)
        if not isinstance(old, dict):
            return
        for key in self.tables[alias]:
            if key in old:
                yield Fault(table, key, "is set in hookline.toml too", "Keep one of the two.", self.path)
        if alias in self.bare and "oauth" in old:
            problem = "has an oauth table in hookline.toml, which opens it already"
            yield Fault(table, "token", problem, "Keep one of the two.", self.path)


def read_tokens_file(environment: Mapping[str, str], faults: list[Fault]) -> TokensFile:
    """Read the file that the environment names, if it names one; raise ConfigError when it cannot be read."""
    name = environment.get(SETTING, "")
    path = Path(name)
    document = read_tables(path, f"Set {SETTING} to a file that is there, or to nothing.") if name else {}
    wrong = [alias for alias, value in document.items() if not isinstance(value, str | dict)]
    remedy = 'Write the token in quotes, or a table: { location_id = "…", token = "…" }.'
    faults += [Fault(f"locations.{alias}", "", "must be a token or a table", remedy, path) for alias in wrong]
    tables = {
        alias: {"token": value} if isinstance(value, str) else value
        for alias, value in document.items()
        if alias not in wrong
    }
    unset: list[Fault] = []
    tables = substituted({"locations": tables}, "", environment, unset)["locations"]
    faults += [replace(fault, file=path) for fault in unset]
    return TokensFile(path, tables, frozenset(alias for alias, value in document.items() if isinstance(value, str)))
