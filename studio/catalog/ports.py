"""Where wires may end and begin at a node: its input ports, its outputs, the place that is free."""

from __future__ import annotations

from dataclasses import replace

from studio.catalog import table
from studio.catalog.entry import Port
from studio.graph.model import INPUT, OUTPUT, Network, Node, ProjectData, derived
from studio.graph.values import Json, Path, references

NESTED: dict[str, tuple[Path, ...]] = {"nn.LSTM": ((0,), (1, 0), (1, 1))}
"""Where an output lies in what PyTorch returns, for the types whose outputs are tuples inside a tuple."""

OUTPUTS = "outputs"
"""under this key a node says how many outputs it has, where nothing else tells (`torch.unbind`)"""
MOST_OUTPUTS = 256
_BY_DIM = {"max", "min", "median"}
"""reductions that give the places as well, when they are told a dimension"""


def inputs(node: Node, project: ProjectData | None = None) -> tuple[Port, ...]:
    """The input ports of `node`. A type that is not known has the wires it came with, and no more."""
    if node.block is not None:
        return _block_inputs(_network(node, project))
    found = table.entry(node.type)
    if node.type == "F.batch_norm" and node.kwargs.get("training") is True:
        return tuple(replace(port, optional=port.name != "input") for port in found.inputs) if found else ()
    if found is not None:
        return found.inputs
    return tuple(Port(_slot_name(slot), slot) for slot, _ in node.arguments.references())


def outputs(node: Node, project: ProjectData | None = None) -> tuple[str, ...]:
    """The names of what `node` gives, in the order of a reference's `i`."""
    if node.block is not None:
        network = _network(node, project)
        return tuple(n.id for n in network.of_type(OUTPUT)) if network else ("output",)
    return derived(node, "outputs", _own_outputs)


def _own_outputs(node: Node) -> tuple[str, ...]:
    found = table.entry(node.type)
    if found is None:
        count = node.extra.get(OUTPUTS)
        if isinstance(count, int) and 1 < count <= MOST_OUTPUTS:
            return tuple(map(str, range(count)))
        return ("output",)
    if node.params.get("return_indices") is True or node.kwargs.get("return_indices") is True:
        return ("output", "indices")
    if found.kind == "module":
        return found.outputs
    count = parts(node)
    if count is not None:
        return tuple(map(str, range(count)))
    if _name(node) in _BY_DIM and not isinstance(_given(node, "dim", 1), int):
        return ("output",)
    return found.outputs


def may_be_counted(node: Node) -> bool:
    """Whether its tensor may decide how many outputs a node has."""
    return _name(node) in {"unbind", "split"}


def is_counted(node: Node) -> bool:
    """Whether only the node's own `outputs` says how many outputs it has: its tensor decides it."""
    return _name(node) == "unbind" or (_name(node) == "split" and _sections(node) is None)


def output_path(type_: str, index: int) -> Path:
    """How to get at output `index` of a type with several outputs: `(1, 0)` is `result[1][0]`."""
    nested = NESTED.get(type_)
    return nested[index] if nested and 0 <= index < len(nested) else (index,)


def slots(node: Node, project: ProjectData | None = None) -> tuple[tuple[Port, Path], ...]:
    """Every place a wire can be drawn to, with its port: a variadic one has its wires and one more."""
    found: list[tuple[Port, Path]] = []
    for port in inputs(node, project):
        if port.variadic:
            held = node.arguments.at(port.slot)
            count = len(held) if isinstance(held, list | tuple) else 0
            found += [(port, (*port.slot, i)) for i in range(count + 1)]
        else:
            found.append((port, port.slot))
    return tuple(found)


def port_at(node: Node, slot: Path, project: ProjectData | None = None) -> Port | None:
    """The port that holds `slot`."""
    for port in inputs(node, project):
        if slot == port.slot or (port.variadic and slot[: len(port.slot)] == port.slot):
            return port
    return None


def is_free(node: Node, slot: Path) -> bool:
    """Whether nothing stands at `slot`: neither a wire nor a number."""
    return node.arguments.at(slot) is None


def missing(node: Node, project: ProjectData | None = None) -> tuple[Port, ...]:
    """The ports that must be wired and are not."""
    return tuple(p for p in inputs(node, project) if not p.optional and _is_empty(node, p))


def free_slot(node: Node, project: ProjectData | None = None) -> Path | None:
    """Where the next wire goes: the first required place that is free, else one more of a variadic port."""
    ports = inputs(node, project)
    for port in ports:
        if not port.optional and not port.variadic and is_free(node, port.slot):
            return port.slot
    return next((slot_for(node, port) for port in ports if port.variadic), None)


def only_slot(node: Node, project: ProjectData | None = None) -> Path | None:
    """The place of the one input that a node must have; None where it has several."""
    needed = [port for port in inputs(node, project) if not port.optional]
    return needed[0].slot if len(needed) == 1 and not needed[0].variadic else None


def slot_for(node: Node, port: Port) -> Path:
    """Where a wire drawn to `port` goes: a variadic port takes it behind its others."""
    if not port.variadic:
        return port.slot
    held = node.arguments.at(port.slot)
    if not isinstance(held, list | tuple):
        return (*port.slot, 0)
    empty = next((i for i, value in enumerate(held) if value is None), len(held))
    return (*port.slot, empty)


def _is_empty(node: Node, port: Port) -> bool:
    value: Json = node.arguments.at(port.slot)
    return value is None or (port.variadic and isinstance(value, list | tuple) and not any(references(value)))


def _block_inputs(network: Network | None) -> tuple[Port, ...]:
    if network is None:
        return ()
    return tuple(Port(node.id, ("args", place)) for place, node in enumerate(network.of_type(INPUT)))


def _network(node: Node, project: ProjectData | None) -> Network | None:
    return project.networks.get(node.block or "") if project else None


def parts(node: Node) -> int | None:
    """How many tensors a function that takes one apart gives; None for any other."""
    match _name(node):
        case "chunk":
            return _count(_given(node, "chunks", 1))
        case "tensor_split":
            cuts = node.kwargs.get("indices", _given(node, "sections", 1))
            return _count(len(cuts) + 1 if isinstance(cuts, list | tuple) else cuts)
        case "meshgrid":
            return _count(sum(1 for _ in node.arguments.references()))
        case "split" if (sections := _sections(node)) is not None:
            return _count(sections)
        case "split" | "unbind":
            return _count(node.extra.get(OUTPUTS))
        case _:
            return None


def _sections(node: Node) -> int | None:
    """Into how many parts the sizes of a `split` cut; None where it has one size for all."""
    sizes = _given(node, "split_size_or_sections", 1)
    sizes = _given(node, "split_size", 1) if sizes is None else sizes
    return len(sizes) if isinstance(sizes, list | tuple) else None


def _count(value: Json) -> int:
    return value if isinstance(value, int) and 1 <= value <= MOST_OUTPUTS else 2


def _given(node: Node, name: str, place: int) -> Json:
    return node.kwargs.get(name, node.args[place] if len(node.args) > place else None)


def _name(node: Node) -> str:
    """The bare name of a function or of a method."""
    home, _, name = node.type.partition(".")
    return name if home in {"torch", "Tensor"} else ""


def _slot_name(slot: Path) -> str:
    return str(slot[1]) if slot[0] == "kwargs" else f"input {slot[1]}"
