"""What a part does by itself where running it cannot be read: its forward, as `torch.export` has it.

Only the part's own lines are exported. A module that it calls stays a call of that module, which is read as
any other; so layers, their names and their nesting are kept.
See docs/decisions/0285-a-second-way-of-reading.md.
"""

from __future__ import annotations

import copy
import functools
import inspect
import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from studio.importing import aten, opaque, trees
from studio.importing.errors import SizeDependentError, UntraceableError
from studio.importing.sizes import Length, depends, first
from studio.words import Message

_LIBRARY: Any = torch.library.Library("netloom", "DEF")  # type: ignore[no-untyped-call]
_LIBRARY.define("called(Tensor[] tensors, SymInt[] lengths, int number) -> Tensor[]")


@dataclass(slots=True)
class _Call:
    """A call of the module at `path`: what it was given but for tensors and sizes, and the form of all."""

    path: str
    given: list[Any]
    form: Any
    own: Callable[..., Any]
    gives: Any = None
    whole: bool = True
    """whether it gives tensors and nothing else"""


@dataclass(slots=True)
class _Calls:
    made: list[_Call] = field(default_factory=list)
    inside: bool = False
    """whether a module that the part calls is running"""


_calls: ContextVar[_Calls] = ContextVar("calls")
_TENSOR, _LENGTH = object(), object()
"""what stands for a tensor, or for a size, in what a call was given"""


def _fake(tensors: list[Tensor], lengths: list[Any], number: int) -> list[Tensor]:
    """Tensors without values of the shapes that the module gives."""
    calls = _calls.get()
    call = calls.made[number]
    args, kwargs = _put_together(call, tensors, lengths)
    calls.inside = True
    try:
        flat, call.gives = pytree.tree_flatten(call.own(*args, **kwargs))
    finally:
        calls.inside = False
    call.whole = all(isinstance(value, Tensor) for value in flat)
    return [] if not call.whole else [torch.empty_like(tensor) for tensor in flat]


torch.library.register_fake("netloom::called", _fake, lib=_LIBRARY)


def _put_together(call: _Call, tensors: Any, lengths: Any) -> Any:
    stand_ins = {id(_TENSOR): iter(tensors), id(_LENGTH): iter(lengths)}
    flat = [next(stand_ins[id(value)]) if id(value) in stand_ins else value for value in call.given]
    return pytree.tree_unflatten(flat, call.form)


def _marked(part: nn.Module, path: str) -> Callable[..., Any]:
    """A forward for `part` that stays one call when it is exported."""
    own = part.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        calls = _calls.get()
        if calls.inside:
            return own(*args, **kwargs)
        flat, form = pytree.tree_flatten((args, kwargs))
        given = [
            _TENSOR if isinstance(v, Tensor) else _LENGTH if isinstance(v, torch.SymInt) else v for v in flat
        ]
        calls.made.append(_Call(path, given, form, own))
        tensors = [value for value in flat if isinstance(value, Tensor)]
        lengths = [value for value in flat if isinstance(value, torch.SymInt)]
        made = torch.ops.netloom.called(tensors, lengths, len(calls.made) - 1)
        if not calls.made[-1].whole:
            raise TypeError(f"{path} gives something that is no tensor")
        return pytree.tree_unflatten(made, calls.made[-1].gives)

    return forward


def graph_of(
    original: nn.Module,
    part: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    partner: Callable[[Tensor], Tensor],
) -> Graph:
    """What `original` does with these arguments in the mode that `part` is in.

    The graph calls the modules of `part` and reads the tensors of `part`. Raises UntraceableError where the
    part cannot be exported, SizeDependentError where it can for these sizes only.
    """
    if any(tensor.is_meta for tensor in (*original.parameters(), *original.buffers())):
        raise UntraceableError(Message("its weights have no values to run it with"))
    if any(isinstance(v, Length) and first(v) != v.other for v in trees.flat((args, kwargs))):
        raise SizeDependentError(depends())
    shapes: Any = torch.export.ShapesCollection()  # type: ignore[no-untyped-call]

    def drawn(tensor: Tensor) -> Tensor:
        made = opaque.random(tensor)
        pairs = enumerate(zip(tensor.shape, partner(tensor).shape, strict=True))
        if open_ := {dim: torch.export.Dim.AUTO for dim, (one, other) in pairs if one != other}:
            shapes[made] = open_
        return made

    given, named = trees.mapped((args, dict(kwargs)), first, drawn)
    calls = _Calls()
    program = _apart(lambda: _program(original, part.training, given, named, shapes), calls)
    if program._guards_code:  # noqa: SLF001 - PyTorch says it nowhere else
        raise SizeDependentError(depends())
    return Graph(program, calls, part)


def _program(original: nn.Module, training: bool, args: Any, kwargs: Any, shapes: Any) -> Any:
    copied = copy.deepcopy(original).train(training)
    for path, inner in list(copied.named_modules()):
        if path:
            inner.forward = _marked(inner, path)
    with torch.random.fork_rng(devices=[]):
        return torch.export.export(copied, args, kwargs, dynamic_shapes=shapes, strict=False)


