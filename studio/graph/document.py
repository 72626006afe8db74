"""A project that can be edited: one door for change, listeners, transactions.

`Document.transaction` is the only way to change anything. A transaction never outlives the call that opened
it; committing makes one `Change`, which is one undo step and one line of the recovery journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from studio.graph import operations as op
from studio.graph import writable
from studio.graph.edit import Edit
from studio.graph.model import BLOCK, Network, Node, ProjectData
from studio.graph.operations import MISSING, Operation
from studio.graph.values import Json
from studio.words import Message, NetloomError


class EditError(NetloomError):
    """An edit that cannot be made. The document is as it was before the transaction."""


@dataclass(frozen=True, slots=True)
class Change:
    """One committed transaction: what it is called and what it did."""

    label: Message
    operations: tuple[Operation, ...]
    merge_key: object | None = None

    def inverse(self) -> Change:
        return Change(self.label, tuple(o.inverse() for o in reversed(self.operations)), self.merge_key)


@dataclass(slots=True)
class _Sheet:
    """A network while it is edited."""

    nodes: dict[str, Node]
    ranks: dict[str, int]
    parameters: Mapping[str, Json]
    extra: Mapping[str, Json]
    rank: int
    frozen: Network | None = None
    next_rank: int = 0


@dataclass(slots=True)
class _State:
    settings: Mapping[str, Json]
    name: str
    version: int
    sheets: dict[str, _Sheet] = field(default_factory=dict)


Listener: TypeAlias = Callable[[Change], None]
Ranks: TypeAlias = Mapping[str, tuple[int, tuple[int, ...]]]
"""the rank of each network and those of its nodes, in their order"""

NO_SETTINGS = frozenset({"format", "version", "name", "networks"})
"""keys of a project file that are no sections of settings"""


class Document:
    """An editable project. Not thread-safe: hand `data()` to other threads, it is frozen."""

    def __init__(self, project: ProjectData | None = None, ranks: Ranks | None = None) -> None:
        """`ranks` are another document's, whose changes are to be replayed here; else all count from 0."""
        project = project or ProjectData(networks={"model": Network()})
        self._state = _State(dict(project.settings), project.name, project.version)
        for place, (name, network) in enumerate(project.networks.items()):
            rank, node_ranks = ranks[name] if ranks else (place, None)
            self._state.sheets[name] = _sheet(network, rank, node_ranks)
        self._listeners: list[Listener] = []
        self._open: list[Operation] | None = None
        self._frozen: ProjectData | None = None
        self.revision = 0

    # -- reading ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._state.name

    @property
    def settings(self) -> Mapping[str, Json]:
        return self._state.settings

    def network_names(self) -> list[str]:
        return sorted(self._state.sheets, key=lambda name: (self._state.sheets[name].rank, name))

    def nodes(self, network: str) -> Mapping[str, Node]:
        """The nodes of a network by id, live, in no particular order. Raises EditError for an unknown one."""
        return self._sheet(network).nodes

    def node(self, network: str, node: str) -> Node:
        try:
            return self._sheet(network).nodes[node]
        except KeyError:
            raise EditError(
                Message("There is no node {node} in {network}.", node=node, network=network)
            ) from None

    def network(self, name: str) -> Network:
        """A frozen copy of a network, nodes in the order of the file; made anew only after an edit."""
        sheet = self._sheet(name)
        if sheet.frozen is None:
            ordered = sorted((rank, i) for i, rank in sheet.ranks.items())
            sheet.frozen = Network({i: sheet.nodes[i] for _, i in ordered}, sheet.parameters, sheet.extra)
        return sheet.frozen

    def data(self) -> ProjectData:
        """The whole project as frozen data, safe to hand to another thread."""
        if self._frozen is None:
            networks = {name: self.network(name) for name in self.network_names()}
            self._frozen = ProjectData(self._state.name, networks, self._state.settings, self._state.version)
        return self._frozen

    def setting(self, path: tuple[str, ...]) -> Json:
        """The value of `name` or of a setting; `MISSING` where there is none."""
        if path == ("name",):
            return self._state.name
        value: Json = self._state.settings
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                return MISSING
            value = value[step]
        return value

    def next_rank(self, network: str) -> int:
        return self._sheet(network).next_rank

    def rank(self, network: str, node: str) -> int:
        self.node(network, node)
        return self._sheet(network).ranks[node]

    def node_ranks(self, network: str) -> tuple[int, ...]:
        """The ranks of a network's nodes, in the order of the file."""
        return tuple(sorted(self._sheet(network).ranks.values()))

    def ranks(self) -> Ranks:
        """The ranks of everything: a document made of `data()` and these takes this one's changes."""
        return {name: (self.network_rank(name), self.node_ranks(name)) for name in self.network_names()}

    def next_network_rank(self) -> int:
        return max((sheet.rank for sheet in self._state.sheets.values()), default=-1) + 1

    def network_rank(self, name: str) -> int:
        return self._sheet(name).rank

    # -- listening -------------------------------------------------------------------------------

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener(change)` after every commit and every replay; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # -- changing --------------------------------------------------------------------------------

    @contextmanager
    def transaction(self, label: Message, merge_key: object | None = None) -> Iterator[Edit]:
        """Opens the one door for change.

        Leaving the block commits it as one `Change`; an exception, or `edit.cancel()`, takes everything back.
        Raises EditError when one is open already.
        """
        if self._open is not None:
            raise EditError(Message("Another edit is still being made."))
        self._open = []
        edit = Edit(self, self._do)
        try:
            yield edit
        except BaseException:
            self._roll_back()
            raise
        if edit.cancelled:
            self._roll_back()
            return
        done, self._open = op.merged(self._open), None
        if done:
            self._announce(Change(label, done, merge_key))

    def replay(self, change: Change) -> None:
        """Applies a change of this document's own past: undo, redo, the journal. All of it or nothing.

        Raises EditError when the document is not as it was when the change was made.
        """
        self._take(change, lambda operation: operation)

    def adopt(self, change: Change) -> None:
        """Applies a change that was worked out on a copy, such as a cure. All of it or nothing.

        The ranks of a copy are its own: what is removed keeps the rank it has here, what is added comes last.
        Raises EditError when the document is no longer as the copy was.
        """
        self._take(change, self._ranked_here)

    def _take(self, change: Change, own: Callable[[Operation], Operation]) -> None:
        if self._open is not None:
            raise EditError(Message("Another edit is still being made."))
        self._open = []
        try:
            for operation in change.operations:
                self._check(operation)
                self._do(own(operation))
        except BaseException:
            self._roll_back()
            raise
        done, self._open = tuple(self._open), None
        self._announce(replace(change, operations=done))

    def _ranked_here(self, operation: Operation) -> Operation:
        match operation:
            case op.AddNode(network):
                return replace(operation, rank=self.next_rank(network))
            case op.RemoveNode(network, node):
                return replace(operation, rank=self.rank(network, node.id))
            case op.AddNetwork():
                return replace(operation, rank=self.next_network_rank())
            case op.RemoveNetwork(name):
                return replace(operation, rank=self.network_rank(name), node_ranks=self.node_ranks(name))
            case _:
                return operation

    def _do(self, operation: Operation) -> None:
        if self._open is None:
            raise EditError(Message("This edit is closed already."))
        if reason := writable.fault(operation):
            raise EditError(reason)
        self._apply(operation)
        self._open.append(operation)

    def _roll_back(self) -> None:
        for operation in reversed(self._open or []):
            self._apply(operation.inverse())
        self._open = None

    def _announce(self, change: Change) -> None:
        self.revision += 1
        for listener in tuple(self._listeners):
            listener(change)

    # -- applying --------------------------------------------------------------------------------

    def _sheet(self, name: str) -> _Sheet:
        try:
            return self._state.sheets[name]
        except KeyError:
            raise EditError(Message("There is no network {network}.", network=name)) from None

    def _touch(self, network: str) -> _Sheet:
        sheet = self._sheet(network)
        sheet.frozen = self._frozen = None
        return sheet

    def _apply(self, operation: Operation) -> None:
        match operation:
            case op.AddNode(network, node, rank):
                sheet = self._touch(network)
                if node.id in sheet.nodes:
                    raise EditError(
                        Message("{network} has a node {node} already.", network=network, node=node.id)
                    )
                sheet.nodes[node.id] = node
                sheet.ranks[node.id] = rank
                sheet.next_rank = max(sheet.next_rank, rank + 1)
            case op.RemoveNode(network, node):
                self.node(network, node.id)
                sheet = self._touch(network)
                del sheet.nodes[node.id], sheet.ranks[node.id]
            case op.RenameNode(network, old, new):
                self._rename_node(network, old, new)
            case op.SetArguments(network, id_, _, new):
                node = replace(self.node(network, id_), args=tuple(new.args), kwargs=dict(new.kwargs))
                self._touch(network).nodes[id_] = node
            case op.SetAttribute(network, id_, path, _, new):
                self._touch(network).nodes[id_] = _with_attribute(self.node(network, id_), path, new)
            case op.SetNetwork(network, ("parameters", key), _, new):
                sheet = self._touch(network)
                sheet.parameters = _with_key(sheet.parameters, (key,), new)
            case op.SetNetwork(network, ("extra", key), _, new):
                sheet = self._touch(network)
                sheet.extra = _with_key(sheet.extra, (key,), new)
            case op.SetSetting(("name",), _, str(new)):
                self._frozen, self._state.name = None, new
            case op.SetSetting((section, *_) as path, _, new) if section not in NO_SETTINGS:
                self._frozen, self._state.settings = None, _with_key(self._state.settings, tuple(path), new)
            case op.SetNetwork(_, path) | op.SetSetting(path):
                raise EditError(Message("There is no setting {name}.", name=".".join(path)))
            case _:
                self._apply_to_networks(operation)

    def _apply_to_networks(self, operation: Operation) -> None:
        sheets = self._state.sheets
        self._frozen = None
        match operation:
            case op.AddNetwork(name, network, rank, node_ranks):
                if name in sheets:
                    raise EditError(Message("There is a network {network} already.", network=name))
                sheets[name] = _sheet(network, rank, node_ranks)
            case op.RemoveNetwork(name):
                self._sheet(name)
                del sheets[name]
            case op.RenameNetwork(old, new):
                self._rename_network(old, new)
            case _:
                raise TypeError(f"not an operation: {operation!r}")

    def _rename_network(self, old: str, new: str) -> None:
        """Refused where a block waits for `new` already: undoing it could not tell the two apart."""
        sheets = self._state.sheets
        self._sheet(old)
        if new in sheets:
            raise EditError(Message("There is a network {network} already.", network=new))
        if any(node.block == new for sheet in sheets.values() for node in sheet.nodes.values()):
            raise EditError(
                Message("A block refers to the name {name} already. Choose another name.", name=new)
            )
        sheets[new] = sheets.pop(old)
        for name, sheet in sheets.items():
            for node in [n for n in sheet.nodes.values() if n.block == old]:
                self._touch(name).nodes[node.id] = replace(node, type=f"{BLOCK}{new}")

    def _rename_node(self, network: str, old: str, new: str) -> None:
        """Refused where a wire waits for `new` already: undoing it could not tell the two apart."""
        self.node(network, old)
        sheet = self._touch(network)
        if new in sheet.nodes:
            raise EditError(Message("{network} has a node {node} already.", network=network, node=new))
        fed = _fed_by(sheet, old, new)
        if any(value["n"] == new for node in fed for _, value in node.arguments.references()):
            raise EditError(
                Message("A wire refers to the name {name} already. Choose another name.", name=new)
            )
        sheet.nodes[new] = replace(sheet.nodes.pop(old), id=new)
        sheet.ranks[new] = sheet.ranks.pop(old)
        for node in fed:
            arguments = node.arguments.map_references(lambda v: {**v, "n": new} if v["n"] == old else v)
            place = new if node.id == old else node.id
            sheet.nodes[place] = replace(node, id=place, args=arguments.args, kwargs=arguments.kwargs)

    # -- checking --------------------------------------------------------------------------------

    def _check(self, operation: Operation) -> None:
        """Raises EditError unless what `operation` replaces or removes is what is there."""
        there, expected = self._there(operation), _expected(operation)
        if not op.same(there, expected):
            raise EditError(Message("The project has changed in the meantime, so this edit no longer fits."))

    def _there(self, operation: Operation) -> Json:
        """What is now where `operation` writes; None for one that replaces nothing."""
        match operation:
            case op.RemoveNode(network, node):
                return self.node(network, node.id)
            case op.RemoveNetwork(name):
                return self.network(name)
            case op.SetArguments(network, id_):
                return self.node(network, id_).arguments
            case op.SetAttribute(network, id_, path):
                return _attribute(self.node(network, id_), path)
            case op.SetNetwork(network, ("parameters", key)):
                return self._sheet(network).parameters.get(key, MISSING)
            case op.SetNetwork(network, ("extra", key)):
                return self._sheet(network).extra.get(key, MISSING)
            case op.SetSetting(path):
                return self.setting(path)
            case _:
                return None


def _expected(operation: Operation) -> Json:
    """What `operation` was made to replace or remove."""
    match operation:
        case op.RemoveNode(_, removed) | op.RemoveNetwork(_, removed):
            return removed
        case op.SetArguments(_, _, old) | op.SetNetwork(_, _, old) | op.SetSetting(_, old):
            return old
        case op.SetAttribute(_, _, path, old):
            return None if path in (("path",), ("repeat",)) and old is MISSING else old
        case _:
            return None


def _fed_by(sheet: _Sheet, *sources: str) -> list[Node]:
    """The nodes that one of `sources` feeds, whether or not it exists."""
    return [
        node
        for node in sheet.nodes.values()
        if any(value["n"] in sources for _, value in node.arguments.references())
    ]


def _sheet(network: Network, rank: int, node_ranks: tuple[int, ...] | None = None) -> _Sheet:
    ranks = dict(zip(network.nodes, node_ranks or range(len(network.nodes)), strict=True))
    return _Sheet(
        dict(network.nodes),
        ranks,
        network.parameters,
        network.extra,
        rank,
        frozen=network,
        next_rank=max(ranks.values(), default=-1) + 1,
    )


def _attribute(node: Node, path: tuple[str, ...]) -> Json:
    match path:
        case ("type" | "at" | "path" | "repeat" as name,):
            return getattr(node, name)
        case ("params", key):
            return node.params.get(key, MISSING)
        case ("extra", key):
            return node.extra.get(key, MISSING)
        case _:
            return None


def _with_attribute(node: Node, path: tuple[str, ...], new: Json) -> Node:
    match path:
        case ("type",):
            return replace(node, type=new)
        case ("at",):
            return replace(node, at=(new[0], new[1]))
        case ("path",):
            return replace(node, path=None if new is MISSING else new)
        case ("repeat",):
            return replace(node, repeat=None if new is MISSING else new)
        case ("params", key):
            return replace(node, params=_with_key(node.params, (key,), new))
        case ("extra", key):
            return replace(node, extra=_with_key(node.extra, (key,), new))
        case _:
            raise EditError(Message("A node has no attribute {name}.", name=".".join(path)))


def _with_key(table: Mapping[str, Json], path: tuple[str, ...], new: Json) -> dict[str, Json]:
    key, rest = path[0], path[1:]
    copy = dict(table)
    if rest:
        inner = copy.get(key)
        copy[key] = _with_key(inner if isinstance(inner, Mapping) else {}, rest, new)
    elif new is MISSING:
        copy.pop(key, None)
    else:
        copy[key] = new
    return copy
