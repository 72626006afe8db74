"""What a transaction offers: edits in a person's terms, written as operations.

An `Edit` only reads the document and hands operations to the transaction it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from studio.graph import members, sharing
from studio.graph import operations as op
from studio.graph.model import Arguments, Network, Node, wires_into
from studio.graph.operations import MISSING, Operation
from studio.graph.values import Json, Path, form, reference

if TYPE_CHECKING:
    from studio.graph.document import Document


class Edit:
    """The inside of one transaction. `cancel()` takes everything back when the block is left."""

    def __init__(self, document: Document, do: Callable[[Operation], None]) -> None:
        self.document = document
        self.do = do
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    # -- nodes -----------------------------------------------------------------------------------

    def add_node(self, network: str, node: Node) -> None:
        self.do(op.AddNode(network, node, self.document.next_rank(network)))

    def remove_nodes(self, network: str, ids: Iterable[str], heal: bool = False) -> None:
        """Removes nodes and the wires to them. With `heal`, what they fed is fed by what fed them.

        A module that nodes which stay use too is handed on to the next of them, with its name.
        """
        doomed = set(ids)
        heirs = sharing.hand_on(self, network, doomed)
        bridge = self._bridges(network, doomed) if heal else {}
        for node in list(self.document.nodes(network).values()):
            if node.id not in doomed:
                self._let_go(network, node, doomed, bridge)
        for id_ in sorted(doomed, key=lambda i: self.document.rank(network, i), reverse=True):
            node = self.document.node(network, id_)
            self.do(op.RemoveNode(network, node, self.document.rank(network, id_)))
        for heir, name in heirs.items():
            self.rename_node(network, heir, name)

    def take_out(self, network: str, ids: Iterable[str]) -> None:
        """Takes nodes out of their wires, which close behind them; the wires among them stay."""
        taken = set(ids)
        bridge = self._bridges(network, taken)
        for node in list(self.document.nodes(network).values()):
            if node.id not in taken:
                self._let_go(network, node, taken, bridge)
                continue
            arguments = node.arguments
            for slot, value in reversed(list(arguments.references())):
                if value["n"] not in taken:
                    arguments = without(arguments, slot)
            self.set_arguments(network, node.id, arguments)

    def _bridges(self, network: str, doomed: set[str]) -> dict[str, Json]:
        """What feeds each doomed node through its first wire, past other doomed ones; None without any."""
        nodes = self.document.nodes(network)
        found: dict[str, Json] = {}
        for start in doomed:
            walk: dict[str, None] = {}
            here, source = start, None
            while here in doomed and here not in found and here not in walk:
                walk[here] = None
                wire = next(wires_into(self.document.node(network, here)), None)
                if wire is None or wire.source not in nodes:
                    break
                here, source = wire.source, reference(wire.source, wire.index)
            feed = found.get(here) if here in doomed else source
            found.update(dict.fromkeys(walk, feed))
        return found

    def _let_go(self, network: str, node: Node, doomed: set[str], bridge: Mapping[str, Json]) -> None:
        arguments = node.arguments
        lost = [(slot, value["n"]) for slot, value in arguments.references() if value["n"] in doomed]
        for slot, source in reversed(lost):
            arguments = without(arguments, slot, bridge.get(source))
        if lost:
            self.set_arguments(network, node.id, arguments)

    def rename_node(self, network: str, old: str, new: str) -> None:
        """Renames a node; the wires from it and the nodes that share its module follow."""
        if old == new:
            return
        self.do(op.RenameNode(network, old, new))
        extra = self.document.network(network).extra
        for key, value in members.renamed(extra, old, new):
            self.set_network_extra(network, key, value)
        for node in list(self.document.nodes(network).values()):
            if node.path == old:
                self.set_path(network, node.id, new)

    def set_arguments(self, network: str, id_: str, new: Arguments) -> None:
        self.do(op.SetArguments(network, id_, self.document.node(network, id_).arguments, new))

    def connect(self, network: str, source: str, target: str, slot: Path, output: int | None = None) -> None:
        """Puts the output of `source` at `slot` of `target`, in place of what was there."""
        arguments = self.document.node(network, target).arguments
        self.set_arguments(network, target, arguments.with_value(slot, reference(source, output)))

    def disconnect(self, network: str, target: str, slot: Path) -> None:
        self.set_arguments(network, target, without(self.document.node(network, target).arguments, slot))

    def set_param(self, network: str, id_: str, name: str, value: Json) -> None:
        """Sets a constructor argument; `MISSING` leaves it to PyTorch's default or to `auto`."""
        old = self.document.node(network, id_).params.get(name, MISSING)
        self.do(op.SetAttribute(network, id_, ("params", name), old, value))

    def set_extra(self, network: str, id_: str, name: str, value: Json) -> None:
        old = self.document.node(network, id_).extra.get(name, MISSING)
        self.do(op.SetAttribute(network, id_, ("extra", name), old, value))

    def set_type(self, network: str, id_: str, type_: str) -> None:
        self.do(op.SetAttribute(network, id_, ("type",), self.document.node(network, id_).type, type_))

    def set_path(self, network: str, id_: str, path: str | None) -> None:
        """Names the node whose module this one uses too; None for a module of its own."""
        old = self.document.node(network, id_).path
        if old != path:
            self.do(op.SetAttribute(network, id_, ("path",), old, path))

    def set_repeat(self, network: str, id_: str, times: Json) -> None:
        """How many times a block comes one after the other; None for once, without a number in its path."""
        self.do(op.SetAttribute(network, id_, ("repeat",), self.document.node(network, id_).repeat, times))

    def move(self, network: str, id_: str, at: tuple[int, int]) -> None:
        self.do(op.SetAttribute(network, id_, ("at",), self.document.node(network, id_).at, at))

    # -- networks and settings -------------------------------------------------------------------

    def add_network(self, name: str, network: Network) -> None:
        self.do(op.AddNetwork(name, network, self.document.next_network_rank()))

    def remove_network(self, name: str) -> None:
        rank = self.document.network_rank(name)
        network, node_ranks = self.document.network(name), self.document.node_ranks(name)
        self.do(op.RemoveNetwork(name, network, rank, node_ranks))

    def rename_network(self, old: str, new: str) -> None:
        """Renames a network, the blocks that use it, and the network that is trained where it is this one."""
        if old == new:
            return
        self.do(op.RenameNetwork(old, new))
        if self.document.setting(("training", "network")) == old:
            self.set(("training", "network"), new)

    def set_network_parameter(self, network: str, name: str, value: Json) -> None:
        old = self.document.network(network).parameters.get(name, MISSING)
        self.do(op.SetNetwork(network, ("parameters", name), old, value))

    def set_network_extra(self, network: str, name: str, value: Json) -> None:
        old = self.document.network(network).extra.get(name, MISSING)
        self.do(op.SetNetwork(network, ("extra", name), old, value))

    def set(self, path: tuple[str, ...], value: Json) -> None:
        """Sets the project's `name` or a setting; sections on the way that are missing are made."""
        for length in range(1, len(path)):
            known = self.document.setting(path[:length])
            if not isinstance(known, Mapping):
                for step in reversed(path[length:]):
                    value = {step: value}
                self.do(op.SetSetting(path[:length], known, value))
                return
        self.do(op.SetSetting(path, self.document.setting(path), value))

    def unset(self, path: tuple[str, ...]) -> None:
        old = self.document.setting(path)
        if old is not MISSING:
            self.do(op.SetSetting(path, old, MISSING))


def without(arguments: Arguments, slot: Path, instead: Json = None) -> Arguments:
    """`arguments` with `instead` for the wire at `slot`; a plain list closes up when it is None."""
    if instead is None and len(slot) > 2 and isinstance(slot[-1], int) and _closes_up(arguments, slot):
        holder = arguments.at(slot[:-1])
        if isinstance(holder, list | tuple):
            kept = [item for i, item in enumerate(holder) if i != slot[-1]]
            return arguments.with_value(slot[:-1], kept)
    return arguments.with_value(slot, instead)


def _closes_up(arguments: Arguments, slot: Path) -> bool:
    """Whether the list that holds `slot` may have any length, unlike the two places of `size`."""
    if len(slot) == 3:
        return True
    around = arguments.at(slot[:-2])
    return not (isinstance(around, dict) and form(around) not in (None, "t", "d"))
