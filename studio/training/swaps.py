"""The same numbers in less time: a ReLU in front of a maximum pooling changes places with it.

The largest of several values and a ReLU may be taken in either order: value, gradient and rounding are the
same to the last bit, and behind the pooling there is a quarter of the values. PyTorch computes what it is
told, in the order it is told; compilers such as XLA fuse the two instead.
"""

from __future__ import annotations

import copy

import torch
from torch import fx, nn
from torch.nn import functional

_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
_RELUS = (torch.relu, functional.relu)


def swapped(module: fx.GraphModule) -> fx.GraphModule:
    """A module for training that shares the layers and tensors of `module`; itself where nothing changes."""
    inner = {name: swapped(child) for name, child in _blocks(module).items()}
    changed = {name: made for name, made in inner.items() if made is not module.get_submodule(name)}
    graph = copy.deepcopy(module.graph)
    made = fx.GraphModule(module, graph, class_name=type(module).__name__)
    owners = dict(made.named_modules())
    pairs = [pair for node in graph.nodes if (pair := _pair(node, owners)) is not None]
    if not pairs and not changed:
        return module
    for relu, pool in pairs:
        _swap(graph, relu, pool)
    for name, block in changed.items():
        made.set_submodule(name, block)
    graph.lint()
    made.recompile()
    return made


def _blocks(module: fx.GraphModule) -> dict[str, fx.GraphModule]:
    """The modules of graphs of their own that `module` calls, by path."""
    called = {str(node.target) for node in module.graph.nodes if node.op == "call_module"}
    found = {name: module.get_submodule(name) for name in sorted(called)}
    return {name: child for name, child in found.items() if isinstance(child, fx.GraphModule)}


def _pair(node: fx.Node, owners: dict[str, nn.Module]) -> tuple[fx.Node, fx.Node] | None:
    """A ReLU and the pooling that alone takes its values, where `node` is such a pooling."""
    layer = owners.get(str(node.target)) if node.op == "call_module" else None
    if not _pools(layer) or node.kwargs or len(node.args) != 1:
        return None
    relu = node.args[0]
    if (
        not isinstance(relu, fx.Node)
        or len(relu.users) != 1
        or any(relu.kwargs.values())
        or len(relu.args) != 1
    ):
        return None
    if relu.op == "call_module":
        return (relu, node) if type(owners.get(str(relu.target))) is nn.ReLU else None
    return (relu, node) if relu.op == "call_function" and relu.target in _RELUS else None


def _pools(layer: nn.Module | None) -> bool:
    return type(layer) in _POOLS and not getattr(layer, "return_indices", True)


def _swap(graph: fx.Graph, relu: fx.Node, pool: fx.Node) -> None:
    with graph.inserting_after(pool):
        behind = graph.node_copy(relu, lambda node: node)
    pool.replace_all_uses_with(behind)
    behind.args = (pool,)
    pool.args = relu.args
    graph.erase_node(relu)