@dataclass(frozen=True, slots=True)
class _Quiet:
    """Lets nothing through that a thread logs: what it says is raised, too, and told in the report."""

    thread: int

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self.thread


_LOGGERS = [
    logging.getLogger(name)
    for name in ("torch._subclasses.fake_tensor", "torch.fx.experimental.symbolic_shapes")
]


def _apart(work: Callable[[], Any], calls: _Calls) -> Any:
    """What `work` gives in a thread of its own, where no mode of ours or of the caller's is on.

    Raises UntraceableError with what it raised.
    """
    found: list[Any] = []

    def run() -> None:
        _calls.set(calls)
        quiet = _Quiet(threading.get_ident())
        try:
            for logger in _LOGGERS:
                logger.addFilter(quiet)
            found.append(work())
        except Exception as error:  # noqa: BLE001 - of a dozen kinds, most of them private; told below
            found.append(error)
        finally:
            for logger in _LOGGERS:
                logger.removeFilter(quiet)

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()
    (made,) = found
    if isinstance(made, Exception):
        reason = Message("{kind}: {reason}", kind=type(made).__name__, reason=str(made).partition("\n")[0])
        raise UntraceableError(reason) from made
    return made


class Graph:
    """Runs an exported graph on the tensors and modules of `part`, by functions that can be read."""

    def __init__(self, program: Any, calls: _Calls, part: nn.Module) -> None:
        self.program = program
        self.calls = calls
        self.part = part
        kinds = torch.export.graph_signature.OutputKind
        if any(spec.kind is not kinds.USER_OUTPUT for spec in program.graph_signature.output_specs):
            raise UntraceableError(Message("it writes into a tensor that it keeps"))

    def without_writing(self) -> Graph:
        """The same with every write in place as a value of its own. Raises UntraceableError."""
        return Graph(_apart(lambda: self.program.run_decompositions({}), self.calls), self.calls, self.part)

    @property
    def forward(self) -> Callable[..., Any]:
        """A function that is called as the part is."""

        def forward(*args: Any, **kwargs: Any) -> Any:
            given = iter(pytree.tree_flatten((args, kwargs))[0])
            begin = [self._begin(spec, given) for spec in self.program.graph_signature.input_specs]
            made = self._run(self.program.graph_module, begin)
            return pytree.tree_unflatten(list(made), self.program.call_spec.out_spec)

        own = functools.partial(type(self.part).forward, self.part)
        forward.__signature__ = inspect.signature(own)  # type: ignore[attr-defined]
        return forward

    def _begin(self, spec: Any, given: Iterator[Any]) -> Any:
        """The value of an input of the graph."""
        kinds = torch.export.graph_signature.InputKind
        match spec.kind:
            case kinds.USER_INPUT:
                return next(given)
            case kinds.PARAMETER | kinds.BUFFER:
                owner, _, name = spec.target.rpartition(".")
                return getattr(self.part.get_submodule(owner), name)
            case kinds.CONSTANT_TENSOR:
                return self.program.constants[spec.target]
        raise UntraceableError(
            Message("it uses a {kind}, which a document cannot say", kind=spec.kind.name.lower())
        )

    def _run(self, graph: Any, begin: list[Any]) -> Any:
        values: dict[Any, Any] = {}
        waiting = iter(begin)
        for node in graph.graph.nodes:
            args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda one: values[one])
            match node.op:
                case "placeholder":
                    values[node] = next(waiting)
                case "get_attr":
                    values[node] = functools.reduce(getattr, node.target.split("."), graph)
                case "output":
                    return args[0]
                case _:
                    values[node] = self._called(node.target, args, kwargs)
        raise AssertionError("a graph ends with its output")

    def _called(self, target: Any, args: Any, kwargs: Any) -> Any:
        if target is torch.ops.netloom.called.default:
            call = self.calls.made[args[2]]
            given, named = _put_together(call, args[0], args[1])
            made = self.part.get_submodule(call.path)(*given, **named)
            return pytree.tree_flatten(made)[0]
        if target is torch.ops.higher_order.wrap_with_set_grad_enabled:
            switched = torch.enable_grad if args[0] else torch.no_grad
            with switched():
                return self._run(args[1], list(args[2:]))
        if isinstance(target, torch._ops.OpOverload):  # noqa: SLF001
            return aten.call(target, args, kwargs)
        if isinstance(target, torch._ops.HigherOrderOperator):  # noqa: SLF001
            raise UntraceableError(Message("the function {name} is not in the catalogue", name=str(target)))
        return _SIZES.get(target, target)(*args, **kwargs)


_SIZES: Mapping[Any, Callable[..., Any]] = {
    torch.sym_max: max,
    torch.sym_min: min,
    torch.sym_not: lambda value: not value,
    torch.sym_int: math.trunc,
    torch.sym_float: float,
}
"""what PyTorch does with sizes, as Python says it"""
