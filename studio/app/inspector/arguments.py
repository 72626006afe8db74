"""An argument of a node, wherever the document keeps it: in `params`, among the named or the nameless values.

Beside what makes a layer these are what it is called with (`need_weights`), numbers that may stand in place
of a wire (`x + 2`), and how many outputs `torch.unbind` has. Reading gives MISSING where nothing is written;
writing the default takes what is written away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from studio.catalog import ports, signatures, table
from studio.catalog.entry import Entry, Parameter, Port
from studio.graph import sharing
from studio.graph.edit import Edit
from studio.graph.model import Arguments, Node
from studio.graph.operations import MISSING
from studio.graph.values import Json, is_reference, references

AUTO = "auto"
OUTPUTS = Parameter(ports.OUTPUTS, "int", 2, minimum=1, maximum=ports.MOST_OUTPUTS)


def parameters(node: Node, block_parameters: dict[str, Json] | None = None) -> tuple[Parameter, ...]:
    """What can be set of `node`. Of a block its own parameters, with the defaults it declares."""
    if node.block is not None:
        declared = block_parameters or {}
        return tuple(Parameter(name, _kind(default), default) for name, default in declared.items())
    numbers = tuple(Parameter(port.name, "float") for port in _entry_ports(node) if port.number)
    counted = (OUTPUTS,) if ports.may_be_counted(node) else ()
    return (*numbers, *signatures.parameters(node.type), *signatures.call_parameters(node.type), *counted)


def is_auto(node: Node, name: str) -> bool:
    """Whether the argument follows from the input, or from the data, when it is left out."""
    entry = table.entry(node.type)
    return entry is not None and (name in entry.auto or name == entry.auto_out)


def is_input(node: Node, name: str) -> bool:
    """Whether the argument is one that a wire is usually drawn to."""
    return _port(node, name) is not None


def is_made_with(node: Node, name: str) -> bool:
    """Whether the argument makes a layer or a block, unlike those that it is called with."""
    return node.block is not None or (table.is_module(node.type) and not _is_said_in_call(node, name))


def read(node: Node, name: str, nodes: Mapping[str, Node] | None = None) -> Json:
    """What is written for the argument; MISSING where it is left to PyTorch or to `auto`.

    `nodes` are those of the network: of a module that is shared, the owner has the arguments.
    """
    if (port := _port(node, name)) is not None:
        value = node.arguments.at(port.slot)
        return MISSING if value is None else value
    if ports.may_be_counted(node) and name == ports.OUTPUTS:
        return len(ports.outputs(node))
    if not _is_call(node):
        if _is_said_in_call(node, name):
            return node.kwargs.get(name, MISSING)
        value = sharing.owner(nodes or {}, node).params.get(name, MISSING)
        return MISSING if value == AUTO else value
    if name in node.kwargs:
        return node.kwargs[name]
    place = signatures.positions(node.type).get(name)
    if place is None or place >= len(node.args) or node.args[place] is None:
        return MISSING
    return node.args[place]


def is_wired(value: Json) -> bool:
    """Whether a value holds wires, so that no editor may write over it."""
    return value is not MISSING and any(references(value))


def is_told(node: Node, name: str) -> bool:
    """Whether other arguments say already what this one would: sizes of `torch.split` count its outputs."""
    return name == ports.OUTPUTS and ports.may_be_counted(node) and not ports.is_counted(node)


def is_by_mode(value: Json) -> bool:
    """Whether a value is one thing while training and another afterwards, which no editor shows."""
    return isinstance(value, dict) and "if_training" in value


def source(value: Json) -> str:
    """The node that a value comes from, where it is a wire and nothing else; "" for any other."""
    return str(value["n"]) if is_reference(value) else ""


def write(edit: Edit, network: str, node_id: str, parameter: Parameter, value: Json) -> None:
    """Sets an argument. MISSING, and a value equal to the default, leave it to PyTorch or to `auto`."""
    node = edit.document.node(network, node_id)
    name = parameter.name
    if (port := _port(node, name)) is not None:
        new = None if value is MISSING else value
        edit.set_arguments(network, node_id, node.arguments.with_value(port.slot, new))
        return
    if value is not MISSING and not parameter.required and equals_default(value, parameter):
        value = MISSING
    if ports.may_be_counted(node) and name == ports.OUTPUTS:
        edit.set_extra(network, node_id, name, value)
    elif _is_call(node):
        edit.set_arguments(network, node_id, _with_literal(node, parameter, value))
    elif _is_said_in_call(node, name):
        kwargs = {key: held for key, held in node.kwargs.items() if key != name}
        kwargs |= {} if value is MISSING else {name: value}
        edit.set_arguments(network, node_id, Arguments(node.args, kwargs))
    else:
        edit.set_param(network, sharing.owner(edit.document.nodes(network), node).id, name, value)


def equals_default(value: Json, parameter: Parameter) -> bool:
    """Whether a value says the same as leaving it out: 1 and [1, 1] are one stride."""
    default = parameter.default
    if parameter.kind == "int_tuple" and parameter.length:
        return bool(_spread(value, parameter.length) == _spread(default, parameter.length))
    if isinstance(value, bool) != isinstance(default, bool):
        return False
    return bool(value == default)


def _with_literal(node: Node, parameter: Parameter, value: Json) -> Arguments:
    """The call with the literal where it stands already, else by name; by place where names are not taken."""
    place = signatures.positions(node.type).get(parameter.name)
    by_name = parameter.name in node.kwargs
    entry = table.entry(node.type)
    by_place = entry is not None and parameter.name in entry.places
    if place is None or by_name or not (place < len(node.args) or by_place):
        kwargs = {name: held for name, held in node.kwargs.items() if name != parameter.name}
        return Arguments(node.args, kwargs if value is MISSING else {**kwargs, parameter.name: value})
    args = list(node.args) + [None] * (place + 1 - len(node.args))
    if value is MISSING and place == len(args) - 1:
        return Arguments(tuple(args[:-1]), node.kwargs)
    args[place] = parameter.default if value is MISSING else value
    return Arguments(tuple(args), node.kwargs)


def _is_call(node: Node) -> bool:
    entry: Entry | None = table.entry(node.type)
    return entry is not None and entry.kind in {"function", "method"}


def _is_said_in_call(node: Node, name: str) -> bool:
    return any(parameter.name == name for parameter in signatures.call_parameters(node.type))


def _entry_ports(node: Node) -> tuple[Port, ...]:
    entry = table.entry(node.type)
    return entry.inputs if entry is not None else ()


def _port(node: Node, name: str) -> Port | None:
    """The input of that name where a number may stand in place of the wire."""
    return next((port for port in _entry_ports(node) if port.number and port.name == name), None)


def _spread(value: Json, length: int) -> Json:
    return [value] * length if isinstance(value, int) else value


def _kind(default: Json) -> Literal["bool", "int", "float", "text", "any"]:
    if isinstance(default, bool):
        return "bool"
    if isinstance(default, int):
        return "int"
    if isinstance(default, float):
        return "float"
    return "text" if isinstance(default, str) else "any"
