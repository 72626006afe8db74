"""What of a trained network survives an edit: layer by layer, and which part of a resized tensor.

A layer is the same where its name and its class are; a renamed one is known by what it is and what feeds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import fx, nn

from studio.compiler.analysis import Context
from studio.compiler.infer import analyse
from studio.graph.model import Node, ProjectData
from studio.graph.values import is_reference
from studio.training.objectives import context_of

if TYPE_CHECKING:
    from torch import Tensor

    from studio.training.runs import Run

FLATTEN = ("nn.Flatten", "torch.flatten")
_HOLDERS = (fx.GraphModule,)
"""networks and blocks: each is a class of its own, and what it holds itself are parameter nodes"""


def pairs(
    run: Run, state: Mapping[str, Tensor], project: ProjectData, network: str, module: nn.Module
) -> tuple[dict[str, str], dict[str, str]]:
    """The run's tensor for each tensor of `module` that keeps it whole, and for each that keeps a part."""
    before = run.skeleton()
    renamed = _renamed(run.project, run.settings.network, project, network)
    shuffled = _shuffled(run, project, network)
    kept: dict[str, str] = {}
    resized: dict[str, str] = {}
    for name, tensor in module.state_dict().items():
        other = _other_name(name, renamed)
        if other not in state or not _same_kind(module, name, before, other):
            continue
        old, new = tuple(state[other].shape), tuple(tensor.shape)
        if name.rpartition(".")[0] in shuffled:
            continue
        if old == new:
            kept[name] = other
        elif len(old) == len(new) and old[2:] == new[2:]:
            resized[name] = other
    _drop_counters(kept, resized)
    return kept, resized


def _drop_counters(kept: dict[str, str], resized: dict[str, str]) -> None:
    """A count of batches alone is nothing learned: it follows its layer's other tensors."""
    layers = {name.rpartition(".")[0] for name in (*kept, *resized) if not name.endswith("_tracked")}
    for name in [n for n in kept if n.endswith("_tracked") and n.rpartition(".")[0] not in layers]:
        del kept[name]


def _other_name(name: str, renamed: Mapping[str, str]) -> str:
    for new, old in renamed.items():
        if name == new or name.startswith(f"{new}."):
            return old + name[len(new) :]
    return name


def _same_kind(module: nn.Module, name: str, before: nn.Module, other: str) -> bool:
    """Whether the layers that own two tensors are of one class; parameters of the network itself are."""
    owners = []
    for root, path in ((module, name), (before, other)):
        try:
            owners.append(type(root.get_submodule(path.rpartition(".")[0])))
        except AttributeError:
            return False
    return owners[0] is owners[1] or all(issubclass(owner, _HOLDERS) for owner in owners)


# -- renamed nodes -----------------------------------------------------------------------------------


def _renamed(old: ProjectData, old_name: str, new: ProjectData, new_name: str) -> dict[str, str]:
    """New names of nodes, each with its old one: of the same type, with the same values, fed by the same."""
    if old_name not in old.networks or new_name not in new.networks:
        return {}
    before, after = old.networks[old_name].nodes, new.networks[new_name].nodes
    gone = [node for node in before.values() if node.id not in after]
    came = [node for node in after.values() if node.id not in before]
    found: dict[str, str] = {}
    grown = True
    while grown:
        grown = False
        for node in came:
            if node.id not in found:
                same = [g for g in gone if g.id not in found.values() and _alike(node, g, found)]
                if len(same) == 1:
                    found[node.id] = same[0].id
                    grown = True
    return found


def _alike(node: Node, other: Node, found: Mapping[str, str]) -> bool:
    arguments = node.arguments.map_references(lambda r: {**r, "n": found.get(r["n"], r["n"])})
    return (node.type, node.params) == (other.type, other.params) and arguments == other.arguments


# -- layers behind a flattened image -----------------------------------------------------------------


def _shuffled(run: Run, project: ProjectData, network: str) -> set[str]:
    """Layers behind a flattening of another height or width: their columns mean other places now."""
    old = _flattened(run.project, run.settings.network, run.context)
    new = _flattened(project, network, context_of(project))
    return {layer for layer, shape in new.items() if layer in old and old[layer] != shape}


def _flattened(project: ProjectData, network: str, context: Context) -> dict[str, tuple[object, ...]]:
    """For each node fed by a flattening, the height, width and so on of what is flattened."""
    nodes = project.networks[network].nodes
    report = analyse(project, context).networks[network]
    found: dict[str, tuple[object, ...]] = {}
    for node in nodes.values():
        feed = _feed(node, nodes)
        if feed is None or feed.type not in FLATTEN:
            continue
        source = _feed(feed, nodes)
        outputs = report.nodes[source.id].outputs if source is not None and source.id in report.nodes else ()
        if outputs and outputs[0] is not None:
            found[node.id] = tuple(outputs[0].shape[2:])
    return found


def _feed(node: Node, nodes: Mapping[str, Node]) -> Node | None:
    first = node.args[0] if node.args else None
    return nodes.get(first["n"]) if first is not None and is_reference(first) else None


# -- parts of a tensor -------------------------------------------------------------------------------


def parts(module: nn.Module, name: str) -> tuple[int, int]:
    """How many equal parts of different meaning stand in a tensor's rows and in its columns.

    The rows of a recurrent layer are its gates, one below the other; a layer above a bidirectional one has a
    column part for each direction; attention's in_proj stacks query, key and value.
    """
    owner, _, own = name.rpartition(".")
    layer = module.get_submodule(owner)
    if isinstance(layer, nn.RNNBase):
        gates = {"LSTM": 4, "GRU": 3}.get(layer.mode, 1)
        above = own.startswith("weight_ih_l") and not own.startswith("weight_ih_l0")
        if own.startswith("weight_hr"):
            gates = 1
        return gates, 2 if above and layer.bidirectional else 1
    return (3 if own.startswith("in_proj") and isinstance(layer, nn.MultiheadAttention) else 1), 1


def overlay(target: Tensor, source: Tensor, rows: int = 1, columns: int = 1) -> None:
    """Copies the part that both have into `target`, within each of its `rows` and `columns` parts."""
    if target.dim() == 0:
        return
    for mine, theirs in zip(target.chunk(rows, 0), source.chunk(rows, 0), strict=True):
        pieces = [(mine, theirs)]
        if target.dim() > 1:
            pieces = list(zip(mine.chunk(columns, 1), theirs.chunk(columns, 1), strict=True))
        for piece, other in pieces:
            shared = tuple(slice(0, min(a, b)) for a, b in zip(piece.shape, other.shape, strict=True))
            piece[shared].copy_(other[shared])
