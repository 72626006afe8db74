"""What is wrong with the structure of a project, known without PyTorch. No fault keeps a file from opening.

Whether a type with a known prefix exists is the catalogue's to say, whether shapes fit the compiler's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from studio.graph import naming, order, repeats, values
from studio.graph.model import BLOCK, INPUT, OUTPUT, Network, Node, ProjectData, derived, wires_into
from studio.graph.values import Path
from studio.words import Message, NetloomError

STRUCTURAL_TYPES = frozenset({"input", "output", "param", "buffer", "const", "opaque", "dot"})
PREFIXES = ("nn.", "ops.", "torch.", "F.", "op.", "Tensor.", BLOCK)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and the node it is shown on; `node` is None where it concerns the whole network.

    `code` is a stable name: bad-id, missing-node, circle, unknown-form, unknown-type, unknown-block,
    block-in-itself, unknown-parameter, bad-repeat, bad-share.
    """

    network: str
    node: str | None
    text: Message
    code: str


def faults(
    project: ProjectData,
    known_type: Callable[[str], bool] | None = None,
    names: Collection[str] | None = None,
) -> list[Fault]:
    """Every structural fault, network by network and node by node in the order of the file.

    `known_type` says of a type that is no block whether it exists; without it, only its prefix is looked at.
    `names` are the networks that are looked at; without it, all are.
    """
    known = known_type or _has_known_prefix
    uses = _uses(project)
    inside = {name: order.reached(uses, [name]) for name in uses}
    found: list[Fault] = []
    for name, network in project.networks.items():
        if names is not None and name not in names:
            continue
        circle = order.cycle(network)
        on_circle = frozenset(circle or ())
        told = order.CycleError(circle).message if circle else None
        modules = _containers(network)
        repeated = _repetitions(network)
        for node in network.nodes.values():
            for code, text in _node_faults(node, network, project, modules):
                found.append(Fault(name, node.id, text, code))
            for code, text in _repeat_faults(node, network, project, repeated):
                found.append(Fault(name, node.id, text, code))
            if node.block is None and not known(node.type):
                text = Message(
                    "The type {type} is not known here. Update Netloom, or replace it.", type=node.type
                )
                found.append(Fault(name, node.id, text, "unknown-type"))
            if name in inside.get(node.block or "", ()):
                text = Message("The block {block} would contain itself.", block=node.block)
                found.append(Fault(name, node.id, text, "block-in-itself"))
            if told is not None and node.id in on_circle:
                found.append(Fault(name, node.id, told, "circle"))
    return found


def _has_known_prefix(type_: str) -> bool:
    return type_ in STRUCTURAL_TYPES or type_.startswith(PREFIXES)


def _node_faults(
    node: Node, network: Network, project: ProjectData, modules: set[str]
) -> Iterator[tuple[str, Message]]:
    if reason := derived(node, "fault of the name", lambda node: naming.fault(node.id)):
        yield "bad-id", reason
    elif node.id in modules and _is_module(node):
        yield (
            "bad-id",
            Message("{node} is also the beginning of other names. Rename it.", node=node.id),
        )
    shared = network.nodes.get(node.path) if node.path is not None else None
    if shared is not None and (shared.type != node.type or shared.path is not None):
        text = Message(
            "{node} cannot share the module of {other}, which is of another type or shares one itself.",
            node=node.id,
            other=node.path,
        )
        yield "bad-share", text
    for wire in wires_into(node):
        if wire.source not in network.nodes:
            text = Message(
                "{place} comes from {node}, which does not exist.", place=place(wire.slot), node=wire.source
            )
            yield "missing-node", text
    for code, text, asked in derived(node, "faults of values", lambda node: list(_value_faults(node))):
        if asked is None or asked not in network.parameters:
            yield code, text
    yield from _block_faults(node, project)


