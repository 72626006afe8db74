"""Problems of the graph itself: circles, wires that lead nowhere, inputs without a wire, types not known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from studio.catalog import ports, table
from studio.compiler.analysis import Severity
from studio.compiler.memo import Memo
from studio.compiler.problems import remedies, repeated
from studio.compiler.problems.finding import Diagnosis, Finding, Remedy
from studio.graph import naming, validate
from studio.graph import order as graph_order
from studio.graph.model import INPUT, OPAQUE, OUTPUT, Network, Node, ProjectData, wires_into
from studio.graph.values import parameters_used
from studio.words import Message

_MOST_TOLD = 5
_faults: Memo[tuple[tuple[Network, ...], list[validate.Fault]]] = Memo(512)
"""faults of networks, with the networks they follow from: while held, no id is reused"""


def order(network: Network) -> tuple[list[str], list[list[str]]]:
    """The nodes so that each comes after what feeds it, and the circles, whose nodes are not among them."""
    circles: list[list[str]] = []
    rest = network
    while True:
        try:
            return graph_order.topological(rest), circles
        except graph_order.CycleError as error:
            circles.append(error.ids)
            rest = replace(rest, nodes={k: node for k, node in rest.nodes.items() if k not in error.ids})


def live(network: Network) -> set[str]:
    """The nodes that an output depends on, outputs included; empty where no output is wired."""
    wired = [node.id for node in network.of_type(OUTPUT) if any(wires_into(node))]
    if not wired:
        return set()
    ends = {node.id for type_ in (INPUT, OUTPUT) for node in network.of_type(type_)}
    return ends | graph_order.reached(graph_order.predecessors(network), wired)


def users_first(project: ProjectData) -> list[str]:
    """The networks so that one that is no block of another comes before those that are."""
    used = {node.block for network in project.networks.values() for node in network.nodes.values()}
    return sorted(project.networks, key=lambda name: name in used)


def circle(network: Network, name: str, ids: Sequence[str]) -> Diagnosis:
    """A circle of wires. Any of its wires may be the one too many, the one that runs upwards first."""
    cuts = []
    for before, after in zip([ids[-1], *ids[:-1]], ids, strict=True):
        rise = network.nodes[before].at[1] - network.nodes[after].at[1]
        for wire in wires_into(network.nodes[after]):
            if wire.source == before:
                cuts.append((rise, remedies.cut(name, wire)))
    cuts.sort(key=lambda cut: -cut[0])
    return Diagnosis("circle", graph_order.CycleError(list(ids)).message, tuple(cut for _, cut in cuts))


def faults(project: ProjectData) -> dict[tuple[str, str], validate.Fault]:
    """The first fault of each node that has one; circles are told by `order`.

    A network is looked at again only where it, or one that it uses, is another.
    """
    inside = {name: with_blocks(project, name) for name in project.networks}
    keys = {name: (name, tuple(map(id, networks))) for name, networks in inside.items()}
    known = {name: _faults.find(key) for name, key in keys.items()}
    new = [name for name, held in known.items() if held is None]
    told = validate.faults(project, _is_known, new) if new else []
    for name in new:
        mine = [fault for fault in told if fault.network == name]
        known[name] = (inside[name], mine)
        _faults.put(keys[name], (inside[name], mine))
    found: dict[tuple[str, str], validate.Fault] = {}
    for held in known.values():
        for fault in held[1] if held is not None else ():
            if fault.node is not None and fault.code != "circle":
                found.setdefault((fault.network, fault.node), fault)
    return found


def _is_known(type_: str) -> bool:
    return type_ == OPAQUE or table.entry(type_) is not None


def with_blocks(project: ProjectData, name: str) -> tuple[Network, ...]:
    """A network and those it uses as blocks, each once."""
    found: dict[str, Network] = {}
    open_ = [name]
    while open_:
        current = open_.pop()
        if current not in found and current in project.networks:
            found[current] = project.networks[current]
            open_ += [node.block for node in found[current].nodes.values() if node.block is not None]
    return tuple(found.values())


def explain(project: ProjectData, fault: validate.Fault, node: Node) -> Diagnosis:
    """A fault of the structure, with what may cure it."""
    network, graph = fault.network, project.networks[fault.network]
    found: list[Remedy] = []
    text = fault.text
    match fault.code:
        case "missing-node":
            for wire in wires_into(node):
                if wire.source not in graph.nodes:
                    text = Message(
                        "{node} is wired to {source}, which does not exist.", node=node.id, source=wire.source
                    )
                    found += remedies.reconnect(project, network, node.id, wire.slot)
                    found.append(remedies.cut(network, wire))
        case "bad-id":
            wanted = re.sub(r"\W+", "_", node.id).strip("_")
            if naming.fault(wanted):
                wanted = naming.fresh(naming.base_name(node.type), graph.nodes)
            found.append(remedies.rename(network, node.id, wanted, graph.nodes))
        case "bad-share":
            found.append(remedies.own_module(network, node.id))
        case "bad-repeat":
            found += repeated.remedies(network, node)
        case "unknown-parameter" if node.block in project.networks:
            known = project.networks[node.block or ""].parameters
            found += [remedies.unset(network, node.id, name) for name in node.params if name not in known]
        case "unknown-parameter":
            for name, asked in _asked(node):
                if asked not in graph.parameters:
                    text = Message(
                        "{name} of {node} follows the block parameter {parameter}, which {network} does not "
                        "have.",
                        name=name,
                        node=node.id,
                        parameter=asked,
                        network=network,
                    )
                    found += _instead(project, network, node, name, asked)
                    break
    return Diagnosis(fault.code, text, (*found, remedies.remove(network, node.id)))


def _asked(node: Node) -> Iterator[tuple[str, str]]:
    """The params of a node that follow block parameters, each with the name of one."""
    for name, value in node.params.items():
        for asked in parameters_used(value):
            yield name, asked


def _instead(project: ProjectData, network: str, node: Node, name: str, asked: str) -> Iterator[Remedy]:
    """A number in the place of a block parameter that is not there, or that parameter."""
    entry = table.entry(node.type)
    value = entry.new.get(name) if entry is not None else None
    cures = []
    if entry is not None and name in (*entry.auto, entry.auto_out):
        cures.append(remedies.unset(network, node.id, name))
    if value is not None:
        cures.append(remedies.set_param(network, node.id, name, value))
    label = Message(
        "Give {network} the parameter {name} ({value})", network=network, name=asked, value=value or 1
    )
    added = Remedy(label, lambda edit: edit.set_network_parameter(network, asked, value or 1))
    used = any(n.block == network for held in project.networks.values() for n in held.nodes.values())
    yield from (added, *cures) if used else (*cures, added)


def wiring(project: ProjectData, network: str, node: Node) -> Diagnosis | None:
    """An input without a wire, or a wire from an output that is not there."""
    graph = project.networks[network]
    for wire in wires_into(node):
        source = graph.nodes[wire.source]
        names = ports.outputs(source, project)
        if names and wire.index is not None and not 0 <= wire.index < len(names):
            return Diagnosis(
                "no-such-output",
                Message(
                    "{node} takes output {index} of {source}, which has {count}.",
                    node=node.id,
                    index=wire.index,
                    source=wire.source,
                    count=len(names),
                ),
                tuple(remedies.pick(network, wire, index, name) for index, name in enumerate(names[:2])),
            )
        if len(names) == 0:
            return Diagnosis(
                "no-such-output",
                Message(
                    "{node} takes a value from {source}, which gives none.", node=node.id, source=wire.source
                ),
                (remedies.cut(network, wire),),
            )
    for port in ports.missing(node, project):
        if port.slot[0] == "args" and port.name in node.kwargs:
            continue
        slot = ports.slot_for(node, port)
        if len(ports.inputs(node, project)) > 1:
            text = Message("{node} needs a wire at its input {port}.", node=node.id, port=port.name)
        else:
            text = Message("{node} needs a wire at its input.", node=node.id)
        return Diagnosis("not-wired", text, remedies.reconnect(project, network, node.id, slot))
    return None


def whole(
    project: ProjectData, name: str, network: Network, reached: set[str], quiet: bool
) -> Iterator[Finding]:
    """What a network lacks as a whole, and which nodes are not `reached` from any output."""
    if not network.nodes:
        if not quiet:
            text = Message("The network is empty. Drag an Input from the palette onto the canvas to begin.")
            yield Finding("empty", "error", name, None, text)
        return
    severity: Severity = "warning" if quiet else "error"
    if not network.of_type(INPUT):
        text = Message("The network has no input. Add an Input and wire it to the first layer.")
        yield Finding("no-input", severity, name, None, text, "", tuple(_add_input(name, network)))
    outputs = network.of_type(OUTPUT)
    if not outputs:
        text = Message("The network has no output. Add an Output behind the last layer.")
        yield Finding("no-output", severity, name, None, text, "", tuple(_add_output(project, name)))
    loose = [node for node in network.nodes if reached and node not in reached]
    if loose:
        yield _loose(name, loose)


def _loose(name: str, ids: list[str]) -> Finding:
    """One quiet word for all that no output needs: half a drawing is no mistake."""
    if len(ids) == 1:
        text = Message("Nothing that reaches an output uses {node}. It is left out.", node=ids[0])
        return Finding("unused", "hint", name, ids[0], text, "", (remedies.remove(name, ids[0]),))
    told = ", ".join(ids[:_MOST_TOLD]) + (" …" if len(ids) > _MOST_TOLD else "")
    text = Message(
        "Nothing that reaches an output uses these {count} nodes: {nodes}. They are left out.",
        count=len(ids),
        nodes=told,
    )
    everything = Remedy(
        Message("Remove all {count}", count=len(ids)), lambda edit: edit.remove_nodes(name, ids)
    )
    return Finding("unused", "hint", name, ids[0], text, "", (everything,))


def _add_input(name: str, network: Network) -> Iterator[Remedy]:
    for node in network.nodes.values():
        if ports.missing(node):
            yield remedies.add_input(name, node)
            return


def _add_output(project: ProjectData, name: str) -> Iterator[Remedy]:
    loose = remedies.loose_ends(project, name)
    if loose:
        yield remedies.add_output(project, name, loose[-1])


def inside(block: str, findings: Sequence[Finding], place: int | None = None) -> Diagnosis:
    """A block that has a problem of its own with what comes in here; `place` is which of its repetitions."""
    first = next(finding for finding in findings if finding.severity == "error")
    text = Message("Inside {block}: {problem}", block=block, problem=first.text)
    if place is not None:
        text = Message(
            "Inside {block}, repetition {number}: {problem}",
            block=block,
            number=place + 1,
            problem=first.text,
        )
    return Diagnosis("inside-block", text, first.remedies)
