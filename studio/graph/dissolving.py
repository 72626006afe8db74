"""A block is dissolved: what is inside takes its place, with the values of this use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from studio.graph import naming, repeats
from studio.graph import operations as op
from studio.graph.blocks import (
    ROW,
    BlockError,
    Taken,
    base,
    inner,
    middle,
    module_path,
    take_out,
    uses,
)
from studio.graph.edit import Edit, without
from studio.graph.model import INPUT, OUTPUT, Arguments, Network, Node
from studio.graph.values import Json, is_reference, parameters_used, reference, resolve_parameters
from studio.words import Message


def dissolve(edit: Edit, network: str, id_: str) -> list[str]:
    """Puts what is inside a block in its place; returns the ids. A repeated block becomes single ones.

    Its parameters have the values of this use. A network that no other node uses goes. Names stay as they
    are inside, where the block's own is one that was given to it, behind that. Raises BlockError.
    """
    node = edit.document.node(network, id_)
    held = edit.document.data().networks.get(node.block or "")
    if node.block is None or held is None:
        raise BlockError(Message("{node} is no block.", node=id_))
    if fault := _dissolve_fault(edit.document.network(network), node):
        raise BlockError(fault)
    if node.repeat is not None:
        return _unroll(edit, network, node, held)
    unpacked = _Unpacked(edit.document.network(network), node, held)
    made = unpacked.nodes()
    rank = edit.document.rank(network, id_)
    take_out(edit, network, [id_])
    _rewire(edit, network, id_, unpacked.from_outside)
    _add_at(edit, network, made, rank)
    if not uses(edit.document.data(), node.block) and not _is_trained(edit, node.block):
        edit.remove_network(node.block)
    return [n.id for n in made]


def _dissolve_fault(sheet: Network, node: Node) -> Message | None:
    for other in sheet.nodes.values():
        if other.id != node.id and module_path(other) == module_path(node):
            return Message(
                "{node} and {other} share their weights, so {node} cannot be dissolved.",
                node=node.id,
                other=other.id,
            )
    if any(value is not None and not is_reference(value) for value in node.args) or node.kwargs:
        return Message("{node} is given a value that is no wire, so it cannot be dissolved.", node=node.id)
    return None


def _is_trained(edit: Edit, name: str) -> bool:
    return name == "model" or edit.document.setting(("training", "network")) == name


Change = Callable[[dict[str, Json]], Json]


def _rewire(edit: Edit, network: str, id_: str, change: Change) -> None:
    """Replaces every wire from a node by what `change` makes of it; None cuts it."""
    for node in list(edit.document.nodes(network).values()):
        if any(value["n"] == id_ for _, value in node.arguments.references()):
            changed = _changed(node.arguments, lambda value: change(value) if value["n"] == id_ else value)
            edit.set_arguments(network, node.id, changed)


def _changed(arguments: Arguments, change: Change) -> Arguments:
    """`arguments` with every wire replaced by what `change` makes of it; None cuts it."""
    for slot, value in reversed(list(arguments.references())):
        if change(value) is None:
            arguments = without(arguments, slot)
    return arguments.map_references(change)


def _add_at(edit: Edit, network: str, nodes: list[Node], rank: int) -> None:
    """Adds nodes at a place of the file where there is room for all of them, else at its end."""
    later = [r for r in edit.document.node_ranks(network) if r >= rank]
    room = not later or later[0] - rank >= len(nodes)
    first = rank if room else edit.document.next_rank(network)
    for place, node in enumerate(nodes):
        edit.do(op.AddNode(network, node, first + place))


class _Unpacked:
    """The inside of one use of a block, as it is outside of it."""

    def __init__(self, sheet: Network, node: Node, held: Network) -> None:
        self.node = node
        self.held = held
        self.inside = inner(held)
        self.values = {**held.parameters, **node.params}
        given = (*node.args, *(None for _ in held.nodes))
        self.given = {n.id: given[place] for place, n in enumerate(held.of_type(INPUT))}
        self.outputs = held.of_type(OUTPUT)
        by_itself = re.fullmatch(re.escape(base(node.type)) + r"_?\d+", node.id) is not None
        self.prefix = "" if by_itself else f"{node.id}."
        self.names = self._new_names(sheet)

    def _new_names(self, sheet: Network) -> dict[str, str]:
        """What each node is called outside, and each name of weights that is no node's."""
        taken = Taken(sheet, {self.node.id})
        found: dict[str, str] = {}
        for old in dict.fromkeys([*(n.id for n in self.inside), *(n.path for n in self.inside if n.path)]):
            name = f"{self.prefix}{old}"
            if taken.above(name):
                name = name.replace(".", "_")
            if name in taken or name in found.values():
                name = naming.fresh(naming.stem(name), _Both(taken, found))
            found[old] = name
        return found

    def nodes(self) -> list[Node]:
        home = middle(self.inside) if self.inside else self.node.at
        shift = (self.node.at[0] - home[0], self.node.at[1] - home[1])
        return [self._moved(node, shift) for node in self.inside]

    def _moved(self, node: Node, shift: tuple[int, int]) -> Node:
        arguments = _changed(node.arguments, self._reference)
        return replace(
            node,
            id=self.names[node.id],
            params={key: self._value(value) for key, value in node.params.items()},
            args=tuple(map(self._value, arguments.args)),
            kwargs={key: self._value(value) for key, value in arguments.kwargs.items()},
            at=(node.at[0] + shift[0], node.at[1] + shift[1]),
            path=node.path and self.names[node.path],
            repeat=self._value(node.repeat),
        )

    def _value(self, value: Json) -> Json:
        """A value with this use's parameters put in."""
        return resolve_parameters(value, self.values) if any(parameters_used(value)) else value

    def _reference(self, value: dict[str, Json]) -> Json:
        """A wire inside as it is outside: None where the input it comes from is not wired."""
        if value["n"] in self.given:
            return self._part(self.given[value["n"]], value.get("i"))
        return {**value, "n": self.names.get(value["n"], value["n"])}

    def _part(self, value: Json, index: int | None) -> Json:
        """One of the several values of an output, or all of it."""
        if value is None or index is None:
            return value
        if value.get("i") is not None:
            text = Message("{node} takes a value apart twice, so it cannot be dissolved.", node=self.node.id)
            raise BlockError(text)
        return {**value, "i": index}

    def from_outside(self, value: dict[str, Json]) -> Json:
        """A wire from the block as one from what is inside it."""
        several = len(self.outputs) > 1
        place = value.get("i", 0) if several else 0
        if several and "i" not in value:
            raise BlockError(
                Message(
                    "All outputs of {node} are taken as one, so it cannot be dissolved.", node=self.node.id
                )
            )
        if not 0 <= place < len(self.outputs):
            return None
        output = self.outputs[place]
        given = output.args[0] if output.args else None
        if given is not None and not is_reference(given):
            raise BlockError(
                Message(
                    "The output {output} of {node} gives more than a wire, so it cannot be dissolved.",
                    output=output.id,
                    node=self.node.id,
                )
            )
        found = self._reference(given) if given is not None else None
        return found if several or found is None else self._part_of_single(found, value.get("i"))

    def _part_of_single(self, found: dict[str, Json], index: int | None) -> Json:
        return found if found.get("i") is not None else self._part(found, index)