def _value_faults(node: Node) -> Iterator[tuple[str, Message, str | None]]:
    """What is wrong with the values of a node; the last item names a parameter that cures it."""
    held = {"args": list(node.args), "kwargs": node.kwargs, "params": node.params, "repeat": [node.repeat]}
    for section, value in held.items():
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inside:
            if section != "params" and any(repeats.schedules(item)):
                text = Message(
                    "{place} cannot have a value for each repetition.", place=place((section, key))
                )
                yield "bad-repeat", text, None
            for slot, reason in values.faults(item, (section, key)):
                yield "unknown-form", Message("{place}: {reason}.", place=place(slot), reason=reason), None
            for name in values.parameters_used(item):
                text = Message(
                    "{place} asks for {name}, which this network has no parameter for.",
                    place=place((section, key)),
                    name=name,
                )
                yield "unknown-parameter", text, name


def _block_faults(node: Node, project: ProjectData) -> Iterator[tuple[str, Message]]:
    if node.block is None:
        return
    if node.block not in project.networks:
        text = Message("The project has no network {block} for this block.", block=node.block)
        yield "unknown-block", text
        return
    for name in node.params:
        if name not in project.networks[node.block].parameters:
            text = Message("The block {block} has no parameter {name}.", block=node.block, name=name)
            yield "unknown-parameter", text


def _repeat_faults(
    node: Node, network: Network, project: ProjectData, repeated: Mapping[str, str]
) -> Iterator[tuple[str, Message]]:
    """What is wrong with how often a node comes, and with the values of its repetitions."""
    taken = repeated.get(node.id, node.id)
    if taken != node.id:
        text = Message(
            "{node} is also the name of a repetition of {other}. Rename it.", node=node.id, other=taken
        )
        yield "bad-id", text
    given = derived(node, "schedules", _schedules)
    try:
        count = repeats.times(node, network.parameters)
    except NetloomError as error:
        yield "bad-repeat", error.message
        return
    if count is None:
        if given:
            text = Message("{node} has a value for each repetition, but it is not repeated.", node=node.id)
            yield "bad-repeat", text
        return
    if node.block is None:
        yield "bad-repeat", Message("{node} is no block: only blocks are repeated.", node=node.id)
    for name, held in given:
        if isinstance(held, list | tuple) and len(held) != count:
            text = Message(
                "{name} has {given} values for {count} repetitions.", name=name, given=len(held), count=count
            )
            yield "bad-repeat", text
    inside = project.networks.get(node.block or "")
    if inside is not None and len(inside.of_type(OUTPUT)) > len(inside.of_type(INPUT)):
        text = Message(
            "{block} gives more than it takes, so no repetition of it can follow another.", block=node.block
        )
        yield "bad-repeat", text


def _schedules(node: Node) -> list[tuple[str, values.Json]]:
    return [(name, held) for name, value in node.params.items() for held in repeats.schedules(value)]


def _repetitions(network: Network) -> dict[str, str]:
    """Whose repetition lies at an attribute path, beyond the paths of the nodes themselves."""
    found: dict[str, str] = {}
    for node in (node for node in network.nodes.values() if node.repeat is not None):
        with contextlib.suppress(NetloomError):
            count = repeats.times(node, network.parameters)
            for path in repeats.paths(node.id, count) if count is not None else ():
                found.setdefault(path, node.id)
    return found


def place(slot: Path) -> str:
    """A slot as people read it: `args[0]`, `kwargs.mask`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in slot).lstrip(".")


def _is_module(node: Node) -> bool:
    home, _, name = node.type.partition(".")
    return node.block is not None or home == "nn" or (home == "ops" and name[:1].isupper())


def _containers(network: Network) -> set[str]:
    """Every beginning of a dotted id of a module: where "layer1.conv" is, nothing else can be "layer1"."""
    found: set[str] = set()
    for node in network.nodes.values():
        found.update(derived(node, "containers", _beginnings))
    return found


def _beginnings(node: Node) -> list[str]:
    parts = node.id.split(".") if _is_module(node) else ()
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _uses(project: ProjectData) -> dict[str, set[str]]:
    """Which networks each network uses as blocks."""
    return {
        name: {node.block for node in network.nodes.values() if node.block in project.networks and node.block}
        for name, network in project.networks.items()
    }
