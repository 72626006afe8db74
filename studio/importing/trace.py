"""Reading a module by running it: every call of a layer, every function of PyTorch becomes a node.

The module's copy runs on tensors without memory, for two sets of input sizes at once: the tensors that the
module sees are those of the first run, their partners of the second follow beside them. What a question about
a tensor answers alike in both (a size, a data type) is a plain value to the module, so Python's own control
flow decides as it always did; see `sizes` for what differs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from studio.catalog import automatic, ports
from studio.graph import naming
from studio.graph.model import Node
from studio.graph.values import Json, is_reference
from studio.importing import calls, choices, fallback, frames, layers, opaque, questions, trees, writes
from studio.importing.errors import SizeDependentError, UntraceableError
from studio.importing.memory import Memory, formula_of, key_of
from studio.importing.norms import Norms
from studio.importing.scope import Scope, picked
from studio.importing.sizes import Length, depends, first, judge, second
from studio.words import Message

REFUSALS = (RuntimeError, ValueError, TypeError, LookupError, AssertionError, ArithmeticError, AttributeError,
            NotImplementedError)  # fmt: skip
"""what a module, or PyTorch, raises where it cannot work on tensors without memory"""


class Tracer(TorchFunctionMode):
    """Reads one module. `module` is the copy of `original` without memory (`twin`).

    `partly`: what cannot be read becomes an opaque node.
    """

    def __init__(self, module: nn.Module, original: nn.Module, partly: bool = False) -> None:
        super().__init__()
        self.module = module
        self.original = original
        self.partly = partly
        self.batches = (0, 0)
        self.memory = Memory(module, original)
        self.norms = Norms()
        self.paths: dict[int, list[str]] = {}
        for path, part in module.named_modules(remove_duplicate=False):
            self.paths.setdefault(id(part), []).append(path)
        self.modules = dict(module.named_modules(remove_duplicate=False))
        self.questions = questions.Questions(
            self.memory, self._run, self._function, self._alias_here, self._without_memory
        )
        self.forwards: dict[int, Callable[..., Any]] = {}
        self.scope = Scope(module, "")
        self.gradients = frames.of_gradients()
        self.running = False
        self.upon: dict[int, tuple[nn.Module, str, str]] = {}
        """batch norms that do more besides, with their type and path, by the id of their running mean"""
        self.raised: BaseException | None = None
        self.parts: dict[int, tuple[Tensor, Any]] = {}

    # -- running ---------------------------------------------------------------------------------

    def read(self, inputs: tuple[Any, ...], others: tuple[Any, ...]) -> Scope:
        """Runs the module on `inputs`, `others` beside them. Raises UntraceableError."""
        for part in dict.fromkeys(self.modules.values()):
            self.forwards[id(part)] = part.forward
            part.forward = functools.partial(self._called, part)
        for one, other in zip(trees.tensors(inputs), trees.tensors(others), strict=True):
            self.memory.track(one, other)
            if self.batches == (0, 0) and one.ndim:
                self.batches = (one.shape[0], other.shape[0])
        answering = judge.set(self._decided)
        try:
            with torch.no_grad(), self:
                return self.explored(lambda: Scope(self.module, ""), inputs, {}).scope
        except UntraceableError as error:
            if fallback.is_held(self, error):
                try:
                    with torch.no_grad(), self:
                        way = fallback.by_export(
                            self, self.module, inputs, {}, error, lambda: Scope(self.module, "")
                        )
                        return way.scope
                except UntraceableError as refused:
                    if not fallback.is_held(self, refused):
                        raise
                    # then what was read before stays, and the rest is opaque
            fits = fallback.is_held(self, error) and not self.module.training
            if not fits or error.scope is None or error.scope.parent or not opaque.is_drawn(error.scope):
                raise
            one, other = opaque.results(self.original, False, inputs, {}, self.partner)
            opaque.ended(error.scope, self.memory, one, other, error, self.batches)
            return error.scope
        finally:
            judge.reset(answering)

    def explored(
        self, begin: Callable[[], Scope], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> choices.Way:
        """A call of the module of a scope, read for every answer that it may get about sizes."""
        stale, count = set(self.memory.stale), len(self.memory.kept)

        def attempt(answers: tuple[bool, ...], instead: Mapping[int, Tensor]) -> choices.Way:
            scope = begin()
            scope.plan = answers
            if answers and (self.memory.stale - stale) & {id(t) for t in self.memory.kept[:count]}:
                # it wrote into what is not its own: a second call would not find that as it was
                return choices.Way(scope, failed=SizeDependentError(depends()))
            try:
                result = self._forward(scope, *choices.standing_in(self, scope, instead, args, kwargs))
            except UntraceableError as error:
                return choices.Way(scope, failed=error)
            return choices.Way(scope, result, result)

        def fitting(answers: tuple[bool, ...]) -> choices.Way:
            given = trees.tensors((args, kwargs))
            return choices.fitting(lambda instead: attempt(answers, instead), given, self.memory.partners)

        way = choices.explored(fitting)
        if way.failed is not None:
            raise way.failed
        return way

    def _decided(self, formula: tuple[Any, ...], one: bool, other: bool) -> bool:
        """What a module is told that asks whether a comparison of lengths holds."""
        known = self.scope.answer(key_of(formula))
        if known is not None:
            return known
        return self.scope.ask(key_of(formula), self.memory.computed(formula, self.scope), one, other)

    def _forward(self, scope: Scope, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Runs `forward` of the scope's module in its scope; its inputs and outputs become nodes."""
        with quiet():
            for name, value in trees.bound(self.forwards[id(scope.module)], args, kwargs):
                self._enter(scope, name, value)
        before, self.scope = self.scope, scope
        try:
            result = self.forwards[id(scope.module)](*args, **kwargs)
            with quiet():
                self.memory.check_replaced(scope.module)
                for name, value in trees.named(result):
                    scope.output(name, self.said(value))
        except UntraceableError as error:
            error.path = scope.path if error.path is None else error.path
            error.scope = scope
            raise
        except REFUSALS as error:
            refused = UntraceableError(
                Message("{kind}: {reason}", kind=type(error).__name__, reason=str(error).partition("\n")[0])
            )
            refused.path, refused.scope = scope.path, scope
            refused.own = error is not self.raised
            raise refused from error
        finally:
            self.scope = before
        return result

    def _enter(self, scope: Scope, name: str, value: Any) -> None:
        """An argument of a call as an input of its scope."""
        if isinstance(value, Tensor) and id(value) not in scope.tensors:
            given = self.said(value) if scope.parent is not None else None
            scope.tensors[id(value)] = scope.input(name, given)
        elif isinstance(value, Length) and formula_of(value) not in scope.lengths:
            scope.lengths[formula_of(value)] = scope.input(name, self.said(value))
        elif isinstance(value, list) and value and all(isinstance(item, Tensor) for item in value):
            given = self.said(value) if scope.parent is not None else None
            scope.lists[tuple(map(id, value))] = whole = scope.input(name, given)
            for place, item in enumerate(value):
                scope.tensors.setdefault(id(item), {"getitem": [whole, place]})
        elif isinstance(value, list | tuple):
            for place, item in enumerate(value):
                self._enter(scope, f"{name}_{place}", item)
        elif isinstance(value, dict):
            for key, item in value.items():
                self._enter(scope, f"{name}_{key}", item)

    def said(self, value: Any) -> Json:
        return self.memory.said(value, self.scope)

    def _called(self, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if self.running:
            return self.forwards[id(module)](*args, **kwargs)
        if type(module) is nn.Sequential:
            return self.forwards[id(module)](*args, **kwargs)
        path = self._path(module)
        try:
            return self._drawn(module, path, args, kwargs)
        except UntraceableError as error:
            if not fallback.is_held(self, error):
                raise
            try:
                return self._block(module, path, args, kwargs, error)
            except UntraceableError as refused:
                if not fallback.is_held(self, refused):
                    raise
                with quiet():
                    return fallback.as_opaque(self, module, path, args, kwargs, error)

    def _drawn(self, module: nn.Module, path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        with quiet():
            type_ = layers.type_of(module)
        if type_ is not None:
            with quiet():
                return self._layer(module, type_, path, args, kwargs)
        if module is self.module:
            raise UntraceableError(Message("it calls itself"))
        base = layers.built_upon(module)
        if base is not None:
            return self._with_more(module, base, path, args, kwargs)
        return self._block(module, path, args, kwargs)

    def _with_more(
        self, module: nn.Module, base: str, path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """A layer that does more besides: its own part is a node, the rest are nodes beside it."""
        self.upon[id(module.running_mean)] = (module, base, path)
        self.scope.upon.add(path)
        return self.forwards[id(module)](*args, **kwargs)

    def _path(self, module: nn.Module) -> str:
        """Where the module lies, seen from the scope."""
        base = f"{self.scope.path}." if self.scope.path else ""
        known = self.paths.get(id(module), [])
        for path in known:
            if path.startswith(base):
                return path[len(base) :]
        raise UntraceableError(
            Message("it calls {module}, which lies elsewhere", module=known[0] if known else "?")
        )

    def identity(self, path: str, type_: str) -> tuple[str, str | None]:
        """The id of a node for the module at `path`, and `path` where that module has a node already."""
        if naming.fault(path):
            raise UntraceableError(Message("{name} is a name that no node can have", name=path))
        if path not in self.scope.nodes:
            beside = any(path.startswith(f"{id_}.") for id_ in self.scope.upon)
            return self.scope.free(path.replace(".", "_")) if beside else path, None
        return self.scope.free(naming.fresh(naming.base_name(type_), self.scope.taken)), path

    def _layer(
        self, module: nn.Module, type_: str, path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        id_, again = self.identity(path, type_)
        params = layers.arguments(module, type_)
        shapes = [tuple(map(first, value.shape)) for value in trees.tensors(args)]
        followed = automatic.values(type_, shapes)
        said_args = tuple(self.said(value) for value in args)
        if any(map(is_reference, said_args[:1])):  # sizes follow from a wire, not from an item of a list
            params = {key: value for key, value in params.items() if followed.get(key) != value}
        said_kwargs = {key: self.said(value) for key, value in kwargs.items() if value is not None}
        written = trees.written(args, kwargs)
        forward = self.forwards[id(module)] if layers.type_of(module) else layers.forward(module, type_)
        forward = self.norms.remembering(module, forward)
        self._own_gradients()
        one, other = self._run(forward, args, kwargs)
        node = Node(id_, type_, params, said_args, said_kwargs, path=again)
        self.scope.add(node)
        return self._give(node, one, other, trees.changed(written))

    def _block(
        self,
        module: nn.Module,
        path: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        error: UntraceableError | None = None,
    ) -> Any:
        """A call as a network of its own; by torch.export where running it broke off with `error`."""
        where = f"{self.scope.path}.{path}" if self.scope.path else path
        id_, again = self.identity(path, f"block:{type(module).__name__}")
        self.scope.taken.add(id_)

        def begin() -> Scope:
            return Scope(module, where, self.scope)

        if error is None:
            way = self.explored(begin, args, kwargs)
        else:
            way = fallback.by_export(self, module, args, kwargs, error, begin)
        inside = way.scope
        node = Node(id_, f"block:{inside.name}", args=tuple(inside.given), path=again)
        self.scope.add(node)
        self.scope.children[id_] = inside
        with quiet():
            return self.given_back(id_, way.one, way.other)

    def given_back(self, id_: str, result: Any, others: Any) -> Any:
        """What a block returned in either run, known in the scope that called it."""
        found = list(trees.named(result))
        fresh: dict[int, Any] = {}
        for place, ((_, value), (_, other)) in enumerate(zip(found, trees.named(others), strict=True)):
            reference: Json = {"n": id_} if len(found) == 1 else {"n": id_, "i": place}
            if isinstance(value, Length):
                fresh[place] = made = value.beside(other)
                self.scope.lengths[formula_of(made)] = reference
            else:
                fresh[place] = copied = self._alias(value, other)
                self.scope.tensors[id(copied)] = reference
        return trees.replaced(result, iter(range(len(found))), fresh)

    def _alias(self, tensor: Tensor, other: Tensor | None = None) -> Tensor:
        """The same values under a new object, for a module that gives back what came in.

        `other` is what has its partner, where that is not `tensor`.
        """
        made = tensor.view_as(tensor)
        self.memory.track(made, self.memory.partners[id(tensor if other is None else other)])
        return made

    # -- calls of functions ----------------------------------------------------------------------

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "__get__":
            return self.questions.attribute(func, args)
        if name == "_set_grad_enabled":
            return self._switched(args[0])
        if name == "_assert":
            return func(*args, **kwargs)
        if name == "__iter__":
            return iter(self._function(torch.unbind, "unbind", args, {}))
        if name == "__set__" or name in ("requires_grad_",):
            raise UntraceableError(Message("it changes an attribute of a tensor"))
        if name in ("size", "shape"):
            return self.questions.size(*args, **kwargs)
        if name in questions.KINDS:
            return self.questions.asked(func, name, args, kwargs)
        moves = name in ("to", "cpu", "cuda", "type")
        if moves and (moved := self.questions.moved(name, args, kwargs)) is not None:
            return moved
        if name in ("tensor", "as_tensor"):
            return self.memory.made(func, args, kwargs, self.scope)
        if name == "batch_norm" and len(args) > 1 and id(args[1]) in self.upon:
            with quiet():
                return self._layer(*self.upon[id(args[1])], args[:1], {})
        if name == "add_" and any(args[0] is layer.num_batches_tracked for layer, _, _ in self.upon.values()):
            return args[0]  # the layer itself counts its batches
        return self._function(func, name, args, kwargs)

    def _without_memory(self, tensor: Tensor) -> Tensor:
        return tensor if tensor.is_meta else self.memory.constant(tensor, self.scope)

    def _alias_here(self, tensor: Tensor) -> Tensor:
        made = self._alias(tensor)
        self.scope.tensors[id(made)] = self.said(tensor)
        return made

    def _switched(self, on: bool) -> None:
        """`torch.no_grad()` begins or ends: what is made within is detached where it is used outside."""
        self._own_gradients()
        began, ended = frames.switch_of_gradients()
        if on or not (began or ended):
            raise UntraceableError(Message("it switches gradients on and off"))
        self.memory.blind += 1 if began else -1

    def _own_gradients(self) -> None:
        """Raises UntraceableError where a gradient is computed by lines that no document can hold."""
        if self.module.training and frames.is_within(self.gradients):
            raise UntraceableError(Message("it has a gradient of its own making (torch.autograd.Function)"))

    def _function(self, func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
        self._own_gradients()
        if name == "__rdiv__" or name == "__rtruediv__":
            inverse = self._function(torch.reciprocal, "reciprocal", (args[0],), {})
            return self._function(torch.mul, "mul", (inverse, args[1]), {})
        if name == "__setitem__":
            return self._write(*args)
        if name == "copy_":
            self._write(args[0], ..., args[1])
            return args[0]
        masked = name == "__getitem__" and any(t.dtype == torch.bool for t in trees.tensors(args[1:]))
        if masked or name in calls.DECISIONS or (name == "where" and len(args) == 1):
            raise UntraceableError(Message("what it does depends on the values in a tensor"))
        call = calls.named(func, args, kwargs)
        if call is None:
            raise UntraceableError(Message("the function {name} is not in the catalogue", name=name))
        said_args = tuple(self._argument(call.type, value) for value in call.args)
        said_kwargs = {key: self._argument(call.type, value) for key, value in call.kwargs.items()}
        written = trees.written(args, kwargs)
        run_kwargs = {key: value for key, value in kwargs.items() if key not in ("device", "pin_memory")}
        if name in calls.FACTORIES:
            run_kwargs["device"] = "meta"
        one, other = self._run(func, args, run_kwargs)
        id_ = self.scope.free(naming.fresh(naming.base_name(call.type), self.scope.taken))
        node = Node(id_, call.type, args=said_args, kwargs=said_kwargs)
        self.scope.add(node)
        changed = trees.changed(written)
        if name not in calls.KEEPERS:
            self.memory.check_written(changed)
        made = self._give(node, one, other, changed)
        if name.endswith("_") and not name.startswith("__"):
            self.memory.spoil(changed, self.scope)
            if id(args[0]) in self.parts:
                whole, index = self.parts[id(args[0])]
                self._written_into(whole, index, self.said(args[0]))
        elif call.type == "op.getitem" and isinstance(made, Tensor):
            self.parts[id(made)] = (args[0], args[1])
        return made

    def _write(self, tensor: Tensor, index: Any, value: Any) -> None:
        """`x[index] = value`: from now on the tensor is what a node gives that has the value there."""
        said = self.said(value)
        written = trees.written((tensor,), {})
        self._run(Tensor.__setitem__, (tensor, index, value), {})
        self.memory.spoil(trees.changed(written), self.scope)
        self._written_into(tensor, index, said)

    def _written_into(self, tensor: Tensor, index: Any, value: Json) -> None:
        if id(tensor) in self.memory.members:
            raise UntraceableError(Message("it writes into a tensor that it keeps"))
        whole = self.scope.tensors.get(id(tensor)) or self.memory.reference(tensor, self.scope)
        said = writes.written(self._node, self.said, tensor, whole, index, value)
        self.scope.tensors[id(tensor)] = said
        self.memory.stale.discard(id(tensor))
        if id(tensor) in self.parts:
            whole, place = self.parts[id(tensor)]
            self._written_into(whole, place, said)

    def _node(self, type_: str, *args: Json, **kwargs: Json) -> Json:
        """A node that no call of the module's own made."""
        id_ = self.scope.free(naming.fresh(naming.base_name(type_), self.scope.taken))
        return self.scope.add(Node(id_, type_, args=args, kwargs=kwargs))

    def _argument(self, type_: str, value: Any) -> Json:
        """An argument of a function; an index keeps its tuple, sizes are a list."""
        return self.memory.said(value, self.scope, listed=not type_.startswith("op."))

    def _run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> tuple[Any, Any]:
        """What a call gives in both runs."""
        for tensor in trees.tensors((args, kwargs)):
            if tensor.device.type != "meta" and id(tensor) not in self.memory.partners:
                self.memory.constant(tensor, self.scope)
        one_args, one_kwargs = trees.mapped((args, kwargs), first, self._meta)
        other_args, other_kwargs = trees.mapped((args, kwargs), second, self.partner)
        before, self.running = self.running, True
        try:
            try:
                one = function(*one_args, **one_kwargs)
            except REFUSALS as error:
                self.raised = error
                raise
            try:
                other = function(*other_args, **other_kwargs)
            except REFUSALS as error:
                raise SizeDependentError(
                    Message("it works for one size only: {reason}", reason=str(error).partition("\n")[0])
                ) from error
        finally:
            self.running = before
        return one, other

    def _meta(self, tensor: Tensor) -> Tensor:
        return tensor if tensor.device.type == "meta" else tensor.to("meta")

    def partner(self, tensor: Tensor) -> Tensor:
        return self._meta(self.memory.partners.get(id(tensor), tensor))

    def _give(self, node: Node, one: Any, other: Any, changed: set[int]) -> Any:
        """Takes in what a node gives; an output that is also an input becomes an object of its own."""
        if isinstance(one, Tensor):
            return self._output(node, one, other, None, changed)
        found, partners = list(trees.flat(one)), list(trees.flat(other))
        if len(found) != len(partners) or not any(isinstance(item, Tensor) for item in found):
            raise SizeDependentError(
                Message("what {node} gives depends on the size of its input", node=node.id)
            )
        if ports.is_counted(node):
            node = replace(node, extra={**node.extra, ports.OUTPUTS: len(found)})
            self.scope.nodes[node.id] = node
        fresh: dict[int, Any] = {}
        for place, (item, partner) in enumerate(zip(found, partners, strict=True)):
            if isinstance(item, Tensor):
                fresh[len(fresh)] = self._output(node, item, partner, place, changed)
        return trees.replaced(one, iter(range(len(fresh))), fresh)

    def _output(self, node: Node, one: Tensor, other: Tensor, place: int | None, changed: set[int]) -> Tensor:
        if id(one) in self.memory.partners and id(one) not in changed:
            one = one.view_as(one)
        self.memory.track(one, other)
        self.scope.tensors[id(one)] = picked(node, place)
        return one


def quiet() -> Any:
    """PyTorch as it is: what runs within is not read. The public switch leaves modes on."""
    return torch._C.DisableTorchFunction()  # noqa: SLF001
