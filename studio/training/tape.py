"""What one step computes, written down as PyTorch's own operations, to be done again without autograd.

Autograd looks at every operation of every step anew: it makes a node for it, keeps what the way back needs,
and then finds that way. For a perceptron that takes as long as a third of the step. A step that computes the
same each time needs it once: the operations that ran, forward and back, are listed in their order and from
then on called one after the other. They are the same kernels with the same arguments, so the bits are.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils import _pytree as trees
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from studio.training.objectives.objective import Outcome
from studio.words import Message, NetloomError

aten = torch.ops.aten
_DEPENDENT = {torch.Tag.dynamic_output_shape, torch.Tag.data_dependent_output}
_RESHAPING = {"aten::resize_", "aten::set_", "aten::resize_as_", "aten::_resize_output_"}


_BOUND = {
    aten.add.Tensor: torch.add,
    aten.addmm.default: torch.addmm,
    aten.mm.default: torch.mm,
    aten.mul.Tensor: torch.mul,
    aten.ones_like.default: torch.ones_like,
    aten.relu.default: torch.relu,
    aten.sum.dim_IntList: torch.sum,
    aten.t.default: torch.t,
}
"""the same operations by a shorter way: called from Python, those of `torch.ops` cost a microsecond more"""


class TapeError(NetloomError):
    """A step that cannot be written down: an operation of it, which may compute otherwise the next time."""

    def __init__(self, operation: object) -> None:
        said = Message("{operation} may come out otherwise the next time", operation=str(operation))
        super().__init__(said)


class Tape:
    """A step: `tape(x, y)` gives what the objective's step gives, without history, and the gradients.

    Those are in the order of the parameters, lying in memory as these do; None for one without any.
    """

    def __init__(self, graph: fx.Graph, constants: Sequence[Tensor]) -> None:
        self._module = fx.GraphModule(nn.Module(), graph)
        self._run, self._constants = self._module.forward, tuple(constants)

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Outcome, Sequence[Tensor | None]]:
        with torch._C._AutoDispatchBelowAutograd():  # noqa: SLF001 - as autograd itself calls them
            return self._run(x, y, *self._constants)  # type: ignore[no-any-return]


def record(
    step: Callable[[Tensor, Tensor], Outcome], x: Tensor, y: Tensor, parameters: Sequence[nn.Parameter]
) -> tuple[Tape, Outcome, Sequence[Tensor | None]]:
    """Makes a step for a batch and lists what it does; gives its outcome and gradients too.

    Raises TapeError, and whatever the step itself raises.
    """
    lister = _Lister(x, y)
    with lister:
        loss, prediction, target = step(x, y)
        found = torch.autograd.grad(loss, parameters, allow_unused=True)
        gradients = _own(found, parameters, [loss, prediction, target])
    outcome = (loss, prediction, target)
    if not all(isinstance(leaf, Tensor) for leaf in trees.tree_leaves(outcome)):
        raise TapeError("step")
    graph = lister.ended(outcome, gradients)
    return Tape(graph, lister.constants), trees.tree_map(Tensor.detach, outcome), gradients


def _own(
    found: Iterable[Tensor | None], parameters: Sequence[nn.Parameter], taken: list[Any]
) -> list[Tensor | None]:
    """The gradients as autograd leaves them at parameters: laid out as those are, no memory shared."""
    places = {
        leaf.untyped_storage().data_ptr() for leaf in trees.tree_leaves(taken) if isinstance(leaf, Tensor)
    }
    places |= {parameter.untyped_storage().data_ptr() for parameter in parameters}
    made: list[Tensor | None] = []
    for gradient, parameter in zip(found, parameters, strict=True):
        if gradient is None:
            made.append(None)
            continue
        place = gradient.untyped_storage().data_ptr()
        if gradient.stride() != parameter.stride() or place in places:
            gradient = torch.empty_like(parameter, dtype=gradient.dtype).copy_(gradient)
        places.add(gradient.untyped_storage().data_ptr())
        made.append(gradient)
    return made


class _Lister(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Lists every operation that reaches a kernel while it is on, below autograd and autocast."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.constants: list[Tensor] = []
        self._graph = fx.Graph()
        self._known = WeakTensorKeyDictionary()
        self._lasting: set[fx.Node] = set()
        self._last = self._graph.placeholder("x")
        self._known[x] = self._last
        self._last = self._graph.placeholder("y")
        if y is not x:
            self._known[y] = self._last

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        _refuse(func, args, kwargs)
        result = func(*args, **kwargs)
        if func is aten.detach.default:  # another name for the same values
            self._known[result] = self._node(args[0])
            return result
        nodes = trees.tree_map_only(Tensor, self._node, (args, kwargs))
        if func.is_view and self._lasts(nodes) and isinstance(result, Tensor):
            self._known[result] = self._constant(result.detach())
            return result
        if func is aten.t.default and nodes[0][0].target is func:  # turned twice is as it was
            self._known[result] = nodes[0][0].args[0]
            return result
        node = self._graph.call_function(func, *nodes)
        if isinstance(result, Tensor):
            self._known[result] = node
            return result
        for number, item in enumerate(result if isinstance(result, tuple | list) else ()):
            if isinstance(item, Tensor):
                self._known[item] = self._graph.call_function(operator.getitem, (node, number))
        if any(not isinstance(leaf, Tensor) for leaf in trees.tree_leaves(result) if leaf is not None):
            raise TapeError(func)
        return result

    def ended(self, outcome: Outcome, gradients: Sequence[Tensor | None]) -> fx.Graph:
        """The whole list: `(outcome, gradients)` of (x, y, *constants)."""
        given = trees.tree_map(self._node, outcome)
        sent = [self._node(gradient) if gradient is not None else None for gradient in gradients]
        self._graph.output((given, sent))
        for node in reversed(self._graph.nodes):
            if node.op == "call_function" and not node.users and _is_idle(node.target):
                self._graph.erase_node(node)
        for node in self._graph.nodes:
            node.target = _BOUND.get(node.target, node.target)
        self._graph.lint()
        return self._graph

    def _node(self, tensor: Tensor) -> fx.Node:
        node: fx.Node | None = self._known.get(tensor)  # type: ignore[no-untyped-call]
        if node is None:
            node = self._known[tensor] = self._constant(tensor.detach() if tensor.requires_grad else tensor)
        return node

    def _constant(self, tensor: Tensor) -> fx.Node:
        """What lasts from step to step: a parameter, a buffer, a number, or a view of one."""
        with self._graph.inserting_after(self._last):
            self._last = self._graph.placeholder(f"c{len(self.constants)}")
        self.constants.append(tensor)
        self._lasting.add(self._last)
        return self._last

    def _lasts(self, nodes: Any) -> bool:
        return all(node in self._lasting for node in trees.tree_leaves(nodes) if isinstance(node, fx.Node))


def _refuse(func: Any, args: Any, kwargs: Any) -> None:
    """Raises TapeError for what depends on values, gives a tensor another shape, or has a generator."""
    odd = bool(_DEPENDENT.intersection(func.tags)) or func._schema.name in _RESHAPING  # noqa: SLF001
    if odd or any(isinstance(leaf, torch.Generator) for leaf in trees.tree_leaves((args, kwargs))):
        raise TapeError(func)


def _is_idle(target: Any) -> bool:
    """Whether nothing but its own result comes of an operation."""
    if target is operator.getitem:
        return True
    return not target._schema.is_mutable and torch.Tag.nondeterministic_seeded not in target.tags  # noqa: SLF001