@dataclass(slots=True)
class _Both:
    """What is taken in the network, and by those who come into it."""

    taken: Taken
    found: Mapping[str, str]

    def __contains__(self, name: object) -> bool:
        return name in self.taken or name in self.found.values()


def _unroll(edit: Edit, network: str, node: Node, held: Network) -> list[str]:
    """A repeated block as so many single ones, each wired behind the one before."""
    count = repeats.times(node, {}) if not any(parameters_used(node.repeat)) else None
    if count is None or any(isinstance(s, dict) for v in node.params.values() for s in repeats.schedules(v)):
        raise BlockError(
            Message("How often {node} is repeated depends on a parameter, so it stays one.", node=node.id)
        )
    gives = len(held.of_type(OUTPUT))
    ids = repeats.paths(node.id, count)
    made: list[Node] = []
    args = node.args
    for place, id_ in enumerate(ids):
        params = {key: repeats.at(value, place) for key, value in node.params.items()}
        at = (node.at[0], node.at[1] + place * ROW)
        made.append(replace(node, id=id_, params=params, args=args, at=at, repeat=None))
        feeds = [reference(id_, index if gives > 1 else None) for index in range(gives)]
        args = (*feeds, *node.args[gives:])
    rank = edit.document.rank(network, node.id)
    take_out(edit, network, [node.id])
    _rewire(edit, network, node.id, lambda value: {**value, "n": ids[-1]})
    _add_at(edit, network, made, rank)
    return ids
