"""What is known of the tensors of a module that is being read, and how the document refers to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from studio.graph import naming
from studio.graph.model import Node
from studio.graph.values import Json
from studio.importing import layers, trees, values
from studio.importing.errors import SizeDependentError, UntraceableError
from studio.importing.scope import Scope
from studio.importing.sizes import Length, Ratio
from studio.words import Message

_LARGEST_CONSTANT = 1 << 20
"""values of a tensor that a document holds as numbers"""


class Memory:
    """The tensors of one reading. `partners` has, for each of the first run, that of the second.

    Tensors are known by their `id`; all are kept until the end, so that no id comes twice.
    """

    def __init__(self, module: nn.Module, original: nn.Module) -> None:
        self.originals = dict(_members(original))
        self.partners: dict[int, Tensor] = {}
        self.kept: list[Tensor] = []
        self.stale: set[int] = set()
        self.starts: dict[tuple[int, str], dict[str, Json]] = {}
        self.members: dict[int, list[str]] = {}
        self.blind = 0
        """how many times gradients are switched off here"""
        self.blindly: set[int] = set()
        """what was made while they were, and is not yet detached"""
        self.used: set[int] = set()
        self.begun = {id(part): dict(part._buffers) for part in module.modules()}  # noqa: SLF001
        for path, tensor in _members(module):
            self.members.setdefault(id(tensor), []).append(path)
            self.partners[id(tensor)] = tensor

    def track(self, one: Tensor, other: Tensor) -> None:
        self.kept.append(one)
        self.partners[id(one)] = other
        if self.blind and one.is_floating_point():
            self.blindly.add(id(one))

    def check_written(self, changed: set[int]) -> None:
        """Raises UntraceableError where what was written into means more than its value from now on."""
        if changed & self.members.keys():
            raise UntraceableError(Message("it writes into a tensor that it keeps"))
        if self.blind and not changed <= self.blindly:
            raise UntraceableError(Message("it writes into a tensor while gradients are switched off"))

    def spoil(self, changed: set[int], scope: Scope) -> None:
        """What shares its memory with a tensor that was written into means something else from now on.

        The document writes the result of such a call as a value of its own.
        """
        places = {t.untyped_storage()._cdata for t in self.kept if id(t) in changed}  # noqa: SLF001
        shared = {id(t) for t in self.kept if t.untyped_storage()._cdata in places}  # noqa: SLF001
        self.stale |= shared - changed
        outer = scope.parent
        while outer is not None:
            outer.stale |= changed
            outer = outer.parent

    def said(self, value: Any, scope: Scope, listed: bool = False) -> Json:
        """A value in the scope. `listed`: tuples as lists."""
        match value:
            case Tensor():
                return self.reference(value, scope)
            case Length():
                return self.length(value, scope)
            case Ratio():
                return {"expr": "/", "of": [self.said(value.over, scope), self.said(value.under, scope)]}
            case list() | tuple() if value and (known := scope.lists.get(tuple(map(id, value)))):
                return known
            case list():
                return [self.said(item, scope, listed) for item in value]
            case tuple():
                items = [self.said(item, scope, listed) for item in value]
                return items if listed else {"t": items}
            case slice():
                return {"slice": [self.said(part, scope) for part in (value.start, value.stop, value.step)]}
            case dict() if all(isinstance(key, str) for key in value):
                return {"d": {key: self.said(item, scope, listed) for key, item in value.items()}}
        return values.literal(value)

    def check_replaced(self, module: nn.Module) -> None:
        """Raises UntraceableError where a module puts another tensor in the place of a buffer that it reads.

        Where it does not read what was there, the buffer is a store of what every call works out anew.
        """
        for name, before in self.begun[id(module)].items():
            if module._buffers.get(name) is not before and id(before) in self.used:  # noqa: SLF001
                raise UntraceableError(Message("it writes into a tensor that it keeps"))

    def reference(self, tensor: Tensor, scope: Scope) -> Json:
        """Where a tensor comes from, seen from `scope`; what an outer scope has is handed in."""
        if id(tensor) in self.stale or id(tensor) in scope.stale:
            raise UntraceableError(Message("it reads a tensor after a view of it was written into"))
        known = scope.tensors.get(id(tensor))
        if known is not None and id(tensor) in self.blindly and not self.blind:
            self.blindly.discard(id(tensor))
            name = scope.free(naming.fresh("detach", scope.taken))
            scope.tensors[id(tensor)] = known = scope.add(Node(name, "torch.detach", args=(known,)))
        if known is not None:
            return known
        if id(tensor) in self.members:
            return self._member(tensor, scope)
        if tensor.device.type != "meta":
            return scope.tensors[id(self.constant(tensor, scope))]
        if scope.parent is None:
            raise UntraceableError(Message("it uses a tensor that was kept from another call"))
        given = self.reference(tensor, scope.parent)
        scope.tensors[id(tensor)] = made = scope.input("x", given)
        return made

    def _member(self, tensor: Tensor, scope: Scope) -> Json:
        """A parameter or buffer of the module, as a node of the innermost scope that holds it."""
        base = f"{scope.path}." if scope.path else ""
        inside = [path[len(base) :] for path in self.members[id(tensor)] if path.startswith(base)]
        if not inside:
            if scope.parent is None:
                raise UntraceableError(Message("it uses a tensor that is not its own"))
            made = scope.input("x", self.reference(tensor, scope.parent))
        else:
            made = scope.add(self._holding(tensor, inside[0], scope))
        scope.tensors[id(tensor)] = made
        return made

    def _holding(self, tensor: Tensor, path: str, scope: Scope) -> Node:
        """A parameter or buffer of the module at `path`, seen from the scope, as a node."""
        self.used.add(id(tensor))
        owner, _, name = path.rpartition(".")
        holder = scope.module.get_submodule(owner)
        original = self.originals.get(f"{scope.path}.{path}" if scope.path else path)
        params: dict[str, Json] = {"shape": [int(item) for item in tensor.shape]}
        if tensor.dtype != torch.float32:
            params["dtype"] = str(tensor.dtype).removeprefix("torch.")
        kind = "param" if isinstance(tensor, nn.Parameter) else "buffer"
        if name in holder._non_persistent_buffers_set:  # noqa: SLF001 - PyTorch says it nowhere else
            params["persistent"] = False
        key = (id(original), kind)
        if key not in self.starts:
            self.starts[key] = _start(original, kind, params.get("persistent") is not False)
        params |= self.starts[key]
        if naming.fault(path):
            raise UntraceableError(Message("{name} is a name that no node can have", name=path))
        if owner and (owner in scope.nodes or layers.type_of(holder) is not None):
            return Node(scope.free(path.replace(".", "_")), kind, params, path=path)
        return Node(path, kind, params)

    def constant(self, tensor: Tensor, scope: Scope) -> Tensor:
        """A tensor that the module holds beside its parameters, as a node with its numbers."""
        if tensor.numel() > _LARGEST_CONSTANT:
            raise UntraceableError(Message("it holds {n} numbers that are no parameter", n=tensor.numel()))
        params = {"value": values.literal(tensor.tolist()), "dtype": str(tensor.dtype).removeprefix("torch.")}
        made = tensor.to("meta")
        reference = scope.add(Node(scope.free(naming.fresh("const", scope.taken)), "const", params))
        for known in (tensor, made):
            self.track(known, made)
            scope.tensors[id(known)] = reference
        return made

    def made(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope
    ) -> Tensor:
        """What `torch.tensor(...)` makes of plain numbers, as a constant."""
        if isinstance(args[0], Tensor):
            return args[0]
        if any(isinstance(v, Length | Tensor) for v in trees.flat(args[0])):
            raise SizeDependentError(Message("it makes a tensor of sizes"))
        return self.constant(func(args[0], **{**kwargs, "device": "cpu"}), scope)

    def length(self, value: Length, scope: Scope) -> Json:
        formula = formula_of(value)
        if formula in scope.lengths:
            return scope.lengths[formula]
        name, *rest = value.formula
        if name == "size":
            tensor, dim = rest
            if id(tensor) in scope.tensors:
                return {"size": [scope.tensors[id(tensor)], dim]}
        elif name != "given" and all(self._reachable(part, scope) for part in rest):
            return self.computed(value.formula, scope)
        if scope.parent is None:
            raise UntraceableError(Message("it uses a size that was kept from another call"))
        scope.lengths[formula] = made = scope.input("size", self.length(value, scope.parent))
        return made

    def _reachable(self, value: Any, scope: Scope) -> bool:
        if not isinstance(value, Length) or formula_of(value) in scope.lengths:
            return True
        name, *rest = value.formula
        if name in ("size", "given"):
            return name == "size" and id(rest[0]) in scope.tensors
        return all(self._reachable(part, scope) for part in rest)

    def computed(self, formula: tuple[Any, ...], scope: Scope) -> Json:
        """`(operator, left, right)` as the document writes it."""
        name, *rest = formula
        said = [self.length(part, scope) if isinstance(part, Length) else part for part in rest]
        return {"expr": name, "of": said}


def formula_of(value: Length) -> Any:
    """Equal for lengths that come about alike."""
    return key_of(value.formula)


def key_of(formula: tuple[Any, ...]) -> Any:
    """Equal for formulas that say the same."""
    name, *rest = formula
    if name == "size":
        return (name, id(rest[0]), rest[1])
    return (name, *(formula_of(part) if isinstance(part, Length) else part for part in rest))


def _members(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _start(tensor: Tensor | None, kind: str, persistent: bool) -> dict[str, Json]:
    """How a tensor with these values begins: alike throughout, at random, or with the numbers themselves."""
    if tensor is None or tensor.device.type == "meta" or tensor.numel() == 0:
        return {"init": "zeros"}
    first = tensor.flatten()[0].item()
    if first in (0, 1) and bool((tensor == first).all()):
        return {"init": "ones" if first else "zeros"}
    if bool((tensor == first).all()):
        return {"value": first}
    if kind == "param" and tensor.is_floating_point():
        std = float(f"{tensor.std().item():.1g}")
        return {"init": "normal", "std": std} if 0 < std < math.inf else {"init": "zeros"}
    if tensor.numel() <= _LARGEST_CONSTANT:
        return {"value": values.literal(tensor.tolist())}
    if persistent:
        return {"init": "zeros"}
    raise UntraceableError(Message("it holds {n} numbers that are no parameter", n=tensor.numel()))
