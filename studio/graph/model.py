"""Nodes, networks and the project as frozen plain data. Ids, never object references.

The dictionaries inside are never changed in place: every edit makes new values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from studio.graph.values import Json, Path, get_at, map_references, references, set_at

BLOCK = "block:"
INPUT = "input"
OUTPUT = "output"
OPAQUE = "opaque"
"""a part of an imported module that no document can hold; under this key its `extra` says of what"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `id` is its attribute path in the module; `path` names a module that is used twice.

    `repeat` is how many times a block comes one after the other, None for once; see `graph.repeats`.
    """

    id: str
    type: str
    params: Mapping[str, Json] = field(default_factory=dict)
    args: tuple[Json, ...] = ()
    kwargs: Mapping[str, Json] = field(default_factory=dict)
    at: tuple[int, int] = (0, 0)
    path: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    repeat: Json = None
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def block(self) -> str | None:
        """The network this node uses as a block, if it is one."""
        return self.type.removeprefix(BLOCK) if self.type.startswith(BLOCK) else None

    @property
    def arguments(self) -> Arguments:
        return Arguments(self.args, self.kwargs)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a node is called with: positional and named values, each a literal or a reference."""

    args: tuple[Json, ...] = ()
    kwargs: Mapping[str, Json] = field(default_factory=dict)

    def at(self, slot: Path) -> Json:
        """The value at `slot`, a path that starts with "args" or "kwargs"; None where there is none."""
        return get_at({"args": list(self.args), "kwargs": self.kwargs}, slot)

    def with_value(self, slot: Path, value: Json) -> Arguments:
        """A copy with `value` at `slot`. None at the end of the args, or as a named value, is taken out."""
        table = set_at({"args": list(self.args), "kwargs": dict(self.kwargs)}, slot, value)
        args = table["args"]
        while args and args[-1] is None:
            args.pop()
        return Arguments(tuple(args), {k: v for k, v in table["kwargs"].items() if v is not None})

    def references(self) -> Iterator[tuple[Path, dict[str, Json]]]:
        """Every reference with its slot."""
        yield from references(list(self.args), ("args",))
        for name, value in self.kwargs.items():
            yield from references(value, ("kwargs", name))

    def map_references(self, change: Callable[[dict[str, Json]], Json]) -> Arguments:
        """A copy with every reference replaced by `change(reference)`."""
        return Arguments(
            tuple(map_references(value, change) for value in self.args),
            {name: map_references(value, change) for name, value in self.kwargs.items()},
        )


@dataclass(frozen=True, slots=True)
class Wire:
    """A reference seen as a line: output `index` of `source` to the place `slot` of `target`."""

    source: str
    index: int | None
    target: str
    slot: Path


@dataclass(frozen=True, slots=True)
class Network:
    """A named graph. A network with `parameters` may be used as a block by another."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    parameters: Mapping[str, Json] = field(default_factory=dict)
    extra: Mapping[str, Json] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def wires(self) -> Iterator[Wire]:
        """Every wire, in the order of the nodes that receive them."""
        for node in self.nodes.values():
            yield from wires_into(node)

    def of_type(self, type_: str) -> list[Node]:
        return list(derived(self, "types", _types).get(type_, ()))


@dataclass(frozen=True, slots=True)
class ProjectData:
    """All that a project file holds. `settings` are its other sections: `data`, `training`, unknown ones."""

    name: str = "Untitled"
    networks: Mapping[str, Network] = field(default_factory=dict)
    settings: Mapping[str, Json] = field(default_factory=dict)
    version: int = 1

    @property
    def data(self) -> Mapping[str, Json]:
        return self.settings.get("data") or {}

    @property
    def training(self) -> Mapping[str, Json]:
        return self.settings.get("training") or {}


def _types(network: Network) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in network.nodes.values():
        found.setdefault(node.type, []).append(node)
    return found


Owner = TypeVar("Owner", Node, Network)


def derived(owner: Owner, name: str, work_out: Callable[[Owner], T]) -> T:
    """What follows from a node or a network alone, worked out once: neither ever changes.

    It is kept under `name` in what it follows from, and shared: who gets it must not change it.
    """
    if name not in owner.kept:
        owner.kept[name] = work_out(owner)
    found: T = owner.kept[name]
    return found


def wires_into(node: Node) -> Iterator[Wire]:
    """The wires that end at `node`, in the order of its arguments."""
    return iter(derived(node, "wires", _wires_into))


def _wires_into(node: Node) -> tuple[Wire, ...]:
    references = node.arguments.references()
    return tuple(Wire(value["n"], value.get("i"), node.id, slot) for slot, value in references)
