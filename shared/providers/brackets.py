"""Form fields with brackets in their names as nested values: `name[]` is a list, `address[city]` an object."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import JsonValue

DEEPEST = 16


@dataclass
class _Node:
    """All that was said about one name: its own values and what stands in brackets behind it."""

    values: list[JsonValue] = field(default_factory=list)
    children: dict[str, "_Node"] = field(default_factory=dict)
    listed: bool = False  # `name[]` is a list even if it was sent once

    def value(self) -> JsonValue:
        if not self.children:
            return self.values[0] if len(self.values) == 1 and not self.listed else self.values
        nested = self._nested()
        return [*self.values, nested] if self.values else nested  # `a=1&a[b]=2` keeps both

    def _nested(self) -> JsonValue:
        items = {name: child.value() for name, child in self.children.items()}
        positions = [str(position) for position in range(len(items))]
        return list(items.values()) if list(items) == positions else items


def nested(pairs: Iterable[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """Return the fields as one object; a repeated name becomes a list in the order of sending."""
    root = _Node()
    for name, value in pairs:
        path, listed = _path(name)
        node = root
        for step in path:
            node = node.children.setdefault(step, _Node())
        node.values.append(value)
        node.listed = node.listed or listed
    return {name: child.value() for name, child in root.children.items()}


def _path(name: str) -> tuple[list[str], bool]:
    """Split `a[b][]` into its steps and whether it names a list; a name that is no such path is one step."""
    base, bracket, rest = name.partition("[")
    if not base or not bracket or not rest.endswith("]"):
        return [name], False
    steps = rest[:-1].split("][")
    if len(steps) > DEEPEST or any("[" in step or "]" in step for step in steps):
        return [name], False
    return [base, *filter(None, steps)], not steps[-1]
