"""The parameters of a block: adding, renaming and removing them, and making one of a value.

Each function edits inside the caller's transaction, so that what is one thought is one undo step.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping

from studio.graph.blocks import BlockError, uses
from studio.graph.edit import Edit
from studio.graph.model import Arguments, Network, Node
from studio.graph.operations import MISSING
from studio.graph.values import Json, form, is_reference, is_table, parameters_used, references
from studio.words import Message

_TAKEN = {"self", "torch", "nn", "F", "Tensor", "inf", "nan"}
"""words of the written source, and of numbers"""


def fault(network: Network, name: str, old: str = "") -> Message | None:
    """Why a parameter of a network cannot have this name; None when it can. `old` is its present name."""
    if not name.isidentifier() or name.startswith("__"):
        return Message("{name} is no name for a parameter: letters, digits and underscores.", name=name)
    if keyword.iskeyword(name) or name in _TAKEN:
        return Message("{name} means something in Python already. Choose another name.", name=name)
    if name != old and name in network.parameters:
        return Message("There is a parameter {name} already.", name=name)
    return None


def fresh_name(network: Network, base: str = "width") -> str:
    """`base`, or with a number where the network has such a parameter already."""
    name, number = base, 2
    while fault(network, name) is not None:
        name, number = f"{base}{number}", number + 1
    return name


def rename(edit: Edit, network: str, old: str, new: str) -> None:
    """Gives a parameter another name, inside the block and in all its uses. Raises BlockError."""
    sheet = edit.document.network(network)
    if reason := fault(sheet, new, old):
        raise BlockError(reason)
    if old == new:
        return
    edit.set_network_parameter(network, new, sheet.parameters[old])
    _replace_uses(edit, network, old, lambda _: {"p": new})
    for user, id_ in uses(edit.document.data(), network):
        params = edit.document.node(user, id_).params
        if old in params:
            edit.set_param(user, id_, new, params[old])
            edit.set_param(user, id_, old, MISSING)
    edit.set_network_parameter(network, old, MISSING)


def remove(edit: Edit, network: str, name: str) -> None:
    """Takes a parameter away: what read it has its default from now on, in every use."""
    default = edit.document.network(network).parameters[name]
    _replace_uses(edit, network, name, lambda _: default)
    for user, id_ in uses(edit.document.data(), network):
        if name in edit.document.node(user, id_).params:
            edit.set_param(user, id_, name, MISSING)
    edit.set_network_parameter(network, name, MISSING)


def make(edit: Edit, network: str, node: str, argument: str, name: str) -> None:
    """Makes the value of a constructor argument a parameter of the network. Raises BlockError."""
    sheet = edit.document.network(network)
    value = sheet.nodes[node].params.get(argument)
    if reason := fault(sheet, name):
        raise BlockError(reason)
    if value in (None, "auto") or any(parameters_used(value)) or any(references(value)):
        raise BlockError(
            Message(
                "{argument} of {node} has no value of its own to begin with.", argument=argument, node=node
            )
        )
    edit.set_network_parameter(network, name, value)
    edit.set_param(network, node, argument, {"p": name})


def _replace_uses(edit: Edit, network: str, name: str, change: Callable[[Json], Json]) -> None:
    for node in list(edit.document.nodes(network).values()):
        if name in _read_by(node):
            _replace_in(edit, network, node, name, change)


def _read_by(node: Node) -> set[str]:
    held = [node.repeat, *node.params.values(), *node.args, *node.kwargs.values()]
    return {name for value in held for name in parameters_used(value)}


def _replace_in(edit: Edit, network: str, node: Node, name: str, change: Callable[[Json], Json]) -> None:
    for key, value in node.params.items():
        if name in set(parameters_used(value)):
            edit.set_param(network, node.id, key, _replaced(value, name, change))
    if name in set(parameters_used(node.repeat)):
        edit.set_repeat(network, node.id, _replaced(node.repeat, name, change))
    held = [*node.args, *node.kwargs.values()]
    if any(name in set(parameters_used(value)) for value in held):
        args = tuple(_replaced(value, name, change) for value in node.args)
        kwargs = {key: _replaced(value, name, change) for key, value in node.kwargs.items()}
        edit.set_arguments(network, node.id, Arguments(args, kwargs))


def _replaced(value: Json, name: str, change: Callable[[Json], Json]) -> Json:
    """`value` with the parameter `name` replaced wherever it is read."""
    if isinstance(value, list | tuple):
        return [_replaced(item, name, change) for item in value]
    if not isinstance(value, Mapping) or is_reference(value):
        return value
    if form(value) == "p":
        return change(value) if value["p"] == name else value
    if is_table(value):
        return {"d": {key: _replaced(item, name, change) for key, item in value["d"].items()}}
    return {key: _replaced(item, name, change) for key, item in value.items()}
