"""Document to `torch.fx.GraphModule`: an fx graph and its modules, nested by block, no forward loop of ours.

Ids are attribute paths, so state_dict keys are what a person who wrote the module by hand would have.
Modules are made in the order of the graph; that is the order of `parameters()`. Imports torch.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch import fx, nn

from studio.catalog import callables, ports, table
from studio.compiler import literals, opaque, starts
from studio.compiler.analysis import Context
from studio.compiler.forms import read
from studio.compiler.naming import class_name
from studio.compiler.ready import ready
from studio.compiler.survey import CONSTANTS, Step, Survey
from studio.graph import members
from studio.graph.model import INPUT, OPAQUE, OUTPUT, ProjectData
from studio.graph.values import ARITHMETIC

NODE = "netloom_node"
"""under this key the `meta` of an fx node holds the id of the node it was made from"""
FIRST = "netloom_first"
"""under this key, of the first call of a repeated block, whose last call is what the node gives"""


def build(
    project: ProjectData,
    network: str = "model",
    context: Context | None = None,
    seed: int | None = None,
    modules: Mapping[str, nn.Module] | None = None,
) -> fx.GraphModule:
    """The module of a network, on the CPU, in training mode.

    `forward` takes the inputs in the order of the file and returns the output, or a tuple of several. Fresh
    weights come from PyTorch's global generator, as with any module, and so does their seed, unless `seed` is
    given: then the generator is seeded for this call alone and is afterwards as it was before. `modules` are
    those of opaque nodes, by their paths in the whole; they are taken as they are.

    Raises CompileError when the network has an error.
    """
    whole, walk = ready(project, network, context, modules is not None)
    with contextlib.ExitStack() as stack:
        if seed is not None:
            stack.enter_context(torch.random.fork_rng(devices=[]))
            torch.manual_seed(seed)
        return _Builder(whole.project, walk, modules or {}).module()


class _Builder:
    """Makes the module of one walk."""

    def __init__(
        self, project: ProjectData, walk: Survey, modules: Mapping[str, nn.Module], path: str = ""
    ) -> None:
        self.project = project
        self.modules = modules
        self.path = path
        self.walk = walk
        self.root = nn.Module()
        self.graph = fx.Graph()
        self.nodes: dict[str, fx.Node] = {}
        self.made: set[str] = set()
        self.parts: dict[tuple[str, int], fx.Node] = {}
        self.mode: fx.Node | None = None

    def module(self) -> fx.GraphModule:
        network = self.walk.network
        for node in network.of_type(INPUT):
            self.nodes[node.id] = self.graph.placeholder(node.id.replace(".", "_"))
            self.nodes[node.id].meta[NODE] = node.id
        registered = self._registered()
        for step in registered:
            self._make(step)
        for name in self.walk.order:
            if name in self.walk.live and name not in self.nodes:
                self._add(self.walk.steps[name])
        given = [self.nodes[node.id] for node in network.of_type(OUTPUT) if node.id in self.nodes]
        self.graph.output(given[0] if len(given) == 1 else tuple(given))
        self.graph.lint()
        made = fx.GraphModule(self.root, self.graph, class_name=class_name(self.walk.name))
        for first, *others in members.tied(network):
            for other in others:
                _tie(made, first, other)
        for path in (path for step in registered for path in step.module_paths):
            _move_to_end(made, path)
        return made

    def _registered(self) -> list[Step]:
        """The members in the order that the document states; none where that is the order of the graph."""
        if members.ORDER not in self.walk.network.extra:
            return []
        steps: dict[str, Step] = {}
        for name in self.walk.order:
            step = self.walk.steps[name]
            if name in self.walk.live and has_member(step):
                steps.setdefault(step.module_path, step)
        return [steps[path] for path in members.ordered(self.walk.network, steps)]

    def _add(self, step: Step) -> None:
        node = step.node
        entry = table.entry(node.type)
        if node.type == OUTPUT:
            self.nodes[node.id] = self._value(step.args[0])
            return
        args = tuple(self._value(value) for value in step.args)
        kwargs = {name: self._value(value) for name, value in step.kwargs.items()}
        name = node.id.replace(".", "_")
        if step.times is not None:
            made = self._repeated(step, args, kwargs, name)
        elif node.block is not None or (entry is not None and entry.kind == "module"):
            self._make(step)
            made = self.graph.create_node("call_module", step.module_path, args, kwargs, name)
        elif node.type == OPAQUE:
            made = self._opaque(step, args, name)
        elif node.type in CONSTANTS:
            self._make(step)
            made = self.graph.create_node("get_attr", step.module_path, (), {}, name)
        elif entry is not None and entry.kind == "method":
            made = self.graph.create_node("call_method", entry.type.split(".")[-1], args, kwargs, name)
        else:
            made = self.graph.create_node("call_function", callables.find(node.type), args, kwargs, name)
        made.meta[NODE] = node.id
        self.nodes[node.id] = made

    def _repeated(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> fx.Node:
        """The calls of a repeated block, one behind the other; returns the last."""
        self._make(step)
        gives = len(ports.outputs(step.node, self.project))
        calls: list[fx.Node] = []
        for place, path in enumerate(step.module_paths):
            if calls:
                args = (*self._given_on(calls[-1], gives), *args[gives:])
            calls.append(self.graph.create_node("call_module", path, args, kwargs, f"{name}_{place}"))
        if len(calls) > 1:
            calls[0].meta[FIRST] = step.node.id
        return calls[-1]

    def _opaque(self, step: Step, args: tuple[Any, ...], name: str) -> fx.Node:
        """The module that was handed in; what it gives is taken apart into its tensors."""
        holder, _, last = step.module_path.rpartition(".")
        module = opaque.module(step.node, f"{self.path}{step.module_path}", self.modules)
        _holder(self.root, holder).add_module(last, module)
        made = self.graph.create_node("call_module", step.module_path, args, {}, name)
        parts = self.graph.call_function(opaque.tensors, (made,))
        several = len(ports.outputs(step.node, self.project)) > 1
        return parts if several else self.graph.call_function(operator.getitem, (parts, 0))

    def _given_on(self, made: fx.Node, gives: int) -> tuple[fx.Node, ...]:
        """What a call gives, taken apart where it is several values."""
        if gives == 1:
            return (made,)
        return tuple(self.graph.call_function(operator.getitem, (made, index)) for index in range(gives))

    # -- modules and tensors ---------------------------------------------------------------------

    def _make(self, step: Step) -> None:
        path = step.module_path
        if path in self.made:
            return
        self.made.add(path)
        if step.nested is not None:
            for path, nested in zip(step.module_paths, step.repetitions, strict=True):
                holder, _, name = path.rpartition(".")
                inner = _Builder(self.project, nested, self.modules, f"{self.path}{path}.")
                _holder(self.root, holder).add_module(name, inner.module())
            return
        holder, _, name = path.rpartition(".")
        owner = _holder(self.root, holder)
        if step.node.type in CONSTANTS:
            _hold(owner, name, step)
        else:
            module = callables.find(step.node.type)(**literals.parameters(step.params))
            owner.add_module(name, module)

    # -- values ----------------------------------------------------------------------------------

    def _value(self, value: Any) -> Any:
        return read(value, _GraphReader(self))

    def reference(self, name: str, index: int | None) -> fx.Node:
        """The fx node of an output; one of several is taken out of the tuple once."""
        node = self.nodes[name]
        held = self.walk.network.nodes[name]
        several = len(ports.outputs(held, self.project)) > 1
        outcome = self.walk.steps[name].outcome
        bundle = several or (outcome is not None and isinstance(outcome.value.runs[0], list | tuple))
        if index is None or not bundle:
            return node
        if (name, index) not in self.parts:
            for step in ports.output_path(held.type, index) if several else (index,):
                node = self.graph.call_function(operator.getitem, (node, step))
            self.parts[name, index] = node
        return self.parts[name, index]

    def training(self) -> fx.Node:
        if self.mode is None:
            self.mode = self.graph.create_node("get_attr", "training")
        return self.mode


def has_member(step: Step) -> bool:
    """Whether a node is a module, or a tensor that the module holds."""
    return step.nested is not None or table.is_module(step.node.type) or step.node.type in CONSTANTS


def _tie(root: nn.Module, first: str, other: str) -> None:
    """Makes the module or tensor `other` the one that is `first`, where there is one."""
    holder, _, name = first.rpartition(".")
    try:
        held: Any = getattr(root.get_submodule(holder), name)
    except AttributeError:
        return
    holder, _, name = other.rpartition(".")
    owner = _holder(root, holder)
    if isinstance(held, nn.Module):
        owner.add_module(name, held)
    elif isinstance(held, nn.Parameter):
        owner.register_parameter(name, held)
    elif isinstance(held, torch.Tensor):
        owner.register_buffer(name, held)


def _move_to_end(root: nn.Module, path: str) -> None:
    """Makes a member, and what holds it, the last that is registered."""
    for name in path.split("."):
        for table_ in (root._modules, root._parameters, root._buffers):  # noqa: SLF001
            if name in table_:
                table_[name] = table_.pop(name)  # type: ignore[assignment]
        root = getattr(root, name)


def _holder(root: nn.Module, path: str) -> nn.Module:
    for name in path.split(".") if path else ():
        if not hasattr(root, name):
            root.add_module(name, nn.Module())
        root = getattr(root, name)
    return root


def _hold(owner: nn.Module, name: str, step: Step) -> None:
    """A parameter, or a tensor that is kept (`buffer`) or only used (`const`)."""
    if step.node.type == "const":
        kind = literals.dtype(str(step.params.get("dtype") or "float32"))
        value = torch.tensor(literals.parameter(step.params["value"]), dtype=kind, device="cpu")
        owner.register_buffer(name, value, persistent=False)
        return
    tensor = starts.tensor(step.params)
    if step.node.type == "param":
        owner.register_parameter(name, nn.Parameter(tensor))
    else:
        owner.register_buffer(name, tensor, persistent=step.params.get("persistent", True))


class _GraphReader(literals.LiteralReader):
    """Reads arguments as what an fx graph holds: its nodes and literals."""

    def __init__(self, builder: _Builder) -> None:
        self._builder = builder

    def reference(self, node: str, index: int | None) -> Any:
        return self._builder.reference(node, index)

    def size(self, tensor: Any, dim: Any) -> Any:
        return self._builder.graph.call_method("size", (tensor, dim))

    def shape(self, tensor: Any) -> Any:
        return self._builder.graph.call_method("size", (tensor,))

    def item(self, holder: Any, index: Any) -> Any:
        if isinstance(holder, fx.Node) or isinstance(index, fx.Node):
            return self._builder.graph.call_function(operator.getitem, (holder, index))
        return holder[index]

    def arithmetic(self, name: str, operands: list[Any]) -> Any:
        if any(isinstance(item, fx.Node) for item in operands):
            return self._builder.graph.call_function(ARITHMETIC[name], tuple(operands))
        return super().arithmetic(name, operands)

    def either(self, training: Any, evaluating: Any) -> Any:
        choice = (evaluating, training)
        return self._builder.graph.call_function(operator.getitem, (choice, self._builder.training()))

    def choice(self, condition: Any, one: Any, other: Any) -> Any:
        if isinstance(condition, fx.Node):
            return self._builder.graph.call_function(operator.getitem, ((other, one), condition))
        return super().choice(condition, one, other)
