"""The handful of edits a document knows. Each is command, event and difference at once, and has an inverse.

Operations hold ids and plain data, never objects that live on. `rank` is a node's place in the file's order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from itertools import islice
from typing import Any, Final, TypeAlias

from studio.graph.model import Arguments, Network, Node
from studio.graph.values import Json, is_table


class Missing(Enum):
    """The value of a key that is not there."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class AddNode:
    network: str
    node: Node
    rank: int

    def inverse(self) -> RemoveNode:
        return RemoveNode(self.network, self.node, self.rank)


@dataclass(frozen=True, slots=True)
class RemoveNode:
    network: str
    node: Node
    rank: int

    def inverse(self) -> AddNode:
        return AddNode(self.network, self.node, self.rank)


@dataclass(frozen=True, slots=True)
class RenameNode:
    """Gives a node another id and rewrites every reference to it in its network."""

    network: str
    old: str
    new: str

    def inverse(self) -> RenameNode:
        return RenameNode(self.network, self.new, self.old)


@dataclass(frozen=True, slots=True)
class SetArguments:
    network: str
    node: str
    old: Arguments
    new: Arguments

    def inverse(self) -> SetArguments:
        return SetArguments(self.network, self.node, self.new, self.old)


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """Sets `type`, `at`, `path`, `repeat`, or one key of `params` or `extra` (a path of two steps)."""

    network: str
    node: str
    path: tuple[str, ...]
    old: Json
    new: Json

    def inverse(self) -> SetAttribute:
        return SetAttribute(self.network, self.node, self.path, self.new, self.old)


@dataclass(frozen=True, slots=True)
class AddNetwork:
    """`node_ranks` are the ranks of its nodes in their order; left out, they count from 0."""

    name: str
    network: Network
    rank: int
    node_ranks: tuple[int, ...] | None = None

    def inverse(self) -> RemoveNetwork:
        return RemoveNetwork(self.name, self.network, self.rank, self.node_ranks)


@dataclass(frozen=True, slots=True)
class RemoveNetwork:
    """`node_ranks` as in `AddNetwork`: what was removed from it earlier can come back to its place."""

    name: str
    network: Network
    rank: int
    node_ranks: tuple[int, ...] | None = None

    def inverse(self) -> AddNetwork:
        return AddNetwork(self.name, self.network, self.rank, self.node_ranks)


@dataclass(frozen=True, slots=True)
class RenameNetwork:
    """Gives a network another name and rewrites the type of every node that uses it as a block."""

    old: str
    new: str

    def inverse(self) -> RenameNetwork:
        return RenameNetwork(self.new, self.old)


@dataclass(frozen=True, slots=True)
class SetNetwork:
    """Sets one key of a network's `parameters` or `extra`."""

    network: str
    path: tuple[str, ...]
    old: Json
    new: Json

    def inverse(self) -> SetNetwork:
        return SetNetwork(self.network, self.path, self.new, self.old)


@dataclass(frozen=True, slots=True)
class SetSetting:
    """Sets the project's `name` or a value in its `data`, `training` or other sections."""

    path: tuple[str, ...]
    old: Json
    new: Json

    def inverse(self) -> SetSetting:
        return SetSetting(self.path, self.new, self.old)


Operation: TypeAlias = (
    AddNode
    | RemoveNode
    | RenameNode
    | SetArguments
    | SetAttribute
    | AddNetwork
    | RemoveNetwork
    | RenameNetwork
    | SetNetwork
    | SetSetting
)


_Write: TypeAlias = SetArguments | SetAttribute | SetNetwork | SetSetting
"""operations of which a later one replaces an earlier one of the same place"""


def _place(write: _Write) -> Hashable:
    """What an operation writes."""
    match write:
        case SetArguments(network, node):
            return ("arguments", network, node)
        case SetAttribute(network, node, path):
            return ("attribute", network, node, path)
        case SetNetwork(network, path):
            return ("network", network, path)
        case SetSetting(path):
            return ("setting", path)


def merged(operations: list[Operation]) -> tuple[Operation, ...]:
    """The same change in fewer steps: repeated writes of one place become one, equal values vanish.

    Writes are folded only within a stretch that neither adds, removes nor renames anything, so that the order
    stays valid.
    """
    result: list[Operation] = []
    latest: dict[Hashable, int] = {}
    for operation in operations:
        if not isinstance(operation, _Write):
            latest.clear()
            result.append(operation)
            continue
        first = latest.get(_place(operation))
        if first is None or _is_overlapped(operation, islice(result, first + 1, None)):
            latest[_place(operation)] = len(result)
            result.append(operation)
        else:
            result[first] = _rewrite(result[first], operation)
    return tuple(o for o in result if not isinstance(o, _Write) or not same(o.old, o.new))


def same(left: Json, right: Json) -> bool:
    """Equality as in the file: 1 is neither True nor 1.0; only the keys of the form `d` have an order."""
    if left is right:
        return True
    if type(left) is not type(right):
        return isinstance(left, list | tuple) and isinstance(right, list | tuple) and _same_items(left, right)
    if isinstance(left, dict):
        reordered = is_table(left) and is_table(right) and list(left["d"]) != list(right["d"])
        return (
            left.keys() == right.keys() and not reordered and all(same(left[key], right[key]) for key in left)
        )
    if isinstance(left, list | tuple):
        return _same_items(left, right)
    if isinstance(left, float):
        return repr(left) == repr(right)
    if is_dataclass(left):
        return all(same(getattr(left, f.name), getattr(right, f.name)) for f in fields(left) if f.compare)
    return bool(left == right)


def _same_items(left: Json, right: Json) -> bool:
    return len(left) == len(right) and all(map(same, left, right))


def _rewrite(first: Any, second: Any) -> Operation:
    """One write in place of two of the same place."""
    return replace(first, new=second.new)


def _is_overlapped(write: _Write, since: Iterable[Operation]) -> bool:
    """Whether a setting written since holds that of `write` or is held by it: then their order counts."""
    if not isinstance(write, SetSetting):
        return False
    paths = (other.path for other in since if isinstance(other, SetSetting) and other.path != write.path)
    return any(path[: len(write.path)] == write.path[: len(path)] for path in paths)
